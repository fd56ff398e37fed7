"""The atlas: every loss of two libraries, with the likelihood that `recover` finds behind it, or why there is none.

What this module knows: how the answers are put beside each other.  What it does not know: the losses, which
`lossproof.recovery.libraries` declares, and how a question is answered.  No verdict comes from a declaration.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from lossproof.errors import UnknownName
from lossproof.notation.inert import ONE
from lossproof.notation.plain import written
from lossproof.recovery.libraries import LIBRARIES, UNREDUCED, Loss, Row
from lossproof.recovery.recover import recover
from lossproof.recovery.verdict import Verdict, Word

#: What stands in place of a verdict where there is nothing to normalise over.
NO_OBSERVATION = "no observation"

#: How wide the text is, in columns, unless it is said.
WIDTH = 110
_MOST_LINES = 6
_VERDICT = 38  # columns for a verdict


@dataclass(frozen=True)
class Answer:
    """A row of a loss and what was found; ``found`` is None where there is no observation to normalise over."""

    loss: Loss
    row: Row
    found: Verdict | None

    @property
    def verdict(self) -> str:
        """One of the five words, or that there is no observation."""
        return NO_OBSERVATION if self.found is None else str(self.found.verdict)

    @property
    def positive(self) -> bool:
        """Whether there is a likelihood behind the loss."""
        return self.found is not None and self.found.ok

    @property
    def question(self) -> str:
        """Where the observation and the predictions live."""
        names = self.row.names.split(", ")
        sets = self.row.prediction.split(", ") if len(names) > 1 else [self.row.prediction]
        said = [f"{name} in {values}" for name, values in zip(names, sets, strict=True)]
        return ", ".join(
            [f"y in {self.row.target}"] * bool(self.row.target) + said + [self.row.where] * bool(self.row.where)
        )

    @cached_property
    def relations(self) -> dict[str, str]:
        """How minus the log-likelihood follows from the library's value ``J``, for each reduction."""
        if self.found is None or self.found.finding is None:
            return {}
        finding = self.found.finding
        scale = "" if finding.scale == ONE else written(finding.scale)
        constant = "" if finding.normaliser == finding.base_measure == ONE else " + const"
        reductions = self.row.reductions or tuple(self.loss.reductions)
        return {
            r: f"-log p = {_times(scale, '1')}J_i{constant}"
            if r in UNREDUCED
            else f"-log L = {_times(scale, self._divisor(r))}J{constant}"
            for r in reductions
        }

    @property
    def density(self) -> str:
        """``p(y | f) = h(y) exp(-c l(f, y)) / Z``, if there is one."""
        if self.found is None or self.found.density is None:
            return ""
        return f"p(y | {self.row.names}) = {written(self.found.density)}"

    def _divisor(self, reduction: str) -> str:
        if reduction == "mean" and self.row.divisor:
            return self.row.divisor
        return self.loss.reductions[reduction]

    def to_dict(self) -> dict[str, object]:
        """For JSON: the question, the fields of the verdict, the relations."""
        row = self.row
        asked = {
            "library": self.loss.library, "loss": self.loss.name, "options": dict(row.options), "pointwise": row.loss,
            "target": row.target or None, "prediction": row.prediction, "f": row.names, "where": row.where or None,
        }  # fmt: skip
        found = dict.fromkeys(_FIELDS) if self.found is None else _fields(self.found)
        more = {"model": row.model if self.positive else None, "relations": self.relations, "note": self.note or None}
        return {**asked, **found, **more}

    @property
    def note(self) -> str:
        """What a reader should know of the row and, with its first, of the loss; and what was tried in vain."""
        tried = self.found.tried if self.found is not None and self.found.verdict is Word.UNKNOWN else ()
        about = self.loss.note if self.row is self.loss.rows[0] else ""
        return "; ".join(filter(None, (self.row.note, about, *tried)))


_FIELDS = (
    "verdict", "scale", "base_measure", "normaliser", "normaliser_enclosed", "density", "name", "witness", "tried",
)  # fmt: skip


def _fields(found: Verdict) -> dict[str, object]:
    """What was found, without the derivations, which `lossproof recover` prints."""
    expressions = (found.scale, found.base_measure, found.normaliser)
    values = (
        str(found.verdict),
        *(None if e is None else written(e) for e in expressions),
        None if found.enclosed is None else [found.enclosed.low, found.enclosed.high],
        None if found.density is None else written(found.density),
        found.name,
        None if found.witness is None else found.witness.to_json(),
        list(found.tried),
    )
    return dict(zip(_FIELDS, values, strict=True))


def _times(scale: str, divisor: str) -> str:
    """The factor of ``J``: what it is divided by is undone, and the scale put on."""
    divisor = f"({divisor})" if divisor.count(" ") > 1 else divisor
    if scale.startswith("1/"):
        return f"{divisor}/{scale.removeprefix('1/')} "
    return "".join(f"{factor} " for factor in (scale, divisor) if factor not in ("", "1"))


def answers(library: str | None = None) -> Iterator[Answer]:
    """Every row of a library, or of all, with what was found; equal questions are asked once.

    Raises:
        UnknownName: if there is no such library.
    """
    if library is not None and library not in LIBRARIES:
        raise UnknownName("library", library, LIBRARIES)
    known: dict[tuple[str, ...], Verdict] = {}
    for losses in LIBRARIES.values() if library is None else (LIBRARIES[library],):
        for loss in losses:
            for row in loss.rows:
                yield Answer(loss, row, _asked(row, known) if row.target else None)


def _asked(row: Row, known: dict[tuple[str, ...], Verdict]) -> Verdict:
    question = (row.loss, row.target, row.prediction, row.names, row.where)
    if question not in known:
        known[question] = recover(row.loss, target=row.target, prediction=row.prediction, f=row.names, where=row.where)
    return known[question]


# ------------------------------------------------------------------ as it is printed


def page(found: Sequence[Answer], style: str = "text", width: int = WIDTH) -> str:
    """The answers as ``text`` of some width, as a table in ``markdown``, or as ``json``: a list of objects."""
    if style == "json":
        return json.dumps([answer.to_dict() for answer in found], indent=1, ensure_ascii=False)
    return _table(found) if style == "markdown" else "\n".join(_lines(answer, width) for answer in found)


def _lines(answer: Answer, width: int) -> str:
    """One answer in a few lines: the loss and the verdict, the question, and what follows."""
    row = answer.row
    name, room = f"{answer.loss.library}.{answer.loss.name}({row.call})", min(width, WIDTH) - _VERDICT
    lines = (
        [f"{name:<{room}}{answer.verdict}"]
        if len(name) < room
        else [*textwrap.wrap(name, width), f"    {answer.verdict}"]
    )
    lines += _wrapped(f"{row.loss}   for {answer.question}", width)
    if answer.positive:
        lines += _wrapped(f"{row.model}; {_relations(answer)}", width)
        lines += _wrapped(answer.density, width) if len(answer.density) <= 2 * WIDTH else []
    if answer.found is not None and answer.found.witness is not None:
        lines += [part for line in _short(list(answer.found.witness.lines())) for part in _wrapped(line, width)]
    if answer.note:
        lines += _wrapped(answer.note, width)
    return "\n".join(lines)


def _relations(answer: Answer) -> str:
    """Those of the reductions that reduce."""
    return ", ".join(f"{relation} ({r})" for r, relation in answer.relations.items() if r not in UNREDUCED)


def _short(lines: list[str]) -> list[str]:
    """The beginning of a long certificate."""
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[:_MOST_LINES], f"... and {len(lines) - _MOST_LINES} more lines; --format json has all"]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    ")


def _table(found: Sequence[Answer]) -> str:
    head = ("loss", "pointwise", "for", "verdict", "noise model", "relation", "note")
    lines = [head, ("---",) * len(head)]
    for answer in found:
        row = answer.row
        model = row.model if answer.positive else ""
        lines.append((
            f"`{answer.loss.name}({row.call})`", f"`{row.loss}`", answer.question, answer.verdict, model,
            _relations(answer), answer.note,
        ))  # fmt: skip
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
