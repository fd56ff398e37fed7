"""Pages to read, to print and to give away."""

from __future__ import annotations

import click

from lossproof.cli.commands import Argument, command
from lossproof.cli.completing import results
from lossproof.cli.guard import NOT_PROVED, PROVED
from lossproof.cli.parameters import OUT, WHAT, format_option, seed_option
from lossproof.cli.progress import progress
from lossproof.cli.showing import named
from lossproof.cli.writing import write


@command(
    "report",
    Argument("names", metavar="NAME...", about=WHAT, nargs=-1, required=True, shell_complete=results),
    click.Option(
        ["--referee"],
        default="replay,finite,balls",
        metavar="NAMES",
        help="all, or names with commas between: replay, finite, balls (default: these three), coq",
    ),
    seed_option("for what is drawn at random"),
    format_option("html", "json", default="html"),
    OUT,
    example="lossproof report logistic gamma softmax --out report.html",
)
def report(names: tuple[str, ...], referee: str, seed: int, form: str, out: str | None) -> int:
    """One page with derivations, each step with its rule, conditions and what referees say of it."""
    from lossproof import referees
    from lossproof.render.mathml import mathml
    from lossproof.render.report import Judged, report, report_json

    _ = mathml("x") if form == "html" else ""  # what is not installed is said before the work
    derivations = [named(name) for name in names]
    judged: list[Judged] = []
    with progress("judging") as tell:
        for derivation in derivations:

            def judging(who: str, done: int, of: int, name: str = derivation.name) -> None:
                tell(f"{name}: {who}", len(judged) * of + done, len(derivations) * of)

            judged.append((derivation, referees.verify(derivation, referees=referee, seed=seed, progress=judging)))
        tell("typesetting", len(derivations), len(derivations))
        page = report_json(judged) if form == "json" else report(judged)
    write(page, out)
    return PROVED if all(found.ok for _, found in judged) else NOT_PROVED
