"""Which argument leads to the loss: the one for binary labels, for censored observations, or for any density."""

from __future__ import annotations

from functools import cache
from typing import cast

from lossproof.kernel.derivation import Derivation
from lossproof.models import Bernoulli, LinearScores, Model, NoiseModel, OpaqueScores, SigmoidNode
from lossproof.models.censoring import Censored
from lossproof.strategies import binary, censored, classes, likelihood


def maximum_likelihood(model: Model[NoiseModel]) -> Derivation:
    """The joint density is the likelihood, and maximising it is minimising the summed loss.

    Raises:
        SideConditionError: if the model does not satisfy what a rule needs; it names the fact.
    """
    if isinstance(model.noise, Bernoulli):
        return binary.negative_log_likelihood(cast("Model[Bernoulli]", model))
    if isinstance(model.noise, Censored):
        return censored.negative_log_likelihood(cast("Model[Censored]", model))
    return likelihood.negative_log_likelihood(model)


def likelihood_equation(model: Model[NoiseModel]) -> Derivation:
    """``p[Y = y | X = x] = L(w)``."""
    title = f"{model.heading}: the likelihood"
    return maximum_likelihood(model).equations[0].called(f"{model.name}-likelihood", title)


@cache
def loss_equation(model: Model[NoiseModel]) -> Derivation:
    """``-log L(w) = constant + scale J(w)``."""
    if isinstance(model.noise, Bernoulli):
        return binary.equation(cast("Model[Bernoulli]", model))
    return likelihood.equation_in(maximum_likelihood(model), model)


def loss_gradient(model: Model[NoiseModel]) -> Derivation:
    """``dJ / d w_j``."""
    if isinstance(model.noise, Bernoulli) and isinstance(model.predictor, SigmoidNode):
        return binary.loss_gradient(cast("Model[Bernoulli]", model))
    if isinstance(model.predictor, (LinearScores, OpaqueScores)):
        return classes.loss_gradient(model)
    return likelihood.loss_gradient(model)
