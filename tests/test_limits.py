"""Whatever is asked of expressions of monstrous size: an answer or a typed error; no hang, no crash.

The monsters and what is asked of them stand in attack/limits.py; each is put to it in a process of its
own with bounded memory.  Those that make long work are left to ``python tests/attack limits``, which `.ci/run` runs;
only their values are asked for here.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from typing import Any

import pytest
from attack.limits import DOORS, LONG_WORK, MONSTERS, nested, to_and_fro
from attack.limits import VALUES as NUMBERS
from conftest import ROOT
from sympy import Expr, IndexedBase, Integer, KroneckerDelta, Rational, Symbol
from sympy import exp as sympy_exp
from sympy.stats import Binomial

import lossproof as lp
from lossproof.kernel.derivation import MOST_STEPS
from lossproof.notation.inert import ONE, TWO, add, build, exp, factorial, mul, neg, power, sub, total

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded by Linux's means")

#: What the kernel says of monsters that it need not refuse.
STATED = {
    "a sum to 10^12": "|- ∑_{i=1}^1000000000000 exp(i)  =  ∑_{i=1}^1000000000000 exp(i)",
    "factorial of 10^9": "|- 1000000000!  =  1000000000!",
    "an identity of 10^9 rows": "|- I_1000000000  =  I_1000000000",
}
#: What cannot be answered for its size alone, so that every door must say so.
REFUSED = (
    *(
        "exp 100,000 deep",
        "sums 100,000 deep",
        "transposes 100,000 deep",
        "roots 80 deep",
        "a number of 100,000 digits",
    ),
    *("a matrix squared 60 times", "60 inverses of sums", "a name of 10^7 letters", "a function of 10^7 letters"),
    *("an array of 10^7 letters", "10^6 terms", "10^6 factors", "2^60 terms", "2^60 factors", "x to the x 2^60 times"),
    *("2^60 arguments", "definitions 10,000 deep", "definitions 40 deep", "definitions of 2^30 parts"),
    *("definitions of 2^30 equal parts", "definitions of 2^30 other parts", "a name squared 45 times"),
)
#: Values in doubles, as far as they are known, and where none may be given.
VALUES: dict[str, float | None] = {
    "a sum to 10^12": None,
    "a sum to 10^100": None,
    "a product from -10^100": None,
    "a sum to a factorial": None,
    "sums in sums with all indices": None,
    "an identity of 10^9 rows": None,
    "a determinant of 10^9 rows": None,
    "a norm of 10^9 entries": None,
    "sums in sums": 1.5e40,
    "sums 90 deep": 91.5,
    "30,000 terms": 45_000.0,
    "2^13 terms": 12_288.0,
    "2 to the 10^100": math.inf,
    "1/3 to the 10^100": 0.0,
    "1 + x to the -10^100": 0.0,
    "factorial of 10^9": math.inf,
    "a root of a large prime": float(2**127 - 1) ** (1 / 3),
    "a number with a long denominator": 3 / 7,
}


QUICK = [name for name in MONSTERS if name not in LONG_WORK]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, Any]]:
    """What came of every monster at every door, by name."""
    command = [sys.executable, str(ROOT / "tests" / "attack" / "limits.py"), "--json", *QUICK]
    paths = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=900)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("name", QUICK)
def test_every_door_answers_or_refuses(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes[name]
    assert outcome["broken"] == {}
    assert {*outcome["answers"], *outcome["errors"]} == {"build", *DOORS}
    assert all(len(said) < 1500 for said in outcome["errors"].values())


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_large_is_refused_at_every_door(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    assert set(outcomes[name]["answers"]) <= {"build", "written", "repr"}


@pytest.mark.parametrize("name", STATED)
def test_a_large_number_is_no_obstacle_to_the_kernel(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes[name]["answers"]["replay"] == STATED[name][:80]


@pytest.mark.parametrize("name", [name for name in VALUES if name in LONG_WORK])
def test_a_value_of_very_many_terms_is_right(name: str) -> None:
    assert lp.evaluate(MONSTERS[name](), NUMBERS) == pytest.approx(VALUES[name], rel=1e-12)


@pytest.mark.parametrize("name", [name for name in VALUES if name not in LONG_WORK])
def test_a_value_is_right_or_refused(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    answers, errors = outcomes[name]["answers"], outcomes[name]["errors"]
    expected = VALUES[name]
    if expected is None:
        assert "evaluate" in errors
    else:
        assert float(answers["evaluate"]) == pytest.approx(expected, rel=1e-12)


def test_a_derivation_of_very_many_steps_is_refused() -> None:
    short = to_and_fro(100)
    assert lp.load(short.to_json()).theorem.left == short.lhs
    with pytest.raises(lp.ReplayError, match="more than 10000 steps"):
        _ = to_and_fro(100_000).theorem
    document = json.loads(short.to_json())
    document["derivation"]["steps"] *= MOST_STEPS // 100 + 1
    with pytest.raises(lp.ReplayError, match="at most 10000 steps"):
        lp.load(json.dumps(document))


# ------------------------------------------------------------------ models with a density of one's own

i = Symbol("i", integer=True)
DENSITIES = {
    "a constant with 10^8 digits": lambda f, y: mul(
        nested(lambda e: power(Integer(9), e), 2, Integer(9)), exp(neg(power(y, TWO)))
    ),
    "a factorial of 10^9": lambda f, y: mul(factorial(Integer(10**9)), exp(neg(power(sub(y, f), TWO)))),
    "2^60 terms": lambda f, y: exp(neg(nested(lambda e: add(e, e), 60, power(sub(y, f), TWO)))),
    "100,000 exponentials": lambda f, y: nested(lambda e: exp(neg(e)), 100_000, power(sub(y, f), TWO)),
    "a power of 10^100": lambda f, y: power(exp(neg(power(sub(y, f), TWO))), Integer(10**100)),
    "a name of 10^7 letters": lambda f, y: exp(neg(mul(Symbol("a" * 10**7), power(sub(y, f), TWO)))),
}


@pytest.mark.parametrize("what", DENSITIES)
def test_a_density_of_monstrous_size_is_refused(what: str) -> None:
    noise = lp.Noise("noise", DENSITIES[what], lp.REAL)
    with pytest.raises(lp.LossproofError):
        lp.derive(lp.Model("monster", noise, lp.LinearPredictor()))


def test_a_distribution_with_a_monstrous_parameter_is_refused() -> None:
    with pytest.raises(lp.UnsupportedExpression, match="too many digits"):
        lp.noise(lambda f: Binomial("Y", 10**12, 1 / (1 + sympy_exp(-f))))


# ------------------------------------------------------------------ what the evaluator takes for an index


@pytest.mark.parametrize(
    "e",
    [
        total(i, i, Rational(1, 2), Rational(5, 2)),
        total(i, i, ONE, Integer(10**20)),
        total(i, i, Integer(10**20), ONE),
        IndexedBase("w")[Rational(3, 2)],
        build(KroneckerDelta, (Rational(1, 2), Integer(0))),
    ],
    ids=str,
)
def test_a_bound_or_an_index_is_not_rounded(e: Expr) -> None:
    with pytest.raises(lp.LossproofError):
        lp.evaluate(e, {"w": [1.0, 2.0]})
