"""A report of the referees as a table: plain, or in the colours of a terminal.

A detail that does not fit is shortened in the table; a refutation is written in full below it.
"""

from __future__ import annotations

import io
import textwrap

from lossproof.referees import ABSENT, HELD, NOT_APPLICABLE, REFUTED, Report, Row

_STYLES = {HELD: "green", REFUTED: "bold red", NOT_APPLICABLE: "yellow", ABSENT: "magenta"}
_RULE = 27  # columns for the name of a rule, where there are 80


def plain(report: Report, width: int = 80) -> str:
    """The report without escape codes."""
    rule = max(_RULE + width - 80, 12)
    who = max([7, *(len(name) for name in report.counts)])
    found = max([7, *(len(row.finding) for row in report.rows)])
    lines = [f"{'step':>4}  {'rule':<{rule}}  {'referee':<{who}}  {'finding':<{found}}  detail"[:width].rstrip()]
    for row in report.rows:
        cells = (f"{row.step:>4}", _short(row.rule, rule).ljust(rule), row.referee.ljust(who), row.finding.ljust(found))
        lines.append(_short("  ".join((*cells, _line(row.detail))).rstrip(), width))
    for row in _refuted(report):
        lines += ["", *_wrapped(_refutation(row), width)]
    lines += ["", *(line for who, line in _closing(report, width)), "", *_wrapped(report.verdict, width)]
    return "\n".join(lines)


def coloured(report: Report, width: int) -> str:
    """The report with escape codes, or plain where `rich` is not installed.

    The environment variable NO_COLOR leaves weight and no colour, as elsewhere.
    """
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return plain(report, width)
    console = Console(file=io.StringIO(), width=width, force_terminal=True, highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), width=width)
    table.add_column("step", justify="right", no_wrap=True, min_width=4)
    table.add_column("rule", no_wrap=True, overflow="ellipsis", max_width=max(_RULE + width - 80, 12))
    table.add_column("referee", no_wrap=True, min_width=7)
    table.add_column("finding", no_wrap=True, min_width=7)
    table.add_column("detail", no_wrap=True, overflow="ellipsis", ratio=1)
    last = 0
    for row in report.rows:
        step = Text(str(row.step) if row.step != last else "", style="bold")
        rule = Text(_line(row.rule) if row.step != last else "")
        finding = Text(row.finding, style=_STYLES[row.finding])
        table.add_row(step, rule, Text(row.referee), finding, Text(_line(row.detail), style="dim"))
        last = row.step
    console.print(table)
    for row in _refuted(report):
        console.print()
        console.print(Text("\n".join(_wrapped(_refutation(row), width)), style=_STYLES[REFUTED]))
    console.print()
    for finding, line in _closing(report, width):
        console.print(Text(line, style=_STYLES[finding]))
    console.print()
    console.print(Text("\n".join(_wrapped(report.verdict, width)), style="bold green" if report.ok else "bold red"))
    return console.file.getvalue()


def _refuted(report: Report) -> list[Row]:
    return [row for row in report.rows if row.finding == REFUTED]


def _refutation(row: Row) -> str:
    return f"step {row.step} ({row.rule}) is refuted by {row.referee}: {row.detail}"


def _closing(report: Report, width: int) -> list[tuple[str, str]]:
    """A line of counts for each referee, with the finding that gives it its colour."""
    lines = []
    for who, counts in report.counts.items():
        worst = next(f for f in (REFUTED, ABSENT, NOT_APPLICABLE, HELD) if f in counts)
        lines.append((worst, _short(f"{who}: " + ", ".join(f"{n} {finding}" for finding, n in counts.items()), width)))
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(_line(text), width, subsequent_indent="    ", break_on_hyphens=False)


def _line(text: str) -> str:
    """The text on one line, and without what could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
