"""Brackets, and where a long formula is broken into lines.

A formula arrives as text with marks for brackets and for the places where it may be broken: before
the sign of a term, or before a factor.  Brackets are chosen from the inside out.  Lines are broken
as a textbook does: at the outermost terms, else inside the widest bracket that holds a sum, else
between factors; terms are packed into a line as long as they fit.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Marks that stand for brackets and breaks until they are decided; private use, so never in a name.
# A group that begins with SQUARE is set in square brackets however deep it is.
GROUP, END_GROUP, CALL, END_CALL, TERM, FACTOR, SQUARE = map(chr, range(0xE000, 0xE007))

_MARKS = re.compile(f"(\\\\[{{}}]|[{GROUP}-{SQUARE}{{}}])")
_MOSTLY = 0.5  # a bracket wider than this part of a product is broken rather than the product


@dataclass(frozen=True)
class Bracketed:
    """What stands between two brackets; level 0 is a function's argument, 1 the innermost group."""

    inside: tuple[Item, ...]
    level: int


Item = str | Bracketed


@dataclass(frozen=True)
class Line:
    """A line of a broken formula: how far it is set in, and what stands there."""

    depth: int
    text: str


@dataclass(frozen=True)
class _Segment:
    """A part that stays on one line; fresh if it is to begin one, unless that leaves one half empty."""

    depth: int
    text: str
    fresh: bool = False


class Breaking(ABC):
    """Turns marks into brackets and lines."""

    #: How far a line is set in for each level of depth.
    indent = 1.0

    @abstractmethod
    def delimit(self, inside: str, level: int) -> str:
        """Inside brackets."""

    @abstractmethod
    def parted(self, inside: str, level: int) -> tuple[str, str]:
        """The brackets around what is broken over lines."""

    @abstractmethod
    def width(self, text: str) -> float:
        """How wide a formula is."""

    @abstractmethod
    def continued(self, text: str) -> str:
        """A formula that continues a product on a new line."""

    def brackets(self, marked: str) -> str:
        """Turn marks into brackets, on one line."""
        return self._closed(_parsed(marked, self._closed))

    def folded(self, marked: str, room: float) -> list[Line]:
        """Turn marks into brackets, on as many lines as it takes in the given room."""
        items = _parsed(marked, self._closed)
        whole = self._closed(items)
        if self.width(whole) <= room:
            return [Line(0, whole)]
        lines: list[Line] = []
        for segment in self._segments(items, 0, room):
            if lines and not (segment.fresh and self.width(lines[-1].text) > _MOSTLY * room):
                joined = Line(lines[-1].depth, lines[-1].text + segment.text)
                if self.width(joined.text) + self.indent * joined.depth <= room:
                    lines[-1] = joined
                    continue
            text = self.continued(segment.text) if lines else segment.text
            lines.append(Line(segment.depth if lines else 0, text))
        return lines

    def _closed(self, items: Sequence[Item]) -> str:
        return "".join(
            self.delimit(self._closed(item.inside), item.level)
            if isinstance(item, Bracketed)
            else ("" if item in (TERM, FACTOR) else item)
            for item in items
        )

    def _segments(self, items: Sequence[Item], depth: int, room: float) -> list[_Segment]:
        whole = self._closed(items)
        if self.width(whole) <= room - self.indent * depth:
            return [_Segment(depth, whole)]
        mark, items, deeper = self._where(items)
        if not mark:
            return [_Segment(depth, whole)]
        out: list[_Segment] = []
        ends = [-1, *(k for k, item in enumerate(items) if item == mark), len(items)]
        for number, (a, b) in enumerate(pairwise(ends)):
            here = depth + 1 + deeper
            first, *others = self._segments(items[a + 1 : b], here, room)
            out += [_Segment(here if number else depth, first.text, fresh=number > 0 and bool(others)), *others]
        return out

    def _where(self, items: Sequence[Item]) -> tuple[str, Sequence[Item], int]:
        """The mark to break at, the items in which it stands on the outermost level, and how much deeper that is."""
        if TERM in items:
            return TERM, items, 0
        wide = self._widest(items, TERM)
        if FACTOR in items:
            whole = self.width(self._closed(items))
            if wide is None or self.width(self._closed(items[wide : wide + 1])) < _MOSTLY * whole:
                return FACTOR, items, 0
        if wide is None:
            wide = self._widest(items, FACTOR)
        if wide is None:
            return "", items, 0
        opened = self._opened(items, wide)
        mark, inside, deeper = self._where(opened)
        return mark, inside, max(deeper, 1)

    def _widest(self, items: Sequence[Item], mark: str) -> int | None:
        """The place of the widest bracket that holds such a mark."""
        found = [k for k, item in enumerate(items) if isinstance(item, Bracketed) and _holds(item, mark)]
        return max(found, key=lambda k: self.width(self._closed(items[k : k + 1])), default=None)

    def _opened(self, items: Sequence[Item], at: int) -> list[Item]:
        """One bracket laid open, with brackets of fixed size; what stands around it is not broken."""
        bracket = items[at]
        assert isinstance(bracket, Bracketed)
        left, right = self.parted(self._closed(bracket.inside), bracket.level)
        return [self._closed(items[:at]) + left, *bracket.inside, right + self._closed(items[at + 1 :])]


def _holds(item: Item, mark: str) -> bool:
    return item == mark if isinstance(item, str) else any(_holds(part, mark) for part in item.inside)


def _parsed(marked: str, closed: Callable[[Sequence[Item]], str]) -> list[Item]:
    """The items of a marked text.  What stands in braces is never broken, so its brackets are set at once."""
    stack: list[tuple[list[Item], int, str]] = [([], 0, "")]
    braces = 0
    for token in _MARKS.split(marked):
        if token in (GROUP, CALL, SQUARE):
            stack.append(([], 0, token))
        elif token in (END_GROUP, END_CALL):
            inside, inner, kind = stack.pop()
            level = 0 if kind == CALL else inner + 1
            level += kind == SQUARE and level % 2
            items, outer, outer_kind = stack.pop()
            bracket = Bracketed(tuple(inside), level)
            items.append(closed([bracket]) if braces else bracket)
            stack.append((items, max(outer, inner, level), outer_kind))
        elif token in (TERM, FACTOR):
            if not braces:
                stack[-1][0].append(token)
        elif token:
            braces += (token == "{") - (token == "}")
            stack[-1][0].append(token)
    return stack[0][0]


def unbroken(marked: str) -> str:
    """The same, never to be broken here."""
    return re.sub(f"[{TERM}{FACTOR}]", "", marked)


def stands_free(sign: str, marked: str) -> bool:
    """Whether a sign stands in a marked text outside all brackets."""
    depth = 0
    for token in re.split(f"([{GROUP}-{SQUARE}])", marked):
        depth += (token in (GROUP, CALL, SQUARE)) - (token in (END_GROUP, END_CALL))
        if not depth and sign in token:
            return True
    return False
