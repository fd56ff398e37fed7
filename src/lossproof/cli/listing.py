"""The catalogue as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lossproof.cli.commands import Argument, command
from lossproof.cli.completing import results
from lossproof.cli.guard import PROVED
from lossproof.cli.parameters import OUT, format_option
from lossproof.cli.terminal import Line, coloured, columns, plain
from lossproof.cli.writing import write
from lossproof.errors import DataError, UnknownName

if TYPE_CHECKING:
    from lossproof.strategies.record import Recorded

_NARROW, _WIDE = 76, 140  # columns, below which a title takes lines of its own, and a status too
_REST = 24  # columns for the status and the steps
_COLOURS = {"certified": "green", "certified given": "green", "proved": "yellow", "unproved rules": "yellow"}


@command(
    "list",
    Argument(
        "part", about="only those with this in their name or among their peers", default="", shell_complete=results
    ),
    format_option(
        "text", "json", "record", about="text (default), json, or record: all, derived anew, as 'list' reads it"
    ),
    OUT,
    example="lossproof list softmax",
)
def listing(part: str, form: str, out: str | None) -> int:
    """The catalogue of derivations: what each proves, and how far that is certified."""
    from lossproof.strategies.record import listed, rewritten

    if form == "record":
        if part:
            raise DataError("--format record is of the whole catalogue; name no part of it")
        write(rewritten({}), out)
        return PROVED
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
    """A heading for each family, what is known of each result, and what the words mean."""
    relation = max(12, *(len(one.says) for one in found)) + 2
    name = min(width - relation - _REST, 48) if width >= _NARROW else 0
    if name:
        title = "title" if width >= _WIDE else ""
        yield [(f"{'name':<{name}}{'relation':<{relation}}{'status':<17}{'steps':>5}  {title}", "dim")]
    for family in dict.fromkeys(one.family for one in found):
        yield from ([(line, "bold")] for line in _wrapped(family or "Registered", width, 0))
        for one in found:
            if one.family == family:
                yield from _columns(one, width, name, relation) if name > 0 else _lines(one, width)
        yield []
    yield from _legend(found, width)


def _columns(one: Recorded, width: int, name: int, relation: int) -> Iterator[Line]:
    """A result in columns, its title beside or below; a long name has a line of its own."""
    called, space = f"  {one.name}", " " * (17 - len(one.status))
    if len(called) >= name:
        yield from ([(line, "cyan")] for line in _wrapped(one.name, width, 2))
        called = ""
    head = [
        (f"{called:<{name}}", "cyan"),
        (f"{one.says:<{relation}}", ""),
        (one.status, _COLOURS[one.status]),
        (f"{space}{one.steps:>5}", ""),
    ]
    if width >= _WIDE:
        first, *rest = _wrapped(one.title, width, name + relation + _REST)
        yield [*head, (f"  {first.strip()}", "dim")]
    else:
        yield head
        rest = _wrapped(one.title, width, 6)
    yield from ([(line, "dim")] for line in rest)


def _lines(one: Recorded, width: int) -> Iterator[Line]:
    """A result on a narrow screen: all below each other."""
    steps = f"{one.steps} step{'' if one.steps == 1 else 's'}"
    yield from ([(line, "cyan")] for line in _wrapped(one.name, width, 2))
    yield from ([(line, "")] for line in _wrapped(f"{one.says}, {steps}", width, 4))
    yield [("    ", ""), (one.status, _COLOURS[one.status])]
    yield from ([(line, "dim")] for line in _wrapped(one.title, width, 4))


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
