"""The catalogue as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lossproof.cli.commands import Argument, command
from lossproof.cli.guard import PROVED
from lossproof.cli.parameters import OUT, format_option
from lossproof.cli.terminal import Line, coloured, columns, plain
from lossproof.cli.writing import write
from lossproof.errors import UnknownName

if TYPE_CHECKING:
    from lossproof.strategies.record import Recorded

_NARROW = 76  # columns, below which an entry takes a line more
_COLOURS = {"certified": "green", "certified given": "green", "proved": "yellow", "unproved rules": "red"}


@command(
    "list",
    Argument("part", about="only those with this in their name or among their peers", default=""),
    format_option("text", "json"),
    OUT,
    example="lossproof list softmax",
)
def listing(part: str, form: str, out: str | None) -> int:
    """The catalogue of derivations: what each proves, and how far that is certified."""
    from lossproof.strategies.record import listed

    found = listed(part)
    if not found:
        from lossproof.strategies.catalogue import CATALOGUE

        raise UnknownName("derivation with, in its name or the names of its peers,", part, CATALOGUE)
    if form == "json":
        import json

        write(json.dumps([one.to_dict() for one in found], indent=1, ensure_ascii=False), out)
        return PROVED
    width = columns(out)
    lines = list(_table(found, width or 80))
    write(plain(lines) if width is None else coloured(lines, width), out)
    return PROVED


def _table(found: Sequence[Recorded], width: int) -> Iterator[Line]:
    """A heading for each family, two or three lines for each result, and what the words mean."""
    families = dict.fromkeys(one.family for one in found)
    for family in families:
        yield from _family(family or "Registered", [one for one in found if one.family == family], width)
        yield []
    yield from _legend(found, width)


def _family(family: str, results: Sequence[Recorded], width: int) -> Iterator[Line]:
    if width < _NARROW:
        yield [(family[:width], "bold")]
    else:
        yield [(f"{family:<{width - 38}} ", "bold"), (f"{'relation':<14}{'status':<17}{'steps':>6}", "dim")]
    for one in results:
        steps = f"{one.steps} step{'' if one.steps == 1 else 's'}"
        colour = _COLOURS[one.status]
        if width < _NARROW:
            yield from ([(line, "cyan")] for line in _wrapped(one.name, width, 2))
            yield [(f"    {one.says}, ", ""), (one.status, colour), (f", {steps}", "")]
        else:
            name, status = f"  {one.name}", f"{one.status:<17}"
            yield [
                (f"{name:<{width - 38}} ", "cyan"),
                (f"{one.says:<14}", ""),
                (status, colour),
                (f"{one.steps:>6}", ""),
            ]
        yield from ([(line, "dim")] for line in _wrapped(one.title, width, 4 if width < _NARROW else 6))


def _legend(found: Sequence[Recorded], width: int) -> Iterator[Line]:
    from lossproof.strategies.record import STATUSES

    held = {one.status for one in found}
    yield [(f"{len(found)} result{'' if len(found) == 1 else 's'}", "bold")]
    for status, meaning in STATUSES.items():
        if status in held:
            count = sum(one.status == status for one in found)
            first, *rest = _wrapped(f"{count} {status}: {meaning}", width, 2, 4)
            yield [(first, "")]
            yield from ([(line, "")] for line in rest)


def _wrapped(text: str, width: int, indent: int, hanging: int | None = None) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=" " * indent, subsequent_indent=" " * (indent if hanging is None else hanging)
    )
