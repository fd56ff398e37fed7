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

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from lossproof.kernel.derivation import Derivation
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import FOLD
from lossproof.kernel.steps import Step
from lossproof.render.latex import (
    BY_PARTS,
    LATEX,
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

WIDEST = 27.6  # em of 11 points in 108 millimetres, with a little room for what `width` does not know
TALLEST = 16.0  # em in what 76 millimetres leave below a title
MOST_TOGETHER = 4
_WIDE_LEFT = 7.0
_SIZE = 0.82  # of footnotes, beside the text
_REASON_LINE = 1.1
_TOGETHER = 0.15  # the price of steps that share a line, in em, times the square of their number
_CUT = 8.0  # ... of a reason that is wider than a line


@dataclass(frozen=True)
class _Line:
    """A line of a slide, and how tall it is."""

    row: Row
    height: float


def frames(derivation: Derivation, printer: Latex = LATEX) -> list[str]:
    """The chain as one ``align*`` for each slide, in fewer lines."""
    lines = _grouped(derivation, printer)
    margin = Margin([line.row for line in lines], _WIDE_LEFT)
    parts = _parted(lines)
    out = []
    for number, part in enumerate(parts, start=1):
        shown = [text for line in part for text in _set(line.row, margin)]
        if derivation.claim is not None and number == len(parts):
            shown.append(rf"& {domain(derivation.claim)} \tag*{{\footnotesize {BY_PARTS}}} \\")
        heading = f"% slide {number} of {len(parts)}\n" if len(parts) > 1 else ""
        out.append(heading + environment("align*", shown))
    if not lines:
        alone = [rf"& {piece} \\" for piece in pieces_of(printer.marked(derivation.start), WIDEST)]
        out = [environment("align*", alone)]
    return out


_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath, amssymb}
\usepackage[paperwidth=128mm, paperheight=96mm, margin=10mm]{geometry}
\pagestyle{empty}
\setlength{\parindent}{0pt}
\sloppy
\begin{document}
"""


def deck(derivation: Derivation, printer: Latex = LATEX) -> str:
    """A LaTeX document with a page of the size of a slide for each part."""
    title = rf"\textbf{{\small {worded(derivation.title or derivation.name, printer)}}}"
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
            price = line.height + _TOGETHER * len(steps) ** 2
            price += _CUT * (len(steps) > 1 and _SIZE * width(rf"\text{{{line.row.why}}}") > WIDEST)
            found.append((cheapest[begin][0] + price, [*cheapest[begin][1], line]))
        cheapest.append(min(found, key=lambda known: known[0]))
    return cheapest[-1][1]


def _merged(steps: tuple[Step, ...], single: list[Row], margin: float) -> _Line:
    """Some steps as one line: what they start from, what comes out, and all of their reasons."""
    why = _all_of([row.why for row in single])
    row = replace(single[-1], left=single[0].left, why=why)
    room = WIDEST - margin
    if len(steps) > 1 and _names_the_whole(steps[-1]):
        both = f"{single[-2].right} = {single[-1].right}"
        if width(finished(both)) <= room - 1.0:
            row = replace(row, right=both)
    pieces = pieces_of(f"= {row.right}", room)
    height = sum(map(_height, pieces))
    if width(finished(row.left)) > _WIDE_LEFT:
        height += sum(map(_height, pieces_of(row.left, room)))
    beside = width(pieces[-1]) + _SIZE * width(rf"\text{{{why}}}") + 1.0 <= room
    return _Line(row, height + (0.0 if beside else _REASON_LINE))


def _names_the_whole(step: Step) -> bool:
    return step.rule == FOLD and all(place.path == () for place in step.places)


def _all_of(reasons: list[str]) -> str:
    """All reasons, each once; of a run that begins alike, what differs: ``logarithm of a product, of a power``."""
    out: list[str] = []
    for before, reason in zip(["", *reasons], reasons, strict=False):
        if reason == before:
            continue
        words, known = reason.split(" "), before.split(" ")
        alike = next((k for k, (a, b) in enumerate(zip(words, known, strict=False)) if a != b), 0)
        alike -= alike > 0 and words[alike - 1] in ("of", "into", "by")
        out.append(" ".join(words[alike:]))
    return ", ".join(out)


# ------------------------------------------------------------------ what fits a slide


def _height(piece: str) -> float:
    """How tall a line is, in em, with the space between lines."""
    if r"\sum_" in piece or r"\prod_" in piece or r"\int_" in piece or r"\begin{cases}" in piece:
        return 3.1
    return 2.5 if r"\frac" in piece else 1.6


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


def _set(row: Row, margin: Margin) -> Iterator[str]:
    """A line of a slide as lines of LaTeX."""
    room = WIDEST - margin.room
    left, above = margin.left(row, room)
    yield from (rf"& {piece} \\" for piece in above)
    *pieces, last = margin.right(f"= {row.right}", room)
    for piece in pieces:
        yield rf"{left}& {piece} \\"
        left = ""
    yield rf"{left}& {last} \tag*{{\footnotesize {row.why}}} \\"
