"""Notebooks as pages: their cells as Markdown, with the outputs that are stored in them."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from docutils import nodes
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx


class Notebook(MystParser):
    """Reads a notebook as the Markdown that it says."""

    supported: tuple[str, ...] = ("ipynb",)

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse the cells one after the other."""
        super().parse(markdown(json.loads(inputstring)), document)


def markdown(notebook: dict[str, Any]) -> str:
    """The cells and what they printed, as Markdown."""
    parts: list[str] = []
    for cell in notebook["cells"]:
        source = _text(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code":
            parts.append(f"````python\n{source}\n````")
            parts += map(output, cell["outputs"])
    return "\n\n".join(parts) + "\n"


def output(out: dict[str, Any]) -> str:
    """One output of a cell, in the best form that a page can show, marked as such."""
    if out["output_type"] == "stream":
        shown = _block(_text(out["text"]))
    elif out["output_type"] == "error":
        shown = _block(f"{out['ename']}: {out['evalue']}")
    else:
        shown = _richest(out["data"])
    return f"::::{{container}} cell-output\n{shown}\n::::"


def _richest(data: dict[str, Any]) -> str:
    if "image/png" in data:
        described = html.escape(_text(data["text/plain"]))
        image = "".join(_text(data["image/png"]).split())
        return f'````{{raw}} html\n<img alt="{described}" src="data:image/png;base64,{image}">\n````'
    if "text/markdown" in data:
        return re.sub(r"^#+ (.*)$", r"**\1**", _text(data["text/markdown"]), flags=re.MULTILINE)
    return _block(_text(data["text/plain"]))


def _block(text: str) -> str:
    return f"````text\n{text.rstrip()}\n````"


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Take ``.ipynb`` files for sources."""
    app.add_source_suffix(".ipynb", "ipynb")
    app.add_source_parser(Notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
