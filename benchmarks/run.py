"""What lossproof costs, each time beside a peer that runs in turn with it.

Four questions: what a person waits for at the command line; what a derivation costs in a running
process; what each entry of the catalogue costs; how the cost grows with the number of factors written
out.  The peer is SymPy: importing it,
and its ``expand_log(..., force=True)``, which expands the same logarithm without asking whether the
factors are positive, and without proof or typesetting.

Times are medians in seconds; a ratio is our median over the peer's.  What counts as fast enough is
printed and not enforced: a busy machine is no reason to fail.

    python benchmarks/run.py [--quick] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import sympy
from machine import machine
from sympy import Expr, IndexedBase, Mul, Product, Symbol, expand_log
from sympy import log as sympy_log
from sympy.core.cache import clear_cache

from lossproof import CATALOGUE, derive, replay
from lossproof.kernel.derivation import Derivation
from lossproof.models import LOGISTIC
from lossproof.notation.inert import log, mul
from lossproof.recovery.recover import recover
from lossproof.rulebook.logarithms import LOG_OF_FACTORS
from lossproof.strategies.chain import Chain

RESULTS = Path(__file__).parent / "results" / "latest.json"

#: A whole ``lossproof derive`` is to take less than this many times ``import sympy``.
PROCESS_AIM = 1.5

#: What computes nothing is to take less than this many times ``import sympy``.
INSTANT_AIM = 0.5

#: The whole catalogue is to take less than this many times ``import sympy``.
CATALOGUE_AIM = 10.0

#: SymPy is not asked for more factors once a run took longer than this, in seconds.
PATIENCE = 20.0

Job = Callable[[], object]


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        processes: repetitions of whole processes.
        warm: repetitions in a running process.
        catalogue: passes through the catalogue.
        sizes: numbers of factors written out, growing, each with its repetitions.
        sympy_up_to: the most factors that SymPy is asked for.
    """

    processes: int
    warm: int
    catalogue: int
    sizes: tuple[tuple[int, int], ...]
    sympy_up_to: int


FULL = Plan(processes=15, warm=7, catalogue=3, sizes=((10, 15), (100, 9), (1000, 5), (10_000, 3)), sympy_up_to=1000)
QUICK = Plan(
    processes=3, warm=2, catalogue=1, sizes=((10, 3), (100, 3), (400, 2), (1000, 1), (4000, 1)), sympy_up_to=400
)


@dataclass(frozen=True)
class Row:
    """One measurement: the seconds of every repetition, ours and the peer's, if there is one.

    Attributes:
        what: what of ours was run.
        ours: its times.
        peer: what of SymPy is comparable; empty if nothing is.
        theirs: its times; empty if it was not run.
        size: the number of factors written out on our side; None if ours has none.
        aim: the ratio to stay below.
    """

    what: str
    ours: tuple[float, ...]
    peer: str = ""
    theirs: tuple[float, ...] = ()
    size: int | None = None
    aim: float | None = None

    @property
    def ratio(self) -> float | None:
        """Our median over the peer's."""
        return median(self.ours) / median(self.theirs) if self.theirs else None

    @property
    def met(self) -> bool | None:
        """Whether the ratio is below the aim."""
        return None if self.aim is None or self.ratio is None else self.ratio < self.aim


# ------------------------------------------------------------------ timing


def forget() -> None:
    """Empty SymPy's cache and every module-level cache of lossproof, so that no repetition profits from another."""
    clear_cache()
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "lossproof":
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
    gc.collect()


def seconds(job: Job) -> float:
    """The time of one run with empty caches."""
    forget()
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def in_turn(repetitions: int, *jobs: Job) -> tuple[tuple[float, ...], ...]:
    """The times of each job; the jobs take turns, after one run of each that is not counted."""
    for job in jobs:
        job()
    rounds = [[seconds(job) for job in jobs] for _ in range(repetitions)]
    return tuple(zip(*rounds, strict=True))


# ------------------------------------------------------------------ a whole process


#: What people type, and what a shell asks for while they do.
_COMMANDS: dict[str, tuple[str, ...]] = {
    "derive logistic": ("derive", "logistic"),
    "recover 'Abs(y - f)'": ("recover", "Abs(y - f)", "--target", "real", "--prediction", "real"),
    "list": ("list",),
    "--help": ("--help",),
    "--version": ("--version",),
    "completion of a name": (),
}
_ASKED = {"_LOSSPROOF_COMPLETE": "bash_complete", "COMP_WORDS": "lossproof derive logi", "COMP_CWORD": "2"}


def whole_process(plan: Plan) -> list[Row]:
    """New Python processes, each beside one that imports SymPy; one that does nothing is the least there can be."""
    aims = {"derive logistic": PROCESS_AIM, "recover 'Abs(y - f)'": None}
    jobs: dict[str, Job] = {
        f"process: lossproof {what}": partial(_python, "-m", "lossproof", *words, **({} if words else _ASKED))
        for what, words in _COMMANDS.items()
    }
    jobs["process: python -c pass"] = partial(_python, "-c", "pass")
    *times, theirs = in_turn(plan.processes, *jobs.values(), partial(_python, "-c", "import sympy"))
    limits = [*(aims.get(what, INSTANT_AIM) for what in _COMMANDS), None]
    rows = zip(jobs, times, limits, strict=True)
    return [Row(what, ours, "python -c 'import sympy'", theirs, aim=aim) for what, ours, aim in rows]


def _python(*arguments: str, **more: str) -> None:
    """A process as users start it: modules are compiled once, whatever this process was told of that."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True, env={**environment, **more})


# ------------------------------------------------------------------ the way back

_HUBER = "where(Abs(y - f) <= delta, (y - f)^2/2, delta*(Abs(y - f) - delta/2))"


def way_back(plan: Plan) -> list[Row]:
    """The likelihood behind Huber's loss, found and proved, beside SymPy's integral of the same density, unproved."""
    t, delta = Symbol("t", real=True), Symbol("delta", positive=True)
    rho = sympy.Piecewise((t**2 / 2, abs(t) <= delta), (delta * (abs(t) - delta / 2), True))

    def theirs() -> object:
        return sympy.integrate(sympy.exp(-rho), (t, -sympy.oo, sympy.oo))

    ours, other = in_turn(plan.processes, lambda: recover(_HUBER, "real", "real"), theirs)
    return [Row("recover: Huber, symbolic delta", ours, "sympy.integrate, no prediction", other)]


# ------------------------------------------------------------------ a running process


def warm_process(plan: Plan) -> list[Row]:
    """The main derivation, for every n: derived, checked by replay and typeset, beside SymPy's expansion.

    Without ``force=True`` SymPy leaves the logarithm of a product as it is.  With it, SymPy expands
    both the product up to a symbolic n and the product of n factors written out.
    """
    explicit = {n: _numbered_pairs(n) for n in (10, 100)}
    products: list[Callable[[], Expr]] = [_symbolic_likelihood]
    products.extend(partial(_explicit_likelihood, pairs) for pairs in explicit.values())
    ours, *theirs = in_turn(plan.warm, _derive_check_typeset, *(partial(_expand, p) for p in products))
    peers = ("expand_log, symbolic n", *(f"expand_log, n = {n} written out" for n in explicit))
    what = "warm: derive, check, typeset"
    return [Row(what, ours, peer, times) for peer, times in zip(peers, theirs, strict=True)]


def _derive_check_typeset() -> tuple[object, str]:
    # A model keeps its likelihood and its loss once it has built them: a copy has not built them yet.
    derivation = derive(replace(LOGISTIC))
    return derivation.theorem, derivation.latex()


def _numbered_pairs(n: int) -> list[tuple[Symbol, Symbol]]:
    return [(Symbol(f"f_{k}"), Symbol(f"y_{k}")) for k in range(1, n + 1)]


def _explicit_likelihood(pairs: Sequence[tuple[Symbol, Symbol]]) -> Expr:
    return Mul(*(f**y * (1 - f) ** (1 - y) for f, y in pairs))


def _symbolic_likelihood() -> Expr:
    f, y = IndexedBase("f"), IndexedBase("y")
    i, n = Symbol("i", integer=True), Symbol("n", integer=True, positive=True)
    return Product(f[i] ** y[i] * (1 - f[i]) ** (1 - y[i]), (i, 1, n))


def _expand(product: Callable[[], Expr]) -> Expr:
    """SymPy's expansion of the logarithm of a product, which is built anew.

    Raises:
        RuntimeError: if SymPy leaves it as it is, so that there is nothing to compare with.
    """
    whole = sympy_log(product())
    expanded = expand_log(whole, force=True)
    if expanded == whole:
        raise RuntimeError("expand_log does not expand this product; it is no peer")
    return expanded


# ------------------------------------------------------------------ the catalogue


@dataclass(frozen=True)
class Timed:
    """What an entry of the catalogue costs, in seconds: to derive, to replay and to typeset."""

    name: str
    derived: float
    replayed: float
    typeset: float

    @property
    def whole(self) -> float:
        """All three."""
        return self.derived + self.replayed + self.typeset


def one_pass() -> list[Timed]:
    """Every entry of the catalogue derived, replayed and typeset, in a process that has done nothing of it before."""
    forget()
    rows = []
    for name in CATALOGUE:
        start = time.perf_counter()
        derivation = derive(name)
        derived = time.perf_counter()
        replay(derivation)
        replayed = time.perf_counter()
        derivation.latex()
        rows.append(Timed(name, derived - start, replayed - derived, time.perf_counter() - replayed))
    return rows


def catalogue(plan: Plan) -> tuple[list[Timed], Row]:
    """The last pass entry by entry, and the whole beside a process that imports SymPy, in turn."""
    one_pass()
    ours, theirs, rows = [], [], []
    for _ in range(plan.catalogue):
        rows = one_pass()
        ours.append(sum(row.whole for row in rows))
        theirs.append(seconds(lambda: _python("-c", "import sympy")))
    what = f"catalogue: all {len(rows)} entries"
    return rows, Row(what, tuple(ours), "python -c 'import sympy'", tuple(theirs), aim=CATALOGUE_AIM)


def entries_table(rows: Sequence[Timed]) -> str:
    """One line for each entry of the catalogue, in milliseconds."""
    lines = [f"{'entry':<44} {'derive':>8} {'replay':>8} {'LaTeX':>8} {'ms':>8}"]
    for row in rows:
        times = " ".join(f"{1000 * t:8.1f}" for t in (row.derived, row.replayed, row.typeset, row.whole))
        lines.append(f"{row.name:<44} {times}")
    return "\n".join(lines)


# ------------------------------------------------------------------ factors written out


def factors_written_out(plan: Plan) -> tuple[list[Row], list[Row]]:
    """The logarithm of N different positive symbols: derived and checked, and apart from that typeset."""
    checked: list[Row] = []
    typeset: list[Row] = []
    patient, asked = True, 0
    for size, repetitions in plan.sizes:
        symbols = [Symbol(f"a_{k}", positive=True) for k in range(size)]
        ready = _split(symbols)
        jobs: list[Job] = [partial(_checked, symbols), ready.latex]
        peers: list[Job] = []
        if patient and size <= plan.sympy_up_to:
            # Plain symbols, as people write them: with force=True SymPy takes them for positive.
            plain = [Symbol(f"a_{k}") for k in range(size)]
            peers.append(partial(_expand, partial(Mul, *plain)))
            asked = size
        ours, latex, *theirs = in_turn(repetitions, *jobs, *peers)
        others = theirs[0] if theirs else ()
        patient = patient and max(others, default=0.0) <= PATIENCE
        peer = "expand_log, same N" if theirs else f"expand_log, asked up to N = {asked}"
        checked.append(Row(f"N = {size}: derive, check", ours, peer, others, size=size))
        typeset.append(Row(f"N = {size}: typeset", latex, size=size))
    return checked, typeset


def _checked(factors: Sequence[Symbol]) -> object:
    return _split(factors).theorem


def _split(factors: Sequence[Symbol]) -> Derivation:
    """``log(a b ...) = log(a) + log(b) + ...``, one step."""
    return Chain("explicit-factors", (), (), log(mul(*factors))).at_root(LOG_OF_FACTORS).done()


@dataclass(frozen=True)
class Growth:
    """The cost between two sizes is read as ``N^exponent``; 1 is linear."""

    what: str
    first: int
    last: int
    exponent: float

    def __str__(self) -> str:
        return f"growth of '{self.what}' from N = {self.first} to {self.last}: N^{self.exponent:.2f}"


def growth(what: str, points: Sequence[tuple[int, float]]) -> Growth:
    """The slope of log time against log N between the last two of the points ``(N, seconds)``."""
    (first, before), (last, after) = points[-2:]
    return Growth(what, first, last, math.log(after / before) / math.log(last / first))


def growths(checked: Sequence[Row], typeset: Sequence[Row]) -> list[Growth]:
    """How each cost grows: ours twice, and the peer's as far as it was run."""
    return [
        growth("derive, check", [(r.size, median(r.ours)) for r in checked if r.size]),
        growth("typeset", [(r.size, median(r.ours)) for r in typeset if r.size]),
        growth("expand_log", [(r.size, median(r.theirs)) for r in checked if r.size and r.theirs]),
    ]


# ------------------------------------------------------------------ report


def table(rows: Sequence[Row]) -> str:
    """One line for each row, in milliseconds."""
    lines = [f"{'ours':<36} {'ms':>9}   {'peer':<32} {'ms':>9} {'ratio':>7}  aim"]
    for row in rows:
        theirs = f"{1000 * median(row.theirs):9.1f}" if row.theirs else f"{'':9}"
        ratio = f"{row.ratio:7.2f}" if row.ratio is not None else f"{'':7}"
        aim = f"< {row.aim}: {'met' if row.met else 'not met'}" if row.aim is not None else ""
        lines.append(f"{row.what:<36} {1000 * median(row.ours):9.1f}   {row.peer:<32} {theirs} {ratio}  {aim}".rstrip())
    return "\n".join(lines)


def as_data(row: Row) -> dict[str, object]:
    """A row for JSON: every time, in seconds, and what follows from them."""
    return {**vars(row), "ratio": row.ratio, "met": row.met}


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage="%(prog)s [options]"
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and smaller sizes, under a minute")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FILE.json", help="where the JSON goes")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    plan = QUICK if options.quick else FULL

    checked, typeset = factors_written_out(plan)
    entries, whole = catalogue(plan)
    rows = [*whole_process(plan), *warm_process(plan), *way_back(plan), whole, *checked, *typeset]
    found = growths(checked, typeset)
    print(entries_table(entries), "", sep="\n")
    print(", ".join(f"{key} {value}" for key, value in machine().items()), "", table(rows), "", *found, sep="\n")
    data = {
        "machine": machine(),
        "quick": options.quick,
        "rows": [as_data(r) for r in rows],
        "catalogue": [{**vars(e), "whole": e.whole} for e in entries],
        "growth": [vars(g) for g in found],
    }
    options.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
