"""The command line: ``lossproof list | derive | verify | certify | recover | equivalent``.

Results go to standard output and nothing else does; messages go to standard error.  Exit status:
0 proved, 1 not proved or refuted, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lossproof.errors import DataError, IllPosed, LossproofError, MissingExtra, OutputError, ParseError, UnknownName

if TYPE_CHECKING:
    from lossproof.kernel.derivation import Derivation
    from lossproof.recovery.verdict import Verdict
    from lossproof.strategies.entry import Entry

FORMATS = ("latex", "markdown", "html", "text", "json", "coq")
PROVED, NOT_PROVED, WRONG_USAGE = 0, 1, 2
_USAGE_ERRORS = (UnknownName, DataError, OutputError, ParseError, MissingExtra, IllPosed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(_sheltered(sys.argv[1:] if arguments is None else arguments))
    return guarded(lambda: options.run(options))


def _sheltered(arguments: Sequence[str]) -> list[str]:
    """The arguments, a loss that begins with a minus sign (``-y*log(f)``) kept from being taken for an option."""
    if not arguments or arguments[0] not in ("recover", "equivalent"):
        return list(arguments)
    option = re.compile(r"--?[a-z][a-z-]*(=.*)?", re.DOTALL)
    return [f" {a}" if a.startswith("-") and a != "--" and not option.fullmatch(a) else a for a in arguments]


def guarded(run: Callable[[], int]) -> int:
    """Run a command with errors as one or two lines on standard error, and no traceback."""
    try:
        if sys.stdout is None:
            raise OutputError("standard output is closed")
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        status = run()
        sys.stdout.flush()
    except LossproofError as error:
        print(f"lossproof: {error}", file=sys.stderr)
        return WRONG_USAGE if isinstance(error, _USAGE_ERRORS) else NOT_PROVED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROVED
    except OSError as error:
        print(f"lossproof: {error.strerror}", file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        return 130
    return status


# ------------------------------------------------------------------ arguments


class _Parser(argparse.ArgumentParser):
    """Wrong usage is said in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: {message}; see '{self.prog} --help'\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="lossproof",
        description="Prove that your loss is a likelihood: derive it step by step, check every step, typeset it.",
        epilog="example: lossproof derive logistic --format text",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lossproof {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = _command(commands, "list", _list, "the catalogue of derivations", "lossproof list --format json")
    listing.add_argument(
        "part", nargs="?", default="", metavar="PART", help="only those with this in their name or among their peers"
    )
    listing.add_argument("--format", choices=("text", "json"), default="text")
    deriving = _command(
        commands,
        "derive",
        _derive,
        "a derivation, step by step",
        "lossproof derive logistic --standalone --out logistic.tex",
    )
    deriving.add_argument("name", metavar="NAME", help=_WHAT)
    add_output_options(deriving)
    verifying = _command(
        commands,
        "verify",
        _verify,
        "independent checks of every step, or of the derived expressions on data",
        "lossproof verify logistic --data breast_cancer",
    )
    verifying.add_argument("name", metavar="NAME", help=_WHAT)
    verifying.add_argument(
        "--referee", default="all", metavar="NAMES", help="all (default), or names with commas between: " + _REFEREES
    )
    verifying.add_argument("--seed", type=_count, default=0, help="for what is drawn at random (default 0)")
    verifying.add_argument("--data", metavar="DATA", help="breast_cancer, diabetes, or a CSV file with a header")
    verifying.add_argument("--target", metavar="COLUMN", help="the column of observations (default: the last)")
    verifying.add_argument("--features", type=_count, help="how many features to fit with (default 5)")
    verifying.add_argument("--format", choices=("text", "json"), default="text")
    verifying.add_argument("--out", metavar="FILE", help="write to a file instead of standard output")
    certifying = _command(
        commands,
        "certify",
        _certify,
        "which derivations Coq accepts, and what is missing for each of the others",
        "lossproof certify logistic gamma",
    )
    certifying.add_argument("names", nargs="*", metavar="NAME", help=f"{_WHAT}; by default the whole catalogue")
    certifying.add_argument("--format", choices=("text", "json"), default="text")
    certifying.add_argument("--out", metavar="FILE", help="write to a file instead of standard output")
    recovering = _command(
        commands,
        "recover",
        _recover,
        "the likelihood behind a loss, or a proof that there is none",
        'lossproof recover "max(0, 1 - y*f)" --target "{-1,1}" --prediction real',
    )
    recovering.add_argument("loss", metavar="LOSS", help=_LOSS)
    add_question_options(recovering)
    recovering.add_argument("--timeout", type=_seconds, default=20.0, metavar="SECONDS", help="default 20; 0 for none")
    recovering.add_argument(
        "--show",
        choices=("verdict", "mass", "likelihood"),
        default="verdict",
        help="the verdict; or the derivation of the total mass; or that of the loss from the density",
    )
    recovering.add_argument(
        "--format", choices=FORMATS, default="text", help="of a verdict text or json (default text)"
    )
    recovering.add_argument("--standalone", action="store_true", help="with --format latex: a document")
    recovering.add_argument("--plot", metavar="FILE", help="draw the loss beside its density, as .png, .pdf or .svg *")
    recovering.add_argument("--out", metavar="FILE", help="write to a file instead of standard output")
    comparing = _command(
        commands,
        "equivalent",
        _equivalent,
        "whether two losses ask for the same predictions",
        'lossproof equivalent "Abs(y - f)" "(y - f)^2" --target real --prediction real',
    )
    comparing.add_argument("loss_a", metavar="LOSS_A", help=_LOSS)
    comparing.add_argument("loss_b", metavar="LOSS_B", help="another")
    add_question_options(comparing)
    comparing.add_argument("--timeout", type=_seconds, default=20.0, metavar="SECONDS", help="default 20; 0 for none")
    comparing.add_argument("--seed", type=_count, default=0, help="of the points that are tried (default 0)")
    comparing.add_argument("--format", choices=("text", "json"), default="text")
    comparing.add_argument("--out", metavar="FILE", help="write to a file instead of standard output")
    charting = _command(
        commands,
        "atlas",
        _atlas,
        "every loss of torch.nn and of scikit-learn, with the likelihood behind it or why there is none",
        "lossproof atlas --library torch --format markdown",
    )
    charting.add_argument("--library", choices=("torch", "scikit-learn"), help="only the losses of this one")
    charting.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    charting.add_argument("--out", metavar="FILE", help="write to a file instead of standard output")
    return parser


_LOSS = "a loss as text: + - * / ^, exp, log, abs, max, where(u <= v, a, b), sigmoid, softplus, ..."
_SETS = "real, positive, counts, unit, {0,1}, {-1,1}, {1..K}, simplex(K), interval(a,b) or S^K"


def add_question_options(parser: argparse.ArgumentParser) -> None:
    """The options that say what the symbols of a loss are."""
    parser.add_argument("--target", metavar="SET", required=True, help=f"the set of the observation: {_SETS}")
    parser.add_argument("--prediction", metavar="SETS", required=True, help="the set of the prediction, or of each")
    parser.add_argument("--y", metavar="NAME", default="y", help="what the observation is called (default y)")
    parser.add_argument("--f", metavar="NAMES", default="f", help="what the prediction is called, or each (default f)")
    parser.add_argument(
        "--where",
        metavar="CONDITION",
        action="append",
        default=[],
        help="what is known of a constant, for instance 'tau in (0,1)'; without it, that it is positive",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise argparse.ArgumentTypeError(f"'{text:.20}' is not a number of seconds")
    return seconds


_REFEREES = "replay, finite, balls, coq"
_WHAT = "a name from 'lossproof list', FILE.py:NAME for a model of your own, or a derivation saved as .json"


def _command(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    what: str,
    example: str,
) -> _Parser:
    parser = commands.add_parser(name, help=what, description=what.capitalize() + ".", epilog=f"example: {example}")
    parser.set_defaults(run=run)
    return parser


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """The options of everything that prints a derivation."""
    parser.add_argument("--format", choices=FORMATS, default="latex", help="output format (default latex)")
    parser.add_argument("--out", metavar="FILE", help="write to a file instead of standard output")
    parser.add_argument("--steps", type=_steps, metavar="A-B", help="only these steps, for instance 3-5 or 7")
    parser.add_argument("--standalone", action="store_true", help="a LaTeX document that pdflatex compiles")
    parser.add_argument("--remarks", action="store_true", help="with side conditions and why they hold (latex, text)")


def _steps(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    numbers = [first, last if dash else first]
    if not all(n.isascii() and n.isdigit() and len(n) < 6 for n in numbers):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form A-B")
    a, b = map(int, numbers)
    if not 1 <= a <= b:
        raise argparse.ArgumentTypeError(f"'{text}': steps count from 1, and the first comes before the last")
    return a, b


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"'{text:.20}' is not a count")
    return int(text)


def _version() -> str:
    from lossproof import __version__

    return __version__


# ------------------------------------------------------------------ commands


def _list(options: argparse.Namespace) -> int:
    from lossproof.strategies.catalogue import CATALOGUE

    part = options.part.lower()
    chosen = [e for e in CATALOGUE.values() if part in " ".join((e.name, *e.peers)).lower()]
    if not chosen:
        raise UnknownName("derivation with, in its name or the names of its peers,", options.part, CATALOGUE)
    if options.format == "json":
        import json

        print(json.dumps([_summary(entry) for entry in chosen], indent=1))
        return PROVED
    print(f"{'name':<50} {'relation':<22} {'steps':>5}")
    for entry in chosen:
        d = entry.derive()
        claim = "" if d.claim is None else f" in {d.claim}"
        print(f"{entry.name:<50} {f'{d.relation}{claim}':<22} {len(d):>5}")
        print(textwrap.fill(d.title, 80, initial_indent="    ", subsequent_indent="    "), flush=True)
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


def _derive(options: argparse.Namespace) -> int:
    return output(_named(options.name), options)


def _named(name: str) -> Derivation:
    """By name, saved as JSON, or declared in a Python file: ``FILE.py:NAME``."""
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


def output(derivation: Derivation, options: argparse.Namespace) -> int:
    """Print a derivation as the options say."""
    if options.steps is not None:
        first, last = options.steps
        if last > len(derivation):
            raise DataError(f"'{derivation.name}' has {len(derivation)} steps; step {last} is beyond them")
        derivation = derivation[first - 1 : last]
    choices: dict[str, bool] = {}
    if options.format == "latex":
        choices = {"standalone": options.standalone, "remarks": options.remarks}
    elif options.standalone:
        raise DataError("--standalone goes with --format latex")
    elif options.format == "text":
        choices = {"remarks": options.remarks}
    elif options.remarks:
        raise DataError("--remarks goes with --format latex or text; the other formats always have them")
    _ = derivation.theorem
    write(derivation.to(options.format, **choices), options.out)
    return PROVED


def _verify(options: argparse.Namespace) -> int:
    if options.data is not None:
        return _verify_on_data(options)
    if options.target is not None or options.features is not None:
        raise DataError("--target and --features go with --data")
    from lossproof import referees

    derivation = _named(options.name)
    with _progress() as progress:
        report = referees.verify(derivation, referees=options.referee, seed=options.seed, progress=progress)
    if options.format == "json":
        write(report.to_json(), options.out)
    elif options.out is None and sys.stdout.isatty():
        write(report.text(shutil.get_terminal_size().columns, colour=True), None)
    else:
        write(report.text(), options.out)
    return PROVED if report.ok else NOT_PROVED


def _certify(options: argparse.Namespace) -> int:
    from lossproof.referees.coq import certify, report_of
    from lossproof.strategies.catalogue import CATALOGUE

    derivations = [_named(name) for name in options.names or CATALOGUE]
    with _progress() as progress:
        found = certify(derivations, lambda done: progress(f"{done} of {len(derivations)}: Coq"))
    write(report_of(found, as_json=options.format == "json"), options.out)
    return PROVED if not options.names or all(one.ok for one in found) else NOT_PROVED


def _recover(options: argparse.Namespace) -> int:
    from lossproof.recovery.recover import recover

    if options.show == "verdict" and options.format not in ("text", "json"):
        raise DataError(f"--format {options.format} goes with --show mass or --show likelihood")
    if options.standalone and options.format != "latex":
        raise DataError("--standalone goes with --format latex")
    verdict = recover(
        options.loss,
        options.target,
        options.prediction,
        y=options.y,
        f=options.f,
        where=options.where,
        timeout=options.timeout or None,
    )
    if options.show != "verdict":
        derivation = verdict.mass if options.show == "mass" else verdict.likelihood
        if derivation is None:
            print(verdict.text(), file=sys.stderr)
            raise LossproofError(f"there is no such derivation: the verdict is '{verdict.verdict}'")
        choices = {"standalone": True} if options.standalone else {}
        write(derivation.to(options.format, **choices), options.out)
    elif options.format == "json":
        import json

        write(json.dumps(verdict.to_json(), indent=1), options.out)
    else:
        wide = shutil.get_terminal_size().columns if options.out is None and sys.stdout.isatty() else 80
        write(verdict.text(wide), options.out)
    if options.plot is not None:
        _draw(verdict, options.plot)
    return PROVED if verdict.ok else NOT_PROVED


def _draw(verdict: Verdict, path: str) -> None:
    figure = verdict.plot()
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write '{path}': {error}") from None


def _equivalent(options: argparse.Namespace) -> int:
    from lossproof.recovery.equivalence import equivalent

    found = equivalent(
        options.loss_a,
        options.loss_b,
        target=options.target,
        prediction=options.prediction,
        y=options.y,
        f=options.f,
        where=options.where,
        seed=options.seed,
        timeout=options.timeout or None,
    )
    write(found.to_json() if options.format == "json" else found.text(), options.out)
    return PROVED if found.ok else NOT_PROVED


def _atlas(options: argparse.Namespace) -> int:
    from lossproof.recovery import atlas

    with _progress("{} ...") as progress:
        found = []
        for answer in atlas.answers(options.library):
            progress(answer.loss.name)
            found.append(answer)
    write(atlas.page(found, options.format), options.out)
    return PROVED


@contextlib.contextmanager
def _progress(says: str = "{} is judging ...") -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what is at work, on a terminal only; it is wiped at the end."""
    shown = sys.stderr is not None and sys.stderr.isatty()

    def progress(name: str) -> None:
        if shown:
            print(f"\r\x1b[K{says.format(name)}", end="", file=sys.stderr, flush=True)

    try:
        yield progress
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _verify_on_data(options: argparse.Namespace) -> int:
    import lossproof

    if options.name.endswith(".json") or ".py:" in options.name:
        raise DataError(
            "--data goes with a name of 'lossproof list'; in Python, a model of your own that was registered "
            "takes data too: lossproof.verify_on(data, name)"
        )
    data = lossproof.read_data(options.data, options.target)
    features = 5 if options.features is None else options.features
    agreement = lossproof.verify_on(data, options.name, features=features, seed=options.seed)
    write(agreement.to_json() if options.format == "json" else agreement.text(), options.out)
    return PROVED if agreement.ok else NOT_PROVED


def write(text: str, path: str | None) -> None:
    """Print a result, or put it into a file, whole or not at all.

    Raises:
        OutputError: if the file cannot be written.
    """
    text = text if text.endswith("\n") else text + "\n"
    if path is None:
        sys.stdout.write(text)
        return
    target = Path(path).resolve()
    try:
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8") as special:  # a pipe or a device is written to, not replaced
                special.write(text)
            return
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def script(derivation: Derivation, description: str | None) -> NoReturn:
    """What a script in ``derivations/`` ends with: print its derivation as its options say."""
    parser = _Parser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_output_options(parser)
    options = parser.parse_args()
    sys.exit(guarded(lambda: output(derivation, options)))
