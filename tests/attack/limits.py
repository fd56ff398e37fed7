"""Expressions of monstrous size, and everything that can be asked of them.

    python tests/attack/limits.py              # or the names of some monsters

Each monster goes through every door of the package (kernel, evaluator, referees, renderers, files) in a
process of its own, with bounded memory.  Every door must give its answer or raise a `LossproofError`;
what hangs, crashes or raises anything else is printed, and is exit status 1.
"""

from __future__ import annotations

import json
import os
import resource
import select
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sympy import Basic, Expr, IndexedBase, Integer, KroneckerDelta, Rational, Symbol, Tuple, besseli, digamma, gamma
from sympy import cos as cosine

import lossproof as lp
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Range
from lossproof.kernel.derivation import Derivation, replay
from lossproof.kernel.domains import COUNT, POSITIVE, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import UNFOLD, Rule
from lossproof.kernel.steps import Place, Step, apply
from lossproof.notation.inert import (
    ONE,
    TWO,
    add,
    build,
    derivative,
    equation,
    exp,
    factorial,
    gamma_function,
    inverse,
    log,
    mul,
    neg,
    power,
    product,
    total,
)
from lossproof.notation.matrices import (
    Determinant,
    Form,
    Gradient,
    IdentityMatrix,
    Inverse,
    Matrix,
    MatrixProduct,
    MatrixSum,
    MatrixTerm,
    SquaredNorm,
    Transpose,
    column,
)
from lossproof.notation.nodes import Definition, Head, Opaque, ProductOver
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import Precise, evaluate
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA
from lossproof.rulebook.sums import DOUBLE_NEGATION, WRITTEN_OUT

#: A guard against what never ends, in seconds for one answer; and the memory of a process, in bytes.
GUARD, MEMORY = 30, 2 << 30

x, z = Symbol("x"), Symbol("z")
i, n = Symbol("i", integer=True), Symbol("n", integer=True)
w, a = IndexedBase("w"), IndexedBase("a")
HYPOTHESES = (Declared(x, POSITIVE), Declared(n, COUNT), Declared(w[i], REAL, (Range(i, ONE, n),)))
SQUARE = Matrix(Head("A"), a, n, n)
VALUES = {"x": 1.5, "n": 3, "w": [1.0, 2.0, 3.0], "a": [[1.0, 2.0, 3.0]] * 3}
LONG, HUGE = Integer(10**12), Integer(10**100)


def nested(grow: Callable[[Any], Any], times: int, e: Any = x) -> Any:
    """A function applied again and again."""
    for _ in range(times):
        e = grow(e)
    return e


def definitions(depth: int, *grow: Callable[[Expr], Expr]) -> Expr:
    """A definition in a definition in a definition: each is the sum of the one before at the given arguments."""
    definition = Definition(Head("J0"), Tuple(x), x)
    for k in range(1, depth):
        terms = [definition(g(x)) for g in grow]
        definition = Definition(Head(f"J{k}"), Tuple(x), add(*terms) if len(terms) > 1 else add(terms[0], ONE))
    return definition(x)


def _twice(e: Expr) -> Expr:
    return mul(TWO, e)


def _same(e: Expr) -> Expr:
    return e


def _squared(e: Expr) -> Expr:
    return Definition(Head("J"), Tuple(x, z), mul(x, z))(e, e)


def _dependent(length: int) -> Expr:
    """Sums in sums, whose body has all their indices."""
    indices = [Symbol(name, integer=True) for name in "ijkt"]
    e = mul(*indices)
    for index in indices:
        e = total(e, index, ONE, Integer(length))
    return e


#: Every monster by its name.
MONSTERS: dict[str, Callable[[], Basic]] = {
    "a tower of nines": lambda: nested(lambda e: power(Integer(9), e), 3, Integer(9)),
    "a tower of unknowns": lambda: nested(lambda e: power(x, e), 4, Integer(9)),
    "exp of exp of exp": lambda: nested(exp, 6, Integer(9)),
    "a sum to 10^12": lambda: total(exp(i), i, ONE, LONG),
    "a product to 10^12": lambda: product(power(x, i), i, ONE, LONG),
    "a sum to 10^100": lambda: total(i, i, ONE, HUGE),
    "a product from -10^100": lambda: product(i, i, neg(HUGE), HUGE),
    "a sum from 10^100 to 1": lambda: total(i, i, HUGE, ONE),
    "a sum to a factorial": lambda: total(x, i, ONE, factorial(Integer(10**9))),
    "a sum to a tower": lambda: total(x, i, ONE, nested(lambda e: power(Integer(9), e), 3, Integer(9))),
    "a sum of deltas": lambda: total(build(KroneckerDelta, (i, ONE)), i, ONE, LONG),
    "a chosen product": lambda: ProductOver(x, Tuple(i, ONE, LONG), equation(w[i], ONE)),
    "sums in sums": lambda: nested(lambda e: total(e, i, ONE, Integer(100)), 20),
    "sums in sums with all indices": lambda: _dependent(1000),
    "exp 100,000 deep": lambda: nested(exp, 100_000),
    "sums 100,000 deep": lambda: nested(lambda e: add(e, ONE), 100_000),
    "transposes 100,000 deep": lambda: nested(lambda e: build(Transpose, (e,)), 100_000, SQUARE),
    "sums 90 deep": lambda: nested(lambda e: add(e, ONE), 90),
    "roots 80 deep": lambda: nested(lambda e: power(add(e, TWO), Rational(1, 2)), 80),
    "fractions 45 deep": lambda: nested(lambda e: inverse(add(x, e)), 45),
    "factorial of 10^9": lambda: factorial(Integer(10**9)),
    "factorial of 10^100": lambda: factorial(HUGE),
    "gamma of 10^100": lambda: gamma_function(HUGE),
    "log gamma of 10^100": lambda: log(gamma_function(HUGE)),
    "gamma of -10^100": lambda: build(gamma, (neg(HUGE),)),
    "gamma of a tower": lambda: gamma_function(nested(exp, 4, Integer(9))),
    "digamma of 10^100": lambda: build(digamma, (HUGE,)),
    "a Bessel function of 10^100": lambda: build(besseli, (ONE, HUGE)),
    "a cosine of a tower": lambda: build(cosine, (nested(exp, 3, Integer(9)),)),
    "2 to the 10^100": lambda: power(TWO, HUGE),
    "x to the 10^100": lambda: power(x, HUGE),
    "1/3 to the 10^100": lambda: power(Rational(1, 3), HUGE),
    "1 + x to the -10^100": lambda: power(add(ONE, x), neg(HUGE)),
    "6 to the 10^900": lambda: power(Integer(6), Integer(10**900)),
    "a root of a large prime": lambda: power(Integer(2**127 - 1), Rational(1, 3)),
    "a product of two large primes": lambda: log(Integer((2**127 - 1) * (2**89 - 1))),
    "41 terms to the 32nd": lambda: power(add(*(Symbol(f"a{k}", positive=True) for k in range(40)), x), Integer(32)),
    "10 sums of 10 terms": lambda: mul(
        *(add(*(Symbol(f"b{k}_{j}", positive=True) for j in range(10))) for k in range(10))
    ),
    "a number of 100,000 digits": lambda: mul(Integer(10) ** 100_000, x),
    "an identity of 10^9 rows": lambda: IdentityMatrix(Integer(10**9)),
    "a determinant of 10^9 rows": lambda: Determinant(IdentityMatrix(Integer(10**9))),
    "a norm of 10^9 entries": lambda: SquaredNorm(column(w, Integer(10**9))),
    "2000 factors of matrices": lambda: MatrixProduct(*[SQUARE] * 2000),
    "a matrix squared 60 times": lambda: nested(lambda m: build(MatrixProduct, (m, m)), 60, SQUARE),
    "a matrix polynomial": lambda: nested(
        lambda m: build(MatrixProduct, (MatrixSum(m, IdentityMatrix(n)), m)), 12, SQUARE
    ),
    "60 inverses of sums": lambda: nested(lambda m: build(Inverse, (build(MatrixSum, (m, m)),)), 60, SQUARE),
    "a gradient of a power": lambda: Gradient(nested(lambda e: mul(e, e), 10, SquaredNorm(column(w, n))), column(w, n)),
    "a form to the 4096": lambda: nested(
        lambda e: mul(e, e), 12, Form(MatrixProduct(Transpose(column(w, n)), column(w, n)))
    ),
    "a name of 10^7 letters": lambda: Symbol("a" * 10**7),
    "a function of 10^7 letters": lambda: Opaque(Head("a" * 10**7), x),
    "an array of 10^7 letters": lambda: IndexedBase("a" * 10**7)[1],
    "10^6 terms": lambda: add(*[x] * 10**6),
    "10^6 factors": lambda: mul(*[add(x, ONE)] * 10**6),
    "30,000 terms": lambda: add(*[x] * 30_000),
    "3000 names": lambda: add(*(mul(x, Symbol(f"c{k}", positive=True)) for k in range(3000))),
    "2^60 terms": lambda: nested(lambda e: add(e, e), 60),
    "2^60 factors": lambda: nested(lambda e: mul(exp(e), e), 60),
    "x to the x 2^60 times": lambda: nested(lambda e: power(e, e), 60),
    "2^13 terms": lambda: nested(lambda e: add(e, e), 13),
    "2^60 indices": lambda: nested(lambda e: w[e], 60, i),
    "2^60 arguments": lambda: nested(lambda e: Opaque(Head("f"), e, e), 60),
    "definitions 10,000 deep": lambda: definitions(10_000, _same),
    "definitions 40 deep": lambda: definitions(40, _same),
    "definitions of 2^30 equal parts": lambda: definitions(30, _same, _same),
    "definitions of 2^30 parts": lambda: definitions(30, _same, _twice),
    "definitions of 2^30 other parts": lambda: definitions(30, exp, _twice),
    "a name squared 45 times": lambda: nested(_squared, 45),
    "30 derivatives": lambda: nested(lambda e: derivative(e, x), 30, exp(mul(x, x))),
    "a derivative of 2^12 factors": lambda: derivative(nested(lambda e: mul(e, exp(e)), 10), x),
    "a derivative of definitions": lambda: derivative(definitions(30, _same, _twice), x),
    "a number with a long denominator": lambda: power(Rational(3, 7), Rational(10**300 + 1, 10**300)),
}
#: What keeps some doors busy for seconds: put to them by `.ci/run`, the others by the tests too.
LONG_WORK = (
    *("30,000 terms", "3000 names", "a matrix polynomial", "a form to the 4096", "2^13 terms"),
    *("fractions 45 deep", "a derivative of 2^12 factors", "2000 factors of matrices", "a gradient of a power"),
)


# ------------------------------------------------------------------ the doors


def to_and_fro(times: int) -> Derivation:
    """A derivation that goes to and fro."""
    there, back = add(x, n), add(n, x)
    facts = Facts(HYPOTHESES)
    steps = [apply(ALGEBRA, (Place((), (("to", b),)),), a, facts) for a, b in ((there, back), (back, there))]
    return Derivation("long", HYPOTHESES, (), there, tuple(steps) * (times // 2))


def _alone(e: Basic) -> Derivation:
    return Derivation("monster", HYPOTHESES, (), e)


def _claimed(e: Basic) -> Derivation:
    """A derivation with a step that nobody has checked."""
    place = Place((), (("a", e),))
    return Derivation("monster", HYPOTHESES, (), e, (Step(DOUBLE_NEGATION, (place,), e, e),))


def _applied(rule: Rule, e: Basic, **given: Basic) -> Basic:
    return apply(rule, (Place((), tuple(sorted(given.items()))),), e, Facts(HYPOTHESES)).after


def _algebra(e: Basic) -> Basic:
    rule = MATRIX_ALGEBRA if isinstance(e, MatrixTerm) else ALGEBRA
    return _applied(rule, e, to=e)


def _matrix_number(e: Basic) -> Basic:
    return _applied(MATRIX_ALGEBRA, e, to=e)


DOORS: dict[str, Callable[[Basic], object]] = {
    "replay": lambda e: str(replay(_alone(e)))[:80],
    "algebra": _algebra,
    "algebra of a square": lambda e: _applied(ALGEBRA, mul(e, e), to=power(e, TWO)),
    "laws": lambda e: _applied(LAWS, log(mul(e, e)), to=mul(TWO, log(e))),
    "matrix algebra": _matrix_number,
    "entry by entry": lambda e: _applied(ENTRY_BY_ENTRY, e, to=e),
    "terms written out": lambda e: _applied(WRITTEN_OUT, e),
    "definition": lambda e: _applied(UNFOLD, e),
    "written": lambda e: len(written(e)),
    "repr": lambda e: len(repr(_alone(e))),
    "evaluate": lambda e: evaluate(e, VALUES),
    "evaluate precisely": lambda e: str(evaluate(e, VALUES, Precise(30)))[:40],
    "finite": lambda e: _claimed(e).verify("finite").ok,
    "balls": lambda e: _claimed(e).verify("balls").ok,
    "latex": lambda e: len(_alone(e).latex()),
    "text": lambda e: len(_alone(e).text()),
    "markdown": lambda e: len(_alone(e).markdown()),
    "html": lambda e: len(_alone(e).html()),
    "a step in latex": lambda e: len(_claimed(e).steps[0].latex()),
    "load": lambda e: str(lp.load(_alone(e).to_json()).theorem)[:80],
    "expand_log": lambda e: len(lp.expand_log(log(e), *HYPOTHESES)),
}
#: Doors that answer with what is worth comparing.
ANSWERS = ("replay", "evaluate", "evaluate precisely")


@dataclass
class Outcome:
    """What came out at each door: the answer, or the name of an error; and how long the slowest took."""

    answers: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")


def _inside(pipe: int, name: str) -> None:
    """In a process of its own: one line of JSON for each door."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    e: Basic | None = None
    for door, ask in {"build": lambda _: None, **DOORS}.items():
        started = time.monotonic()
        try:
            if e is None:
                e = MONSTERS[name]()
            answer = ask(e)
            kind, said = "answers", str(answer)[:120] if door in ANSWERS else "given"
        except LossproofError as error:
            kind, said = "errors", f"{type(error).__name__}: {error}"
        except BaseException as error:
            kind, said = "broken", f"{type(error).__name__}: {error}"[:200]
        os.write(pipe, (json.dumps([door, kind, said, time.monotonic() - started]) + "\n").encode())
        if e is None:
            break


def put_to(name: str) -> Outcome:
    """Everything asked of one monster."""
    outcome = Outcome()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _inside(writing, name)
        os._exit(0)
    os.close(writing)
    text, ended = b"", False
    while not ended:
        ready = select.select([reading], [], [], GUARD)[0]
        chunk = os.read(reading, 1 << 16) if ready else b""
        text, ended = text + chunk, not chunk
        if not ready:
            os.kill(child, 9)
            outcome.broken["hang"] = f"no answer in {GUARD} s after {text.count(b'{}')} doors"
    os.close(reading)
    _, status = os.waitpid(child, 0)
    rows = [json.loads(line) for line in text.splitlines()]
    for door, kind, said, seconds in rows:
        getattr(outcome, kind)[door] = said
        outcome.slowest = max(outcome.slowest, (seconds, door))
    missing = [door for door in DOORS if door not in {row[0] for row in rows}]
    if missing and "build" not in outcome.errors:
        outcome.broken[missing[0]] = outcome.broken.pop("hang", f"the process ended with {status}")
    return outcome


def warm_up() -> None:
    """Everything imported, so that no process does it again."""
    for door in DOORS.values():
        try:
            door(exp(x))
        except LossproofError:
            continue


def main(arguments: list[str] | None = None) -> int:
    """The command; with --json it prints every outcome."""
    given = sys.argv[1:] if arguments is None else arguments
    names = [name for name in given if name != "--json"] or list(MONSTERS)
    warm_up()
    found = {name: put_to(name) for name in names}
    if "--json" in given:
        print(json.dumps({name: vars(outcome) for name, outcome in found.items()}))
        return 0
    for name, outcome in found.items():
        seconds, door = outcome.slowest
        row = f"{len(outcome.answers):>3} answers {len(outcome.errors):>3} refusals  slowest {seconds:5.1f} s ({door})"
        print(f"{name:<34} {row}")
        for door, said in outcome.broken.items():
            print(f"    {door}: {said}")
    broken = sum(len(outcome.broken) for outcome in found.values())
    print(f"{len(found)} monsters, {broken} broken answers")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
