"""axe-core, out of its wheel, run on the page that a browser shows."""

from importlib.resources import files

from playwright.sync_api import Page

_SOURCE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that a theme bears on
_RUN = """async (rules) => (await axe.run(document, {resultTypes: ["violations"], ...rules})).violations.flatMap(
    (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 120)} ${node.failureSummary}`))"""


def violations(page: Page, *, only_colours: bool = False) -> list[str]:
    """What bars people from the page as it is now, each with the rule and the element; run where no policy applies."""
    rules = {"runOnly": {"type": "rule", "values": _COLOURS}} if only_colours else {}
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE)
    found: list[str] = page.evaluate(_RUN, rules)
    return found
