"""Independent checks of what was derived."""

from __future__ import annotations

import click

from lossproof.cli.commands import Argument, command
from lossproof.cli.completing import results, some_of, words_or_files
from lossproof.cli.guard import NOT_PROVED, PROVED, say
from lossproof.cli.parameters import OUT, WHAT, count, format_option, seed_option
from lossproof.cli.progress import progress
from lossproof.cli.showing import named
from lossproof.cli.terminal import columns, fitted, text_options
from lossproof.cli.writing import write
from lossproof.errors import DataError

#: The referees and the data sets by name, written down here so that help imports neither SymPy nor NumPy.
REFEREES = ("replay", "finite", "balls", "coq")
DATA_SETS = ("breast_cancer", "diabetes")


_JUDGED = Argument(
    "name", about=f"{WHAT}; or steps that you wrote, in FILE.txt or the docstring of FILE.py", shell_complete=results
)


@command(
    "verify",
    _JUDGED,
    click.Option(
        ["--referee"],
        default="all",
        metavar="NAMES",
        help="all (default), or names with commas between: " + ", ".join(REFEREES),
        shell_complete=some_of(("all", *REFEREES)),
    ),
    seed_option("for what is drawn at random"),
    click.Option(
        ["--data"],
        metavar="DATA",
        help=f"{', '.join(DATA_SETS)}, or a CSV file with a header",
        shell_complete=words_or_files(*DATA_SETS),
    ),
    click.Option(["--target"], metavar="COLUMN", help="the column of observations (default: the last)"),
    click.Option(["--features"], type=count, metavar="NUMBER", help="how many features to fit with (default 5)"),
    format_option("text", "json"),
    OUT,
    example="lossproof verify logistic --data breast_cancer",
)
def verify(
    name: str,
    referee: str,
    seed: int,
    data: str | None,
    target: str | None,
    features: int | None,
    form: str,
    out: str | None,
) -> int:
    """Independent checks of every step, of the derived expressions on data, or of steps that you wrote.

    A FILE.txt, or the docstring of a FILE.py, holds a chain of equations written by hand: each line is proved equal
    to the one before, or refuted by numbers, or neither.
    """
    if name.endswith((".txt", ".py")):
        if data is not None or target is not None or features is not None or referee != "all":
            raise DataError("--seed, --format and --out go with steps in a file; the other options do not")
        return _written(name, seed, form, out)
    if data is not None:
        return _on_data(name, data, target, features, seed, form, out)
    if target is not None or features is not None:
        raise DataError("--target and --features go with --data")
    from lossproof import referees

    derivation = named(name)
    with progress("verifying") as tell:

        def judging(name: str, done: int, of: int) -> None:
            tell(f"{name} is judging ({done + 1} of {of} referees)", done, of)

        report = referees.verify(derivation, referees=referee, seed=seed, progress=judging)
    if form == "json":
        write(report.to_json(), out)
    else:
        width = columns(out)
        write(report.text() if width is None else report.text(width, colour=True), out)
    return PROVED if report.ok else NOT_PROVED


def _written(path: str, seed: int, form: str, out: str | None) -> int:
    from pathlib import Path

    from lossproof.checking import check_steps, steps_in

    text = steps_in(Path(path))
    with progress("checking") as tell:
        checked = check_steps(text, seed=seed, progress=lambda line, done, of: tell(f"line {line}", done, of))
    write(checked.to_json() if form == "json" else checked.text(**text_options(out)), out)
    return PROVED if checked.ok else NOT_PROVED


def _on_data(
    name: str, data: str, target: str | None, features: int | None, seed: int, form: str, out: str | None
) -> int:
    import lossproof

    if name.endswith(".json") or ".py:" in name:
        raise DataError(
            "--data goes with a name of 'lossproof list'; in Python, a model of your own that was registered "
            "takes data too: lossproof.verify_on(data, name)"
        )
    table = lossproof.read_data(data, target)
    agreement = lossproof.verify_on(table, name, features=5 if features is None else features, seed=seed)
    write(agreement.to_json() if form == "json" else fitted(agreement.text(), out), out)
    return PROVED if agreement.ok else NOT_PROVED


@command(
    "certify",
    Argument(
        "names",
        metavar="[NAME]...",
        about=f"{WHAT}; by default the whole catalogue",
        nargs=-1,
        required=False,
        shell_complete=results,
    ),
    format_option("text", "json", "record", about="text (default), json, or record: the catalogue as 'list' reads it"),
    OUT,
    example="lossproof certify logistic gamma",
)
def certify(names: tuple[str, ...], form: str, out: str | None) -> int:
    """Which derivations Coq accepts, and what is missing for each of the others."""
    from lossproof.referees.coq import certify, report_of
    from lossproof.strategies import record
    from lossproof.strategies.catalogue import CATALOGUE

    asked = names or tuple(CATALOGUE)
    with progress("deriving") as tell:
        derivations = []
        for done, name in enumerate(asked):
            tell(f"deriving {name}", done, len(asked))
            derivations.append(named(name))
        tell("Coq is reading", 0, len(asked))
        found = certify(derivations, lambda read: tell(f"Coq has read {read} of {len(asked)}", read, len(asked)))
    given = {name: one.given if one.ok else None for name, one in zip(asked, found, strict=True) if name in CATALOGUE}
    if form == "record":
        write(record.rewritten(given), out)
        return PROVED
    write(report_of(found, as_json=True) if form == "json" else fitted(report_of(found), out), out)
    known = record.recorded()
    differ = [name for name, facts in given.items() if name in known and known[name].given != facts]
    if differ:
        say(f"lossproof: the record of the catalogue says otherwise of {', '.join(differ)}")
        say(f"write it anew, in a clone: {record.REWRITE}")
    return PROVED if not differ and (not names or all(one.ok for one in found)) else NOT_PROVED
