"""The letters and signs that a reader may choose, read from LaTeX by a small grammar of its own.

What this module knows: which LaTeX may stand for a name, and how that is written in Unicode.  What
it does not know: what a name stands for, and whether two names look alike where both occur
(`lossproof.render.notation`).  Text is read, never handed on: what comes out is written anew from
what was understood, so nothing but letters, accents, fonts, subscripts and primes reaches a page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from lossproof.errors import ParseError, UnknownName

#: The longest text that names symbols.
MOST_CHARACTERS = 1000

_SMALL = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi"
_LARGE = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
_VARIANTS = {"varepsilon": "ε", "vartheta": "ϑ", "varpi": "ϖ", "varrho": "ϱ", "varsigma": "ς", "varphi": "φ"}


def _greek(name: str) -> str:
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    return unicodedata.lookup(f"GREEK {size} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")


#: LaTeX's Greek letters, and the l of losses, in Unicode.
GREEK = {name: _greek(name) for name in f"{_SMALL} omega {_LARGE}".split()} | _VARIANTS
LETTERS = GREEK | {"ell": "ℓ"}

#: Accents, and the marks that combine with the letter before them.
_ACCENTS = {
    **{"hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "widetilde": "\u0303"},
    **{"dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7", "check": "\u030c", "breve": "\u0306"},
}
#: Fonts: what Unicode calls their letters, and which characters they have.
_FONTS = {
    "mathbf": ("BOLD", "[A-Za-z]+"),
    "mathcal": ("SCRIPT", "[A-Z]+"),
    "mathbb": ("DOUBLE-STRUCK", "[A-Z]+"),
    "mathfrak": ("FRAKTUR", "[A-Za-z]+"),
    "mathsf": ("SANS-SERIF", "[A-Za-z]+"),
    "mathtt": ("MONOSPACE", "[A-Za-z]+"),
    "mathrm": ("", "[A-Za-z]+"),
    "mathit": ("", "[A-Za-z]+"),
}
_LETTER = "a letter, a Greek letter, an accent such as \\hat or a font such as \\mathbf"


@dataclass(frozen=True)
class Letter:
    """What stands for a name: in LaTeX, and in Unicode."""

    latex: str
    text: str


def _styled(character: str, style: str) -> str:
    """A letter in a font, as the Unicode character for it."""
    if not style:
        return character
    size = "CAPITAL" if character.isupper() else "SMALL"
    name = unicodedata.name(character).rpartition(" LETTER ")[2]
    older = {"SCRIPT": "SCRIPT", "DOUBLE-STRUCK": "DOUBLE-STRUCK", "FRAKTUR": "BLACK-LETTER"}.get(style, style)
    for known in (f"MATHEMATICAL {style} {size} {name}", f"{older} {size} {name}"):
        try:
            return unicodedata.lookup(known)
        except KeyError:
            continue
    return character


class _Reader:
    """Reads ``name = symbol, ...`` from left to right; no step back, nothing is looked up but the tables above."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        if len(text) > MOST_CHARACTERS:
            raise self.error(f"at most {MOST_CHARACTERS} characters", MOST_CHARACTERS)

    def error(self, expected: str, at: int | None = None) -> ParseError:
        return ParseError(self.text, self.at if at is None else at, expected)

    def take(self, pattern: str) -> str | None:
        """What matches here, blanks before it passed over, or None."""
        found = re.compile(rf"\s*({pattern})").match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[1]

    def need(self, pattern: str, expected: str) -> str:
        found = self.take(pattern)
        if found is None:
            self.take("")
            raise self.error(expected)
        return found

    def assignments(self) -> dict[str, Letter]:
        letters: dict[str, Letter] = {}
        while self.take("$") is None:
            self.take("")
            begin = self.at
            name = self.need("[A-Za-z][A-Za-z0-9_]*", "a name, as in n=N")
            if name in letters:
                raise self.error(f"each name once, but '{name}' has a symbol", begin)
            self.need("=", f"'=' after '{name}'")
            letters[name] = self.symbol()
            if self.take("$") is not None:
                break
            self.need(",", "',' or the end")
        return letters

    def symbol(self) -> Letter:
        """A nucleus with primes and a subscript."""
        nucleus = self.nucleus()
        primes = self.take("'+") or ""
        below = self.below() if self.take("_") else None
        primes += self.take("'+") or ""
        latex = nucleus.latex + primes + (f"_{{{below.latex}}}" if below else "")
        return Letter(latex, nucleus.text + primes + (f"_{below.text}" if below else ""))

    def nucleus(self, depth: int = 0) -> Letter:
        begin = self.at
        character = self.take("[A-Za-z]")
        if character:
            if self.take("[A-Za-z]"):
                raise self.error("one letter, or a word as \\mathrm{word}", begin)
            return Letter(character, character)
        command = self.need(r"\\[A-Za-z]+", _LETTER)[1:]
        if command in LETTERS:
            return Letter(f"\\{command}", LETTERS[command])
        if command in _FONTS:
            style, allowed = _FONTS[command]
            word = self.argument(allowed, f"letters, as {'A to Z' if allowed == '[A-Z]+' else 'a to z'}")
            return Letter(f"\\{command}{{{word}}}", "".join(_styled(c, style) for c in word))
        if command == "boldsymbol":
            inside = self.inside(lambda: self.plain("BOLD ITALIC"))
            return Letter(rf"\boldsymbol{{{inside.latex}}}", inside.text)
        if command in _ACCENTS and depth < 2:
            inside = self.inside(lambda: self.nucleus(depth + 1))
            return Letter(rf"\{command}{{{inside.latex}}}", inside.text + _ACCENTS[command])
        raise self.error(_LETTER if command not in _ACCENTS else "at most two accents", begin)

    def plain(self, style: str) -> Letter:
        """One Latin or Greek letter in a style of Unicode."""
        begin = self.at
        found = self.need(r"\\[A-Za-z]+|[A-Za-z]", "a letter")
        if found[0] != "\\":
            return Letter(found, _styled(found, style))
        if found[1:] not in GREEK:
            raise self.error("a letter", begin)
        return Letter(found, _styled(GREEK[found[1:]], style))

    def inside(self, read: Callable[[], Letter]) -> Letter:
        """An argument, in braces or not."""
        braced = self.take(r"\{")
        found = read()
        if braced:
            self.need(r"\}", "'}'")
        return found

    def argument(self, allowed: str, expected: str) -> str:
        """Some letters in braces, or one without."""
        if self.take(r"\{") is None:
            return self.need(allowed.removesuffix("+"), expected)
        word = self.need(allowed, expected)
        self.need(r"\}", "'}'")
        return word

    def below(self) -> Letter:
        """A subscript: digits and letters, a Greek letter, or a word in a font."""
        if self.take(r"\{") is None:
            character = self.take("[A-Za-z0-9]")
            return Letter(character, character) if character else self.nucleus()
        word = self.take("[A-Za-z0-9]+")
        found = Letter(word, word) if word else self.nucleus()
        self.need(r"\}", "'}'")
        return found


_LOGARITHMS = ("log", "ln")
_PROBABILITIES = {one.latex: one for one in (Letter("P", "P"), Letter(r"\Pr", "Pr"), Letter(r"\mathbb{P}", "ℙ"))}
_SUMS = ("limits", "index")

#: What each choice may be.
CHOICES: dict[str, tuple[str, ...]] = {
    "logarithm": _LOGARITHMS,
    "probability": tuple(_PROBABILITIES),
    "sums": _SUMS,
}


@dataclass(frozen=True)
class Notation:
    r"""How a page is to be written, where tastes differ; the theorem stays the same.

    Attributes:
        symbols: LaTeX for names, as text ``"f=\hat p, n=N"`` or as a mapping from names to LaTeX.  A
            symbol is a letter, a Greek letter or ``\ell``, with accents (``\hat``, ``\bar``, ``\tilde``,
            ``\dot``, ``\vec``, ...), in a font (``\mathbf``, ``\mathcal``, ``\mathbb``, ``\mathrm{word}``,
            ``\boldsymbol``, ...), with a subscript and primes.
        logarithm: ``log`` or ``ln``.
        probability: ``P``, ``\Pr`` or ``\mathbb{P}``, also written ``\mathbb P``; densities stay ``p``.
        sums: ``limits`` for ``\sum_{i=1}^{n}``, or ``index`` for ``\sum_{i}`` where the range is the one
            that is declared for the index, and the only one that it has in the derivation.

    Raises:
        ParseError: if a symbol is anything else; it points at the character.
        UnknownName: if one of the other choices is not among these.

    >>> Notation(r"f=\hat p, w=\beta, n=N").symbols
    'f=\\hat{p}, w=\\beta, n=N'
    >>> Notation({"f": r"\hat p"}, logarithm="ln").letters["f"].text == "p\u0302"
    True
    """

    symbols: str | Mapping[str, str] = ""
    logarithm: str = "log"
    probability: str = "P"
    sums: str = "limits"

    def __post_init__(self) -> None:
        given = self.symbols
        text = given if isinstance(given, str) else ", ".join(f"{name}={latex}" for name, latex in given.items())
        letters = _Reader(text).assignments()
        if not isinstance(given, str) and list(letters) != list(given):
            raise ParseError(text, 0, "one symbol for each name")
        object.__setattr__(self, "symbols", ", ".join(f"{name}={one.latex}" for name, one in letters.items()))
        object.__setattr__(self, "probability", re.sub(r"(?<=\\mathbb)\s*P$", "{P}", str(self.probability)))
        for kind, choices in CHOICES.items():
            if getattr(self, kind) not in choices:
                raise UnknownName(f"choice of {kind}", str(getattr(self, kind)), choices)

    @cached_property
    def letters(self) -> dict[str, Letter]:
        """What stands for each renamed name."""
        return _Reader(str(self.symbols)).assignments()

    @property
    def chance(self) -> Letter:
        """The letter for probability."""
        return _PROBABILITIES[self.probability]


#: What pages look like if nothing is asked for.
USUAL = Notation()


def notation_of(given: Notation | str) -> Notation:
    """A notation, which may be given as the text of its symbols."""
    return given if isinstance(given, Notation) else Notation(given)
