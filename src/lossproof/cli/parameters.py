"""The parameters that commands share, and what their values may be."""

from __future__ import annotations

from typing import Any

import click

from lossproof.cli.commands import Argument
from lossproof.cli.completing import files, results
from lossproof.errors import UnknownName

WHAT = "a name from 'lossproof list', FILE.py:NAME for a model of your own, or a derivation saved as .json"


class OneOf(click.Choice[str]):
    """One of some names; the nearest is said of another."""

    def __init__(self, kind: str, *names: str) -> None:
        super().__init__(names)
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            self.fail(str(UnknownName(self.kind, str(value), self.choices)), param, ctx)
        return str(value)


def count(value: object) -> int:
    """A number from 0, in digits."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise click.BadParameter(f"'{text:.20}' is not a count")
    return int(text)


def seconds(value: object) -> float:
    """A number of seconds."""
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e6:
        raise click.BadParameter(f"'{text:.20}' is not a number of seconds")
    return number


def steps(text: str) -> tuple[int, int]:
    """Numbers of steps, ``3-5`` or ``7``, from 1."""
    first, dash, last = text.partition("-")
    numbers = [first, last if dash else first]
    if not all(n.isascii() and n.isdigit() and len(n) < 6 for n in numbers):
        raise click.BadParameter(f"'{text}' is not of the form A-B")
    a, b = map(int, numbers)
    if not 1 <= a <= b:
        raise click.BadParameter(f"'{text}': steps count from 1, and the first comes before the last")
    return a, b


def format_option(*names: str, default: str = "text", about: str = "") -> click.Option:
    """``--format``, one of some names."""
    text = about or f"{', '.join(names[:-1])} or {names[-1]} (default {default})"
    return click.Option(
        ["--format", "form"], type=OneOf("format", *names), default=default, metavar="FORMAT", help=text
    )


#: What a derivation may be asked for by.
NAME = Argument("name", about=WHAT, shell_complete=results)

OUT = click.Option(["--out"], metavar="FILE", help="write to a file instead of standard output", shell_complete=files)


def seed_option(what: str) -> click.Option:
    """``--seed``, of what is drawn at random."""
    return click.Option(["--seed"], type=count, default=0, metavar="NUMBER", help=f"{what} (default 0)")
