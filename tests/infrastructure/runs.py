"""Loading a file through the pages in a test: send it, see its run, decide about it."""

import re
from html import unescape
from io import BytesIO

from werkzeug.test import TestResponse

from tests.infrastructure.people import Person

ENGLISH = {"Accept-Language": "en"}


def send(person: Person, estate_id: int, content: bytes | str, name: str = "owners.csv", **fields: str) -> TestResponse:
    """The answer to the upload."""
    body = content.encode() if isinstance(content, str) else content
    data = {"kind": "owners", "estate": str(estate_id), "file": (BytesIO(body), name), **fields}
    return person.post("/load/", data, content_type="multipart/form-data", headers=ENGLISH)


def run_of(person: Person, estate_id: int, content: bytes | str, name: str = "owners.csv", **fields: str) -> str:
    """The path of the run of the file: /load/7/."""
    answer = send(person, estate_id, content, name, **fields)
    assert answer.status_code == 302, answer.text
    found = re.match(r"/load/\d+/", answer.location)
    assert found, answer.location
    return found[0]


def page(person: Person, path: str) -> str:
    """The page in English."""
    return person.get(path, headers=ENGLISH).text


def decide(person: Person, path: str, **fields: str | list[str]) -> str:
    """Send the form of the page; returns where it leads."""
    answer = person.post(path, fields, headers=ENGLISH)
    assert answer.status_code == 302, answer.text
    return answer.location


def counts(person: Person, path: str) -> dict[str, str]:
    """What the steps of the run count, by their label."""
    found = re.findall(r'step-label">([^<]*)</span>(?: <span class="step-count[^>]*>([^<]*)<)?', page(person, path))
    return {unescape(label): count for label, count in found}


def headings(text: str) -> list[str]:
    """The groups of problems: how many, and what is wrong."""
    found = re.findall(r'<h2 id="group-[^>]*><span class="group-count[^>]*>(\d+)</span>([^<]*)</h2>', text)
    return [f"{count} {unescape(said)}" for count, said in found]


def buttons(text: str) -> dict[str, dict[str, str]]:
    """What each button of a decision says, with the fields that it sends."""
    found = {}
    for form in re.findall(r"<form[^>]*data-stays>(.*?)</form>", text, re.DOTALL):
        fields = dict(re.findall(r'name="(\w[\w-]*)" value="([^"]*)"', form))
        label = re.findall(r"<button[^>]*>([^<]*)</button>", form)[-1]
        spoken = re.findall(r'aria-label="([^"]*)"', form)
        name = unescape(spoken[-1] if spoken and label != "Save" else label if label != "Save" else spoken[0])
        found[name] = {key: unescape(value) for key, value in fields.items() if key != "csrf_token"}
    return found
