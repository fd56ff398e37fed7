"""A report of the referees as a table: plain, or in the colours of a terminal.

A detail that does not fit is shortened in the table; a refutation is written in full below it.
"""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Iterator

from lossproof.referees import ABSENT, HELD, NOT_APPLICABLE, REFUTED, Report

#: A line in parts, each with its colours; the colours never say what the words do not.
_Line = list[tuple[str, str]]

_STYLES = {HELD: "green", REFUTED: "bold red", NOT_APPLICABLE: "yellow", ABSENT: "magenta"}
_RULE = 27  # columns for the name of a rule, where there are 80
_NARROW = 64  # columns, below which a finding has a line of its own


def plain(report: Report, width: int = 80) -> str:
    """The report without escape codes; every row names its step."""
    return "\n".join("".join(words for words, _ in line).rstrip() for line in _lines(report, width, repeat=True))


def coloured(report: Report, width: int) -> str:
    """The report with the escape codes that the terminal takes; a step is named once.

    It is plain where the environment variable NO_COLOR is set, or the terminal is dumb.
    """
    lines = list(_lines(report, width, repeat=False))
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return "\n".join("".join(words for words, _ in line).rstrip() for line in lines)
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), width=width, force_terminal=True, highlight=False, emoji=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)
    return console.file.getvalue()


def _lines(report: Report, width: int, *, repeat: bool) -> Iterator[_Line]:
    yield from _narrow(report, width) if width < _NARROW else _columns(report, width, repeat=repeat)
    for row in report.rows:
        if row.finding == REFUTED:
            said = f"step {row.step} ({row.rule}) is refuted by {row.referee}: {row.detail}"
            yield []
            yield from ([(line, _STYLES[REFUTED])] for line in _wrapped(said, width))
    yield []
    for who, counts in report.counts.items():
        worst = next(f for f in (REFUTED, ABSENT, NOT_APPLICABLE, HELD) if f in counts)
        said = f"{who}: " + ", ".join(f"{n} {finding}" for finding, n in counts.items())
        yield [(_short(said, width), _STYLES[worst])]
    yield []
    yield from ([(line, "bold green" if report.ok else "bold red")] for line in _wrapped(report.verdict, width))


def _columns(report: Report, width: int, *, repeat: bool) -> Iterator[_Line]:
    """A row for each finding."""
    rule = max(_RULE + width - 80, 12)
    who = max([7, *(len(name) for name in report.counts)])
    found = max([7, *(len(row.finding) for row in report.rows)])
    head = f"{'step':>4}  {'rule':<{rule}}  {'referee':<{who}}  {'finding':<{found}}  detail"
    yield [(head[:width], "" if repeat else "bold")]
    detail = width - 12 - rule - who - found
    last = 0
    for row in report.rows:
        named = repeat or row.step != last
        yield [
            (f"{row.step if named else '':>4}  ", "bold"),
            (f"{_short(_line(row.rule), rule) if named else '':<{rule}}  {row.referee:<{who}}  ", ""),
            (row.finding, _STYLES[row.finding]),
            (" " * (found - len(row.finding) + 2), ""),
            (_short(_line(row.detail), detail) if detail > 0 else "", "dim"),
        ]
        last = row.step


def _narrow(report: Report, width: int) -> Iterator[_Line]:
    """The name of a step, and below it a line or two for each finding."""
    who = max([7, *(len(name) for name in report.counts)])
    last = 0
    for row in report.rows:
        if row.step != last:
            yield [(f"{row.step:>4}  ", "bold"), (_short(_line(row.rule), width - 6), "bold")]
        last = row.step
        yield [(f"      {row.referee:<{who}}  ", ""), (_short(row.finding, width - who - 8), _STYLES[row.finding])]
        if row.detail:
            yield [(f"        {_short(_line(row.detail), width - 8)}", "dim")]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(_line(text), width, subsequent_indent="    ", break_on_hyphens=False)


def _line(text: str) -> str:
    """The text on one line, and without what could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
