"""Figures."""

from __future__ import annotations

import click

from lossproof.cli.commands import Argument, command
from lossproof.cli.guard import PROVED
from lossproof.cli.parameters import NAME, OneOf, seed_option
from lossproof.errors import DataError

#: The kinds of figures, as `lossproof.figures.KINDS` has them, with what they show.
KINDS = {
    "optimum": "likelihood and loss over one or two parameters, with the optimum that they share",
    "underflow": "the product that underflows in doubles, beside the sum that does not",
    "noise": "the noise model beside its loss",
}
_SHOWS = "; ".join(f"{kind}, {shows}" for kind, shows in KINDS.items())


@command(
    "figure",
    Argument("kind", type=OneOf("kind of figure", *KINDS), metavar="KIND", about=_SHOWS),
    NAME,
    click.Option(["--out"], metavar="FILE", required=True, help="where to: a file .png, .pdf or .svg"),
    click.Option(["--data"], metavar="SOURCE", help="a CSV file or a data set, as for verify; drawn if not given"),
    click.Option(["--target"], metavar="COLUMN", help="the column of observations in the CSV file (default the last)"),
    click.Option(["--with", "constants"], metavar="NAME=NUMBER", multiple=True, help="a constant, such as sigma=2"),
    seed_option("of the data that are drawn"),
    example="lossproof figure optimum logistic --out optimum.pdf",
)
def figure(
    kind: str, name: str, out: str, data: str | None, target: str | None, constants: tuple[str, ...], seed: int
) -> int:
    """A figure of likelihood and loss, as a file (needs matplotlib)."""
    from pathlib import Path

    from lossproof.api import model_in
    from lossproof.figures import draw
    from lossproof.numeric.data import read_data

    numbers = dict(map(_constant, constants))
    path, colon, attribute = name.rpartition(":")
    what = model_in(Path(path), attribute) if colon and path.endswith(".py") else name
    if kind == "noise":
        if data is not None:
            raise DataError("--data goes with the figures optimum and underflow")
        draw(kind, what, out=out, constants=numbers)
    else:
        draw(kind, what, data=None if data is None else read_data(data, target), out=out, seed=seed, constants=numbers)
    return PROVED


def _constant(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not name.isidentifier() or not equals or number != number:
        raise DataError(f"'{text:.40}' is not of the form NAME=NUMBER")
    return name, number
