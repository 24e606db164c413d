"""A drawing as a page of HTML, which asks nothing of any network and runs no script."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from infra.graphs import svg
from infra.graphs.model import Graph

STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 12px 14px; max-width: 1000px; }
body { font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 22px; }
.narrow, .wide { text-align: center; }
.wide { display: none; }
@media (min-width: 900px), print { .narrow { display: none; } .wide { display: block; } }
"""


def content_policy(style: str) -> str:
    """A Content-Security-Policy under which a page has its one style sheet, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def page(graph: Graph, title: str, *, items: bool = False) -> str:
    """The page: the drawing twice, for a phone and for a screen, of which one is shown.

    items: list in each card what is in the module.
    """
    style = STYLE + svg.stylesheet()
    drawings = "\n".join(
        f'<div class="{size}">{svg.drawing(graph, columns, title, items=items)}</div>'
        for size, columns in (("narrow", svg.NARROW), ("wide", svg.WIDE))
    )
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{content_policy(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{drawings}
</body>
</html>
"""
