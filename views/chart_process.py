"""The process that turns Vega-Lite specs into SVG: `python -m views.chart_process`, specs in, drawings out, as JSON.

A process of its own because the renderer costs 75 MB and a forked child of it hangs.
"""

import json
import sys

import vl_convert


def main() -> None:
    """Read the specs from standard input and write the SVGs to standard output; nothing is fetched from anywhere."""
    specs = json.loads(sys.stdin.buffer.read())
    json.dump([vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]) for spec in specs], sys.stdout)


if __name__ == "__main__":
    main()
