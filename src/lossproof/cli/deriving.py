"""A derivation, as the reader wants it."""

from __future__ import annotations

from typing import Any

from lossproof.cli.commands import command
from lossproof.cli.parameters import NAME
from lossproof.cli.showing import named, output_options, show


@command(
    "derive",
    NAME,
    output_options,
    example="lossproof derive logistic --standalone --out logistic.tex",
)
def derive(name: str, **options: Any) -> int:
    """A derivation, step by step."""
    return show(named(name), **options)
