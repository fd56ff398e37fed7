"""The catalogue, and a derivation as the reader wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lossproof.cli.commands import Argument, command
from lossproof.cli.guard import PROVED
from lossproof.cli.parameters import OUT, WHAT, format_option
from lossproof.cli.showing import named, output_options, show
from lossproof.cli.writing import write
from lossproof.errors import UnknownName

if TYPE_CHECKING:
    from lossproof.strategies.entry import Entry


@command(
    "list",
    Argument("part", about="only those with this in their name or among their peers", default=""),
    format_option("text", "json"),
    OUT,
    example="lossproof list --format json",
)
def listing(part: str, form: str, out: str | None) -> int:
    """The catalogue of derivations."""
    from lossproof.strategies.catalogue import CATALOGUE

    wanted = part.lower()
    chosen = [e for e in CATALOGUE.values() if wanted in " ".join((e.name, *e.peers)).lower()]
    if not chosen:
        raise UnknownName("derivation with, in its name or the names of its peers,", part, CATALOGUE)
    if form == "json":
        import json

        write(json.dumps([_summary(entry) for entry in chosen], indent=1), out)
        return PROVED
    import textwrap

    lines = [f"{'name':<50} {'relation':<22} {'steps':>5}"]
    for entry in chosen:
        d = entry.derive()
        claim = "" if d.claim is None else f" in {d.claim}"
        lines.append(f"{entry.name:<50} {f'{d.relation}{claim}':<22} {len(d):>5}")
        lines.append(textwrap.fill(d.title, 80, initial_indent="    ", subsequent_indent="    "))
    write("\n".join(lines), out)
    return PROVED


def _summary(entry: Entry) -> dict[str, object]:
    d = entry.derive()
    return {
        "name": entry.name,
        "title": d.title,
        "relation": str(d.relation),
        "claim": None if d.claim is None else str(d.claim),
        "steps": len(d),
        "peers": list(entry.peers),
        "proved": not d.theorem.unproved,
        "unproved": list(d.theorem.unproved),
    }


@command(
    "derive",
    Argument("name", about=WHAT),
    output_options,
    example="lossproof derive logistic --standalone --out logistic.tex",
)
def derive(name: str, **options: Any) -> int:
    """A derivation, step by step."""
    return show(named(name), **options)
