"""Around the squared error: its mean, its half, its multiples, and the equation behind it."""

from __future__ import annotations

from functools import partial

from sympy import Expr

from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE_COUNT
from lossproof.losses import HALF
from lossproof.models import (
    GAUSSIAN_NETWORK,
    LINEAR_REGRESSION,
    LINEAR_REGRESSION_INTERCEPT,
    n,
)
from lossproof.notation.inert import inverse
from lossproof.strategies import likelihood
from lossproof.strategies.entry import Entry
from lossproof.strategies.maximum_likelihood import likelihood_equation, loss_equation
from lossproof.strategies.scaling import continued, scaled

#: There is at least one observation, so that there is a mean.
SOME_OBSERVATION = Declared(n, POSITIVE_COUNT)


def multiple_of_squared_error(factor: Expr, name: str, words: str, *assuming: Declared) -> Derivation:
    """Maximising a Gaussian likelihood is minimising a positive multiple of the sum of squares, written out."""
    title = f"Any network with Gaussian noise: maximum likelihood is minimum {words}"
    found = scaled(
        likelihood.negative_log_likelihood(GAUSSIAN_NETWORK), factor, assuming=assuming, name=name, title=title
    )
    chain = continued(found)
    return chain.unfold(GAUSSIAN_NETWORK.loss.definition).unfold(GAUSSIAN_NETWORK.pointwise_loss.definition).done()


def mean_squared_error() -> Derivation:
    """The mean of the squares, which exists if there is an observation."""
    return multiple_of_squared_error(inverse(n), "mean-squared-error", "mean squared error", SOME_OBSERVATION)


def half_squared_error() -> Derivation:
    """Half of the sum of squares, whose gradient has no factor 2."""
    return multiple_of_squared_error(HALF, "half-squared-error", "half squared error")


def squared_error_times_n() -> Derivation:
    """``n`` times the sum of squares; with no observation at all it would be 0 times anything."""
    return multiple_of_squared_error(n, "squared-error-times-n", "squared error times n", SOME_OBSERVATION)


_MEAN = ("sklearn.metrics.mean_squared_error", "torch.nn.MSELoss")
_LOG_DENSITY = ("scipy.stats.norm", "statsmodels.api.OLS")
_LINE = LINEAR_REGRESSION_INTERCEPT

FAMILY = "Around the squared error"
ENTRIES = (
    Entry("linear-regression-likelihood", partial(likelihood_equation, LINEAR_REGRESSION), (), LINEAR_REGRESSION),
    Entry("linear-regression-equation", partial(loss_equation, LINEAR_REGRESSION), _LOG_DENSITY, LINEAR_REGRESSION),
    Entry(f"{_LINE.name}-bias-gradient", partial(likelihood.bias_gradient, _LINE), (), _LINE),
    Entry("mean-squared-error", mean_squared_error, _MEAN),
    Entry("half-squared-error", half_squared_error, ("sklearn._loss.HalfSquaredError",)),
    Entry("squared-error-times-n", squared_error_times_n),
)
