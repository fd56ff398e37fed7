"""Whether two losses ask for the same predictions: theorems where they do, certified points where they do not."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational

from lossproof.cli import main
from lossproof.errors import IllPosed, LossproofError, Undefined
from lossproof.kernel.derivation import replay
from lossproof.kernel.relations import Kind
from lossproof.notation.inert import substitute
from lossproof.numeric.balls import Balls
from lossproof.numeric.evaluate import evaluate
from lossproof.recovery.equivalence import (
    DIFFERENT,
    EQUAL,
    PROPORTIONAL,
    SAME_MINIMISERS,
    UNKNOWN,
    UP_TO_CONSTANT,
    Equivalence,
    equivalent,
)
from lossproof.recovery.points import draw
from lossproof.recovery.question import Setting

HUBER = "where(abs(y - f) <= d, (y - f)^2/2, d*abs(y - f) - d^2/2)"
NESTED = "where(y - f > d, d*(y - f) - d^2/2, where(f - y > d, d*(f - y) - d^2/2, (y - f)^2/2))"
PINBALL = "max(tau*(y - f), (tau - 1)*(y - f))"

#: Two losses, the sets, and what is found.
CASES: list[tuple[str, str, str, str, str, str]] = [
    ("max(0, 1 - y*f)", "max(1 - f*y, 0)", "{-1,1}", "real", "", EQUAL),
    ("abs(y - f)", "max(y - f, f - y)", "real", "real", "", EQUAL),
    ("softplus(f) - y*f", "-y*log(sigmoid(f)) - (1 - y)*log(1 - sigmoid(f))", "{0,1}", "real", "", EQUAL),
    ("softplus(f) - y*f", "log(1 + exp(-(2*y - 1)*f))", "{0,1}", "real", "", EQUAL),
    (HUBER, NESTED, "real", "real", "", EQUAL),
    (HUBER, HUBER.replace("<=", "<"), "real", "real", "", EQUAL),
    (PINBALL, "where(y >= f, tau*(y - f), (tau - 1)*(y - f))", "real", "real", "tau in (0,1)", EQUAL),
    ("log(f^2)*y", "2*y*log(f)", "real", "positive", "", EQUAL),
    ("abs(f) + y", "f + y", "real", "positive", "", EQUAL),
    ("where(f > 0, f, -f) + y", "where(f >= 0, f, -f) + y", "real", "real", "", EQUAL),
    ("-f[y] + log(sum(exp(f[k]), k, 1, K))", "log(sum(exp(f[k]), k, 1, K)) - f[y]", "{1..K}", "real^K", "", EQUAL),
    ("f[y]", "f[y] + y", "{1..3}", "real^3", "", UP_TO_CONSTANT),
    ("2*sum(exp(f[k])*y[k], k, 1, K)", "sum(exp(f[k])*y[k], k, 1, K)", "simplex(K)", "real^K", "", PROPORTIONAL),
    ("K*f + y", "f", "{1..K}", "real", "", SAME_MINIMISERS),
    ("(y - f)^2", "y^2 - 2*y*f + f^2 + 3", "real", "real", "", UP_TO_CONSTANT),
    ("(y - f)^2", "f^2 - 2*y*f", "real", "real", "", UP_TO_CONSTANT),
    ("y*log(y/f) - y + f", "f - y*log(f)", "positive", "positive", "", UP_TO_CONSTANT),
    ("y/f + log(f)", "-log(y/f) + y/f - 1", "positive", "positive", "", UP_TO_CONSTANT),
    ("log(cosh(y - f))", "softplus(2*(y - f)) - (y - f)", "real", "real", "", UP_TO_CONSTANT),
    ("(y - f)^2/2", "(y - f)^2", "real", "real", "", PROPORTIONAL),
    ("(y - f)^2/(2*s^2) + log(s)", "(y - f)^2", "real", "real", "", PROPORTIONAL),
    ("abs(y - f)", "(y - f)^2", "real", "real", "", SAME_MINIMISERS),
    ("exp(-y*f)", "log(1 + exp(-y*f))", "{-1,1}", "real", "", SAME_MINIMISERS),
    ("max(0, 1 - y*f)^2", "max(0, 1 - y*f)", "{-1,1}", "real", "", SAME_MINIMISERS),
    ("-y*log(f) - (1 - y)*log(1 - f)", "(y - f)^2", "{0,1}", "unit", "", SAME_MINIMISERS),
    ("(y - f)^2", "f - y*log(f)", "positive", "positive", "", SAME_MINIMISERS),
    ("exp(f) - y*f", "(exp(f) - y)^2", "positive", "real", "", SAME_MINIMISERS),
    (HUBER, "(y - f)^2", "real", "real", "", SAME_MINIMISERS),
    (PINBALL, "abs(y - f)", "real", "real", "tau in (0,1)", SAME_MINIMISERS),
    ("(y - f)^2", "(y^2 - f^2)^2", "positive", "positive", "", SAME_MINIMISERS),
    ("y*f", "f", "{1,2,3}", "real", "", SAME_MINIMISERS),
    ("log(1 + exp(-y*f))", "max(0, 1 - y*f)", "{-1,1}", "real", "", DIFFERENT),
    ("abs(f) + y", "f + y", "real", "real", "", DIFFERENT),
    ("(y - f)^2", "(y^2 - f^2)^2", "real", "real", "", DIFFERENT),
    (PINBALL, "abs(y - f)", "real", "real", "", DIFFERENT),
    ("(y - f)^2", "(y + f)^2", "real", "real", "", DIFFERENT),
    ("(y - f)^2", "-(y - f)^2", "real", "real", "", DIFFERENT),
    # equal but for one point, or where both are defined: not equal
    ("where(f == 0, 1, f) + y", "f + y", "real", "real", "", UNKNOWN),
    ("log(f^2) + y", "2*log(f) + y", "real", "real", "", UNKNOWN),
    ("f/f + y*f", "1 + y*f", "real", "real", "", DIFFERENT),
    ("y*log(y/f) - y + f", "f - y*log(f)", "interval(0, oo)", "positive", "", UNKNOWN),
    ("sqrt(f)^2 + y", "f + y", "real", "real", "", UNKNOWN),
]


def asked(a: str, b: str, target: str, prediction: str, where: str) -> Equivalence:
    return equivalent(a, b, target=target, prediction=prediction, where=where)


@pytest.mark.parametrize(("a", "b", "target", "prediction", "where", "outcome"), CASES)
def test_two_losses_are_related_as_they_are(
    a: str, b: str, target: str, prediction: str, where: str, outcome: str
) -> None:
    found = asked(a, b, target, prediction, where)
    assert found.outcome == outcome
    assert found.ok is (outcome not in (DIFFERENT, UNKNOWN))
    assert bool(found.derivations) is found.ok
    for d in found.derivations:
        assert replay(d)
    assert found.text().startswith(outcome)
    assert json.loads(found.to_json())["outcome"] == outcome


def test_one_case_gives_a_theorem_with_the_relation_of_the_kernel() -> None:
    found = asked("(y - f)^2", "f^2 - 2*y*f", "real", "real", "")
    assert found.theorem is not None
    theorem = found.theorem.theorem
    assert theorem.relation.kind is Kind.UP_TO_CONSTANT
    assert (theorem.left, theorem.right) == (found.a, found.b)
    assert "depends on y" in found.statement


def test_what_undefined_losses_have_in_common_is_not_equality() -> None:
    for a, b in (("log(f^2) + y", "2*log(f) + y"), ("f/f + y*f", "1 + y*f"), ("sqrt(f)^2 + y", "f + y")):
        (witness, *_) = asked(a, b, "real", "real", "").witnesses
        assert None in witness.values[0]
        assert "only one" in witness.what


def test_losses_that_are_undefined_in_the_same_places_may_be_equal() -> None:
    assert asked("log(f) - y", "-(y - log(f))", "real", "positive", "").outcome == EQUAL
    assert asked("y*f/0", "y*f/0 + 0", "real", "real", "").outcome in (EQUAL, UNKNOWN)


def test_a_negative_factor_is_no_equivalence() -> None:
    assert asked("y*f", "-2*y*f", "positive", "real", "").outcome in (DIFFERENT, UNKNOWN)
    assert asked("f", "-f", "real", "real", "").outcome in (DIFFERENT, UNKNOWN)


def test_a_factor_that_depends_on_the_observation_says_nothing_of_data() -> None:
    found = asked("y*(y - f)^2", "(y - f)^2", "positive", "real", "")
    assert found.outcome in (SAME_MINIMISERS, UNKNOWN)
    assert asked("where(y == 1, 2*f^2, f^2)", "f^2", "{0,1}", "real", "").outcome != PROPORTIONAL


def test_a_difference_that_depends_on_the_prediction_is_no_constant() -> None:
    assert asked("(y - f)^2 + where(f > 5, 1, 0)", "(y - f)^2", "real", "real", "").outcome in (DIFFERENT, UNKNOWN)


def test_witnesses_are_points_at_which_balls_certify_the_difference() -> None:
    for a, b, target, prediction, where, outcome in CASES:
        if outcome != DIFFERENT:
            continue
        found = asked(a, b, target, prediction, where)
        first = found.witnesses[0]
        if "only one" in first.what:
            continue
        values = [[evaluate(e, {**first.at, **f}, Balls(256)) for e in (found.a, found.b)] for f in first.predictions]
        differences = [x - z for x, z in values]
        assert len(differences) == 1 or not differences[0].overlaps(differences[1])
        last = found.witnesses[-1]
        assert "minimises" in last.what
        minimiser, better = last.predictions
        name = last.what.split("minimises ")[1][0]
        loser = found.b if name == "A" else found.a
        assert evaluate(loser, {**last.at, **better}, Balls(256)) < evaluate(
            loser, {**last.at, **minimiser}, Balls(256)
        )


def test_the_time_is_bounded() -> None:
    deep = "+".join(f"abs(f - {k} + abs(y - {k}*f))" for k in range(12))
    begun = time.perf_counter()
    found = equivalent(deep, f"{deep} + abs(f)*0 + 1/{10**30}*f", target="real", prediction="real", timeout=2)
    assert time.perf_counter() - begun < 8
    assert found.outcome in (UNKNOWN, DIFFERENT)


def test_losses_without_a_prediction_are_no_question() -> None:
    with pytest.raises(IllPosed):
        asked("y", "y^2", "real", "real", "")


# ------------------------------------------------------------------ random losses

_LEAF = st.sampled_from(["y", "f", "1", "2", "a", "f", "y - f", "y*f", "1/2"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["abs", "exp", "softplus", "log", "sqrt"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
        inner.map("({})^2".format),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"where({t[0]} >= {t[1]}, {t[2]}, {t[0]})"),
    )


_LOSSES = st.recursive(_LEAF, _grown, max_leaves=5)
_SETS = st.sampled_from(["real", "positive", "unit", "{-1,1}", "{0,1}", "interval(-1,1)"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=(Phase.generate,))
@given(_LOSSES, _LOSSES, _SETS, st.sampled_from(["real", "positive", "unit"]), st.booleans())
def test_no_positive_answer_is_false_at_random_points(
    a: str, b: str, target: str, prediction: str, turned: bool
) -> None:
    other = f"2*({a}) + y" if turned else b
    try:
        found = equivalent(a, other, target=target, prediction=prediction)
    except LossproofError:
        return
    for d in found.derivations:
        replay(d)
    if not found.ok:
        return
    setting, chance = Setting.of(target, prediction), random.Random(1)
    for _ in range(25):
        at = draw(setting, ["y", "a"], chance)
        points = [{**at, **draw(setting, ["f"], chance)} for _ in range(2)]
        values = [_values(e, point) for point in points for e in (found.a, found.b)]
        assert [v is None for v in values[::2]] == [v is None for v in values[1::2]]
        if found.outcome == SAME_MINIMISERS or None in values:
            continue
        (x, z), (u, v) = values[:2], values[2:]
        if found.outcome == EQUAL:
            assert x.overlaps(z)
        elif found.outcome == UP_TO_CONSTANT:
            assert (x - z).overlaps(u - v)
        elif x < u or u < x:
            assert not (z > v if x < u else z < v)


def _values(e: Expr, point: dict[str, object]) -> object:
    exact = {s: Rational(v.numerator, v.denominator) for s in e.free_symbols for n, v in point.items() if s.name == n}  # type: ignore[attr-defined]
    try:
        return evaluate(substitute(e, exact), {}, Balls(256))
    except Undefined:
        return None


# ------------------------------------------------------------------ the command line


def test_the_command_says_yes_no_or_that_it_was_used_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    sets = ["--target", "real", "--prediction", "real"]
    assert main(["equivalent", "Abs(y - f)", "(y - f)^2", *sets]) == 0
    assert capsys.readouterr().out.startswith(SAME_MINIMISERS)
    assert main(["equivalent", "(y - f)^2", "(y + f)^2", *sets, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["outcome"] == DIFFERENT
    assert main(["equivalent", "(y - f", "f", *sets]) == 2
    assert "character" in capsys.readouterr().err
    assert main(["equivalent", "y", "y^2", *sets]) == 2
    tau = [PINBALL, PINBALL, *sets, "--where", "tau > 0", "--where", "tau < 1"]
    assert main(["equivalent", *tau]) == 0
