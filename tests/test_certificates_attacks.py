"""Attempts to have Coq accept a file that does not say what the derivation says.

The derivations here are forged: their theorems are not the kernel's, and every step is one that Coq
sees as an equality by computation.  What it accepts must be true of what is written.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from sympy import Basic, Expr, Indexed, IndexedBase, Integer, Rational, Symbol, Tuple, besseli

from lossproof.certificates.context import comment
from lossproof.certificates.files import Section
from lossproof.certificates.statements import membership, prelude, proved
from lossproof.errors import LossproofError, UnsupportedExpression
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Labelled, Range
from lossproof.kernel.derivation import Cite, Derivation
from lossproof.kernel.domains import BINARY, COUNT, POSITIVE, REAL, Domain
from lossproof.kernel.rules import UNFOLD, Assume, Identity
from lossproof.kernel.steps import Place, Step, apply
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    equation,
    exp,
    gamma_function,
    log,
    mul,
    sub,
    total,
)
from lossproof.notation.matrices import (
    Component,
    Determinant,
    Form,
    Gradient,
    Matrix,
    MatrixProduct,
    SquaredNorm,
    Transpose,
    column,
)
from lossproof.notation.nodes import Curve, Definition, Head, Opaque, Probability, ProductOver
from lossproof.referees import coq
from lossproof.rulebook import SHIPPED
from lossproof.rulebook.logarithms import LOG_OF_FACTORS
from lossproof.rulebook.optima import NEGATIVE_LOGARITHM
from lossproof.strategies.chain import Chain

INDEX, K, N, X = map(Symbol, "iknx")
V, Y, GIVEN = map(IndexedBase, "vYX")
W, SQUARE = IndexedBase("w"), Matrix(Head("A"), IndexedBase("a"), N, N)


class Forged(Derivation):
    """A derivation whose theorem is what it says, replayed by nobody."""

    @property
    def theorem(self) -> Any:
        return SimpleNamespace(hypotheses=self.hypotheses)


def forged(
    left: Expr, right: Expr, *hypotheses: Hypothesis, name: str = "forged", parameters: tuple[Expr, ...] = ()
) -> Forged:
    return Forged(name, hypotheses, parameters, left, (Step(UNFOLD, (Place(()),), left, right),))


def array(name: str, *indices: Expr) -> Indexed:
    return IndexedBase(name)[indices]


def chance(variable: Basic, given: Basic) -> Probability:
    return Probability(variable, ONE, given, X, Tuple())


def named(name: str, parameters: tuple[Basic, ...], body: Expr) -> Definition:
    return Definition(Head(name), Tuple(*parameters), body)


#: Two sides that are different things, each with a name or an index that could make them one in the file.
DIFFERENT: dict[str, tuple[Expr, Expr]] = {
    "given another observation": (chance(Y[INDEX], GIVEN[INDEX]), chance(Y[INDEX], GIVEN[K])),
    "given all observations": (chance(Y[INDEX], GIVEN[INDEX]), chance(Y[INDEX], Symbol("X"))),
    "variables that join to one name": (
        chance(Symbol("A_B"), Symbol("C")),
        chance(Symbol("A"), Symbol("B_C")),
    ),
    "a function with the name of a law": (
        chance(Y[INDEX], GIVEN[INDEX]),
        Opaque(Head("probability_Y_X_each"), INDEX, ONE, X),
    ),
    "a definition that speaks of an index": (
        add(INDEX, total(named("J", (), V[INDEX])(), INDEX, ONE, N)),
        add(INDEX, total(named("H", (), V[INDEX])(), K, ONE, N)),
    ),
    "a parameter with the name of a function": (
        named("g", (IndexedBase("f"),), mul(Opaque(Head("f"), ONE), array("f", TWO)))(V),
        mul(V[1], V[2]),
    ),
    "a parameter with the name that another has in Coq": (
        named("g", (Symbol("D_"),), sub(Symbol("D"), Symbol("D_")))(X),
        sub(X, X),
    ),
    "a definition with the name of Coq's absolute value": (absolute(X), named("Rabs", (Symbol("z"),), ZERO)(X)),
    "a function with the name of Coq's absolute value": (absolute(X), Opaque(Head("Rabs"), X)),
    "an array with the name of the gamma function": (gamma_function(X), array("Gamma", X)),
    "an array with the name of a Bessel function": (build(besseli, (ZERO, X)), array("Bessel", ZERO, X)),
    "a sum from one half": (
        total(V[INDEX], INDEX, Rational(1, 2), Integer(1)),
        add(array("v", Rational(1, 2)), ZERO),
    ),
    "an element beyond a column": (Component(column(V, N), K), V[K]),
    "an element of a longer column": (Component(column(V, N), INDEX), Component(column(V, K), INDEX)),
    "a matrix turned around": (
        Form(MatrixProduct(Transpose(column(V, N)), SQUARE, column(W, N))),
        Form(MatrixProduct(Transpose(column(V, N)), Transpose(SQUARE), column(W, N))),
    ),
    "gradients in two columns": (
        Component(Gradient(SquaredNorm(column(V, N)), column(V, N)), ONE),
        Component(Gradient(SquaredNorm(column(V, N)), column(W, N)), ONE),
    ),
    "a function with the name of the determinant": (
        Determinant(SQUARE),
        Opaque(Head("determinant"), N, SQUARE.args[1]),
    ),
}
#: Two sides that are one thing, so that what is refused above is not refused for the way it is forged.
SAME: dict[str, tuple[Expr, Expr]] = {
    "a definition": (named("g", (Symbol("z"),), absolute(Symbol("z")))(X), absolute(X)),
    "a law": (chance(Y[INDEX], GIVEN[INDEX]), named("p", (), chance(Y[INDEX], GIVEN[INDEX]))()),
    "a sum": (total(V[INDEX], INDEX, ONE, N), total(V[K], K, ONE, N)),
    "a gradient": (
        Component(Gradient(SquaredNorm(column(V, N)), column(V, N)), ONE),
        Component(Gradient(named("J", (W,), SquaredNorm(column(W, N)))(V), column(V, N)), ONE),
    ),
}


@pytest.fixture(scope="module")
def certified(needs: Callable[[str], None]) -> dict[str, coq.Certified]:
    needs("coqc")
    pairs = {**DIFFERENT, **SAME}
    found = coq.certify([forged(*sides, name=f"forged {name}") for name, sides in pairs.items()])
    return dict(zip(pairs, found, strict=True))


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_things_are_different_in_the_file(name: str, certified: dict[str, coq.Certified]) -> None:
    assert not certified[name].ok
    assert 1 in certified[name].gaps or 0 in certified[name].gaps


@pytest.mark.parametrize("name", SAME)
def test_the_same_thing_is_the_same_in_the_file(name: str, certified: dict[str, coq.Certified]) -> None:
    assert certified[name].ok


# ------------------------------------------------------------------ what is written


def test_what_ranges_over_the_parameters_captures_no_symbol_called_t() -> None:
    w, t = Symbol("w"), Symbol("t")
    chain = Chain("captured", (Declared(w, REAL), Declared(t, REAL)), (w,), exp(mul(w, t)))
    derivation = chain.rewrite(NEGATIVE_LOGARITHM, at=lambda e: e == chain.here).done()
    text = Section.of(derivation).text
    assert "(fun t : R => exp (t * t_1))" in text
    assert "t * t)" not in text


def test_the_bounds_of_an_index_may_speak_of_an_index_that_is_named_after_it() -> None:
    inner, outer = Range(INDEX, ONE, K), Range(K, ONE, N)
    declared = Declared(V[INDEX], POSITIVE, (inner, outer))
    text = Section.of(forged(K, K, declared)).text  # K is also a symbol outside, which the bound must not be
    assert "forall i k_1, (within 1 k_1 i) -> (within 1 n k_1) -> 0 < v i" in text


def test_a_label_between_bounds_that_are_no_integers_is_not_written() -> None:
    labelled = Labelled(V[INDEX], Rational(1, 2), N, (Range(INDEX, ONE, N),))
    with pytest.raises(UnsupportedExpression, match="1/2"):
        Section.of(forged(V[1], V[1], labelled))


def test_a_random_variable_is_said_to_be_binary_where_it_is_declared_only() -> None:
    shifted = Y[add(INDEX, ONE)]
    binary = Declared(shifted, BINARY, (Range(INDEX, ONE, N),))
    text = Section.of(forged(chance(shifted, GIVEN[add(INDEX, ONE)]), ONE, binary)).text
    assert "Hypothesis Y" not in text


@pytest.mark.parametrize(
    ("domain", "says"),
    [
        (Domain(Fraction(0), low_closed=True, nonzero=True), "0 <= x /\\ x <> 0"),
        (Domain(Fraction(-1), Fraction(0), True, True, nonzero=True), "(-1) <= x /\\ x <= 0 /\\ x <> 0"),
        (Domain(Fraction(0), Fraction(1)), "0 < x /\\ x < 1"),
        (Domain(Fraction(1), Fraction(1), True, True), "x = 1"),
        (Domain(Fraction(1), Fraction(1)), "1 < x /\\ x < 1"),
    ],
)
def test_a_set_is_written_as_it_is(domain: Domain, says: str) -> None:
    assert membership("x", domain) == says


# ------------------------------------------------------------------ hypotheses


def test_what_a_cited_theorem_assumes_is_not_assumed_of_the_whole() -> None:
    """The theorem is about k = 3 and cited where that is known; the derivation is about every k."""
    three = Domain(Fraction(3), Fraction(3), True, True)
    square = log(mul(K, K))
    cited = Chain("cited", (Declared(K, three),), (), square).rewrite(LOG_OF_FACTORS).done()
    start = ProductOver(square, Tuple(INDEX, ONE, N), equation(K, Integer(3)))
    whole = Derivation("whole", (Declared(N, COUNT), Declared(K, REAL)), (), start)
    step = apply(Cite(cited), (Place((0,)),), start, whole.facts)
    text = Section.of(replace(whole, steps=(step,))).text
    assert "Theorem cited : (k = 3) -> ln (k * k) = ln k + ln k." in text
    assert not re.search(r"Hypothesis \w+ : k = 3", text)


def test_what_is_assumed_for_every_value_of_a_parameter_is_assumed_on_its_domain_only() -> None:
    """``g(w, j) w_j = 1`` for every ``w`` with positive elements; for every ``w`` at all it is absurd."""
    weights = IndexedBase("w")
    body = mul(Opaque(Head("g"), weights, INDEX), weights[INDEX])
    over = (Range(INDEX, ONE, N),)
    assumed = Assumed("reciprocal", body, ONE, over)
    hypotheses = (Declared(N, COUNT), Declared(weights[INDEX], POSITIVE, over), assumed)
    whole = Derivation("whole", hypotheses, (weights,), total(body, INDEX, ONE, N))
    step = apply(Assume("reciprocal"), (Place((0,), (("i", INDEX),)),), whole.start, whole.facts)
    whole = replace(whole, steps=(step,))
    text = Section.of(whole).text
    positive = "(forall i, (within 1 n i) -> 0 < w i)"
    assert f"Hypothesis reciprocal : forall (w : R -> R), ({positive}) -> forall i, (within 1 n i) -> g w i" in text
    assert f"Theorem whole : forall (w : R -> R), {positive} -> Sum 1 n (fun i => g w i * w i)" in text
    assert shutil.which("coqc") is None or coq.certify([whole])[0].ok


# ------------------------------------------------------------------ rules


def test_a_rule_with_fewer_conditions_than_the_one_that_ships_is_not_proved() -> None:
    """Coq does not see that ``c in R`` is left out: all of its numbers are real."""
    weaker = [
        replace(rule, when=rule.when[:k] + rule.when[k + 1 :])
        for rule in SHIPPED.values()
        if isinstance(rule, Identity)
        for k in range(len(rule.when))
    ]
    assert len(weaker) > 50
    assert not any(map(proved, weaker))
    assert not proved(replace(NEGATIVE_LOGARITHM, phi=ONE))


def test_no_axiom_stands_in_the_lemmas_of_the_rules() -> None:
    """An axiom there could be called like one of Coq's own, which are told apart by their names only."""
    without_comments = re.sub(r"\(\*.*?\*\)", "", prelude(), flags=re.DOTALL)
    words = set(re.findall(r"\w+", without_comments))
    forbidden = (
        "Axiom Axioms Parameter Parameters Conjecture Admitted admit give_up Abort bypass_check Unset Declare Load"
    )
    assert not words & set(forbidden.split())
    assert not re.search(r"^\s*(Variables?|Hypothes[ie]s|Context)\b", without_comments, re.MULTILINE)


# ------------------------------------------------------------------ what has no type


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Opaque(Head("f"), X), Opaque(Head("f"), X, X)),
        (Opaque(Head("f"), V), Opaque(Head("f"), V[INDEX])),
        (chance(Y[INDEX], GIVEN[INDEX]), Probability(Y[INDEX], ONE, GIVEN[INDEX], X, Tuple(X))),
        (V[INDEX], V[INDEX, K]),
    ],
)
def test_what_has_no_type_has_no_file(left: Expr, right: Expr) -> None:
    with pytest.raises(LossproofError):
        Section.of(forged(left, right))


def test_optima_over_no_parameters_have_no_file() -> None:
    chain = Chain("none", (Declared(X, REAL),), (), exp(X))
    derivation = chain.rewrite(NEGATIVE_LOGARITHM, at=lambda e: e == chain.here).done()
    with pytest.raises(UnsupportedExpression, match="no parameters"):
        Section.of(derivation)


@pytest.mark.parametrize(
    "text", ["*) Axiom a : False. (*", '(*)*) "*)" (*(**)*)', "(\x00* \u2028 *\x0b) \ud800", "*", "(", ")"]
)
def test_words_of_users_stay_in_the_comment(text: str) -> None:
    written = comment(text)
    inside = written.removeprefix("(* ").removesuffix(" *)")
    assert written.isprintable()
    assert not {"(*", "*)", '"'} & {inside[k : k + n] for k in range(len(inside)) for n in (1, 2)}


@pytest.mark.parametrize("other", [Opaque(Head("f", 1), X), Curve(Head("f"), 0, X), named("f", (X,), X)(X)])
def test_one_name_for_two_functions_has_no_file(other: Expr) -> None:
    """The kernel refuses that in one derivation; a cited one is another."""
    with pytest.raises(UnsupportedExpression, match="two different things"):
        Section.of(forged(Opaque(Head("f"), X), other))
