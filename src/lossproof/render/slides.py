r"""LaTeX for slides: the same chain in fewer lines, in parts that fit a slide each.

What this module decides, and what it does not touch: consecutive equations are shown as one, whose
reason names all of them; every line is still an equation that was proved, since equality is
transitive.  A step that keeps optima but not values has a line of its own.  Which equations go
together is chosen so that the whole takes the least room (`_grouped`), with

- at most `MOST_TOGETHER` steps in a line, whose reasons fit one line of text together;
- a dearer line the more steps it holds, so that small steps go together before large ones;
- a step that gives the expression a name shown beside the expression, ``... = L(w)``.

A slide is that of beamer at 11 points: 128 by 96 millimetres, with margins of 10, of which `TALLEST`
is left below its title.  A part that goes on from the slide before repeats the left side.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from itertools import accumulate

from lossproof.kernel.derivation import Cite, Derivation
from lossproof.kernel.domains import Domain
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import FOLD, Assume
from lossproof.kernel.steps import Step
from lossproof.render.latex import (
    BY_PARTS,
    LATEX,
    OUT,
    Latex,
    Margin,
    Row,
    domain,
    environment,
    finished,
    pieces_of,
    rows,
    worded,
)
from lossproof.render.width import width

WIDEST = 26.5  # em of 11 points in 108 millimetres, with a little room for what `width` does not know
TALLEST = 14.2  # em in what 76 millimetres leave below a title
MOST_TOGETHER = 4
_WIDE_LEFT = 7.0
_SIZE = 0.82  # of footnotes, beside the text
_CLAIM = 1.8
_REASON_LINE = 1.2
_TOGETHER = 0.15  # the price of steps that share a line, in em, times the square of their number
_UNSEEN = 3.0  # ... of a name for what is not shown
_TOO_TALL = 4.0  # ... of an em beyond the height of a slide
_CUT = 1000.0  # ... of a reason that is wider than a line


@dataclass(frozen=True)
class _Line:
    """Some steps as a line of a slide, how tall it is, and how much is lost of what it leaves out."""

    steps: tuple[Step, ...]
    row: Row
    height: float
    price: float


def frames(derivation: Derivation, printer: Latex = LATEX) -> list[str]:
    """The chain as one ``align*`` for each slide, in fewer lines; in smaller type where a line fills a slide."""
    lines = _grouped(derivation, printer)
    margin = Margin([line.row for line in lines], _WIDE_LEFT)
    parts = _parted(lines)
    out = []
    for number, part in enumerate(parts, start=1):
        heading = f"% slide {number} of {len(parts)}\n" if len(parts) > 1 else ""
        last = derivation.claim if number == len(parts) else None
        out.append(heading + _slide(part, margin, last))
    if not lines:
        alone = [rf"& {piece} \\" for piece in pieces_of(printer.marked(derivation.start), WIDEST)]
        out = [environment("align*", alone)]
    return out


def _slide(part: list[_Line], margin: Margin, claim: Domain | None) -> str:
    """Some lines in the largest type in which they fit."""
    rows = [line.row for line in part]
    size = next((size for size in _SIZES if _fits(rows, margin, _SIZES[size])), r"\scriptsize")
    shown = [text for row in rows for text in _set(row, margin, _room(margin, _SIZES[size]))]
    if claim is not None:
        shown.append(rf"& {domain(claim)} \tag*{{\footnotesize {BY_PARTS}}} \\")
    chain = environment("align*", shown)
    return f"{{{size}\n{chain}}}" if size else chain


def _room(margin: Margin, scale: float) -> float:
    """What type of another size leaves for the right sides; a little less where more stands in a line."""
    return WIDEST / scale - margin.room - 5.0 * (1.0 / scale - 1.0)


def _fits(part: list[Row], margin: Margin, scale: float) -> bool:
    """Whether lines fit a slide in type of another size."""
    room = _room(margin, scale)
    if sum(_tall(row, room, scale) for row in part) > TALLEST:
        return False
    pieces = [piece for row in part for piece in (*margin.left(row, room)[1], *margin.right(f"= {row.right}", room))]
    return all(width(piece.removeprefix(OUT)) <= room for piece in pieces)


#: Sizes of type, and how large they are beside the usual one.
_SIZES = {"": 1.0, r"\footnotesize": 0.82, r"\scriptsize": 0.73}

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath, amssymb}
\usepackage[paperwidth=128mm, paperheight=96mm, margin=10mm]{geometry}
\pagestyle{empty}
\setlength{\parindent}{0pt}
\sloppy
\begin{document}
\setlength{\abovedisplayskip}{2pt}
\setlength{\belowdisplayskip}{2pt}
"""


def deck(derivation: Derivation, printer: Latex = LATEX) -> str:
    """A LaTeX document with a page of the size of a slide for each part."""
    title = rf"\textbf{{\footnotesize {worded(derivation.title or derivation.name, printer)}}}"
    pages = [f"{title}\n\\vfill\n{part}\n\\vfill" for part in frames(derivation, printer)]
    return _PREAMBLE + "\n\\newpage\n".join(pages) + "\n\\end{document}\n"


# ------------------------------------------------------------------ which steps go together


def _grouped(derivation: Derivation, printer: Latex) -> list[_Line]:
    """The steps in lines, so that the whole takes the least room."""
    single = rows(derivation, printer)
    margin = Margin(single, _WIDE_LEFT).room
    cheapest: list[tuple[float, list[_Line]]] = [(0.0, [])]
    for end in range(1, len(single) + 1):
        found: list[tuple[float, list[_Line]]] = []
        for begin in range(end - 1, max(-1, end - 1 - MOST_TOGETHER), -1):
            steps = derivation.steps[begin:end]
            if len(steps) > 1 and any(step.relation.kind is not Kind.EQUAL for step in steps):
                break
            line = _merged(steps, single[begin:end], margin)
            price = line.height + line.price + _TOGETHER * len(steps) ** 2
            price += _CUT * (len(steps) > 1 and _SIZE * width(rf"\text{{{line.row.why}}}") > WIDEST - 2)
            found.append((cheapest[begin][0] + price, [*cheapest[begin][1], line]))
        cheapest.append(min(found, key=lambda known: known[0]))
    lines = cheapest[-1][1]
    if derivation.claim is not None and lines:
        lines[-1] = replace(lines[-1], height=lines[-1].height + _CLAIM)
    return lines


def _merged(steps: tuple[Step, ...], single: list[Row], margin: float) -> _Line:
    """Some steps as one line: what they start from, what comes out, and all of their reasons."""
    why = _all_of([row.why for row in single], {row.why for step, row in zip(steps, single, strict=True) if _own(step)})
    row, shown = replace(single[-1], left=single[0].left, why=why), True
    room = WIDEST - margin
    if len(steps) > 1 and _names_the_whole(steps[-1]):
        both = f"{single[-2].right} = {single[-1].right}"
        shown = width(finished(both)) <= room - 1.0
        row = replace(row, right=both) if shown else row
    height = _tall(row, room)
    return _Line(steps, row, height, (0.0 if shown else _UNSEEN) + _TOO_TALL * max(0.0, height - TALLEST))


def _tall(row: Row, room: float, scale: float = 1.0) -> float:
    """How tall a row is in type of some size, its reason below it where there is no room beside."""
    pieces = pieces_of(f"= {row.right}", room)
    height = sum(map(_height, pieces)) * scale
    if width(finished(row.left)) > _WIDE_LEFT:
        height += sum(map(_height, pieces_of(row.left, room))) * scale
    beside = scale * width(pieces[-1]) + _SIZE * width(rf"\text{{{row.why}}}") + 1.0 <= scale * room
    return height + (0.0 if beside else _REASON_LINE)


def _names_the_whole(step: Step) -> bool:
    return step.rule == FOLD and all(place.path == () for place in step.places)


def _own(step: Step) -> bool:
    """Whether a reason is in words that somebody else chose: "not A" and "not B" must not become "not A, B"."""
    return isinstance(step.rule, Assume | Cite)


def _all_of(reasons: list[str], whole: Set[str] = frozenset()) -> str:
    """All reasons, each once; of a run that begins alike, what differs: ``logarithm of a product, of a power``."""
    out: list[str] = []
    for before, reason in zip(["", *reasons], reasons, strict=False):
        if reason == before:
            continue
        words, known = reason.split(" "), before.split(" ")
        alike = next((k for k, (a, b) in enumerate(zip(words, known, strict=False)) if a != b), 0)
        alike = 0 if reason in whole or before in whole else alike
        while alike and words[alike - 1] in _LITTLE:
            alike -= 1
        out.append(" ".join(words[alike:]))
    return ", ".join(out)


#: Words that go with the word after them.
_LITTLE = ("of", "a", "an", "the", "into", "in", "by", "to", "from", "with")

# ------------------------------------------------------------------ what fits a slide


_TALL = (
    ((r"\frac{\frac", r"}{\frac", r"\begin{cases}"), 3.5),
    ((r"\sum_", r"\prod_", r"\int_"), 3.1),
    ((r"\frac",), 2.6),
    ((r"\operatorname*",), 2.1),
)


def _height(piece: str) -> float:
    """How tall a line is, in em, with the space between lines."""
    for signs, tall in _TALL:
        if any(sign in piece for sign in signs):
            return tall
    return 1.6


def _parted(lines: list[_Line]) -> list[list[_Line]]:
    """The lines of each slide; as many slides as it takes, filled alike."""
    total = sum(line.height for line in lines)
    for room in (TALLEST, *_even(total)):
        parts = _packed(lines, room)
        if len(parts) <= max(1, -int(-total // TALLEST)) or room == TALLEST:
            found = parts
    return [_continued(found, number) for number in range(len(found))]


def _even(total: float) -> Iterator[float]:
    count = max(1, -int(-total // TALLEST))
    yield from (total / count + extra for extra in accumulate([0.5] * 6))


def _packed(lines: list[_Line], room: float) -> list[list[_Line]]:
    parts: list[list[_Line]] = []
    used = room
    for line in lines:
        if used + line.height > room or not parts:
            parts.append([])
            used = 0.0
        parts[-1].append(line)
        used += line.height
    return parts


def _continued(parts: list[list[_Line]], number: int) -> list[_Line]:
    """The lines of a slide; the first has a left side, or dots where that is wide."""
    first, *others = parts[number]
    if first.row.left:
        return parts[number]
    left = next(line.row.left for part in reversed(parts[:number]) for line in reversed(part) if line.row.left)
    row = first.row
    if width(finished(left)) <= _WIDE_LEFT:
        row = replace(row, left=left, right=rf"\cdots = {row.right}")
    else:
        row = replace(row, left=r"\cdots")
    return [replace(first, row=row), *others]


def _set(row: Row, margin: Margin, room: float) -> Iterator[str]:
    """A line of a slide as lines of LaTeX."""
    left, above = margin.left(row, room)
    yield from (rf"& {piece} \\" for piece in above)
    *pieces, last = margin.right(f"= {row.right}", room)
    for piece in pieces:
        yield rf"{left}& {piece} \\"
        left = ""
    yield rf"{left}& {last} \tag*{{\footnotesize {row.why}}} \\"
