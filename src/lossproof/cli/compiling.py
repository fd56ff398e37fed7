"""Losses as code."""

from __future__ import annotations

import click

from lossproof.cli.commands import command
from lossproof.cli.guard import PROVED
from lossproof.cli.parameters import NAME, OUT, OneOf
from lossproof.cli.showing import named
from lossproof.cli.writing import write
from lossproof.compiled.backends import BACKENDS

_NAMES = tuple(BACKENDS)


@command(
    "compile",
    NAME,
    click.Option(
        ["--backend"],
        type=OneOf("backend", *_NAMES),
        default="numpy",
        metavar="BACKEND",
        help=f"{', '.join(_NAMES[:-1])} or {_NAMES[-1]} (default numpy)",
    ),
    OUT,
    example="lossproof compile poisson --backend c --out poisson.c",
)
def compile_loss(name: str, backend: str, out: str | None) -> int:
    """A derived loss as readable code, with its derivation.

    The code computes the loss of each observation, its slope and curvature in the prediction, and their sums, in the
    form that the error analysis chose; its head says why that form equals the loss.
    """
    from pathlib import Path

    from lossproof.api import model_in
    from lossproof.compiled.loss import compile

    path, colon, attribute = name.rpartition(":")
    what: object = name
    if colon and path.endswith(".py"):
        what = model_in(Path(path), attribute)
    elif name.endswith(".json"):
        what = named(name)
    write(compile(what, backend).source(), out)
    return PROVED
