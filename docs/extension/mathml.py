"""Mathematics as MathML, by the same converter as the pages of `lossproof`: readable without a network or a script."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from lossproof.render.mathml import mathml

_ALIGNED = re.compile(r"\s*\\begin\{aligned\}(.*)\\end\{aligned\}\s*", re.DOTALL)


def inline(self: HTML5Translator, node: nodes.math) -> None:
    """A formula in the text."""
    self.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def block(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on lines of its own."""
    aligned = _ALIGNED.fullmatch(node.astext())
    shown = table(aligned[1]) if aligned else mathml(node.astext(), display=True)
    self.body.append(f'<div class="formula">{shown}</div>')
    raise nodes.SkipNode


def table(rows: str) -> str:
    """Lines parted by ``\\\\``, their columns by ``&``: what the converter does not align."""
    lines = [row.strip() for row in rows.split("\\\\")]
    inset = all(line.startswith("&") for line in lines)  # one column only
    out = []
    for line in lines:
        cells = re.split(r"&+", line[1:] if inset else line)
        out.append(
            "<tr>" + "".join(f"<td>{mathml(c, display=True) if c.strip() else ''}</td>" for c in cells) + "</tr>"
        )
    return f"<table>{''.join(out)}</table>"


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer."""
    app.add_html_math_renderer("lossproof", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
