"""Priors are penalties: the most probable weights, given the data, minimise the loss plus a penalty.

One chain for every noise model and every prior: Bayes' rule, minus the logarithm, the equation for
minus the logarithm of the likelihood, that of the prior; then the constants are dropped and the
factor in front of the loss is scaled to 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from sympy import Add, Expr, Mul

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Declared, Range, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.models import (
    FEATURES,
    LINEAR_REGRESSION,
    LOGISTIC,
    GaussianPrior,
    LaplacePrior,
    Model,
    NoiseModel,
    Prior,
    d,
    j,
    k,
)
from lossproof.notation.inert import ONE, ZERO, add, derivative, log, mul, neg, total
from lossproof.notation.nodes import meaning
from lossproof.rulebook import calculus, logarithms, optima, sums
from lossproof.strategies.chain import Chain
from lossproof.strategies.classes import SOFTMAX
from lossproof.strategies.entry import Entry
from lossproof.strategies.likelihood import Split, as_fraction, in_terms, over_line
from lossproof.strategies.maximum_likelihood import likelihood_equation, loss_equation, loss_gradient


def maximum_a_posteriori(
    model: Model[NoiseModel], prior: Prior | None = None, name: str = "", title: str = ""
) -> Derivation:
    """Maximising the posterior density of the weights is minimising the loss plus a penalty.

    Args:
        model: the model; with a prior, unless one is given.
        prior: the prior of the weights.
        name: of the derivation; that of the model by default.
        title: of the model with this prior, in words.

    Raises:
        SideConditionError: if what would be dropped contains a parameter, such as the scale of the
            prior, or if a factor is not known to be positive; it names what is missing.
        LossproofError: if there is no prior, or its scale has a meaning in the model already.
    """
    bare, whole = _with_prior(model, prior, name, title)
    heading = f"{whole.heading}: maximum a posteriori is minimum penalised loss"
    chain = Chain(whole.name, whole.hypotheses, whole.parameters, whole.posterior, heading)
    chain.assume(_bayes(whole)).cite(likelihood_equation(bare))
    chain.at_root(optima.DROP_POSITIVE_FACTOR).at_root(optima.NEGATIVE_LOGARITHM)
    chain.rewrite(logarithms.LOG_OF_FACTORS)
    of_data, of_prior = neg(log(whole.likelihood)), neg(log(whole.prior_density))
    chain.algebra(add(of_data, of_prior))
    data, penalty = loss_equation(bare), prior_equation(whole)
    chain.cite(data).cite(penalty)
    return _to_penalised_loss(chain, split_equation(data.rhs), split_equation(penalty.rhs)).done()


def _with_prior(
    model: Model[NoiseModel], prior: Prior | None, name: str, title: str
) -> tuple[Model[NoiseModel], Model[NoiseModel]]:
    """The model without and with the prior."""
    chosen = prior or model.prior
    if chosen is None:
        raise LossproofError(f"'{model.name}' has no prior; give one, such as GaussianPrior()")
    whole = replace(model, prior=chosen, name=name or model.name, title=title or model.title)
    return replace(model, prior=None), whole


def _bayes(model: Model[NoiseModel]) -> str:
    return next(h.name for h in model.hypotheses if isinstance(h, Assumed) and h.left == model.posterior)


def split_equation(e: Expr) -> Split:
    """What ``constant + scale * loss`` is made of."""
    constant, scaled = e.args if isinstance(e, Add) else (ZERO, e)
    scale, loss = scaled.args if isinstance(scaled, Mul) else (ONE, scaled)
    return Split(constant, scale, loss)


def _to_penalised_loss(chain: Chain, data: Split, prior: Split) -> Chain:
    """Constants in front and dropped; then the loss without a factor."""
    constant = prior.constant if data.constant == ZERO else add(data.constant, prior.constant)
    terms = [s.loss if s.scale == ONE else mul(s.scale, s.loss) for s in (data, prior)]
    chain.algebra(add(constant, add(*terms))).at_root(optima.DROP_CONSTANT_TERM)
    if data.scale != ONE:
        chain.algebra(mul(data.scale, penalised(data, prior))).at_root(optima.DROP_POSITIVE_FACTOR)
    return chain


def penalised(data: Split, prior: Split) -> Expr:
    """``J(w) + (scale of the prior / scale of the loss) * penalty``."""
    ratio = as_fraction(meaning(prior.scale) / meaning(data.scale))
    return add(data.loss, prior.loss if ratio == ONE else mul(ratio, prior.loss))


def prior_equation(model: Model[NoiseModel]) -> Derivation:
    """``-log rho(w)`` as a constant plus a positive factor times the sum of penalties."""
    prior = _prior(model)
    hypotheses = (*_about_weights(model), *prior.hypotheses)
    title = f"{prior.name}: minus its logarithm is a penalty"
    start = neg(log(model.prior_density))
    chain = Chain(_named(prior, model), hypotheses, model.parameters, start, title)
    chain.unfold(model.prior_density.definition)
    chain.exhaust(logarithms.LOG_OF_PRODUCT, logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_EXP)
    chain.exhaust(sums.MINUS_INTO_SUM)
    found = Split(prior.constant, prior.scale, prior.penalty(model.weight))
    body = _inside(chain.here, len(model.over_weights))
    chain.laws(in_terms(found), at=lambda e: e is body)
    return _out_of_sums(chain, found, model.over_weights).done()


def _named(prior: Prior, model: Model[NoiseModel]) -> str:
    """``gaussian-prior``, or, with weights for each class, ``gaussian-prior-classes``."""
    return prior.name.lower().replace(" ", "-") + ("" if len(model.over_weights) == 1 else "-classes")


def _inside(e: Expr, depth: int) -> Expr:
    """What stands in so many sums around it."""
    return e if depth == 0 else _inside(e.args[0], depth - 1)


def _out_of_sums(chain: Chain, found: Split, layers: tuple[Range, ...]) -> Chain:
    """The constant and the factor out of the sums over the weights, the innermost sum first."""
    count: Expr = ONE
    for depth in reversed(range(len(layers))):
        high = layers[depth].high
        count = high if count == ONE else mul(high, count)
        whole = _inside(chain.here, depth)
        chain.rewrite(sums.SUM_OF_TERMS, at=whole.__eq__)
        constant, scaled = _inside(chain.here, depth).args
        chain.rewrite(sums.SUM_OF_CONSTANT, at=constant.__eq__)
        summed, tidy = _inside(chain.here, depth).args[0], over_line(count, found.constant)
        if summed != tidy:
            chain.algebra(tidy, at=summed.__eq__)
        chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=scaled.__eq__)
    return chain


def _prior(model: Model[NoiseModel]) -> Prior:
    if model.prior is None:
        raise LossproofError(f"'{model.name}' has no prior; give one, such as GaussianPrior()")
    return model.prior


def _about_weights(model: Model[NoiseModel]) -> tuple[Declared, ...]:
    """What is declared of the weights and their number."""
    about = {model.weight, *(over.high for over in model.over_weights)}
    return tuple(h for h in model.hypotheses if isinstance(h, Declared) and h.term in about)


# ------------------------------------------------------------------ gradients


def penalty_gradient(model: Model[NoiseModel]) -> Derivation:
    """The derivative of the sum of penalties in one weight, where it has one."""
    prior = _prior(model)
    if model.over_weights != (FEATURES,):
        raise LossproofError("the gradient of a penalty is there for one row of weights, not for one of each class")
    slope = prior.slope(model.weights[j])
    if slope is None:
        raise LossproofError(f"the penalty of a {prior.name} has no derivative where a weight is 0")
    start = derivative(total(prior.penalty(model.weights[k]), k, ONE, d), model.weights[j])
    title = f"{prior.name}: gradient of the penalty"
    chain = Chain(
        f"{_named(prior, model)}-gradient", (*_about_weights(model), Ranged(FEATURES)), model.parameters, start, title
    )
    chain.exhaust(calculus.DERIVATIVE_OF_SUM, calculus.DERIVATIVE_OF_SQUARE, calculus.DERIVATIVE_OF_COORDINATE)
    body = chain.here.args[0]
    sifted = mul(body.args[-1], _prior(model).slope(model.weights[k]))
    return chain.algebra(sifted, at=lambda e: e is body).rewrite(sums.SIFT).done()


def penalised_gradient(
    model: Model[NoiseModel], prior: Prior | None = None, name: str = "", title: str = ""
) -> Derivation:
    """The gradient of the loss plus the penalty: that of the loss plus a multiple of the weight.

    Raises:
        LossproofError: if the penalty has no derivative everywhere.
    """
    bare, whole = _with_prior(model, prior, name, title)
    of_penalties = penalty_gradient(whole)
    data, penalty = split_equation(loss_equation(bare).rhs), split_equation(prior_equation(whole).rhs)
    weight, other = whole.weights[j], _prior(whole).penalty(whole.weights[k])
    objective = penalised(data, replace(penalty, loss=total(other, k, ONE, d)))
    known = (*bare.hypotheses, *_prior(whole).hypotheses)
    hypotheses = (*known, *whole.noise.smooth_if(whole.predictor), Ranged(FEATURES))
    heading = f"{whole.heading}: gradient of the penalised loss"
    chain = Chain(f"{whole.name}-gradient", hypotheses, whole.parameters, derivative(objective, weight), heading)
    chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
    if isinstance(objective.args[1], Mul):
        chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
    chain.cite(loss_gradient(bare)).cite(of_penalties)
    of_penalty = chain.here.args[1]
    tidy = mul(as_fraction(meaning(of_penalty) / weight), weight)
    return (chain if tidy == of_penalty else chain.algebra(tidy, at=lambda e: e is of_penalty)).done()


_REGRESSION: Model[NoiseModel] = LINEAR_REGRESSION

#: Each model with a prior, the name and the title of the result, and who else computes it.
WITH_PRIOR: tuple[tuple[Model[NoiseModel], Prior, str, str, tuple[str, ...]], ...] = (
    (LINEAR_REGRESSION, GaussianPrior(), "ridge", "Ridge regression", ("sklearn.linear_model.Ridge",)),
    (LINEAR_REGRESSION, LaplacePrior(), "lasso", "Lasso", ("sklearn.linear_model.Lasso",)),
    (
        LOGISTIC,
        GaussianPrior(),
        "logistic-ridge",
        "Logistic regression with a Gaussian prior",
        ("sklearn.linear_model.LogisticRegression",),
    ),
    (
        LOGISTIC,
        LaplacePrior(),
        "logistic-lasso",
        "Logistic regression with a Laplace prior",
        ("sklearn.linear_model.LogisticRegression",),
    ),
    (
        SOFTMAX,
        GaussianPrior(),
        "softmax-ridge",
        "Softmax regression with a Gaussian prior",
        ("sklearn.linear_model.LogisticRegression",),
    ),
)


def _entries() -> Iterator[Entry]:
    yield Entry("logistic-likelihood", partial(likelihood_equation, LOGISTIC), (), LOGISTIC)
    for alone in (GaussianPrior(), LaplacePrior()):
        model = replace(_REGRESSION, prior=alone)
        yield Entry(_named(alone, model), partial(prior_equation, model))
    for bare, prior, name, title, peers in WITH_PRIOR:
        penalised = replace(bare, prior=prior, name=name, title=title)
        yield Entry(name, partial(maximum_a_posteriori, bare, prior, name, title), peers, penalised)
        if prior.slope(bare.weight) is not None and bare.over_weights == (FEATURES,):
            yield Entry(f"{name}-gradient", partial(penalised_gradient, bare, prior, name, title))


FAMILY = "Priors are penalties"
ENTRIES = tuple(_entries())
