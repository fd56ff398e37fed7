"""Every rule of the rulebook, instantiated: both sides agree in numbers, and the kernel grants it."""

from __future__ import annotations

import pytest
from sympy import Basic, Expr, IndexedBase, Integer, Rational, S, symbols

from lossproof.kernel.conditions import Declared, DeclaredMatrix, Maps, Property, Range, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, COUNT, POSITIVE, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Abstraction, Applied, Each, Value, instantiate, metas
from lossproof.kernel.steps import Place, apply
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    derivative,
    exp,
    factorial,
    inverse,
    log,
    maximum,
    mul,
    neg,
    power,
    product,
    sub,
    total,
    walk,
)
from lossproof.notation.matrices import Form, Matrix, MatrixProduct, SquaredNorm, Transpose, column
from lossproof.notation.nodes import Curve, Head, Sigmoid, Where
from lossproof.referees.balls import differs, judge
from lossproof.rulebook import RULES, calculus, cases, integrals, logarithms, matrices, probability, special, sums
from lossproof.rulebook.direct import Direct

p, q, r, s = symbols("p q r s")
i, j, k, n, t = symbols("i j k n t", integer=True)
x, y, w, table = IndexedBase("x"), IndexedBase("y"), IndexedBase("w"), IndexedBase("table")
OVER = Range(i, ONE, n)
CURVE = Head("A")

#: Values for metavariables that stand for expressions, functions of an index, and sequences.
PLAIN: dict[str, Value] = {
    **{"a": p, "b": r, "c": s, "u": exp(q), "v": q, "z": mul(q, r)},
    **{"i": i, "k": k, "m": ONE, "n": n},
}
FUNCTIONS: dict[tuple[str, int], Value] = {
    ("a", 1): Abstraction((i,), exp(mul(q, x[i]))),
    ("b", 1): Abstraction((i,), add(exp(q), ONE)),
    ("y", 1): Abstraction((i,), y[i]),
    ("a", 2): Abstraction((i, t), add(exp(x[i]), t)),
}
SEQUENCES: dict[str, Value] = {"a": (p, s, exp(q)), "u": (exp(q), mul(q, r))}
#: For rules that speak of several functions of an index: one may be constant.
TERMS: Value = (Abstraction((i,), x[i]), Abstraction((j,), mul(q, exp(x[j]))), Abstraction((i,), r))
#: Columns and a symmetric matrix; numbers that depend on the entries of the first column.
COLUMN, OTHER, SQUARE = column(w, n), column(x, n), Matrix(Head("S"), IndexedBase("h"), n, n)
REGULAR = Matrix(Head("R"), IndexedBase("g"), n, n)
NORM, LINEAR = SquaredNorm(COLUMN), Form(MatrixProduct(Transpose(OTHER), COLUMN))
OWN: dict[str, dict[str, Value]] = {
    matrices.SQUARED_NORM.name: {"a": COLUMN},
    matrices.TIMES_INVERSE.name: {"A": REGULAR, "b": OTHER},
    matrices.GRADIENT_OF_TERMS.name: {"w": COLUMN, "u": (NORM, LINEAR)},
    matrices.GRADIENT_WITHOUT_CONSTANT.name: {"w": COLUMN, "u": NORM},
    matrices.GRADIENT_OF_MULTIPLE.name: {"w": COLUMN, "u": NORM},
    matrices.GRADIENT_OF_LINEAR_FORM.name: {"w": COLUMN, "b": OTHER},
    matrices.GRADIENT_OF_QUADRATIC_FORM.name: {"w": COLUMN, "A": SQUARE},
    sums.SUM_OF_TERMS.name: {"a": TERMS},
    logarithms.DIFFERENCE_OF_LOGS.name: {"b": s},
    sums.MERGE_SUMS.name: {"a": TERMS},
    calculus.DERIVATIVE_OF_COORDINATE.name: {"w": w},
    special.FACTORIAL_AS_GAMMA.name: {"a": n},
    calculus.DERIVATIVE_OF_ENTRY.name: {"w": table, "i": i, "j": j, "k": k, "m": t},
    calculus.PRODUCT_RULE.name: {"a": exp(q), "b": mul(q, r)},
    calculus.DERIVATIVE_OF_LINEAR_TERM.name: {"u": q},
}
#: Variables of integration, and functions of them: with a kink, in pieces, of the whole line, of a ray, of an interval.
g, h = symbols("alpha beta")
FALLING = Abstraction((h,), exp(neg(mul(s, absolute(sub(h, r))))))
PIECES = Abstraction((h,), exp(neg(Where(sub(p, absolute(h)), power(h, TWO), absolute(h)))))
ON_A_RAY = Abstraction((h,), mul(exp(neg(h)), maximum(h, p)))
BETWEEN = Abstraction((h,), add(power(h, TWO), Where(sub(h, ONE), p, exp(h))))
SHARE = mul(Rational(-3, 4), Sigmoid(q))
LINE = (S.NegativeInfinity, S.Infinity)
OWN |= {
    cases.WHERE_IT_HOLDS.name: {"a": p, "b": log(neg(p)), "c": power(q, TWO)},
    cases.WHERE_IT_FAILS.name: {"a": log(neg(p)), "b": p, "c": neg(exp(q))},
    integrals.CONSTANT_OUT_OF_INTEGRAL.name: {"a": FALLING, "c": p, "x": g, "m": r, "n": S.Infinity},
    integrals.INTEGRAL_OF_TERMS.name: {"a": FALLING, "b": PIECES, "x": g, "m": LINE[0], "n": LINE[1]},
    integrals.SPLIT_THE_LINE.name: {"a": PIECES, "c": q, "x": g},
    integrals.SPLIT_THE_RAY.name: {"a": ON_A_RAY, "m": neg(s), "c": p, "x": g},
    integrals.SPLIT_THE_INTERVAL.name: {"a": BETWEEN, "m": neg(s), "c": ZERO, "n": p, "x": g},
    integrals.TRANSLATION.name: {"a": PIECES, "c": q, "x": g, "y": h},
    cases.ABSOLUTE_VALUE_OF_NEGATIVE.name: {"a": neg(exp(q))},
    cases.MAXIMUM_IS_FIRST.name: {"a": p, "b": neg(s)},
    cases.MAXIMUM_IS_SECOND.name: {"a": neg(s), "b": p},
    integrals.REFLECTION_AT_ZERO.name: {"a": FALLING, "x": g, "y": h},
    integrals.REFLECTION_OF_LINE.name: {"a": FALLING, "x": g, "y": h},
    integrals.EXPONENTIAL_PIECE.name: {"a": neg(p), "m": neg(s), "n": ONE, "x": g},
    integrals.GAUSSIAN_TAIL.name: {"a": p, "c": q, "x": g},
    integrals.GAUSSIAN_INTEGRAL_FROM_ZERO.name: {"a": p, "c": s, "x": g},
    integrals.PIECE_OF_GAUSSIAN_INTEGRAL.name: {"a": p, "m": neg(s), "n": ONE, "x": g},
    integrals.REFLECTION.name: {"a": FALLING, "c": q, "x": g, "y": h},
    integrals.SCALE_OF_RAY.name: {"a": ON_A_RAY, "c": p, "x": g, "y": h},
    **{
        rule.name: {"a": FALLING, "x": g, "y": h}
        for rule in (
            integrals.LOGARITHM_AS_VARIABLE,
            integrals.SHIFTED_LOGARITHM_AS_VARIABLE,
            integrals.LOGIT_AS_VARIABLE,
        )
    },
    integrals.EXPONENTIAL_TAIL.name: {"a": p, "c": q, "x": g},
    integrals.LENGTH.name: {"c": q, "m": neg(s), "n": p, "x": g},
    integrals.GAUSSIAN_INTEGRAL.name: {"a": p, "x": g},
    integrals.PART_OF_GAUSSIAN_INTEGRAL.name: {"a": p, "c": s, "x": g},
    integrals.GAMMA_INTEGRAL.name: {"a": p, "b": s, "x": g},
    integrals.GENERALISED_GAMMA_INTEGRAL.name: {"a": p, "b": s, "c": add(p, s), "x": g},
    integrals.BETA_INTEGRAL.name: {"a": p, "b": s, "x": g},
    integrals.STUDENT_INTEGRAL.name: {"a": p, "b": add(ONE, s), "x": g},
    integrals.LOGISTIC_INTEGRAL.name: {"a": Sigmoid(q), "b": add(TWO, s), "c": Rational(1, 2), "x": g},
    integrals.GUMBEL_INTEGRAL.name: {"a": p, "b": s, "c": add(p, s), "x": g},
    integrals.INVERSE_GAUSSIAN_INTEGRAL.name: {"a": p, "b": s, "x": g},
    integrals.RECIPROCAL_INVERSE_GAUSSIAN_INTEGRAL.name: {"a": p, "b": s, "x": g},
    integrals.VON_MISES_INTEGRAL.name: {"a": q, "c": r, "x": g},
    integrals.CONSTANT_OUT_OF_SERIES.name: {
        "a": Abstraction((t,), mul(power(Sigmoid(q), t), inverse(factorial(t)))),
        **{"c": p, "k": k, "m": TWO},
    },
    integrals.EXPONENTIAL_SERIES.name: {"a": q, "k": k},
    integrals.GEOMETRIC_SERIES.name: {"a": SHARE, "k": k},
    integrals.BINOMIAL_SERIES.name: {"a": SHARE, "b": s, "k": k},
}
HYPOTHESES = (
    *(Declared(n, COUNT), Declared(p, POSITIVE), Declared(q, REAL), Declared(r, REAL), Declared(s, POSITIVE)),
    *(Declared(x[i], REAL, (OVER,)), Declared(y[i], BINARY, (OVER,)), Declared(w[i], REAL, (OVER,))),
    DeclaredMatrix(SQUARE, Property.SYMMETRIC),
    DeclaredMatrix(REGULAR, Property.INVERTIBLE),
    Declared(REGULAR.entry(i, j), REAL, (OVER, Range(j, ONE, n))),
    Declared(table[i, j], REAL, (OVER, Range(j, ONE, n))),
    *(Maps(CURVE, order, REAL, REAL) for order in range(3)),
)
FREE = {
    **dict.fromkeys((sums.SIFT.name, sums.SIFT_BEHIND.name, sums.AS_SIFTED_SUM.name), (k,)),
    sums.RESTORE_FACTOR.name: (i,),
    calculus.DERIVATIVE_OF_COORDINATE.name: (i, k),
    calculus.DERIVATIVE_OF_ENTRY.name: (i, j, k, t),
}
#: Rules without metavariables: expressions that they are applied to.
DIRECT: tuple[tuple[Direct, Expr], ...] = (
    (sums.WRITTEN_OUT, total(mul(q, exp(i)), i, Integer(-1), TWO)),
    (sums.WRITTEN_OUT, product(add(q, i), i, TWO, TWO)),
    (sums.WRITTEN_OUT, total(log(i), i, ONE, ZERO)),
    (sums.WRITTEN_OUT, product(log(i), i, ONE, ZERO)),
    *((calculus.DERIVATIVE_OF_CURVE, derivative(Curve(CURVE, k, mul(q, r)), q)) for k in range(2)),
    (calculus.DERIVATIVE_OF_CURVE, derivative(Curve(CURVE, 1, r), q)),
)
IDENTITIES = [rule for rule in RULES.values() if isinstance(rule, Identity) and rule is not probability.COMPLEMENT]


def given_for(rule: Identity) -> dict[str, Value]:
    parts: list[Basic] = [part for side in (rule.left, rule.right) for part in walk(side)]
    given = {m.name: PLAIN[m.name] for side in (rule.left, rule.right) for m in metas(side) if m.name in PLAIN}
    for part in parts:
        if isinstance(part, Applied):
            given[part.args[0].name] = FUNCTIONS[part.args[0].name, len(part.args) - 1]
        if isinstance(part, Each):
            given[part.args[1].name] = SEQUENCES[part.args[1].name]
    return {**given, **OWN.get(rule.name, {})}


@pytest.mark.parametrize("rule", IDENTITIES, ids=lambda rule: rule.name)
def test_both_sides_of_a_rule_agree(rule: Identity) -> None:
    given = given_for(rule)
    hypotheses = HYPOTHESES + tuple(Ranged(Range(index, ONE, n)) for index in FREE.get(rule.name, ()))
    start = instantiate(rule.left, given)
    place = Place((), tuple(sorted(given.items())))
    step = apply(rule, (place,), start, Facts(hypotheses, (p,)))
    derivation = Derivation("rule", hypotheses, (p,), start, (step,))
    assert derivation.theorem.rules == (rule,)
    (row,) = judge(derivation, points=6)
    assert row.finding == "held", row.detail


@pytest.mark.parametrize(("rule", "start"), DIRECT, ids=lambda v: getattr(v, "name", ""))
def test_both_sides_of_a_rule_without_metavariables_agree(rule: Direct, start: Expr) -> None:
    step = apply(rule, (Place(()),), start, Facts(HYPOTHESES))
    derivation = Derivation("rule", HYPOTHESES, (), start, (step,))
    assert derivation.theorem.rules == (rule,)
    (row,) = judge(derivation, points=6)
    assert row.finding == "held", row.detail


def test_every_rule_is_instantiated_here() -> None:
    assert {r.name for r in RULES.values() if isinstance(r, Direct)} == {rule.name for rule, _ in DIRECT}


def test_the_check_of_a_rule_sees_a_wrong_one() -> None:
    rule = RULES["logarithm of a power"]
    assert isinstance(rule, Identity)
    wrong = Identity("wrong", rule.left, mul(rule.right, ONE + ONE), rule.when)
    given = given_for(rule)
    start = instantiate(wrong.left, given)
    step = apply(wrong, (Place((), tuple(sorted(given.items()))),), start, Facts(HYPOTHESES))
    (row,) = judge(Derivation("rule", HYPOTHESES, (), start, (step,)), points=6)
    assert row.finding == "refuted"
    assert "!=" in row.detail


@pytest.mark.parametrize("name", [rule.name for rule in IDENTITIES if rule in vars(integrals).values()])
def test_the_check_of_a_rule_about_integrals_sees_a_wrong_one(name: str) -> None:
    """With ``1/1000`` of the right side too much it is refuted."""
    rule = RULES[name]
    assert isinstance(rule, Identity)
    given = given_for(rule)
    before, after = (instantiate(side, given) for side in (rule.left, rule.right))
    found = differs(before, mul(Rational(1001, 1000), after), HYPOTHESES, points=6)
    assert found.finding == "refuted", found.detail
