"""How a derivation is printed: the options that ``derive`` and the scripts in ``derivations/`` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lossproof.cli.guard import PROVED
from lossproof.cli.parameters import OUT, OneOf, format_option, steps
from lossproof.cli.terminal import text_options
from lossproof.cli.writing import write
from lossproof.errors import DataError

if TYPE_CHECKING:
    from lossproof.kernel.derivation import Derivation
    from lossproof.notation.letters import Notation

FORMATS = ("latex", "markdown", "html", "text", "json", "coq")

#: The options that say how names and signs are written; `noted` takes their values.
notation_options = (
    click.Option(["--notation"], metavar="TEXT", default="", help=r'symbols as you like them: "f=\hat p, n=N"'),
    click.Option(["--log"], type=OneOf("logarithm", "log", "ln"), default="log", help="log (default) or ln"),
    click.Option(
        ["--probability"],
        metavar="TEX",
        default="P",
        help=r"P (default), \Pr or \mathbb{P}",
    ),
    click.Option(
        ["--sums"],
        type=OneOf("sums", "limits", "index"),
        default="limits",
        help="with limits (default), or with the index alone where its range is declared",
    ),
)

#: The options that say what of a derivation is printed, and how.
page_options = (
    click.Option(["--steps"], type=steps, metavar="A-B", help="only these steps, for instance 3-5 or 7"),
    click.Option(["--standalone"], is_flag=True, help="a LaTeX document that pdflatex compiles"),
    click.Option(["--remarks"], is_flag=True, help="with side conditions and why they hold (latex, text)"),
    click.Option(["--labels"], is_flag=True, help=r"number and label the steps, for \eqref{NAME:3} (latex)"),
    click.Option(["--slides"], is_flag=True, help="fewer lines, in parts that fit a slide each (latex)"),
    *notation_options,
)

#: The options of everything that prints a derivation; `show` takes them by their names.
output_options = (format_option(*FORMATS, default="latex"), OUT, *page_options)
_NOTATION = ("latex", "markdown", "html", "text")  # formats that take one


def show(
    derivation: Derivation,
    *,
    form: str = "latex",
    out: str | None = None,
    steps: tuple[int, int] | None = None,
    standalone: bool = False,
    remarks: bool = False,
    labels: bool = False,
    slides: bool = False,
    **notation: str,
) -> int:
    """Print a derivation as the `output_options` say."""
    if steps is not None:
        first, last = steps
        if last > len(derivation):
            raise DataError(f"'{derivation.name}' has {len(derivation)} steps; step {last} is beyond them")
        derivation = derivation[first - 1 : last]
    choices: dict[str, Any] = {}
    only_latex = {"standalone": standalone, "labels": labels, "slides": slides}
    if form == "latex":
        choices = {**only_latex, "remarks": remarks}
    elif any(only_latex.values()):
        given = next(name for name, wanted in only_latex.items() if wanted)
        raise DataError(f"--{given} goes with --format latex")
    elif form == "text":
        choices = {"remarks": remarks, **text_options(out)}
    elif remarks:
        raise DataError("--remarks goes with --format latex or text; the other formats always have them")
    wanted = noted(**notation)
    if wanted is not None:
        if form not in _NOTATION:
            raise DataError(f"a notation goes with --format {', '.join(_NOTATION)}: {form} is for programs")
        choices["notation"] = wanted
    _ = derivation.theorem
    write(derivation.to(form, **choices), out)
    return PROVED


def noted(*, notation: str = "", log: str = "log", probability: str = "P", sums: str = "limits") -> Notation | None:
    """The notation that the `notation_options` ask for, or None if they leave it as it is."""
    if (notation, log, probability, sums) == ("", "log", "P", "limits"):
        return None
    from lossproof.notation.letters import Notation

    return Notation(notation, log, probability, sums)


def named(name: str) -> Derivation:
    """By name, saved as JSON, or declared in a Python file: ``FILE.py:NAME``."""
    from pathlib import Path

    import lossproof
    from lossproof.kernel.serial import LONGEST_TEXT

    path, colon, attribute = name.rpartition(":")
    if colon and path.endswith(".py"):
        from lossproof.api import declared_in

        return declared_in(Path(path), attribute)
    if not name.endswith(".json"):
        return lossproof.derive(name)
    try:
        with Path(name).open(encoding="utf-8") as file:
            text = file.read(LONGEST_TEXT + 1)  # a device may have no end; what is longer is refused
    except OSError as error:
        raise DataError(f"cannot read '{name}': {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"cannot read '{name}': it is not text in UTF-8") from None
    return lossproof.load(text)
