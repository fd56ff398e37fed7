"""A model fitted to a table of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lossproof.cli.commands import Argument, command
from lossproof.cli.completing import files, results
from lossproof.cli.guard import PROVED
from lossproof.cli.parameters import OUT, count, format_option
from lossproof.cli.progress import progress
from lossproof.cli.terminal import fitted
from lossproof.cli.writing import write
from lossproof.errors import DataError

if TYPE_CHECKING:
    from lossproof.fitting.fit import Fit
    from lossproof.models import Model, NoiseModel


def _pair(text: str) -> tuple[str, str]:
    """``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise click.BadParameter(f"'{text:.40}' is not of the form NAME=VALUE")
    return name.strip(), value.strip()


def _number(text: str) -> tuple[str, float]:
    """``NAME=NUMBER``."""
    name, value = _pair(text)
    try:
        return name, float(value)
    except ValueError:
        raise click.BadParameter(f"'{value:.40}' is not a number") from None


@command(
    "fit",
    Argument(
        "name",
        about="a model of 'lossproof list' with a linear predictor, or FILE.py:NAME for one of your own",
        shell_complete=results,
    ),
    Argument(
        "data",
        about="a CSV file with a header; breast_cancer or diabetes; or Parquet files, which are read in chunks",
        shell_complete=files,
    ),
    click.Option(["--target"], metavar="COLUMN", help="the column of observations (default: the last)"),
    click.Option(["--features"], metavar="COLUMNS", help="with commas between (default: all other columns)"),
    click.Option(["--weights"], metavar="COLUMN", help="how often each observation counts"),
    click.Option(
        ["--known"],
        multiple=True,
        type=_pair,
        metavar="LETTER=COLUMN",
        help="what the model knows of each observation, such as m=trials (default: the column of that name)",
    ),
    click.Option(
        ["--parameter"],
        multiple=True,
        type=_number,
        metavar="NAME=NUMBER",
        help="a parameter of the noise that is known, such as alpha=2",
    ),
    click.Option(["--no-intercept"], is_flag=True, help="no feature that is 1 everywhere"),
    click.Option(["--workers"], type=count, metavar="NUMBER", help="read in chunks, in so many processes"),
    click.Option(["--memory"], metavar="SIZE", help="the limit of each of these processes, such as 1GiB"),
    click.Option(["--scheduler"], metavar="ADDRESS", help="read in chunks, on a dask cluster, such as tcp://host:8786"),
    format_option("text", "json", "latex"),
    OUT,
    example="lossproof fit logistic breast_cancer --features 'mean radius,mean texture'",
)
def fit(
    name: str,
    data: str,
    target: str | None,
    features: str | None,
    weights: str | None,
    known: tuple[tuple[str, str], ...],
    parameter: tuple[tuple[str, float], ...],
    no_intercept: bool,
    workers: int | None,
    memory: str | None,
    scheduler: str | None,
    form: str,
    out: str | None,
) -> int:
    """Fit a model with a linear predictor: estimates, standard errors, and in words why there are none."""
    from lossproof.fitting.fit import fit as fit_model
    from lossproof.fitting.fit import model_of
    from lossproof.numeric.data import read_data
    from lossproof.strategies.pointwise import pointwise

    model = model_of(_own(name) or name)
    letters = tuple(map(str, pointwise(model).known))
    chosen = {letter: letter for letter in letters} | dict(known)
    for letter in chosen:
        if letter not in letters:
            knows = f"it knows {', '.join(letters)}" if letters else "it knows nothing of that kind"
            raise DataError(f"--known {letter}=...: '{model.name}' knows no {letter} of each observation; {knows}")
    beside = [*chosen.values(), *([weights] if weights else [])]
    listed = None if features is None else [part.strip() for part in features.split(",")]
    if workers or scheduler or Path(data).is_dir() or data.endswith((".parquet", "*")):
        known_columns = [chosen[letter] for letter in letters]
        settings = {"weights": weights, "features": listed, "intercept": not no_intercept, **dict(parameter)}
        cluster = {"address": scheduler, "workers": workers, "memory": memory or "auto"}
        found = _in_chunks(model, data, target, known_columns, settings, cluster)
        return _written(found, form, out)
    if memory is not None:
        raise DataError("--memory goes with --workers")
    table = read_data(data, target, None if listed is None else [*listed, *beside])
    for letter, column in chosen.items():
        if column not in table.features:
            said = f"--known {letter}=COLUMN says which"
            raise DataError(
                f"'{model.name}' needs {letter} for each observation: there is no column '{column}'; {said}"
            )
    columns = {column: table.selected([column]).inputs[:, 0] for column in beside}
    inputs = table.selected([f for f in table.features if f not in beside] if listed is None else listed)
    with progress("fitting") as tell:
        tell(f"fitting {model.name}", 0, 1)
        found = fit_model(
            model,
            inputs.inputs,
            table.labels,
            *(columns[chosen[letter]] for letter in letters),
            weights=columns[weights] if weights else None,
            intercept=not no_intercept,
            features=inputs.features,
            place=lambda row: f"'{table.name}', {table.place(row)}",
            **dict(parameter),
        )
    return _written(found, form, out)


def _written(found: Fit, form: str, out: str | None) -> int:
    written = {"text": found.summary, "json": found.to_json, "latex": found.latex}[form]()
    write(fitted(written, out) if form == "text" else written, out)
    return PROVED


def _in_chunks(
    model: Model[NoiseModel],
    path: str,
    target: str | None,
    known: Sequence[str],
    settings: Mapping[str, Any],
    cluster: Mapping[str, Any],
) -> Fit:
    """A fit to a table that is read in chunks, in this process or on a cluster."""
    from lossproof.fitting.chunks import read_frame
    from lossproof.fitting.distributed import cluster as of_workers
    from lossproof.fitting.in_chunks import fit_in_chunks

    shared = cluster["address"] or cluster["workers"]
    frame = read_frame(path)
    beside = (target or str(frame.columns[-1]), *known)
    with progress("fitting") as tell, of_workers(**cluster) if shared else nullcontext() as client:
        return fit_in_chunks(model, frame, *beside, client=client, tell=tell, **settings)


def _own(name: str) -> Model[NoiseModel] | None:
    """The model that a Python file declares, if a file is named."""
    path, colon, declared = name.rpartition(":")
    if not colon or not path.endswith(".py"):
        return None
    from lossproof.api import model_in

    found: Any = model_in(Path(path), declared)
    return found
