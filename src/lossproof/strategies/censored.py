"""Right-censored observations: a density for what was observed, a survival probability for the rest.

The indicator of an event becomes an exponent, as the label of a binary observation does; from there on
it is the chain of every noise model.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sympy import Expr, Symbol

from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.kernel.schema import Abstraction
from lossproof.models import OBSERVATIONS, LinearPredictor, Model, i
from lossproof.models.censoring import CENSORED_EXPONENTIAL_NOISE, CENSORED_WEIBULL_NOISE, Censored
from lossproof.models.symbols import EVENTS
from lossproof.notation.inert import add, derivative, log, mul, neg
from lossproof.rulebook import calculus, logarithms, optima, probability, sums
from lossproof.strategies import likelihood
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry

EXPONENTIAL = Model(
    "exponential-censored", CENSORED_EXPONENTIAL_NOISE, LinearPredictor(), "Exponential regression, right-censored"
)
WEIBULL = Model("weibull-censored", CENSORED_WEIBULL_NOISE, LinearPredictor(), "Weibull regression, right-censored")


def negative_log_likelihood(model: Model[Censored]) -> Derivation:
    """The product of both kinds of factor is the likelihood; maximising it is minimising the summed loss.

    Raises:
        SideConditionError: if an indicator is not declared to be 0 or 1.
    """
    noise, events = model.noise, Abstraction((i,), EVENTS[i])
    hypotheses = _hypotheses(model)
    title = f"{model.heading}: maximum likelihood is minimum loss"
    chain = Chain(model.name, hypotheses, model.parameters, noise.joint(model.marginal), title)
    chain.assume(noise.name).assume(noise.survival_name)
    chain.rewrite(probability.LABEL_ONE_AS_EXPONENT, y=events).rewrite(probability.LABEL_ZERO_AS_EXPONENT, y=events)
    chain.rewrite(sums.MERGE_PRODUCTS).fold(model.likelihood).at_root(optima.NEGATIVE_LOGARITHM)
    likelihood.expand_logarithms(chain, model).cite(_as_hazard(model)).rewrite(logarithms.LOG_OF_FACTORS)
    hazard, survived = (log(definition(*noise.at(model.predictor))) for definition in (noise.risk, noise.surviving))
    body = chain.here.args[1].args[0]
    chain.algebra(add(mul(EVENTS[i], hazard), survived), at=lambda e: e is body)
    for lemma in _logarithms(model):
        chain.cite(lemma)
    return likelihood.collect(chain, model).done()


def _hypotheses(model: Model[Censored]) -> tuple[Hypothesis, ...]:
    """Those of the model but for the joint density, which there is not if some are censored."""
    return tuple(h for h in model.hypotheses if not (isinstance(h, Assumed) and h.name == "conditional independence"))


def _as_hazard(model: Model[Censored]) -> Derivation:
    """The density is the hazard times the probability to survive."""
    noise, at = model.noise, model.noise.at(model.predictor)
    chain = _lemma(model, "hazard", "density as hazard and survival", noise.density(*at)).unfold(noise.density)
    hazard, survived = noise.risk(*at), noise.surviving(*at)
    return chain.laws(mul(hazard.body, survived.body)).fold(survived).fold(hazard).done()


def _logarithms(model: Model[Censored]) -> Iterator[Derivation]:
    """The logarithms of the hazard and of the survival function, each as it is to be written."""
    noise, at = model.noise, model.noise.at(model.predictor)
    kinds = (("hazard", noise.risk), ("survival", noise.surviving))
    for (kind, definition), written in zip(kinds, noise.logarithms(*at), strict=True):
        chain = _lemma(model, f"log-{kind}", f"logarithm of the {kind}", log(definition(*at)))
        yield chain.unfold(definition).laws(written).done()


def _lemma(model: Model[Censored], name: str, title: str, start: Expr) -> Chain:
    hypotheses = (*_hypotheses(model), Ranged(OBSERVATIONS))
    return Chain(f"{model.name}-{name}", hypotheses, model.parameters, start, f"{model.heading}: {title}")


# ------------------------------------------------------------------ the two kinds of factor belong together

z, value = Symbol("z", real=True), Symbol("y", real=True)


def survival(name: str, noise: Censored) -> Derivation:
    """``-dS(z, y)/dy = q(z, y)`` for ``y > 0``, at any score ``z``."""
    hypotheses = (*noise.noise.declared, Declared(z, REAL), Declared(value, POSITIVE))
    title = f"{noise.name[0].upper()}{noise.name[1:]}: the survival function is that of the density"
    chain = Chain(name, hypotheses, (), neg(derivative(noise.surviving(z, value), value)), title)
    chain.unfold(noise.surviving).exhaust(
        calculus.DERIVATIVE_OF_EXP,
        calculus.DERIVATIVE_OF_MULTIPLE,
        calculus.DERIVATIVE_OF_POWER,
        calculus.DERIVATIVE_OF_LINEAR_TERM,
        calculus.DERIVATIVE_OF_VARIABLE,
    )
    density = noise.density(z, value)
    return chain.laws(density.body).fold(density).done()


_SCIPY = {EXPONENTIAL.name: "scipy.stats.expon", WEIBULL.name: "scipy.stats.weibull_min"}


def _entries() -> Iterator[Entry]:
    for model in (EXPONENTIAL, WEIBULL):
        yield Entry(model.name, partial(negative_log_likelihood, model), (_SCIPY[model.name],), model)
        yield Entry(f"{model.name}-gradient", partial(likelihood.loss_gradient, model), (), model)
    yield Entry("exponential-survival", partial(survival, "exponential-survival", CENSORED_EXPONENTIAL_NOISE))
    yield Entry("weibull-survival", partial(survival, "weibull-survival", CENSORED_WEIBULL_NOISE))


FAMILY = "Censored observations"
ENTRIES = tuple(_entries())
