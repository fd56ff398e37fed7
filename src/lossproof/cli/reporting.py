"""Pages to read, to print and to give away."""

from __future__ import annotations

import click

from lossproof.cli.commands import Argument, command
from lossproof.cli.completing import results
from lossproof.cli.guard import NOT_PROVED, PROVED
from lossproof.cli.parameters import WHAT, format_option, seed_option
from lossproof.cli.progress import progress
from lossproof.cli.showing import named, notation_options, noted
from lossproof.cli.writing import write
from lossproof.errors import DataError


@command(
    "report",
    Argument("names", metavar="NAME...", about=WHAT, nargs=-1, required=False, shell_complete=results),
    click.Option(
        ["--all", "everything"], is_flag=True, help="a site with the whole catalogue, the atlas of losses and a map"
    ),
    click.Option(
        ["--referee"],
        default="replay,finite,balls",
        metavar="NAMES",
        help="all, or names with commas between: replay, finite, balls (default: these three), coq",
    ),
    seed_option("for what is drawn at random"),
    notation_options,
    format_option("html", "json", default="html"),
    click.Option(["--out"], metavar="FILE", help="write to a file; with --all, into a directory"),
    example="lossproof report logistic gamma softmax --out report.html",
)
def report(
    names: tuple[str, ...], everything: bool, referee: str, seed: int, form: str, out: str | None, **notation: str
) -> int:
    """One page with derivations, each step with its rule, conditions and what referees say of it; or a whole site."""
    wanted = noted(**notation)
    if wanted is not None and (everything or form == "json"):
        raise DataError("a notation goes with a page about some derivations, not with --all or --format json")
    if everything:
        return _site(names, referee, seed, form, out)
    if not names:
        raise DataError("name derivations, or give --all for a site with the whole catalogue")
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
        page = report_json(judged) if form == "json" else report(judged, notation=wanted or "")
    write(page, out)
    return PROVED if all(found.ok for _, found in judged) else NOT_PROVED


def _site(names: tuple[str, ...], referee: str, seed: int, form: str, out: str | None) -> int:
    """The catalogue as a site in a directory."""
    if names or form != "html":
        raise DataError("--all is about the whole catalogue, as HTML: leave names and --format out")
    if out is None:
        raise DataError("--all needs --out DIRECTORY")
    import os

    from lossproof.recovery import atlas
    from lossproof.render import website
    from lossproof.strategies.catalogue import CATALOGUE

    with progress("deriving") as tell:
        made = website.build(
            out,
            CATALOGUE.values(),
            atlas.answers(),
            referees=referee,
            seed=seed,
            workers=os.cpu_count() or 1,
            progress=tell,
        )
    return PROVED if all(found.ok for found in made.reports.values()) else NOT_PROVED
