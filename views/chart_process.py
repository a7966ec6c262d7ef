"""The process that turns one Vega-Lite spec into SVG: `python -m views.chart_process`, spec in, SVG out.

A process of its own because the renderer costs 75 MB and a forked child of it hangs.
"""

import json
import sys

import vl_convert


def main() -> None:
    """Read the spec from standard input and write the SVG to standard output; nothing is fetched from anywhere."""
    spec = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]).encode())


if __name__ == "__main__":
    main()
