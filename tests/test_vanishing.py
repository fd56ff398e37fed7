"""Losses of infinitely many outcomes: what is refuted along a path, what never is, and what the checker refuses."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from sympy import Integer, Rational, S, Symbol, cancel, lambdify

from lossproof.errors import LossproofError
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE
from lossproof.notation.inert import ONE, TWO, ZERO, add, exp, log, mul, neg, power, sub
from lossproof.notation.nodes import meaning
from lossproof.recovery import paths
from lossproof.recovery.levelling import Levelling
from lossproof.recovery.question import Question, ask
from lossproof.recovery.recover import recover
from lossproof.recovery.refutation import NotRefuted
from lossproof.recovery.vanishing import Certificate, Growing, Vanishing, above, below, beyond
from lossproof.rulebook.algebra import LAWS
from lossproof.strategies.chain import Chain
from lossproof.strategies.total_mass import as_written

#: The mass vanishes along a path.
VANISHES = [
    ("y*(log(y) - f)", "unit", "interval(-oo,0)"),
    ("log(1 + exp(f)) - y*f", "interval(0,1)", "real"),
    ("softplus(f) - y*f", "unit", "real"),
    ("-y*log(sigmoid(f)) - (1 - y)*log(1 - sigmoid(f))", "unit", "real"),
    ("w*(log(1 + exp(f)) - y*f)", "unit", "real"),
    ("p*y*log(1 + exp(-f)) + (1 - y)*log(1 + exp(f))", "unit", "real"),
    ("-y*log(f) - (1 - y)*log(1 - f)", "interval(0,1)", "unit"),
    ("log(sum(exp(f[k]), k, 1, 3)) - sum(y[k]*f[k], k, 1, 3)", "simplex(3)", "real^3"),
    ("log(exp(f[1]) + exp(f[2])) - y[1]*f[1] - y[2]*f[2]", "simplex(2)", "real^2"),
    ("sum(y[k]*log(y[k]/f[k]), k, 1, 3)", "simplex(3)", "simplex(3)"),
    ("-sum(y[k]*log(f[k]), k, 1, 2)", "simplex(2)", "simplex(2)"),
    ("sum((y[k] - f[k])^2, k, 1, 3)", "simplex(3)", "real^3"),
    ("2*y*exp(-f/2) + 2*exp(f/2)", "positive", "real"),
    ("-4*sqrt(y) + 2*y/sqrt(f) + 2*sqrt(f)", "positive", "positive"),
    ("exp(f) - y*f", "positive", "real"),
    ("y*log(y/f) + f - y", "positive", "positive"),
    ("f - y*log(f)", "unit", "positive"),
    ("y*exp(-f) + (1 - y)*exp(f)", "interval(0,1)", "real"),
    ("y*log(y/f) + (1 - y)*log((1 - y)/(1 - f))", "unit", "unit"),
    ("Abs(y - f)/y", "positive", "real"),
    ("Abs(y - f)/y", "positive", "positive"),
    ("((y - f)/y)^2", "positive", "positive"),
    ("log(cosh(y - f))", "positive", "real"),
    ("((y - f)/y)^2", "positive", "real"),
    ("(y - f)^2", "positive", "real"),
    ("(y - f)^2", "counts", "real"),
    ("(y - f)^2", "interval(0,1)", "real"),
    ("Abs(y - f)", "positive", "real"),
    ("max(tau*(y - f), (tau - 1)*(y - f))", "positive", "real", "tau in (0,1)"),
    ("where(Abs(y - f) <= 1, (y - f)^2/2, Abs(y - f) - 1/2)", "positive", "real"),
    ("y*exp(-f) + f", "unit", "real"),
]

#: It grows from an end of the predictions.
GROWS = [
    ("-2*y*exp(f/2) + 2/3*exp(3/2*f)", "positive", "real"),
    ("(y - f)^2", "positive", "positive"),
    ("w*(y - f)^2", "positive", "positive"),
    ("(y - f)^2", "unit", "unit"),
    ("(y - f)^2", "counts", "positive"),
    ("(y - exp(f))^2", "counts", "real"),
    ("(log(1 + y) - log(1 + f))^2", "positive", "positive"),
    ("(log(1 + y) - log(1 + f))^2", "counts", "positive"),
    ("(sqrt(y) - sqrt(f))^2", "positive", "positive"),
    ("(y^2 - f^2)^2", "positive", "positive"),
    ("-f*y", "positive", "positive"),
    ("sum((y[k] - f[k])^2, k, 1, 3)", "simplex(3)", "simplex(3)"),
]

#: It levels off far from the observation.
LEVELS = [
    ("(y - f)^2/(1 + (y - f)^2)", "real", "real"),
    ("(y - f)^2/(a + (y - f)^2)", "real", "real"),
    ("1 - exp(-(y - f)^2/(2*w))", "real", "real"),
    ("3 - 2*exp(-(y - f)^2)", "counts", "positive"),
    ("1 - exp(-Abs(y - f))", "real", "real"),
    ("Abs(y - f)/(1 + Abs(y - f))", "real", "real"),
]

#: Negative log-likelihoods: there is nothing to refute.
LIKELIHOODS = [
    ("(y - f)^2/2", "real", "real"),
    ("Abs(y - f)", "real", "real"),
    ("(y - exp(f))^2", "real", "real"),
    ("log(1 + (y - f)^2)", "real", "real"),
    ("log(cosh(y - f))", "real", "real"),
    ("exp(f) - y*f", "counts", "real"),
    ("f - y*log(f)", "counts", "positive"),
    ("-log(1 - f) - y*log(f)", "counts", "unit"),
    ("f + y*exp(-f)", "positive", "real"),
    ("log(f) + y/f", "positive", "positive"),
    ("y*exp(-2*f)/2 - exp(-f)", "positive", "real"),
    ("1/(2*y) + y/(2*f^2) - 1/f", "positive", "positive"),
    ("(log(y) - f)^2", "positive", "real"),
    ("(log(1 + y) - log(1 + f))^2", "interval(-1,oo)", "interval(-1,oo)"),
    ("Abs(log(y) - log(f))", "positive", "positive"),
    ("y*f - log(f)", "positive", "positive"),
    ("-(f - 1)*log(y) - log(f)", "unit", "positive"),
    ("log((exp(f) - 1)/f) - y*f", "unit", "positive"),
    ("log((1 - exp(-f))/f) + y*f", "unit", "positive"),
    ("(log(y) - log(1 - y) - f)^2", "unit", "real"),
    ("max(tau*(y - f), (tau - 1)*(y - f))", "real", "real", "tau in (0,1)"),
    ("y^2/(2*f) + log(f)/2", "real", "positive"),
    ("y^2/(2*f) + log(f)/2", "positive", "positive"),
    ("f*y^2 - log(f)/2", "real", "positive"),
    ("(y + r)*log(1 + exp(f)) - y*f", "counts", "real"),
    ("-w*cos(y - f)", "interval(-pi,pi)", "real"),
    ("sum((y[k] - f[k])^2, k, 1, 2)", "real^2", "real^2"),
    ("sum(exp(f[k]) - y[k]*f[k], k, 1, 2)", "counts^2", "real^2"),
    ("sum(f[k] + y[k]*exp(-f[k]), k, 1, 2)", "positive^2", "real^2"),
]


def asked(loss: str, target: str, prediction: str, where: str = "") -> Question:
    return ask(loss, target, prediction, where=where)


@pytest.mark.parametrize("row", VANISHES, ids=lambda r: " | ".join(r))
def test_the_mass_vanishes(row: tuple[str, ...]) -> None:
    found = paths.vanishing(asked(*row))
    assert isinstance(found, Vanishing)
    held(found)


@pytest.mark.parametrize("row", GROWS, ids=lambda r: " | ".join(r))
def test_the_mass_grows(row: tuple[str, ...]) -> None:
    found = paths.growing(asked(*row))
    assert isinstance(found, Growing)
    held(found)


@pytest.mark.parametrize("row", LIKELIHOODS, ids=lambda r: " | ".join(r))
def test_a_likelihood_is_never_refuted(row: tuple[str, ...]) -> None:
    question = asked(*row)
    assert paths.applies_to(question)
    assert paths.vanishing(question) is None
    assert paths.growing(question) is None
    assert paths.levelling(question) is None


@pytest.mark.parametrize("row", LEVELS, ids=lambda r: " | ".join(r))
def test_the_loss_levels_off(row: tuple[str, ...]) -> None:
    found = paths.levelling(asked(*row))
    assert isinstance(found, Levelling)
    held(found)


def held(found: Certificate | Levelling) -> None:
    """The bounds hold at random points, evaluated by other means; words and fields come out."""
    text = list(found.lines())
    assert text
    assert json.loads(json.dumps(found.to_json()))["lines"] == text
    for derivation in found.derivations:
        if derivation.claim is None:
            continue
        plain = meaning(derivation.start)
        elements = sorted((e for e in plain.free_symbols if not isinstance(e, Symbol)), key=str)
        names = [*elements, *sorted(plain.free_symbols - {*elements, *(e.base.label for e in elements)}, key=str)]
        value = lambdify(names, plain, "mpmath")
        for at in (0.05, 0.3, 0.7, 0.95):
            assert value(*(mpmath.mpf(at) * (1 + mpmath.mpf(k) / 7) % 1 for k in range(len(names)))) > -1e-9


# ------------------------------------------------------------------ in a verdict


def test_the_witness_can_be_checked_by_hand() -> None:
    verdict = recover("exp(f) - y*f", "positive", "real")
    assert str(verdict.verdict) == "pseudo-likelihood"
    assert verdict.witness is not None
    assert list(verdict.witness.lines()) == [
        "for f = -s, s -> oo: l(f, y) >= y s, without bound, and l(f, y) >= l(0, y) - 1 for s >= 0; "
        "so Z(f) -> 0 by dominated convergence, whatever h and c are. The bounds:",
        "l(f, y) - y s = exp(-s) >= 0",
        "l(f, y) - l(0, y) + 1 = y s + exp(-s) >= 0",
        "This speaks of densities h: a measure with an atom at y = 0 is not refuted.",
    ]
    assert all(len(line) <= 80 for line in verdict.text().splitlines())


def test_the_compound_poisson_gamma_law_is_named_where_an_atom_would_help() -> None:
    found = paths.vanishing(ask("2*y*exp(-f/2) + 2*exp(f/2)", "positive", "real"))
    assert found is not None
    assert "compound Poisson-gamma" in list(found.lines())[-1]
    other = paths.vanishing(ask("exp(f) - y*f", "positive", "real"))
    assert other is not None
    assert "compound" not in " ".join(other.lines())


def test_one_class_is_a_point_and_is_not_refuted() -> None:
    one = ask("log(exp(f[1])) - y[1]*f[1]", "simplex(1)", "real^1")
    assert paths.vanishing(one) is None
    assert paths.growing(one) is None


def test_robust_losses_that_level_off_are_refuted_for_every_base_measure() -> None:
    found = paths.levelling(ask("1 - exp(-(y - f)^2/2)", "real", "real"))
    assert found is not None
    assert list(found.lines())[1:] == [
        "m - l(0, y) = exp(-y^2/2) > 0",
        "with E = d^2/2: l(y + d, y) - m + exp(-E) = 0",
        "E - (d - 1/2) = 1/2 · (d - 1)^2 >= 0",
        "l(f, y) - l(0, y) + 1 = 1 - exp(-(f - y)^2/2) - [1 - exp(-(0 - y)^2/2)] + 1 >= 0",
    ]


def test_also_of_observations_that_are_no_line() -> None:
    verdict = recover("1 - exp(-(y - f)^2/2)", "counts", "real")
    assert str(verdict.verdict) == "pseudo-likelihood"
    assert isinstance(verdict.witness, Levelling)


def test_what_ordinary_sympy_cannot_do_is_not_found() -> None:
    """A path on which it meets a root of a negative number is passed over."""
    question = ask("max(y, where(f <= w, sqrt(f), y))", "unit", "interval(-oo,0)")
    assert [find(question) for find in (paths.vanishing, paths.growing, paths.levelling)] == [None, None, None]


def test_with_any_number_of_classes_it_is_said_for_which_it_is_refuted() -> None:
    """For one class the loss is no loss at all: every share is 1."""
    verdict = recover("log(sum(exp(f[k]), k, 1, K)) - sum(y[k]*f[k], k, 1, K)", "simplex(K)", "real^K")
    assert str(verdict.verdict) == "unknown"
    assert verdict.tried[-1] == "it is refuted for K = 2 and K = 3: ask with a number"


def test_a_quotient_whose_divisor_is_a_multiple_of_a_sum_is_written() -> None:
    """SymPy multiplies ``2 (s + 1)`` out, so that nothing cancels; this did not come to an end."""
    t = Symbol("t", nonnegative=True)
    assert meaning(as_written(1 - 1 / (t + 1) / 2)) == 1 - 1 / (2 * t + 2)
    assert cancel(meaning(as_written(Rational(3, 2) * t / (t + 1))) - Rational(3, 2) * t / (t + 1)) == 0


# ------------------------------------------------------------------ what the checker refuses

y, f, s = Symbol("y", real=True), Symbol("f", real=True), Symbol("s", real=True)
POISSON = ask("exp(f) - y*f", "positive", "real")
COUNTED = ask("exp(f) - y*f", "counts", "real")


def certificate() -> Vanishing:
    found = paths.vanishing(POISSON)
    assert found is not None
    return found


def growth() -> Growing:
    found = paths.growing(ask("(y - f)^2", "positive", "positive"))
    assert found is not None
    return found


def test_the_same_certificate_is_refused_for_counts() -> None:
    """It is a likelihood there; at ``y = 0`` the loss does not grow."""
    good = certificate()
    chains = {}
    for what in ("bounded", "growing"):
        old = getattr(good, what)
        hypotheses = (replace(old.hypotheses[0], domain=COUNTED.hypotheses[0].domain), *old.hypotheses[1:])  # type: ignore[type-var, call-arg, union-attr]
        chain = Chain(old.name, hypotheses, (), old.start)
        chain.at_places(LAWS, [()], to=old.rhs)
        chains[what] = chain.done(claim=NONNEGATIVE)
    written_out = Chain("loss-written-out", COUNTED.hypotheses, (), COUNTED.loss).done()
    with pytest.raises(NotRefuted, match="y is not shown to lie in"):
        replace(good, question=COUNTED, written_out=written_out, **chains)


OTHER = Derivation("other", (), (), ONE, (), "", NONNEGATIVE)
TAMPERED = [
    ("path", (neg(power(s, TWO)),)),
    ("path", (log(s),)),
    ("path", (neg(f),)),
    ("path", (y,)),
    ("path", ()),
    ("path", (neg(s), neg(s))),
    ("start", (ONE,)),
    ("start", (neg(s),)),
    ("bound", ZERO),
    ("bound", neg(ONE)),
    ("bound", y),
    ("bound", log(neg(ONE))),
    ("rate", mul(TWO, y)),
    ("rate", s),
    ("rate", neg(y)),
    ("level", y),
    ("level", s),
    ("level", f),
    ("s", Symbol("s", positive=True)),
    ("s", Symbol("t", real=True)),
    ("s", y),
    ("s", f),
    ("question", COUNTED),
    ("question", ask("exp(f) - y*f", "positive", "positive")),
    ("question", ask("exp(f) - 2*y*f", "positive", "real")),
    ("question", ask("exp(f) - y*f", "real", "real")),
    ("bounded", OTHER),
    ("growing", OTHER),
    ("written_out", OTHER),
]


@pytest.mark.parametrize(("what", "value"), TAMPERED, ids=[f"{w}-{k}" for k, (w, _) in enumerate(TAMPERED)])
def test_a_tampered_certificate_is_refused(what: str, value: Any) -> None:
    good = certificate()
    with pytest.raises(LossproofError):
        replace(good, **{what: value})


TAMPERED_GROWTH = [
    ("path", (neg(s),)),
    ("path", (power(s, TWO),)),
    ("limit", ZERO),
    ("limit", s),
    ("rate", ZERO),
    ("rate", neg(y)),
    ("rate", mul(Integer(3), y)),
    ("fall", s),
    ("fall", ZERO),
    ("factor", ZERO),
    ("factor", y),
    ("order", ONE),
    ("order", Rational(1, 2)),
    ("order", s),
    ("bound", ZERO),
    ("near", OTHER),
    ("falling", OTHER),
    ("bounded", OTHER),
    ("question", ask("(y - f)^2", "real", "positive")),
    ("question", ask("(y - f)^2", "positive", "real")),
]


@pytest.mark.parametrize(
    ("what", "value"), TAMPERED_GROWTH, ids=[f"{w}-{k}" for k, (w, _) in enumerate(TAMPERED_GROWTH)]
)
def test_a_tampered_certificate_of_growth_is_refused(what: str, value: Any) -> None:
    good = growth()
    with pytest.raises(LossproofError):
        replace(good, **{what: value})


def derived(good: Growing, start: Any, end: Any) -> Derivation:
    chain = Chain("falling", good.hypotheses, (), start)
    return chain.laws(end).done(claim=NONNEGATIVE)


SQUARE = power(s, TWO)
#: The rate, the factor, the order, and what ``m - a s + k s^p - l`` then is: true, and of no use.
USELESS = [
    (ZERO, ONE, TWO, mul(TWO, mul(y, s)), "positive where there is mass"),
    (add(mul(TWO, y), ONE), TWO, ONE, mul(s, sub(ONE, s)), "is not a fraction greater than 1"),
    (mul(y, sub(TWO, s)), ONE, TWO, mul(y, SQUARE), "contains 's'"),
]


@pytest.mark.parametrize(("rate", "factor", "order", "end", "why"), USELESS)
def test_a_bound_that_is_true_but_says_nothing_is_refused(
    rate: Any, factor: Any, order: Any, end: Any, why: str
) -> None:
    good = growth()
    start = below(good.limit, rate, s, mul(factor, power(s, order)), good.loss_at(good.path))
    with pytest.raises(NotRefuted, match=why):
        replace(good, rate=rate, factor=factor, order=order, falling=derived(good, start, end))


def level() -> Levelling:
    found = paths.levelling(ask("1 - exp(-(y - f)^2)", "real", "real"))
    assert found is not None
    return found


d = Symbol("d", real=True)
TAMPERED_LEVEL = [
    ("question", ask("1 - exp(-(y - f)^2)", "real", "interval(-1,1)")),
    ("question", ask("(y - f)^2", "real", "real")),
    ("question", ask("1 - exp(-(y - f)^2)", "real", "interval(-oo,0)")),
    ("d", s),
    ("d", y),
    ("upwards", False),
    ("start", ONE),
    ("start", y),
    ("start", d),
    ("bound", ZERO),
    ("bound", y),
    ("level", TWO),
    ("level", d),
    ("level", f),
    ("factor", ZERO),
    ("factor", d),
    ("grows", d),
    ("grows", power(f, TWO)),
    ("exponential", False),
    ("rate", ZERO),
    ("rate", neg(ONE)),
    ("rate", d),
    ("own", ZERO),
    ("own", d),
    ("bounded", OTHER),
    ("near", OTHER),
    ("growing", OTHER),
    ("higher", OTHER),
]


@pytest.mark.parametrize(("what", "value"), TAMPERED_LEVEL, ids=[f"{w}-{k}" for k, (w, _) in enumerate(TAMPERED_LEVEL)])
def test_a_tampered_certificate_of_levels_is_refused(what: str, value: Any) -> None:
    good = level()
    with pytest.raises(LossproofError):
        replace(good, **{what: value})


def test_far_from_an_observation_means_inside_the_set_of_predictions() -> None:
    """``y - d`` is no prediction for every ``y`` and ``d``, and those above the observation are bounded."""
    assert paths.levelling(ask("1 - exp(-(y - f)^2)", "real", "interval(-oo,0)")) is None
    assert paths.levelling(ask("1 - exp(-(y - f)^2)", "real", "interval(-5,5)")) is None


def test_at_a_level_that_is_not_exceeded_nothing_is_refuted() -> None:
    """``m >= l`` is not enough."""
    good = level()
    with pytest.raises(NotRefuted, match=r"is not shown to lie in \(0, oo\)"):
        replace(good, higher=replace(good.higher, claim=NONNEGATIVE))


@pytest.mark.parametrize("what", ["bounded", "growing"])
def test_a_derivation_without_its_claim_or_from_other_hypotheses_is_refused(what: str) -> None:
    good = certificate()
    derivation = getattr(good, what)
    with pytest.raises(NotRefuted, match="not derived"):
        replace(good, **{what: replace(derivation, claim=None)})
    narrower = replace(derivation.hypotheses[0], domain=replace(POSITIVE, low=Fraction(1)))
    with pytest.raises(NotRefuted, match="other hypotheses"):
        replace(good, **{what: replace(derivation, hypotheses=(narrower, *derivation.hypotheses[1:]))})


def test_what_is_said_of_a_symbol_of_no_question_is_no_ground() -> None:
    """A symbol that carries an assumption may stand in a derivation, but nothing may rest on it."""
    good, z = certificate(), Symbol("z", positive=True)
    chain = Chain("growing", good.growing.hypotheses, (), good.growing.start)
    chain.at_places(LAWS, [()], to=add(sub(exp(neg(s)), z), z))
    with pytest.raises(LossproofError):
        replace(good, growing=chain.done(claim=NONNEGATIVE))
    chain.at_places(LAWS, [()], to=add(exp(neg(s)), mul(ZERO, z)))
    with pytest.raises(NotRefuted, match="other symbols"):
        replace(good, growing=chain.done(claim=NONNEGATIVE))


def test_every_field_is_looked_at() -> None:
    assert {w for w, _ in TAMPERED} >= {x.name for x in fields(Vanishing)} - {"sums"}
    assert {w for w, _ in TAMPERED_LEVEL} == {x.name for x in fields(Levelling)}
    assert {w for w, _ in TAMPERED_GROWTH} >= {x.name for x in fields(Growing)} - {"sums", "s", "written_out"}


def test_shares_must_add_to_one() -> None:
    found = paths.vanishing(ask("-sum(y[k]*log(f[k]), k, 1, 2)", "simplex(2)", "simplex(2)"))
    assert found is not None
    with pytest.raises(NotRefuted, match="not shown to lie in simplex"):
        replace(found, sums=())
    with pytest.raises(LossproofError):
        replace(found, path=((exp(neg(s)), exp(neg(s))),))


def test_bounds_are_put_together_as_they_are_named() -> None:
    assert meaning(above(y, f, ONE)) == y - f + 1
    assert meaning(beyond(y, f, s, ONE)) == y - (f * s + 1)
    assert S(0) == meaning(beyond(s, ONE, s, ZERO))
