"""Expressions as one line of Unicode text, for messages and for the terminal."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from sympy import Basic

from lossproof.notation.boxes import columns
from lossproof.notation.breaking import CALL, END_CALL, END_GROUP, GROUP
from lossproof.notation.layout import Layout
from lossproof.notation.letters import LETTERS, Letter
from lossproof.notation.nodes import Chance
from lossproof.notation.shapes import MOST_WRITTEN, bearable

_GREEK = (
    "alpha beta gamma delta zeta eta theta kappa lambda mu nu pi rho sigma tau phi chi psi omega Gamma Theta Phi Sigma"
)
#: The letters that are written for names.
LETTERS_OF = {"ell": "ℓ"} | dict(zip(_GREEK.split(), "αβγδζηθκλμνπρστφχψωΓΘΦΣ", strict=True))
_ACCENTS = {"hat": "\u0302", "bar": "\u0304"}
OPERATORS = {"sum": "∑", "prod": "∏", "int": "∫"}


class Plain(Layout):
    """One line of text; what stands above or below in a book is set with ``^`` and ``_``."""

    dot = " · "
    after_fraction = " · "
    indent = 2.0

    def usual(self, name: str) -> str:
        for accent, mark in _ACCENTS.items():
            if name.endswith(accent) and len(name) > len(accent):
                return f"{name.removesuffix(accent)}{mark}"
        return LETTERS_OF.get(name, name)

    def chosen(self, letter: Letter) -> str:
        return letter.text

    def fraction(self, top: str, bottom: str, *, loose: bool = False) -> str:
        above = f"{GROUP}{top}{END_GROUP}" if loose else top
        return f"{above}/{_tight(bottom)}"

    def root(self, inside: str, *, simple: bool) -> str:
        return f"√{inside if simple else f'{CALL}{inside}{END_CALL}'}"

    def superscript(self, base: str, exponent: str, *, simple: bool) -> str:
        return f"{base}^{exponent if simple else f'{CALL}{exponent}{END_CALL}'}"

    def subscript(self, base: str, below: str) -> str:
        return f"{base}_{below if below.isalnum() else f'{{{below}}}'}"

    def big(self, operator: str, below: str, above: str) -> str:
        return f"{OPERATORS[operator]}_{{{below}}}" + (
            f"^{above if above.isalnum() else f'{{{above}}}'}" if above else ""
        )

    def function(self, name: str) -> str:
        return name

    def bars(self, inside: str) -> str:
        return f"|{inside}|"

    def norm(self, inside: str) -> str:
        return f"‖{inside}‖"

    def nabla(self, variable: str) -> str:
        return self.subscript("∇", variable)

    def span(self, index: str, last: str) -> str:
        return f"{index}=1..{last}"

    def slope(self, body: str | None, variable: str) -> str:
        return f"∂{body or ''}/∂{variable}"

    def chance(self, kind: type[Chance], variable: str, value: str, given: str, at: str) -> str:
        letter = self.notation.chance.text if kind.letter == "P" else kind.letter
        return f"{letter}[{variable} {kind.sign} {value} | {given} = {at}]"

    def differential(self, body: str, variable: str) -> str:
        return f"{body} d{variable}"

    def cases(self, yes: str, condition: tuple[str, str], no: str) -> str:
        return f"{{{yes} if {condition[0]} ≤ {condition[1]}, else {no}}}"

    def condition(self, left: str, right: str, *, equal: bool) -> str:
        return f"{left} {'=' if equal else '≠'} {right}"

    def delimit(self, inside: str, level: int) -> str:
        return f"[{inside}]" if level and level % 2 == 0 else f"({inside})"

    def parted(self, inside: str, level: int) -> tuple[str, str]:
        both = self.delimit("", level)
        return both[0], both[1]

    def width(self, text: str) -> float:
        return columns(text)

    def continued(self, text: str) -> str:
        text = text.lstrip()
        return text if text[0] in "+-·=" else f"· {text}"

    def emptyPrinter(self, e: object) -> str:
        return str(e)


class Ascii(Plain):
    """Plain text that `spelled` is to follow: lines are as wide as they are then."""

    def width(self, text: str) -> float:
        return len(spelled(text))


_SPELLED = {letter: name for name, letter in LETTERS.items()} | {mark: name for name, mark in _ACCENTS.items()}
_SPELLED |= {sign: f"{name}" for name, sign in OPERATORS.items()}
_SPELLED |= {"√": "sqrt", "‖": "||", "∇": "grad", "∂": "d", "∞": "oo", "·": "*", "≤": "<=", "≠": "!=", "ψ": "digamma"}


def spelled(text: str) -> str:
    """A text in ASCII: letters by their names, any other character by its number.

    >>> spelled("-∑_{i=1}^n log(2 · π)")
    '-sum_{i=1}^n log(2 * pi)'
    """
    if text.isascii():
        return text
    text = re.sub(r"√(\w+)", r"√(\1)", text)
    text = unicodedata.normalize("NFKD", text).translate({ord(c): word for c, word in _SPELLED.items()})
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _tight(text: str) -> str:
    """Brackets around what a slash would tear apart."""
    depth = 0
    for char in text:
        depth += char in f"([{{{GROUP}{CALL}"
        depth -= char in f")]}}{END_GROUP}{END_CALL}"
        if char in " /-" and depth == 0:
            return f"{GROUP}{text}{END_GROUP}"
    return text


#: Writes everything as usual.
PLAIN = Plain()


@lru_cache(maxsize=1024)
def _written(printer: Plain, e: Basic) -> str:
    return printer.written(e)


def written(e: Basic, printer: Plain = PLAIN) -> str:
    """The expression as one line of text; of one that is too large, only that it is.

    >>> from sympy import Symbol
    >>> from lossproof.notation.inert import log, mul, sub, ONE
    >>> p = Symbol("p")
    >>> written(mul(p, log(sub(ONE, p))))
    'p log(1 - p)'
    """
    return _written(printer, e) if bearable(e, MOST_WRITTEN) else "(an expression that is too large to write)"
