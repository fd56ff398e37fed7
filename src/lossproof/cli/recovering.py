"""From a loss to the noise model behind it, or a proof that there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from lossproof.cli.commands import Argument, Command, command
from lossproof.cli.completing import files, some_of
from lossproof.cli.guard import NOT_PROVED, PROVED, say
from lossproof.cli.parameters import OUT, OneOf, format_option, seconds, seed_option
from lossproof.cli.progress import progress
from lossproof.cli.showing import FORMATS, page_options, show
from lossproof.cli.terminal import columns, fitted, headed, text_options
from lossproof.cli.writing import write
from lossproof.errors import DataError, LossproofError

_LOSS = "a loss as text: + - * / ^, exp, log, abs, max, where(u <= v, a, b), sigmoid, softplus, ..."
_SETS = "real, positive, counts, unit, {0,1}, {-1,1}, {1..K}, simplex(K), interval(a,b) or S^K"

#: The options that say what the symbols of a loss are.
_WORDS = some_of(("real", "positive", "counts", "unit"))
_QUESTION = (
    click.Option(
        ["--target"], metavar="SET", required=True, help=f"the set of the observation: {_SETS}", shell_complete=_WORDS
    ),
    click.Option(
        ["--prediction"],
        metavar="SETS",
        required=True,
        help="the set of the prediction, or of each",
        shell_complete=_WORDS,
    ),
    click.Option(["--y"], metavar="NAME", default="y", help="what the observation is called (default y)"),
    click.Option(["--f"], metavar="NAMES", default="f", help="what the prediction is called, or each (default f)"),
    click.Option(
        ["--where"],
        metavar="CONDITION",
        multiple=True,
        help="what is known of a constant, for instance 'tau in (0,1)'; without it, that it is positive",
    ),
)
_TIMEOUT = click.Option(["--timeout"], type=seconds, default=20.0, metavar="SECONDS", help="default 20; 0 for none")


class _OfLosses(Command):
    """A loss that begins with a minus sign (``-y*log(f)``) is not taken for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        option = re.compile(r"--?[a-z][a-z-]*(=.*)?", re.DOTALL)
        losses = [f" {a}" if a.startswith("-") and a != "--" and not option.fullmatch(a) else a for a in args]
        return super().parse_args(ctx, losses)


@command(
    "recover",
    Argument("loss", about=_LOSS),
    _QUESTION,
    _TIMEOUT,
    click.Option(
        ["--show", "part"],
        type=OneOf("part", "verdict", "mass", "likelihood"),
        default="verdict",
        metavar="PART",
        help="verdict (default); mass, the derivation of the total mass; or likelihood, of the loss from the density",
    ),
    format_option(*FORMATS, default="text", about="of a verdict text (default) or json; of a derivation any"),
    click.Option(
        ["--plot"],
        metavar="FILE",
        help="draw the loss beside its density, as .png, .pdf or .svg *",
        shell_complete=files,
    ),
    OUT,
    page_options,
    example='lossproof recover "max(0, 1 - y*f)" --target "{-1,1}" --prediction real',
    cls=_OfLosses,
)
def recover(
    loss: str,
    target: str,
    prediction: str,
    y: str,
    f: str,
    where: tuple[str, ...],
    timeout: float,
    part: str,
    form: str,
    plot: str | None,
    out: str | None,
    **page: Any,
) -> int:
    """The likelihood behind a loss, or a proof that there is none."""
    if part == "verdict":
        _no_page(form, page)
    if plot is not None:
        from lossproof.figures import noise
        from lossproof.figures.canvas import form_of

        form_of(plot)  # a name that no figure can have is refused before the search
    from lossproof.recovery.recover import recover

    with progress(_searching("searching for a likelihood", timeout)):
        verdict = recover(loss, target, prediction, y=y, f=f, where=list(where), timeout=timeout or None)
    if part != "verdict":
        derivation = verdict.mass if part == "mass" else verdict.likelihood
        if derivation is None:
            say(verdict.text())
            raise LossproofError(f"there is no such derivation: the verdict is '{verdict.verdict}'")
        show(derivation, form=form, out=out, **page)
    elif form == "json":
        import json

        write(json.dumps(verdict.to_json(), indent=1), out)
    else:
        options = text_options(out)
        options.pop("colour", None)  # a verdict has none
        write(headed(verdict.text(**options), out, _colour(verdict.ok, str(verdict.verdict))), out)
    if plot is not None:
        noise(verdict, out=plot)
    return PROVED if verdict.ok else NOT_PROVED


def _no_page(form: str, page: Mapping[str, Any]) -> None:
    """Refuse what is for derivations only; a verdict is not one."""
    if form not in ("text", "json"):
        raise DataError(f"--format {form} goes with --show mass or --show likelihood")
    typed = click.get_current_context().get_parameter_source
    for name in page:
        if typed(name) is click.core.ParameterSource.COMMANDLINE:
            raise DataError(f"--{name} goes with --show mass or --show likelihood")


def _colour(ok: bool, outcome: str) -> str:
    return "green" if ok else "yellow" if outcome == "unknown" else "red"


def _searching(what: str, timeout: float) -> str:
    return f"{what}, for {timeout:g} s at most" if timeout else what


@command(
    "equivalent",
    Argument("loss_a", about=_LOSS),
    Argument("loss_b", about="another"),
    _QUESTION,
    _TIMEOUT,
    seed_option("of the points that are tried"),
    format_option("text", "json"),
    OUT,
    example='lossproof equivalent "Abs(y - f)" "(y - f)^2" --target real --prediction real',
    cls=_OfLosses,
)
def equivalent(
    loss_a: str,
    loss_b: str,
    target: str,
    prediction: str,
    y: str,
    f: str,
    where: tuple[str, ...],
    timeout: float,
    seed: int,
    form: str,
    out: str | None,
) -> int:
    """Whether two losses ask for the same predictions."""
    from lossproof.recovery.equivalence import equivalent

    asked: dict[str, Any] = {
        "target": target,
        "prediction": prediction,
        "y": y,
        "f": f,
        "where": list(where),
        "seed": seed,
    }
    with progress(_searching("comparing the minimisers", timeout)):
        found = equivalent(loss_a, loss_b, **asked, timeout=timeout or None)
    text = fitted(found.text(), out, _colour(found.ok, found.outcome)) if form == "text" else found.to_json()
    write(text, out)
    return PROVED if found.ok else NOT_PROVED


@command(
    "atlas",
    click.Option(
        ["--library"],
        type=OneOf("library", "torch", "scikit-learn"),
        metavar="NAME",
        help="only the losses of this one: torch or scikit-learn",
    ),
    format_option("text", "markdown", "json"),
    OUT,
    example="lossproof atlas --library torch --format markdown",
)
def chart(library: str | None, form: str, out: str | None) -> int:
    """Every loss of torch.nn and of scikit-learn, with the likelihood behind it or why there is none."""
    from lossproof.recovery import atlas
    from lossproof.recovery.libraries import LIBRARIES

    chosen = LIBRARIES.values() if library is None else [LIBRARIES[library]]
    rows = [loss.name for losses in chosen for loss in losses for _ in loss.rows]
    with progress("recovering") as tell:
        found = []
        for answer in atlas.answers(library):
            found.append(answer)
            tell(f"recovering {rows[min(len(found), len(rows) - 1)]}", len(found), len(rows))
    write(atlas.page(found, form, columns(out) or atlas.WIDTH), out)
    return PROVED
