"""Integrals, series and functions in pieces in certificates: what is stated of them is what was derived."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from coq_terms import M, World, conclusion, near, premises, sentences
from sympy import Expr, S, Symbol
from test_certificates import sides

from lossproof.certificates.convergence import convergence
from lossproof.certificates.files import Section
from lossproof.certificates.statements import Pattern, lemmas, proved, statement
from lossproof.certificates.terms import Scope, bare
from lossproof.errors import UnsupportedExpression
from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.kernel.schema import Abstraction
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    add,
    error_function,
    exp,
    factorial,
    integral,
    inverse,
    mul,
    neg,
    power,
    sub,
    total,
)
from lossproof.notation.nodes import Where, series
from lossproof.referees import coq
from lossproof.rulebook import cases, integrals
from lossproof.strategies.chain import Chain

OO = S.Infinity
Q, B = Symbol("q", positive=True), Symbol("b", positive=True)
F, X, Y = (Symbol(name, real=True) for name in "fxy")
K = Symbol("k", integer=True)


def poisson() -> Derivation:
    """The probabilities of the Poisson distribution add up to 1."""
    term = mul(mul(power(Q, K), inverse(factorial(K))), exp(neg(Q)))
    chain = Chain("poisson mass", (Declared(Q, POSITIVE),), (), series(term, K, ZERO))
    chain.algebra(mul(exp(neg(Q)), mul(power(Q, K), inverse(factorial(K)))), at=lambda e: e == term)
    return chain.rewrite(integrals.CONSTANT_OUT_OF_SERIES).rewrite(integrals.EXPONENTIAL_SERIES).laws(ONE).done()


def pieces(t: Expr) -> Expr:
    """``exp(-b |t|)``, in two pieces."""
    return exp(neg(mul(B, Where(t, t, neg(t)))))


def laplace() -> Derivation:
    """The total mass of ``exp(-b |y - f|)``: two integrals, under both of which a rule is applied."""
    chain = Chain(
        "laplace mass", (Declared(F, REAL), Declared(B, POSITIVE)), (), integral(pieces(sub(Y, F)), Y, -OO, OO)
    )
    a = Abstraction((X,), pieces(X))
    chain.rewrite(integrals.TRANSLATION, a=a, c=F, x=Y, y=Y).rewrite(integrals.SPLIT_THE_LINE, c=ZERO)
    chain.rewrite(integrals.REFLECTION_AT_ZERO, a=a, x=Y, y=Y)
    chain.exhaust(cases.WHERE_IT_HOLDS, cases.WHERE_IT_FAILS)
    chain.laws(exp(neg(mul(B, Y))), at=lambda e: e == chain.here.args[0].args[0])
    return chain.rewrite(integrals.EXPONENTIAL_TAIL).laws(mul(TWO, inverse(B))).done()


def moved() -> Derivation:
    """A total mass that has no value here: it does not depend on the location, given that it converges."""
    body = exp(neg(power(power(sub(Y, F), TWO), TWO)))
    chain = Chain("moved mass", (Declared(F, REAL),), (), integral(body, Y, -OO, OO))
    return chain.rewrite(
        integrals.TRANSLATION, a=Abstraction((X,), exp(neg(power(power(X, TWO), TWO)))), c=F, x=Y, y=Y
    ).done()


def between() -> Derivation:
    """``int_-c^c exp(-b x^2) dx`` twice, which the error function gives."""
    both = integral(exp(neg(mul(B, power(X, TWO)))), X, neg(Q), Q)
    chain = Chain("bell mass", (Declared(Q, POSITIVE), Declared(B, POSITIVE)), (), add(both, mul(TWO, both)))
    return chain.rewrite(integrals.PART_OF_GAUSSIAN_INTEGRAL).done()


MASSES: dict[str, Callable[[], Derivation]] = {f.__name__: f for f in (poisson, laplace, moved, between)}


@pytest.mark.parametrize("name", MASSES)
def test_a_theorem_says_that_what_is_on_its_left_converges(name: str) -> None:
    section = Section.of(MASSES[name]())
    assert not section.gaps
    (theorem,) = (s for s in sentences(section.text) if s.kind == "Theorem")
    says = conclusion(theorem.says)
    assert says[0] == "/\\"
    assert str(says[2]).count("'integrable'") + str(says[2]).count("'summable'") == 1
    supposed = [p for p in premises(theorem.says) if "integrable" in str(p)]
    assert len(supposed) == (1 if name == "moved" else 0)


@pytest.mark.parametrize("name", MASSES)
def test_what_coq_reads_has_the_same_value_on_both_sides(name: str) -> None:
    section = Section.of(MASSES[name]())
    found = sentences(section.text)
    for numbers in ({"q": 2, "b": 3, "f": 1}, {"q": 0.5, "b": 1, "f": -2}):
        here = World({k: M.mpf(v) for k, v in numbers.items()})
        for s in found:
            if s.kind in ("Lemma", "Theorem"):
                how, left, right = sides(conclusion(s.says), here)
                assert how == "="
                assert near(left(), right()), s.name


@pytest.mark.parametrize("name", MASSES)
def test_coq_accepts_it(name: str, needs: Callable[[str], None]) -> None:
    needs("coqc")
    (found,) = coq.certify([MASSES[name]()])
    assert found.missing == ""
    assert found.ok
    assert bool(found.given) is (name == "moved")  # what its last line needs is said


# ------------------------------------------------------------------ what is not said


def test_an_infinite_end_is_no_number() -> None:
    with pytest.raises(UnsupportedExpression):
        bare(add(OO, ONE), Scope())


@pytest.mark.parametrize(
    "e",
    [
        total(integral(exp(neg(mul(K, Y))), Y, ZERO, OO), K, ONE, Q),
        integral(integral(exp(neg(mul(X, Y))), Y, ZERO, OO), X, ONE, TWO),
        Where(Q, integral(ONE, Y, ZERO, OO), ONE),
    ],
    ids=["under a sum", "under an integral", "in a case"],
)
def test_an_integral_that_depends_on_more_is_left_to_the_other_referees(e: Expr) -> None:
    scope = Scope({Q: "q"}, frozenset({"q"}))
    with pytest.raises(UnsupportedExpression, match="inside another"):
        convergence(e, scope)


def test_a_letter_that_is_only_an_end_may_be_infinite() -> None:
    types = {
        m.name: Pattern(integrals.CONSTANT_OUT_OF_INTEGRAL).kind(m)
        for m in Pattern(integrals.CONSTANT_OUT_OF_INTEGRAL).letters
    }
    assert types == {"a": "R -> R", "c": "R", "m": "Rbar", "n": "Rbar"}
    assert "(m : R)" in statement(integrals.SPLIT_THE_RAY)


def test_a_rule_says_that_its_left_converges_and_supposes_that_its_right_does() -> None:
    says = statement(integrals.SPLIT_THE_LINE)
    supposed, _, concluded = says.partition("-> Integral ")
    assert supposed.count("(integrable ") == 2
    assert concluded.count("/\\ integrable ") == 1
    assert "erf" in statement(integrals.PART_OF_GAUSSIAN_INTEGRAL)
    assert bare(error_function(Q), Scope({Q: "q"})) == "erf q"


def test_the_lemma_of_an_integral_without_its_convergence_is_not_that_of_the_rule() -> None:
    rule = integrals.EXPONENTIAL_TAIL
    assert proved(rule)
    weaker = statement(rule).partition(" /\\ integrable")[0]
    assert weaker not in lemmas().values()
