"""Mathematics as MathML, by the same converter as the pages of `lossproof`: readable without a network or a script."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from lossproof.render.mathml import mathml, prose

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
    lines = [line.strip() for line in parts(rows, "\\\\")]
    inset = all(line.startswith("&") for line in lines)  # one column only
    cells = [parts((line[1:] if inset else line).replace("&&", "&"), "&") for line in lines]
    body = ("".join(f"<td>{cell(c.strip())}</td>" for c in row) for row in cells)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in body)}</table>"


def parts(text: str, separator: str) -> list[str]:
    """Text between separators, except those inside an environment, such as ``cases``."""
    found, depth = [""], 0
    for token in re.split(r"(\\begin|\\end|\\\\|(?<!\\)&)", text):
        depth += (token == "\\begin") - (token == "\\end")
        if token == separator and depth == 0:
            found.append("")
        else:
            found[-1] += token
    return found


def cell(formula: str) -> str:
    """A formula, or words with formulas in them."""
    words = re.fullmatch(r"\\text\{(.*)\}", formula, re.DOTALL)
    if words:
        return prose(words[1])
    return mathml(formula, display=True) if formula else ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer."""
    app.add_html_math_renderer("lossproof", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
