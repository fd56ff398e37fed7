"""What is installed, and what the shell may be told."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from lossproof.cli.commands import Argument, command
from lossproof.cli.guard import NOT_PROVED, PROVED
from lossproof.cli.parameters import OUT, OneOf, format_option
from lossproof.cli.terminal import Line, coloured, columns, plain
from lossproof.cli.writing import write

if TYPE_CHECKING:
    from lossproof.cli.diagnosis import Diagnosis, Part


@command("doctor", format_option("text", "json"), OUT, example="lossproof doctor")
def doctor(form: str, out: str | None) -> int:
    """Which parts are installed, what each is for, and how to get the others."""
    from lossproof.cli.diagnosis import diagnose

    found = diagnose()
    if form == "json":
        import json

        write(json.dumps(found.to_dict(), indent=1), out)
    else:
        width = columns(out)
        lines = list(_page(found, width or 80))
        rich = all(part.finding == "ok" for part in found.parts if part.name == "rich")
        write(coloured(lines, width) if width is not None and rich else plain(lines), out)
    return PROVED if found.ok else NOT_PROVED


def _page(found: Diagnosis, width: int) -> Iterator[Line]:
    yield [(f"lossproof {found.lossproof}", "bold")]
    yield from ([(line, "")] for line in textwrap.wrap(f"Python {found.python} on {found.system}", width))
    for heading, needed in (("Required", True), ("Optional", False)):
        yield []
        yield [(heading, "bold")]
        for part in found.parts:
            if part.required is needed:
                yield from _part(part, found.parts, width)
    yield []
    yield from ([(line, "bold green" if found.ok else "bold red")] for line in textwrap.wrap(found.verdict, width))


def _part(part: Part, parts: Sequence[Part], width: int) -> Iterator[Line]:
    """Whether it is there, what it is called, and what it is for; below, how to get it."""
    name, version = (
        max(len(word) for word in words) for words in zip(*((p.name, p.version) for p in parts), strict=True)
    )
    head = [
        ("  ", ""),
        (f"{part.finding:<8}", _COLOURS[part.finding]),
        (f"{part.name:<{name}}  ", ""),
        (f"{part.version:<{version}}  ", "dim"),
    ]
    indent = sum(len(words) for words, _ in head)
    if width < indent + 30:
        yield head
        head, indent = [(" " * 10, "")], 10
    first, *rest = textwrap.wrap(part.purpose, width - indent)
    yield [*head, (first, "")]
    if part.finding != "ok":
        rest += [
            line
            for said in (part.why, part.how)
            for line in textwrap.wrap(said, width - indent, break_on_hyphens=False)
        ]
    yield from ([(" " * indent + line, "")] for line in rest)


_COLOURS = {"ok": "green", "missing": "yellow", "too old": "red", "broken": "red"}


@command(
    "completion",
    Argument("shell", type=OneOf("shell", "bash", "zsh", "fish"), metavar="SHELL", about="bash, zsh or fish"),
    OUT,
    example="lossproof completion bash",
)
@click.pass_context
def completion(ctx: click.Context, shell: str, out: str | None) -> int:
    """The script that makes a shell complete commands, options and names of the catalogue.

    The shell finds it where it looks for such scripts:

      bash  --out ~/.local/share/bash-completion/completions/lossproof
      zsh   --out _lossproof in a folder of $fpath, such as ~/.zfunc
      fish  --out ~/.config/fish/completions/lossproof.fish
    """
    from lossproof.cli.completing import script_for

    write(script_for(ctx.find_root().command, shell), out)
    return PROVED
