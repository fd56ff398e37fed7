"""Expressions in two dimensions, for a terminal: fractions stacked, ranges above and below, exponents raised.

`Drawn` writes an expression as text in which signs for private use stand for what is not on one row,
each followed by its parts in braces, as a TeX command is: so it shares with LaTeX and plain text the
order, the brackets and the breaking of lines.  `picture` draws such a text with the boxes of
`lossproof.notation.boxes`.

Stacked is what gains by it.  Fractions of two letters or numbers stay on one row, as ``t²/2``, where
everything beside them does: in a line, in a bracket, in an exponent.  Exponents and subscripts are small
letters where Unicode has them all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal, TypeAlias

from lossproof.notation import boxes
from lossproof.notation.boxes import Box, beside, columns, letters
from lossproof.notation.breaking import unbroken
from lossproof.notation.letters import Letter
from lossproof.notation.plain import OPERATORS, PLAIN, Ascii, Plain, spelled

# Signs before parts in braces (with the number of parts), and signs that stand alone; private use, so never in a name.
_FRACTION, _SLOPE, _RAISED, _ROOT, _LIMITS, _CASES, _FENCE = map(chr, range(0xE010, 0xE017))
_AFTER, _OPENS, _CLOSES, _LEFT_BRACE, _RIGHT_BRACE = map(chr, range(0xE020, 0xE025))
_PARTS = {_FRACTION: 2, _SLOPE: 2, _RAISED: 1, _ROOT: 1, _LIMITS: 3, _CASES: 3, _FENCE: 2}
_TOKENS = re.compile(f"[{_FRACTION}-{_FENCE}{_AFTER}]|[{_OPENS}{_CLOSES}].|[^{_FRACTION}-{_CLOSES}]+")

_SMALL_POWER = re.compile(rf"{_RAISED}\{{\d\}}$")

_SMALL = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_HIGH = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ")
_LOW = dict(zip("0123456789aehijklmnoprstuvxβγρφ", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩ", strict=True))
_LOW_LETTERS = frozenset(_LOW.values())


class Drawn(Plain):
    """Text with signs for what is not on one row, to be drawn by `picture`."""

    after_fraction = _AFTER
    transposed = "ᵀ"

    def usual(self, name: str) -> str:
        base, _, below = name.partition("_")
        if base and below and set(below) <= set(_LOW):
            return self.usual(base) + lowered(below)
        return "".join(map(_safe, unicodedata.normalize("NFC", super().usual(name))))

    def chosen(self, letter: Letter) -> str:
        return self.usual(letter.text)

    def fraction(self, top: str, bottom: str, *, loose: bool = False) -> str:
        return f"{_FRACTION}{{{top}}}{{{bottom}}}"

    def root(self, inside: str, *, simple: bool) -> str:
        return f"√{inside}" if simple and inside.isalnum() else f"{_ROOT}{{{inside}}}"

    def superscript(self, base: str, exponent: str, *, simple: bool) -> str:
        # What is only written after an underscore must not seem to have the exponent.
        clear = re.sub(r"_(\w+)$", rf"_{_LEFT_BRACE}\1{_RIGHT_BRACE}", base)
        return f"{clear}{_RAISED}{{{exponent}}}"

    def subscript(self, base: str, below: str) -> str:
        if set(below) <= set(_LOW) and base[-1:] not in _LOW_LETTERS:
            return base + lowered(below)
        below = unbroken(below)
        return f"{base}_{below}" if below.isalnum() else f"{base}_{_LEFT_BRACE}{below}{_RIGHT_BRACE}"

    def big(self, operator: str, below: str, above: str) -> str:
        return f"{_LIMITS}{{{OPERATORS[operator]}}}{{{below}}}{{{above}}}"

    def bars(self, inside: str) -> str:
        return f"{_FENCE}{{|}}{{{inside}}}"

    def norm(self, inside: str) -> str:
        return f"{_FENCE}{{‖}}{{{inside}}}"

    def slope(self, body: str | None, variable: str) -> str:
        return f"{_SLOPE}{{∂{body or ''}}}{{∂{variable}}}"

    def cases(self, yes: str, condition: tuple[str, str], no: str) -> str:
        return f"{_CASES}{{{yes}}}{{{condition[0]} ≤ {condition[1]}}}{{{no}}}"

    def delimit(self, inside: str, level: int) -> str:
        return f"{_FENCE}{{{_bracket(level)[0]}}}{{{inside}}}"

    def parted(self, inside: str, level: int) -> tuple[str, str]:
        both = _bracket(level)
        return f"{_OPENS}{both[0]}", f"{_CLOSES}{both[1]}"

    def width(self, text: str) -> float:
        return picture(text).width

    def continued(self, text: str) -> str:
        return super().continued(text.lstrip(f" {_AFTER}"))


def _bracket(level: int) -> str:
    return "[]" if level and level % 2 == 0 else "()"


def _safe(char: str) -> str:
    """A character of a name, so that it cannot be taken for a sign of this module, nor steer a terminal."""
    if char in "{}":
        return _LEFT_BRACE if char == "{" else _RIGHT_BRACE
    return char if char.isprintable() or unicodedata.combining(char) else "�"


def lowered(text: str) -> str:
    """As a subscript of small letters; all of them must have one."""
    return "".join(_LOW[c] for c in text)


def small_scripts(text: str) -> str:
    """A line of plain text with small letters for the subscripts and exponents that have them all.

    >>> small_scripts("y_i^2 in [0, oo) for i = 1..n, and f_w(x_ij)")
    'yᵢ² in [0, oo) for i = 1..n, and f_w(xᵢⱼ)'
    """
    text = re.sub(r"(?<=[^\W_])_(\w+)(?!_)", lambda m: lowered(m[1]) if set(m[1]) <= set(_LOW) else m[0], text)
    return re.sub(r"(?<=\w|[)\]}])\^(\d+)(?![\w.])", lambda m: m[1].translate(_SMALL), text)


# ------------------------------------------------------------------ lines

Style: TypeAlias = Literal["plain", "drawn", "ascii"]
#: A formula, written with the marks of the printer that it is given.
Formula: TypeAlias = Callable[[Plain], str]

_PRINTERS: dict[Style, type[Plain]] = {"plain": Plain, "drawn": Drawn, "ascii": Ascii}


def in_style(words: str, style: Style) -> str:
    """Words and one-line formulas in the letters of a style, without what could steer a terminal."""
    words = "".join(c if c.isprintable() or c.isspace() else "�" for c in words)
    words = small_scripts(words) if style == "drawn" else words
    return spelled(words) if style == "ascii" else words


def lines_of(formula: Formula, room: int, style: Style, plain: Plain = PLAIN) -> list[Box]:
    """A formula on as many lines as it takes, no wider than the room; on rows of text where it cannot be drawn."""
    if style == "drawn":
        two = plain.as_kind(Drawn)
        drawn = [
            beside([letters(" " * int(Drawn.indent * line.depth)), picture(line.text)])
            for line in two.folded(formula(two), room)
        ]
        if all(box.width <= room for box in drawn):
            return drawn
    printer = plain if style == "drawn" else plain.as_kind(_PRINTERS[style])
    return [
        letters(row)
        for line in printer.folded(formula(printer), room)
        for row in boxes.wrapped(
            in_style(line.text, style), room, _margin(Plain.indent * line.depth, room), _margin(8, room)
        )
    ]


def _margin(wanted: float, room: int) -> str:
    """Blanks in front of a line, not more than half of it."""
    return " " * min(int(wanted), room // 2)


# ------------------------------------------------------------------ drawing


@lru_cache(maxsize=1 << 13)
def picture(text: str) -> Box:
    """What `Drawn` wrote, drawn; on one row if it can be.

    >>> from sympy import symbols
    >>> from lossproof.notation.inert import inverse, mul, TWO
    >>> n, s = symbols("n s")
    >>> print(picture(Drawn().written(mul(n, inverse(TWO), s))))
    n/2 · s
    >>> print(picture(Drawn().written(mul(inverse(mul(TWO, s)), n))))
     1
    ─── n
    2 s
    """
    flat = _row(text, flat=True)
    return flat if flat.height == 1 else _row(text, flat=False)


def _row(text: str, *, flat: bool) -> Box:
    """A line; on its own row each fraction of two letters if it is to be flat."""
    out = [letters("")]
    opened: list[tuple[int, str]] = []
    for sign, *parts in _items(text):
        if sign == _RAISED:
            out.append(_exponent(parts[0], out[-1]))
        elif sign == _AFTER:
            out.append(letters(" · " if flat else " "))
        elif sign == _FRACTION and flat and all(map(_is_short, parts)):
            out += [_row(parts[0], flat=True), letters("/"), _row(parts[1], flat=True)]
        elif sign in (_FRACTION, _SLOPE):
            apart = [letters(" ")] if out[-1].rows[out[-1].base].endswith("-") else []
            out += [*apart, boxes.over(*map(picture, parts))]
        elif sign == _ROOT:
            inside = picture(parts[0])
            out += [letters("√"), boxes.fenced(inside, "(")] if inside.height == 1 else [boxes.root(inside)]
        elif sign == _LIMITS:
            operator, below, above = (picture(p) if p else None for p in parts)
            assert operator is not None
            out.append(boxes.limits(operator, below, above))
        elif sign == _CASES:
            yes, condition, no = map(picture, parts)
            out.append(boxes.cases([(yes, beside([letters("if "), condition])), (no, letters("else"))]))
        elif sign == _FENCE:
            out.append(boxes.fenced(picture(parts[1]), parts[0]))
        elif sign[0] == _OPENS:
            opened.append((len(out), sign[1]))
            out.append(letters(sign[1]))
        elif sign[0] == _CLOSES:
            at, bracket = opened.pop() if opened else (None, "")
            inside = beside(out if at is None else [letters(""), *out[at + 1 :]])
            both = [boxes.fence(bracket, inside)] if bracket else []
            out[at or 0 :] = [beside([*both, inside, boxes.fence(sign[1], inside)])]
        else:
            out.append(letters(sign.replace(_LEFT_BRACE, "{").replace(_RIGHT_BRACE, "}")))
    for at, bracket in reversed(opened):
        if at < len(out):
            inside = beside([letters(""), *out[at + 1 :]])
            out[at:] = [boxes.fence(bracket, inside), inside]
    return beside(out)


def _items(text: str) -> Iterator[list[str]]:
    """The signs with their parts, and the runs of letters between them."""
    at = 0
    while at < len(text):
        found = _TOKENS.match(text, at)
        assert found is not None, "every sign is followed by its parts"
        item = [found[0]]
        at = found.end()
        for _ in range(_PARTS.get(found[0], 0)):
            end = _closing(text, at)
            item.append(text[at + 1 : end])
            at = end + 1
        yield item


def _closing(text: str, at: int) -> int:
    """Where the brace that opens here is closed."""
    depth = 0
    for found in re.compile("[{}]").finditer(text, at):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    raise AssertionError("every brace is closed")


def _exponent(exponent: str, base: Box) -> Box:
    small = exponent.translate(_SMALL)
    if not set(small) <= _HIGH:
        return boxes.raised(picture(exponent), base)
    return letters(small) if base.height == 1 else boxes.raised(letters(small), base)


def _is_short(part: str) -> bool:
    """Whether it is one letter, number or short name, perhaps squared, so that a slash does not tear it apart."""
    base = _SMALL_POWER.sub("", part)
    return base.isalnum() and columns(base) <= 3
