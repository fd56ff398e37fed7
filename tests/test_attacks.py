"""Attacks on the kernel: each once gave a false theorem, or was meant to.

An attack builds a derivation with rules of the rulebook, satisfiable hypotheses and whatever
instantiation suits the attacker, and must be refused by a typed error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sympy import Basic, E, Expr, IndexedBase, Integer, KroneckerDelta, Rational, Symbol, Tuple, cos, pi, symbols

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Maps, Range, Ranged, Smooth
from lossproof.kernel.derivation import Cite, Derivation, Theorem
from lossproof.kernel.domains import BINARY, COUNT, NONNEGATIVE, POSITIVE, REAL, UNIT, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import EQUAL
from lossproof.kernel.rules import FOLD, UNFOLD, Assume, Conclusion, Rule
from lossproof.kernel.schema import Abstraction
from lossproof.kernel.steps import Place, apply
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    derivative,
    distinct,
    equation,
    exp,
    log,
    mul,
    neg,
    power,
    product,
    sub,
    total,
)
from lossproof.notation.matrices import Component, Gradient, MatrixSum, MatrixTerm, ScalarMultiple, column, opposite
from lossproof.notation.nodes import Curve, Definition, Head, Opaque, Probability, ProductOver
from lossproof.render.latex import Latex
from lossproof.rulebook import calculus, logarithms, matrices, optima, probability, sums
from lossproof.rulebook.algebra import ALGEBRA, LAWS

d, i, j, k, m, n, t, w, x, y, z = symbols("d i j k m n t w x y z")
X, W, Y = IndexedBase("X"), IndexedBase("W"), IndexedBase("Y")
LF = logarithms.LOG_OF_FACTORS
A = Abstraction
MINUS_FIVE = Integer(-5)

StepTaken = tuple[Rule, list[tuple[tuple[int, ...], dict[str, Any]]]]


def prove(
    hypotheses: list[Hypothesis], parameters: tuple[Expr, ...], start: Expr, *steps: StepTaken
) -> tuple[Derivation, Theorem]:
    facts, here, taken = Facts(hypotheses, parameters), start, []
    for rule, places in steps:
        step = apply(rule, tuple(Place(path, tuple(sorted(given.items()))) for path, given in places), here, facts)
        taken.append(step)
        here = step.after
    derivation = Derivation("attack", tuple(hypotheses), parameters, start, tuple(taken))
    return derivation, derivation.theorem


def square_log(e: Expr) -> Expr:
    return log(mul(e, e))


def split(e: Expr) -> dict[str, Any]:
    return {"a": (e, e)}


def delta_sum(high: Expr) -> Expr:
    return total(mul(build(KroneckerDelta, (k, i)), ONE), k, ONE, high)


def sift(high: Expr) -> dict[str, Any]:
    return {"i": k, "k": i, "m": ONE, "n": high, "a": A((k,), ONE)}


ROWS = Declared(X[i], POSITIVE, (Range(i, ONE, n),))
UNSHIFTED = prove([ROWS, Ranged(Range(i, ONE, n))], (), square_log(X[i]), (LF, [((), split(X[i]))]))[0]
F = Opaque(Head("f"), w)
IN_UNIT = Declared(F, UNIT)
OPEN = prove([Declared(w, REAL), IN_UNIT], (w,), derivative(square_log(F), w), (LF, [((0,), split(F))]))[0]
ROUGH = Opaque(Head("f"), W)
DOUBLED = Definition(Head("g"), Tuple(mul(TWO, x)), add(x, mul(TWO, x)))
CLASHING = Definition(Head("g"), Tuple(x), IndexedBase(x)[1])
RENAMING = Definition(Head("g"), Tuple(), total(IndexedBase(y)[1], y, ONE, ONE))
SLOPE = Definition(Head("g"), Tuple(t), derivative(mul(t, x), x))
OWN_SLOPE = Definition(Head("g"), Tuple(t), derivative(mul(t, y), t))


def chance(variable: Basic) -> Probability:
    return Probability(variable, ONE, X[i], W[i], Tuple())


def chance_of(variable: Basic, value: Expr) -> Probability:
    return Probability(variable, value, X[i], W[i], Tuple())


IN_ITS_INDEX: dict[str, Any] = {
    "a": A((j, t), derivative(mul(j, t), j)),
    "y": A((i,), build(KroneckerDelta, (i, ONE))),
    "i": i,
    "m": ONE,
    "n": n,
}


HALF = Rational(1, 2)
ENTRIES = [Declared(d, COUNT), *(Declared(array[j], REAL, (Range(j, ONE, d),)) for array in (W, X))]
#: Called as the kernel calls its own index for the entries of a column.
ROW = Symbol("i", integer=True)
CURVED = Curve(Head("A"), 0, x)
CURVED_TOO = Opaque(Head("A"), x)
NO_GRADIENT: StepTaken = (matrices.MATRIX_ALGEBRA, [((), {"to": ScalarMultiple(ZERO, column(W, d))})])
GROWN = Definition(Head("V"), Tuple(x), ScalarMultiple(add(x, x), column(W, d)))


def less_itself(a: MatrixTerm) -> MatrixTerm:
    return MatrixSum(a, opposite(a))


def given_parameters(*parameters: Expr) -> Probability:
    return Probability(Y[1], ONE, X[1], W[1], Tuple(*parameters))


def _grown(depth: int) -> Expr:
    e: Expr = w
    for _ in range(depth):
        e = Component(GROWN(e), ONE)
    return e


class Hidden(Rule):
    """A user's rule that claims to be another and to rest on nothing."""

    name, reference = "double negation", ""

    def conclude(self, before: Expr, given: object, facts: object) -> Conclusion:
        return Conclusion(TWO)

    def rests_on(self) -> tuple[Rule, ...]:
        return ()


class Fake(Derivation):
    """A derivation that says what its theorem is."""

    @property
    def theorem(self) -> Any:
        class Claim:
            relation, parameters, left, right = EQUAL, (), ONE, TWO
            hypotheses, rules = (), ()

        return Claim


class Elsewhere(tuple[int, ...]):
    """A path that is read in one way and used in another."""

    def __iter__(self) -> Any:
        return iter((0,))


ATTACKS: dict[str, Callable[[], object]] = {
    "a derivative of a sum whose bound is the variable": lambda: prove(
        [Declared(x, REAL)],
        (),
        derivative(total(ONE, i, ONE, x), x),
        (calculus.DERIVATIVE_OF_SUM, [((), {"a": A((i,), ONE), "i": i, "m": ONE, "n": x, "v": x})]),
    ),
    "a derivative of a product whose bound is the variable": lambda: prove(
        [Declared(x, REAL)],
        (),
        derivative(product(TWO, i, ONE, x), x),
        (calculus.DERIVATIVE_OF_PRODUCT, [((), {"a": A((i,), TWO), "i": i, "k": k, "m": ONE, "n": x, "v": x})]),
    ),
    "a condition shown at one place, used at another": lambda: prove(
        [ROWS],
        (),
        add(total(square_log(X[i]), i, ONE, n), total(square_log(X[i]), i, ZERO, ZERO)),
        (LF, [((0, 0), split(X[i])), ((1, 0), split(X[i]))]),
    ),
    "the same without hypotheses": lambda: prove(
        [],
        (),
        add(total(square_log(i), i, ONE, ONE), total(square_log(i), i, Integer(-1), Integer(-1))),
        (LF, [((0, 0), split(i)), ((1, 0), split(i))]),
    ),
    "a theorem about i = 1..n cited for i = 0": lambda: prove(
        [ROWS], (), total(square_log(X[i]), i, ZERO, ZERO), (Cite(UNSHIFTED), [((0,), {})])
    ),
    "an index that shadows the bound of another": lambda: prove(
        [], (), total(total(delta_sum(n), n, ZERO, ZERO), i, ONE, n), (sums.SIFT, [((0, 0), sift(n))])
    ),
    "an index that shadows what a product was filtered by": lambda: prove(
        [],
        (),
        ProductOver(total(square_log(k), k, MINUS_FIVE, MINUS_FIVE), Tuple(i, ONE, ONE), equation(k, ONE)),
        (LF, [((0, 0), split(k))]),
    ),
    "a range around a derivative in its bound": lambda: prove(
        [Declared(x, REAL)], (), total(derivative(delta_sum(x), x), i, ONE, x), (sums.SIFT, [((0, 0), sift(x))])
    ),
    "a declaration about a sum whose index is taken for a value": lambda: prove(
        [Declared(total(X[i, k], k, ONE, n), POSITIVE, (Range(i, ONE, n),)), Ranged(Range(k, ONE, n))],
        (),
        square_log(total(X[k, k], k, ONE, n)),
        (LF, [((), split(total(X[k, k], k, ONE, n)))]),
    ),
    "an equation at a point of a parameter, under the derivative": lambda: prove(
        [Declared(w, REAL), Assumed("here", w, ZERO)],
        (w,),
        derivative(mul(w, add(w, ONE)), w),
        (Assume("here"), [((0, 0), {})]),
    ),
    "two parameters tied at a point, under the derivative": lambda: prove(
        [Declared(W[j], REAL, (Range(j, ONE, TWO),)), Assumed("tie", W[1], W[2])],
        (W,),
        derivative(W[1], W[1]),
        (Assume("tie"), [((0,), {})]),
    ),
    "a set for a function of a parameter, under the derivative": lambda: prove(
        [Declared(w, REAL), Declared(mul(w, w), BINARY)],
        (w,),
        derivative(ProductOver(TWO, Tuple(i, ONE, ONE), equation(mul(w, w), ONE)), w),
        (
            probability.LABEL_ONE_AS_EXPONENT,
            [((0,), {"a": A((i,), TWO), "y": A((i,), mul(w, w)), "i": i, "m": ONE, "n": ONE})],
        ),
    ),
    "a name for a derivative, called at its variable": lambda: prove(
        [Declared(x, REAL)], (), SLOPE(x), (UNFOLD, [((), {})])
    ),
    "a name for a derivative in its parameter": lambda: prove(
        [Declared(y, REAL)], (), OWN_SLOPE(y), (UNFOLD, [((), {})])
    ),
    "a label put in for a symbol under a derivative": lambda: prove(
        [Declared(X[i], BINARY, (Range(i, ONE, n),))],
        (),
        product(derivative(mul(X[i], X[i]), X[i]), i, ONE, n),
        (
            probability.SPLIT_BY_LABEL,
            [((), {"a": A((i, t), derivative(mul(t, X[i]), X[i])), "y": A((i,), X[i]), "i": i, "m": ONE, "n": n})],
        ),
    ),
    "an index that is the variable of a derivative": lambda: prove(
        [Ranged(Range(x, ONE, n))],
        (),
        mul(
            mul(ONE, derivative(mul(x, x), x)),
            ProductOver(derivative(mul(k, x), x), Tuple(k, ONE, n), distinct(k, x)),
        ),
        (
            sums.RESTORE_FACTOR,
            [((), {"c": ONE, "a": A((k,), derivative(mul(k, x), x)), "i": x, "k": k, "m": ONE, "n": n})],
        ),
    ),
    "an assumption instantiated at the variable of its derivative": lambda: prove(
        [Assumed("slope", derivative(mul(i, x), x), i, (Range(i, ONE, n),)), Ranged(Range(x, ONE, n))],
        (),
        derivative(mul(x, x), x),
        (Assume("slope"), [((), {"i": x})]),
    ),
    "a definition of a compound parameter": lambda: prove([], (), DOUBLED(Integer(5)), (UNFOLD, [((), {})])),
    "a definition that uses its parameter as an array": lambda: prove(
        [], (), CLASHING(Integer(5)), (UNFOLD, [((), {})])
    ),
    "an index with the name of an array": lambda: prove(
        [], (), total(IndexedBase(x)[1], x, ONE, ONE), (FOLD, [((), {"named": RENAMING()})])
    ),
    "a range that depends on another, used with the raw bound": lambda: prove(
        [Assumed("tri", X[i, j], ZERO, (Range(i, ONE, Integer(3)), Range(j, ONE, i)))],
        (),
        total(total(X[1, k], k, ONE, i), i, ONE, Integer(3)),
        (Assume("tri"), [((0, 0), {"i": ONE, "j": k})]),
    ),
    "a declared range that depends on another": lambda: prove(
        [Declared(X[i, j], POSITIVE, (Range(i, ONE, Integer(3)), Range(j, ONE, i)))],
        (),
        total(total(square_log(X[1, k]), k, ONE, i), i, ONE, Integer(3)),
        (LF, [((0, 0), split(X[1, k]))]),
    ),
    "a theorem that used an open domain, cited on a closed one": lambda: prove(
        [Declared(w, BINARY), IN_UNIT], (w,), OPEN.lhs, (Cite(OPEN), [((), {})])
    ),
    "smoothness in one element used for another": lambda: prove(
        [
            Declared(W[j], REAL, (Range(j, ONE, TWO),)),
            Smooth(Opaque(Head("f"), W), W[1]),
            Declared(Opaque(Head("f"), W), REAL),
        ],
        (W,),
        derivative(add(Opaque(Head("f"), W), ONE), W[2]),
        (calculus.DERIVATIVE_OF_TERMS, [((), {"u": (Opaque(Head("f"), W), ONE), "v": W[2]})]),
    ),
    "a random variable replaced by its value": lambda: prove(
        [Declared(Y[i], BINARY, (Range(i, ONE, n),))],
        (),
        product(chance(Y[i]), i, ONE, n),
        (
            probability.SPLIT_BY_LABEL,
            [((), {"a": A((i, t), chance(t)), "y": A((i,), Y[i]), "i": i, "m": ONE, "n": n})],
        ),
    ),
    "a product filtered by nonsense, times 0": lambda: prove(
        [],
        (),
        mul(ZERO, ProductOver(ONE, Tuple(i, ONE, ONE), equation(log(Integer(-1)), ONE))),
        (ALGEBRA, [((), {"to": ZERO})]),
    ),
    "a parameter that is not a symbol": lambda: prove(
        [Declared(x, REAL)],
        (mul(TWO, x),),
        add(x, mul(x, x)),
        (optima.DROP_CONSTANT_TERM, [((), {"a": mul(x, x), "c": x})]),
    ),
    "an element whose index is an element": lambda: prove(
        [Declared(W[1], REAL), Declared(W[W[1]], POSITIVE)],
        (),
        derivative(square_log(W[W[1]]), W[1]),
        (LF, [((0,), split(W[W[1]]))]),
    ),
    "a range over a number": lambda: prove(
        [Declared(X[ONE], POSITIVE, (Range(ONE, ONE, Integer(5)),))], (), square_log(X[2]), (LF, [((), split(X[2]))])
    ),
    "an array named by an expression": lambda: prove([], (), IndexedBase(Symbol("x") + 1)[1]),
    "a path that is read in two ways": lambda: prove(
        [], (), add(neg(neg(x)), y), (sums.DOUBLE_NEGATION, [(Elsewhere((1,)), {"a": x})])
    ),
    "a citation of a fake": lambda: prove([], (), ONE, (Cite(Fake("fake", (), (), ONE)), [((), {})])),
    "a derivation with a theorem of its own": lambda: prove([], (), ONE, (Cite(Fake("x", (), (), ONE)), [((), {})])),
    "a kink under the derivative": lambda: prove(
        [Declared(x, REAL)],
        (),
        derivative(mul(TWO, absolute(x)), x),
        (calculus.DERIVATIVE_OF_MULTIPLE, [((), {"c": TWO, "u": absolute(x), "v": x})]),
    ),
    "a constant that a name hides": lambda: prove(
        [Declared(x, REAL)],
        (),
        derivative(mul(Definition(Head("g"), Tuple(t), mul(t, x))(TWO), x), x),
        (
            calculus.DERIVATIVE_OF_MULTIPLE,
            [((), {"c": Definition(Head("g"), Tuple(t), mul(t, x))(TWO), "u": x, "v": x})],
        ),
    ),
    "two symbols of a derivative put in at once": lambda: prove(
        [Assumed("slope", derivative(mul(i, j), i), j, (Range(i, ONE, n), Range(j, ONE, n)))],
        (),
        total(derivative(mul(k, k), k), k, ONE, n),
        (Assume("slope"), [((0,), {"i": k, "j": k})]),
    ),
    "a derivative in the index of its own product": lambda: prove(
        [],
        (),
        product(derivative(mul(i, build(KroneckerDelta, (i, ONE))), i), i, ONE, n),
        (probability.SPLIT_BY_LABEL, [((), IN_ITS_INDEX)]),
    ),
    "the complement of a random variable whose value was chosen": lambda: prove(
        [],
        (),
        ProductOver(chance_of(Y[i], ZERO), Tuple(i, ONE, n), equation(Y[i], ONE)),
        (probability.COMPLEMENT, [((0,), {"V": Y[i], "X": X[i], "x": W[i], "theta": Tuple()})]),
    ),
    "an index that is a random variable": lambda: prove(
        [],
        (),
        total(chance_of(k, ZERO), k, ZERO, ONE),
        (probability.COMPLEMENT, [((0,), {"V": k, "X": X[i], "x": W[i], "theta": Tuple()})]),
    ),
    "a random variable that is its own value": lambda: prove([], (), chance_of(Y[i], Y[i])),
    "the probability of what is undefined, times 0": lambda: prove(
        [], (), mul(ZERO, chance_of(Y[1], log(Integer(-1)))), (ALGEBRA, [((), {"to": ZERO})])
    ),
    "an equation about another opaque function, under the derivative": lambda: prove(
        [Declared(w, REAL), Assumed("tie", w, Opaque(Head("f"), x))],
        (w, x),
        derivative(w, w),
        (Assume("tie"), [((0,), {})]),
    ),
    "a name that is printed like a symbol": lambda: prove(
        [], (), add(Symbol("J"), Definition(Head("J"), Tuple(), Integer(5))())
    ),
    "an element that is printed like a symbol": lambda: prove([], (), add(Symbol("x_1"), IndexedBase("x")[1])),
    "a name that is printed like a function": lambda: prove([], (), Definition(Head("log"), Tuple(z), neg(z))(x)),
    "a name that is a number": lambda: prove([], (), add(Symbol("2"), ONE)),
    "a letter that looks like another": lambda: prove([], (), Symbol("σ")),
    "an equation with an opaque function that a definition ignores": lambda: prove(
        [Declared(w, REAL), Assumed("tie", w, Definition(Head("J"), Tuple(t), ONE)(Opaque(Head("f"), w)))],
        (w,),
        derivative(mul(w, w), w),
        (Assume("tie"), [((0, 0), {})]),
    ),
    "an expression nested without end": lambda: prove([], (), _nested(400)),
    "an expression of endless size": lambda: prove([], (), _shared(60)),
    "the number e to different powers": lambda: prove(
        [Declared(x, REAL), Declared(y, REAL)], (), power(E, x), (LAWS, [((), {"to": power(E, y)})])
    ),
    "the logarithm of a power of the number e": lambda: prove(
        [Declared(x, REAL)], (), log(power(E, x)), (LAWS, [((), {"to": E})])
    ),
    "a huge power of a prime number": lambda: prove(
        [], (), power(TWO, Rational(10**12 + 1, 2)), (LAWS, [((), {"to": ZERO})])
    ),
    "a huge power of a prime number, by its logarithm": lambda: prove(
        [], (), exp(mul(Integer(10**12), log(TWO))), (LAWS, [((), {"to": ZERO})])
    ),
    "a gradient with an index that ranges nowhere": lambda: prove(
        ENTRIES, (W,), less_itself(Gradient(X[ROW], column(W, d))), NO_GRADIENT
    ),
    "a gradient of a coordinate that ranges nowhere": lambda: prove(
        ENTRIES, (W,), less_itself(Gradient(W[ROW], column(W, d))), NO_GRADIENT
    ),
    "optima over a parameter that an assumption fixes": lambda: prove(
        [Declared(w, REAL), Declared(z, REAL), Assumed("tie", w, z)],
        (w,),
        add(w, neg(mul(w, w))),
        (Assume("tie"), [((0,), {})]),
        (optima.DROP_CONSTANT_TERM, [((), {"c": z, "a": neg(mul(w, w))})]),
    ),
    "two functions under one name": lambda: prove(
        [Maps(Head("A"), 0, REAL, REAL), Declared(CURVED_TOO, REAL), Declared(x, REAL)], (), sub(CURVED, CURVED_TOO)
    ),
    "two functions under one name, of different numbers": lambda: prove(
        [], (), add(Curve(Head("A"), 0, y), CURVED_TOO)
    ),
    "two probabilities that differ in what is not printed": lambda: prove(
        [Declared(w, REAL)],
        (w,),
        add(given_parameters(), given_parameters(w)),
        (optima.DROP_CONSTANT_TERM, [((), {"c": given_parameters(), "a": given_parameters(w)})]),
    ),
    "a symbol that is printed like the number pi": lambda: prove([], (), add(Symbol("pi"), pi)),
    "a symbol that is typeset like the number e": lambda: prove([], (), add(Symbol("e"), E)),
    "a symbol that is typeset like another": lambda: prove([], (), add(Symbol("x_12"), Symbol("x12"))),
    "a symbol that is typeset like an element": lambda: prove([], (), add(Symbol("alpha_1"), IndexedBase("alpha")[1])),
    "a column written out without end": lambda: prove(
        [*ENTRIES, Declared(w, REAL)], (), _grown(22), (matrices.ENTRY_BY_ENTRY, [((), {"to": ZERO})])
    ),
    "a sum written out without end": lambda: prove(
        [Declared(x, REAL)], (), total(mul(i, _doubled(15)), i, ONE, Integer(99)), (sums.WRITTEN_OUT, [((), {})])
    ),
    "a name written out without end": lambda: prove(
        [], (), Definition(Head("D"), Tuple(x), add(*[x] * 300))(_doubled(15)), (UNFOLD, [((), {})])
    ),
    "a name folded without end": lambda: prove(
        [], (), x, (FOLD, [((), {"named": Definition(Head("D"), Tuple(x), add(*[x] * 300))(_doubled(15))})])
    ),
    "a tower of powers": lambda: prove([], (), _tower(8), (ALGEBRA, [((), {"to": ZERO})])),
}


def _nested(depth: int) -> Expr:
    e: Expr = x
    for _ in range(depth):
        e = add(e, x)
    return e


def _shared(depth: int) -> Expr:
    e: Expr = x
    for _ in range(depth):
        e = add(e, e)
    return e


def _doubled(times: int) -> Expr:
    e: Expr = x
    for _ in range(times):
        e = add(e, e)
    return e


def _tower(height: int) -> Expr:
    e: Expr = TWO
    for _ in range(height):
        e = power(e, Integer(32))
    return e


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(attack: str) -> None:
    with pytest.raises(LossproofError):
        ATTACKS[attack]()


def test_what_the_attacks_rest_on_is_true() -> None:
    assert [str(h) for h in UNSHIFTED.theorem.hypotheses] == ["0 < X_i for i = 1..n", "1 <= i <= n, an integer"]
    assert [str(h) for h in OPEN.theorem.hypotheses] == ["w in R", "f(w) in (0, 1)"]


def test_the_map_of_a_relation_does_not_capture_a_symbol() -> None:
    for name in ("t", "value"):
        c = Symbol(name, real=True)
        _, theorem = prove([Declared(x, REAL)], (x,), add(c, x), (optima.DROP_CONSTANT_TERM, [((), {"a": x, "c": c})]))
        assert theorem.relation.carries is not None
        assert theorem.relation.carries(add(c, x)).doit() == x


def test_a_rule_cannot_hide_itself() -> None:
    _, theorem = prove([], (), ONE, (Hidden(), [((), {})]))
    assert theorem.unproved == ("double negation",)
    assert type(theorem.rules[0]) is Hidden


def test_names_nested_forty_times_take_no_time() -> None:
    double = Definition(Head("J"), Tuple(x), add(x, x))
    e: Expr = y
    for _ in range(40):
        e = double(e)
    hypotheses: list[Hypothesis] = [Declared(y, REAL)]
    _, theorem = prove(hypotheses, (), mul(ONE, e), (ALGEBRA, [((), {"to": e})]))
    assert theorem.right == e


def test_a_hypothesis_with_names_nested_forty_times_takes_no_time() -> None:
    double = Definition(Head("J"), Tuple(x), add(x, x))
    e: Expr = w
    for _ in range(40):
        e = double(e)
    hypotheses: list[Hypothesis] = [Declared(w, REAL), Declared(Opaque(Head("f"), e), POSITIVE)]
    start = derivative(neg(neg(w)), w)
    _, theorem = prove(hypotheses, (w,), start, (sums.DOUBLE_NEGATION, [((0,), {"a": w})]))
    assert theorem.right == derivative(w, w)


def test_laws_compare_what_they_do_not_look_into_without_end() -> None:
    """Powers that are not multiplied out, and functions of functions, once were compared for ever."""
    roots = power(x, HALF), power(y, HALF)
    large = power(x, Integer(33)), power(y, Integer(33))
    nested = build(cos, (build(cos, (x,)),)), build(cos, (y,))
    hypotheses: list[Hypothesis] = [Declared(x, NONNEGATIVE), Declared(y, NONNEGATIVE)]
    for a, b in (roots, large, nested):
        _, theorem = prove(hypotheses, (), add(a, b), (LAWS, [((), {"to": add(b, a)})]))
        assert theorem.right == add(b, a)


def test_a_name_is_typeset_as_a_name() -> None:
    """SymPy writes ``x__2`` as the square of x and ``xabs`` as its absolute value."""
    for name in ("x__2", "xabs", "xnorm", "xprime"):
        assert Latex().written(Symbol(name)) == rf"\mathit{{{name}}}".replace("_", r"\_")
    assert Latex().written(Symbol("yhat")) == r"\hat{y}"


def test_ends_of_domains_are_exact() -> None:
    for wrong in (0.1, float("nan"), "0", None):
        with pytest.raises(ValueError, match="an end of a domain"):
            Domain(low=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="open"):
        Domain(low_closed=True)


def test_a_difference_that_matters_survives_a_wrong_cancellation() -> None:
    with pytest.raises(LossproofError):
        prove([Declared(x, REAL)], (), sub(log(x), log(x)), (ALGEBRA, [((), {"to": ZERO})]))
