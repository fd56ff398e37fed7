"""LaTeX as MathML, which browsers show without a script."""

from __future__ import annotations

import html as escaping
import re
from functools import lru_cache

from lossproof.errors import MissingExtra
from lossproof.render import latex as tex

#: What the converter does not know, and what it makes the same of.
_UNDERSTOOD = (
    (r"\\operatorname\*\{arg\\,(max|min)\}_\{(.*?)\}", r"\\underset{\2}{\\mathrm{arg\\,\1}}\\,"),
    (r"(?<=\S) \\(log|exp)\b", r" \\,\\\1"),
    (r"\\log (?!\\left)", r"\\log\\,"),
    (":=", r"\\;≔\\;"),
)
ROOM = 31.0  # the width of a formula beside its reason, in em


@lru_cache(maxsize=1 << 14)
def mathml(formula: str, *, display: bool = False) -> str:
    """A formula of LaTeX as an element ``<math>``; with ``display``, set as on a line of its own.

    Raises:
        MissingExtra: if ``latex2mathml`` (extra ``html``) is not installed.
    """
    try:
        from latex2mathml.converter import convert
    except ImportError as error:
        raise MissingExtra("HTML", "latex2mathml") from error
    if display:
        formula = re.sub(r"\\(sum|prod)_", r"\\\1\\limits_", formula)
    for written, understood in _UNDERSTOOD:
        formula = re.sub(written, understood, formula)
    upright = re.compile("<mi>(&#x0039[0-9A-F];|&#x003A[0-9];)</mi>")  # capital Greek letters
    converted = upright.sub(r'<mi mathvariant="normal">\1</mi>', str(convert(formula)))
    return converted.replace("<math ", '<math displaystyle="true" ', 1) if display else converted


def lines(marked: str, room: float = tex.PAGE) -> list[str]:
    """A formula with the marks of `lossproof.render.latex.Latex` on as many lines as it takes, each as MathML."""
    return [mathml(piece, display=True) for piece in tex.pieces_of(marked, room)]


def prose(text: str) -> str:
    """Text with ``$mathematics$``, escaped as for LaTeX, as HTML."""
    pieces = re.split(r"(?<!\\)\$(.*?)(?<!\\)\$", text)
    return "".join(mathml(p) if k % 2 else escaping.escape(_unescaped(p)) for k, p in enumerate(pieces))


_ESCAPED = {r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^"}
_ESCAPE = re.compile(r"\\(?:text\w+\{\}|[&%#_{}$])")


def _unescaped(text: str) -> str:
    """What `lossproof.render.latex.escape` was given."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[0], found[0][1:]), text)
