"""Pictures of characters: boxes with a baseline, and how they are put beside and above each other.

A `Box` is a rectangle of characters; one of its rows is the baseline, on which the boxes of a line are
lined up.  This module knows nothing of mathematics: what a fraction or a sum is says
`lossproof.notation.drawn`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells


@dataclass(frozen=True)
class Box:
    """Rows of one width; ``base`` is the number of the row on the baseline.

    >>> half = over(letters("1"), letters("2"))
    >>> print(beside([letters("x = "), half]))
        1
    x = ─
        2
    """

    rows: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        """In columns of a terminal."""
        return columns(self.rows[0])

    @property
    def height(self) -> int:
        """In rows."""
        return len(self.rows)

    @property
    def below(self) -> int:
        """How many rows hang below the baseline."""
        return self.height - 1 - self.base

    def __str__(self) -> str:
        return "\n".join(row.rstrip() for row in self.rows)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: an accent takes none, a wide letter two."""
    return len(text) if text.isascii() else cell_len(text)


def wrapped(text: str, width: int, first: str = "", later: str = "") -> list[str]:
    """Words on lines that are no wider than so many columns, each line after a margin of its own.

    >>> wrapped("the product of the factors", 12, later="  ")
    ['the product', '  of the', '  factors']
    """
    lines = [first]
    bare = True  # whether nothing but its margin stands on the last line
    for space, word in re.findall(r"(\s*)(\S+)", text):
        gap = "" if bare and len(lines) > 1 else space
        if not bare and columns(lines[-1] + gap + word) > width:
            lines.append(later)
            gap = ""
        room = max(width - columns(lines[-1]), 2)
        pieces = [word] if columns(gap + word) <= room else chop_cells(word, room)
        lines[-1] += gap + pieces[0]
        lines += [later + piece for piece in pieces[1:]]
        bare = False
    return lines


def letters(text: str) -> Box:
    """A text on one row."""
    return Box((text,))


def beside(boxes: Iterable[Box]) -> Box:
    """Boxes on one baseline, from left to right."""
    boxes = list(boxes)
    above, below = max(b.base for b in boxes), max(b.below for b in boxes)
    parts = [_padded(b, above - b.base, below - b.below) for b in boxes]
    return Box(tuple("".join(row) for row in zip(*parts, strict=True)), above)


def _padded(box: Box, above: int, below: int) -> tuple[str, ...]:
    blank = " " * box.width
    return (blank,) * above + box.rows + (blank,) * below


def _centred(box: Box, width: int) -> list[str]:
    room = width - box.width
    return [" " * (room // 2) + row + " " * (room - room // 2) for row in box.rows]


def stacked(lines: Sequence[Box]) -> list[str]:
    """Boxes below each other, each a line of its own: a row is left free where one of them is tall."""
    out: list[str] = []
    for k, box in enumerate(lines):
        if k and lines[k - 1].below + box.base:
            out.append("")
        out += [row.rstrip() for row in box.rows]
    return out


def over(top: Box, bottom: Box) -> Box:
    """A fraction: its line is longer than every line of a fraction in it."""
    widest = max(top.width, bottom.width)
    width = widest + 2 * any(b.width == widest and b.height > 1 for b in (top, bottom))
    return Box((*_centred(top, width), "─" * width, *_centred(bottom, width)), top.height)


def limits(operator: Box, below: Box | None, above: Box | None) -> Box:
    """An operator with what stands below and above it."""
    width = max(b.width for b in (operator, below, above) if b is not None)
    over_it = _centred(above, width) if above is not None else []
    under_it = _centred(below, width) if below is not None else []
    return Box((*over_it, *_centred(operator, width), *under_it), len(over_it) + operator.base)


def raised(exponent: Box, base: Box) -> Box:
    """What is to stand beside ``base``, high: level with its top, above the baseline in any case."""
    up = max(base.base, 1)
    return Box(exponent.rows + (" " * exponent.width,) * up, exponent.height - 1 + up)


#: Brackets: on one row; then the top, the middle and the bottom of a tall one.
_FENCES = {
    "(": "(⎛⎜⎝",
    ")": ")⎞⎟⎠",
    "[": "[⎡⎢⎣",
    "]": "]⎤⎥⎦",
    "|": "|│││",
    "‖": "‖‖‖‖",
}
_OTHER_SIDE = {"(": ")", "[": "]", "|": "|", "‖": "‖"}


def fence(sign: str, beside_it: Box) -> Box:
    """One bracket, as tall as what it stands beside."""
    short, top, middle, bottom = tuple(_FENCES[sign])
    if beside_it.height == 1:
        return Box((short,))
    return Box((top, *[middle] * (beside_it.height - 2), bottom), beside_it.base)


def fenced(inside: Box, sign: str) -> Box:
    """A box between brackets."""
    return beside([fence(sign, inside), inside, fence(_OTHER_SIDE[sign], inside)])


def root(inside: Box) -> Box:
    """A tall square root."""
    rows = [f"│ {row} " for row in inside.rows]
    line = "┌" + "─" * (inside.width + 2)
    signs = [" "] * inside.height + ["╲"]
    return Box(tuple(sign + row for sign, row in zip(signs, (line, *rows), strict=True)), inside.base + 1)


def cases(alternatives: Sequence[tuple[Box, Box]]) -> Box:
    """A tall brace before two values, each with its condition; the row in the middle is left free."""
    width = max(value.width for value, _ in alternatives)
    lines = [beside([v, letters(" " * (width - v.width + 2)), when]) for v, when in alternatives]
    wide = max(line.width for line in lines)
    first, last = ([row + " " * (wide - columns(row)) for row in line.rows] for line in lines)
    brace = ["⎧", *"⎪" * (len(first) - 1), "⎨", *"⎪" * (len(last) - 1), "⎩"]
    rows = [*first, " " * wide, *last]
    return Box(tuple(f"{sign} {row}" for sign, row in zip(brace, rows, strict=True)), len(first))
