"""What is installed of what lossproof needs, or can use."""

from __future__ import annotations

import importlib
import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

from lossproof.errors import LossproofError, MissingExtra

OK, MISSING, TOO_OLD, BROKEN = "ok", "missing", "too old", "broken"


@dataclass(frozen=True)
class Library:
    """A library of Python.

    Attributes:
        distribution: what is installed.
        module: what is imported.
        least: the oldest version that will do.
        purpose: what it is for.
        extra: of lossproof, that brings it; empty for what is required.
    """

    distribution: str
    module: str
    least: str
    purpose: str
    extra: str = ""


@dataclass(frozen=True)
class Program:
    """A program, with a function that says its version or raises `MissingExtra`."""

    name: str
    purpose: str
    version: Callable[[], str]


@dataclass(frozen=True)
class Part:
    """What was found of a part.

    Attributes:
        name: of the library or program.
        required: whether nothing goes without it.
        finding: ``ok``, ``missing``, ``too old`` or ``broken``.
        version: that was found.
        purpose: what it is for.
        why: it is not to be used, if it is there.
        how: to get it.
    """

    name: str
    required: bool
    finding: str
    version: str
    purpose: str
    why: str = ""
    how: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What was found of everything, and whether a derivation is found and replayed with it."""

    lossproof: str
    python: str
    system: str
    parts: tuple[Part, ...]
    works: str

    @property
    def ok(self) -> bool:
        """Whether all that is required is there and works."""
        return not self.works and all(part.finding == OK for part in self.parts if part.required)

    @property
    def verdict(self) -> str:
        """The outcome in one line."""
        wrong = [f"{p.name} is {p.finding}" for p in self.parts if p.required and p.finding != OK]
        wrong += [self.works] if self.works else []
        missing = [p.name for p in self.parts if not p.required and p.finding != OK]
        if wrong:
            return f"lossproof does not work here: {'; '.join(wrong)}"
        return "everything is there" if not missing else f"it works; without {', '.join(missing)}, not all that it can"

    def to_dict(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "ok": self.ok}


LIBRARIES = (
    Library("sympy", "sympy", "1.13", "expressions"),
    Library("numpy", "numpy", "1.26", "numbers put into them"),
    Library("lark", "lark", "1.1", "the grammar of losses as text"),
    Library("python-flint", "flint", "0.6", "exact arithmetic, and the referee 'balls'"),
    Library("click", "click", "8.2", "the command line"),
    Library("rich", "rich", "13", "colours and progress on a terminal"),
    Library("array-api-compat", "array_api_compat", "1.9", "arrays of other libraries in compiled losses"),
    Library("latex2mathml", "latex2mathml", "3.77", "HTML pages and reports", "html"),
    Library("matplotlib", "matplotlib", "3.8", "figures", "figures"),
    Library("scikit-learn", "sklearn", "1.4", "verify --data, and the data sets that it names", "data"),
    Library("scipy", "scipy", "1.11", "verify --data, as another opinion", "data"),
    Library("statsmodels", "statsmodels", "0.14.2", "verify --data, as another opinion", "data"),
)


def _coq() -> str:
    from lossproof.referees.coq import version

    return version()


def _pdflatex() -> str:
    import shutil
    import subprocess

    if shutil.which("pdflatex") is None:
        raise MissingExtra("a page", "pdflatex", "install TeX Live, for instance Debian's texlive-latex-base")
    command = ["pdflatex", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    found = re.search(r"([\d.]+) \(", said.stdout)
    return found.group(1) if found else "of unknown version"


PROGRAMS = (
    Program("Coq with Coquelicot", "the referee 'coq', and certify", _coq),
    Program("pdflatex", "what derive --standalone writes, as a PDF", _pdflatex),
)


def diagnose() -> Diagnosis:
    """Look at everything, and derive something."""
    from lossproof import __version__

    parts = tuple(_parts())
    system = f"{platform.system()} {platform.machine()}"
    works = _derives() if all(part.finding == OK for part in parts if part.required) else ""
    return Diagnosis(__version__, platform.python_version(), system, parts, works)


def _parts() -> Iterator[Part]:
    for one in LIBRARIES:
        finding, version, why = _found(one)
        how = f"pip install '{f'lossproof[{one.extra}]' if one.extra else f'{one.distribution}>={one.least}'}'"
        yield Part(one.distribution, not one.extra, finding, version, one.purpose, why, how)
    for program in PROGRAMS:
        try:
            yield Part(program.name, False, OK, program.version(), program.purpose)
        except MissingExtra as error:
            yield Part(program.name, False, MISSING, "", program.purpose, how=str(error).partition(": ")[2])
        except (LossproofError, OSError) as error:
            yield Part(program.name, False, BROKEN, "", program.purpose, why=str(error))


def _found(library: Library) -> tuple[str, str, str]:
    """The finding, the version, and what is wrong; what is required is imported, and the rest only looked for."""
    try:
        version = metadata.version(library.distribution)
    except metadata.PackageNotFoundError:
        return MISSING, "", ""
    if _numbers(version) < _numbers(library.least):
        return TOO_OLD, version, f"{library.least} or newer is needed"
    if not library.extra:
        try:
            importlib.import_module(library.module)
        except (ImportError, OSError, AttributeError) as error:
            return BROKEN, version, f"its import fails ({' '.join(str(error).split())[:100]})"
    return OK, version, ""


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: ``1.14.0rc1`` is ``(1, 14)``."""
    found = []
    for part in version.split("."):
        if not part.isdigit():
            break
        found.append(int(part))
    return tuple(found)


def _derives() -> str:
    """What goes wrong when something is derived and replayed; nothing, as a rule."""
    import lossproof

    try:
        lossproof.replay(lossproof.derive("logistic"))
    except LossproofError as error:
        return f"logistic regression is not derived: {error}"
    return ""
