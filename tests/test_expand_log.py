"""Logarithms of ordinary SymPy expressions, expanded as far as can be shown and no further."""

from __future__ import annotations

import math
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Dummy,
    E,
    Expr,
    Float,
    Function,
    I,
    Idx,
    Indexed,
    IndexedBase,
    Integer,
    Product,
    Rational,
    Sum,
    Symbol,
    exp,
    log,
    oo,
    pi,
    sqrt,
    symbols,
)

import lossproof as lp
from lossproof.errors import SideConditionError, UnsupportedExpression
from lossproof.kernel.domains import NONZERO
from lossproof.notation import inert
from lossproof.numeric.evaluate import Instance
from lossproof.referees import verify

i, j, k, N, M = symbols("i j k N M", integer=True)
n = Symbol("n")
a, b = IndexedBase("a", positive=True), IndexedBase("b")
r, q = IndexedBase("r", real=True), IndexedBase("q", negative=True)
x, y = symbols("x y", positive=True)
u, v = symbols("u v", real=True)
z = Symbol("z")
f = Function("f", positive=True)


def stated(d: lp.Derivation) -> str:
    return str(d.theorem).removeprefix("|- ")


def assumed(d: lp.Derivation) -> list[str]:
    return [str(h) for h in d.theorem.hypotheses]


# ------------------------------------------------------------------ the two issues


def test_the_product_of_issue_17728_expands_for_positive_elements() -> None:
    d = lp.expand_log(log(Product(a[i] ** 2, (i, 1, N))))
    assert stated(d) == "log ∏_{i=1}^N a_i^2  =  ∑_{i=1}^N 2 log a_i"
    assert assumed(d) == ["N in Z", "0 < a_i for i = 1..N"]
    assert [step.rule.name for step in d] == ["logarithm of a product", "logarithm of a power"]


def test_the_product_of_issue_17728_as_it_was_asked() -> None:
    over = Idx("i", (Integer(1), N))
    element = Indexed("a", over)
    start = log(Product(element**2, over))
    positive = lp.Declared(IndexedBase("a")[i], lp.POSITIVE, (lp.Range(i, 1, N),))
    assert stated(lp.expand_log(start, positive)) == "log ∏_{i=1}^N a_i^2  =  ∑_{i=1}^N 2 log a_i"
    with pytest.raises(SideConditionError) as caught:
        lp.expand_log(start)
    assert caught.value.missing == "0 < a_i (nothing is known of it)"


def test_the_index_of_issue_13781_keeps_its_name() -> None:
    m, k = symbols("m k")
    d = lp.expand_log(1 + log(Product(f(m, k), (m, 1, n))))
    assert stated(d) == "1 + log ∏_{m=1}^n f(m, k)  =  1 + ∑_{m=1}^n log f(m, k)"
    assert assumed(d) == ["0 < f(m, k) for m = 1..n"]
    with pytest.raises(SideConditionError, match=r"missing: 0 < g\(m, k\)"):
        lp.expand_log(1 + log(Product(Function("g")(m, k), (m, 1, n))))


# ------------------------------------------------------------------ what expands

EXPANSIONS: list[tuple[Expr, str, list[str]]] = [
    (log(x * y), "log x + log y", ["0 < x", "0 < y"]),
    (log(x / y), "log x - log y", ["0 < x", "0 < y"]),
    (log(sqrt(x) * y**u), "1/2 · log x + u log y", ["u in R", "0 < x", "0 < y"]),
    (log(x * exp(u)), "log x + u", ["u in R", "0 < x"]),
    (log(log(x * y)), "log(log x + log y)", ["0 < x", "0 < y"]),
    (log((u**2 + 1) * x), "log x + log(1 + u^2)", ["u in R", "0 < x"]),
    (
        log(Product(exp(r[i]) * a[i] / 2, (i, 1, N))),
        "∑_{i=1}^N (log(1/2) + log a_i + r_i)",
        ["N in Z", "0 < a_i for i = 1..N", "r_i in R for i = 1..N"],
    ),
    (log(Product(i, (i, 1, N))), "∑_{i=1}^N log i", ["N in Z"]),
    (
        log(Product(a[i + 1], (i, 1, N))),
        "∑_{i=1}^N log a_{1 + i}",
        ["N in Z", "0 < a_{1 + i} for i = 1..N"],
    ),
    (
        log(Product(a[i] * a[j], (i, 1, N), (j, 1, M))),
        "∑_{j=1}^M ∑_{i=1}^N (log a_i + log a_j)",
        ["M in Z", "N in Z", "0 < a_i for i = 1..N", "0 < a_j for j = 1..M"],
    ),
    (
        log(Product(IndexedBase("s", shape=(N,), positive=True)[i], (i, 1, N))),
        "∑_{i=1}^N log s_i",
        ["N in Z", "0 < s_i for i = 1..N"],
    ),
]


@pytest.mark.parametrize(("start", "right", "hypotheses"), EXPANSIONS)
def test_what_can_be_shown_is_expanded(start: Expr, right: str, hypotheses: list[str]) -> None:
    d = lp.expand_log(start)
    assert stated(d).partition("  =  ")[2] == right
    assert assumed(d) == hypotheses
    assert lp.load(d.to_json()) == d
    assert verify(d, referees="finite,balls").ok


def test_intervals_are_declared() -> None:
    p, label = IndexedBase("p"), IndexedBase("y", integer=True)
    likelihood = Product(p[i] ** label[i] * (1 - p[i]) ** (1 - label[i]), (i, 1, N))
    start, over = log(likelihood), lp.Range(i, 1, N)
    d = lp.expand_log(start, lp.Declared(p[i], lp.UNIT, (over,)))
    assert "p_i in (0, 1) for i = 1..N" in assumed(d)
    assert "y_i in Z for i = 1..N" in assumed(d)
    values = {"N": 2, "p": [0.25, 0.75], "y": [0, 1]}
    assert lp.evaluate(d.rhs, values) == pytest.approx(2 * math.log(0.75))
    with pytest.raises(SideConditionError, match=r"only p_i in \[0, 1\] is known"):
        lp.expand_log(start, lp.Declared(p[i], lp.CLOSED_UNIT, (over,)))
    with pytest.raises(SideConditionError):
        lp.expand_log(start, lp.Declared(p[i], lp.UNIT, (lp.Range(i, 2, N),)))


def test_the_upper_bound_need_not_be_a_count() -> None:
    """Sums and products run over the integers between their bounds, here over 1 and 2, or over none."""
    d = lp.expand_log(log(Product(a[i], (i, 1, n))))
    assert assumed(d) == ["0 < a_i for i = 1..n"]
    for bound in (2.0, 0.0, -3.0):
        left, right = (lp.evaluate(e, {"n": bound, "a": [2.0, 3.0]}) for e in (d.lhs, d.rhs))
        assert left == pytest.approx(right)
    assert lp.evaluate(d.rhs, {"n": -3.0, "a": [2.0]}) == 0.0


def test_what_cannot_be_shown_is_left_as_it_is() -> None:
    d = lp.expand_log(log(x * y) + log(z * u) + log(Product(r[i], (i, 1, N))))
    assert "log(z u)" in stated(d).partition("  =  ")[2]
    assert "log ∏_{i=1}^N r_i" in stated(d).partition("  =  ")[2]
    assert "log x + log y" in stated(d).partition("  =  ")[2]


@pytest.mark.parametrize("start", [log(x), x + 1, Integer(3), log(Sum(a[i], (i, 1, N)))])
def test_nothing_to_expand_gives_a_derivation_without_steps(start: Expr) -> None:
    d = lp.expand_log(start)
    assert len(d) == 0
    assert d.theorem.left == d.theorem.right


def test_an_index_that_is_also_a_free_name_keeps_both_meanings() -> None:
    d = lp.expand_log(i * log(Product(a[i], (i, 1, N))))
    values = Instance({"N": 3, "a": [2.0, 3.0, 5.0]}, indices={"i": 2})
    assert lp.evaluate(d.rhs, values) == pytest.approx(2 * math.log(30))


def test_an_inner_index_of_the_same_name_is_another_index() -> None:
    d = lp.expand_log(log(Product(Product(a[i], (i, 1, N)), (i, 1, M))))
    left, right = (lp.evaluate(e, {"N": 2, "M": 3, "a": [2.0, 3.0, 5.0]}) for e in (d.lhs, d.rhs))
    assert left == pytest.approx(3 * math.log(6))
    assert right == pytest.approx(left)


def test_several_indices_nest_as_in_sympy() -> None:
    start = log(Product((i + 1) ** j, (i, 1, j), (j, 1, 3)))
    d = lp.expand_log(start)
    assert stated(d) == "log ∏_{j=1}^3 ∏_{i=1}^j (1 + i)^j  =  ∑_{j=1}^3 ∑_{i=1}^j j log(1 + i)"
    by_hand = sum(outer * math.log(1 + inner) for outer in (1, 2, 3) for inner in range(1, outer + 1))
    assert float(start.doit()) == pytest.approx(by_hand)
    report = verify(d)  # whose evaluator does not do bounds that depend on an index, and says so
    assert "not applicable" in {row.finding for row in report.rows}


# ------------------------------------------------------------------ what does not

REFUSED: list[tuple[Expr, str]] = [
    (log(Product(r[i] ** 2, (i, 1, N))), "0 < r_i (only r_i in R is known)"),
    (log(Product(q[i], (i, 1, N))), "0 < q_i (only q_i in (-oo, 0) is known)"),
    (log(Product(b[i], (i, 1, N))), "0 < b_i (nothing is known of it)"),
    (log(Product(a[i] * b[i], (i, 1, N))), "0 < b_i (nothing is known of it)"),
    (log(Product(i, (i, 0, N))), "0 < i (only i in {0, 1, 2, ...} is known)"),
    (log(u * v), "0 < u (only u in R is known)"),
    (log(inert.power(u, inert.TWO)), "0 < u (only u in R is known)"),
    (log(Abs(u) * x), "0 < |u| (only |u| in [0, oo) is known)"),
    (log(Product(Sum(a[j], (j, 1, i)), (i, 1, N))), "0 < ∑_{j=1}^i a_j"),
]


@pytest.mark.parametrize(("start", "missing"), REFUSED)
def test_what_may_be_false_is_refused_with_the_missing_fact(start: Expr, missing: str) -> None:
    with pytest.raises(SideConditionError) as caught:
        lp.expand_log(start)
    assert caught.value.missing.startswith(missing)


def test_two_negative_factors_are_not_two_logarithms() -> None:
    s, t = symbols("s t", negative=True)
    start = inert.log(inert.mul(s, t))
    with pytest.raises(SideConditionError, match="0 < s"):
        lp.expand_log(start)


def test_what_is_not_zero_is_not_positive() -> None:
    d = lp.expand_log(log(x * inert.power(u, inert.TWO)), lp.Declared(u, NONZERO))
    assert stated(d).partition("  =  ")[2] in ("log x + log(u^2)", "log(u^2) + log x")


UNSUPPORTED: list[Any] = [
    log(Float(1.5) * x),
    log(Product(a[i], (i, 1, oo))),
    log(sympy.airyai(x) * x),
    log(I * x),
    log(Product(a[Dummy("i")], (Dummy("i"), 1, N))),
    log(sympy.Piecewise((x, x > 1), (y, True))),
    log(sympy.Max(x, y, 3)),
    log(Function("log_", positive=True)(x) * Symbol("ä", positive=True)),
    "log(x*y)",
    0.5,
    None,
    sympy.MatrixSymbol("A", 2, 2),
    sympy.Lambda(x, log(x * y)),
    x > 1,
]


@pytest.mark.parametrize("start", UNSUPPORTED, ids=str)
def test_what_lossproof_does_not_know_is_a_typed_error(start: Any) -> None:
    with pytest.raises(UnsupportedExpression):
        lp.expand_log(start)


def test_what_is_not_a_hypothesis_is_a_typed_error() -> None:
    with pytest.raises(UnsupportedExpression, match="as a hypothesis"):
        lp.expand_log(log(x * z), z > 0)  # type: ignore[arg-type]


def test_a_very_deep_expression_is_a_typed_error() -> None:
    deep: Expr = x
    for _ in range(5000):
        deep = inert.exp(inert.add(x, deep))
    with pytest.raises(UnsupportedExpression, match="too deeply"):
        lp.expand_log(deep)


def test_a_contradiction_in_names_is_refused() -> None:
    other = Symbol("x", real=True)
    with pytest.raises(UnsupportedExpression, match="two different things called 'x'"):
        lp.expand_log(inert.log(inert.mul(x, inert.exp(other))))


def test_an_expression_whose_parts_are_shared_many_times_is_a_typed_error() -> None:
    large: Expr = x
    for _ in range(60):
        large = inert.power(large, large)
    with pytest.raises(UnsupportedExpression, match="too large"):
        lp.expand_log(inert.log(large))


def test_names_that_sympy_tells_apart_are_not_run_together() -> None:
    """The free symbol would become the index, and the one function positive because the other is."""
    over = Idx("i", (1, N))
    free, g = Symbol("i", integer=True), Function("f")
    for start in (
        log(Product(a[over] * a[free], over)),
        log(Product(a[over] * a[Idx("i", (1, M))], over)),
        log(f(x) * g(x)),
        log(f(x) * Symbol("f", positive=True)),
    ):
        with pytest.raises(UnsupportedExpression, match="two different things called"):
            lp.expand_log(start)


# ------------------------------------------------------------------ against SymPy, in numbers


def _factors() -> st.SearchStrategy[Expr]:
    bases = st.sampled_from([x, y, exp(u), 2 + u**2, Integer(3), Rational(2, 7), pi, E, u, v, 1 - x])
    powers = st.sampled_from([Integer(1), Integer(2), Integer(-1), Rational(1, 2), u])
    return st.lists(st.builds(lambda base, e: base**e, bases, powers), min_size=1, max_size=4).map(
        lambda fs: sympy.Mul(*fs)
    )


@given(_factors(), st.floats(0.05, 3.0), st.floats(0.05, 3.0), st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
@settings(max_examples=150)
def test_both_sides_agree_wherever_the_left_one_is_real(e: Expr, p: float, s: float, t: float, w: float) -> None:
    try:
        d = lp.expand_log(log(e) + 1)
    except (SideConditionError, UnsupportedExpression):
        return
    values = {"x": p, "y": s, "u": t, "v": w}
    left, right = (lp.evaluate(side, values) for side in (d.lhs, d.rhs))
    if math.isfinite(left):
        assert right == pytest.approx(left, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("start", [log(x * y), log(x / y), log(x**2 * exp(u)), log(Product(a[i] ** 2, (i, 1, N)))])
def test_what_sympy_expands_by_itself_comes_out_the_same(start: Expr) -> None:
    ours = lp.expand_log(start).rhs
    assert ours.func(*ours.args).doit() == sympy.expand_log(start)


def test_one_factor_that_stays_does_not_hold_back_the_others() -> None:
    many = symbols("s1:41", positive=True)
    start = inert.log(inert.mul(*(inert.power(s, inert.TWO) for s in many)))
    other = inert.log(inert.power(u, inert.add(inert.ONE, inert.log(inert.mul(x, y)))))
    d = lp.expand_log(inert.add(start, other))
    left = stated(d).partition("  =  ")[2]
    assert left.count("2 log s") == 40
    assert left.endswith("log(u^(1 + (log x + log y)))")
