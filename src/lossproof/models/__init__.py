"""Models: a noise model behind a predictor, as a likelihood and hypotheses.  They assume; they derive nothing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lossproof.models.model import Model
from lossproof.models.noise import Bernoulli, Categorical, Multinomial, Noise, NoiseModel, OneHot
from lossproof.models.predictors import (
    LinearPredictor,
    LinearScores,
    OpaqueNetwork,
    OpaqueScores,
    Predictor,
    Scores,
    SigmoidNode,
    WrittenPredictor,
)
from lossproof.models.priors import GaussianPrior, LaplacePrior, Prior
from lossproof.models.symbols import CLASSES, FEATURES, OBSERVATIONS, K, X, Y, b, d, i, j, k, n, theta, w, x, y

LOGISTIC = Model("logistic", Bernoulli(), SigmoidNode(), "Logistic regression")
BERNOULLI = Model("bernoulli", Bernoulli(), OpaqueNetwork(), "Any network with values in (0, 1)")
#: Where the noise models are, which are imported when they are first used.
_LATER = {
    "lossproof.models.distributions": (
        "ASYMMETRIC_LAPLACE",
        "BETA",
        "BINOMIAL",
        "CAUCHY",
        "COMPLEMENTARY_LOG_LOG",
        "EXPONENTIAL",
        "GAMMA",
        "GAUSSIAN",
        "GEOMETRIC",
        "HETEROSCEDASTIC_GAUSSIAN",
        "INVERSE_GAUSSIAN",
        "LAPLACE",
        "LOG_NORMAL",
        "NEGATIVE_BINOMIAL",
        "POISSON",
        "PROBIT",
        "STUDENT_T",
        "VON_MISES",
        "WEIBULL",
        "WEIGHTED_GAUSSIAN",
    ),
    "lossproof.models.regression": ("GAUSSIAN_NETWORK", "LINEAR_REGRESSION", "LINEAR_REGRESSION_INTERCEPT"),
}

if TYPE_CHECKING:
    from lossproof.models.distributions import ASYMMETRIC_LAPLACE as ASYMMETRIC_LAPLACE
    from lossproof.models.distributions import BETA as BETA
    from lossproof.models.distributions import BINOMIAL as BINOMIAL
    from lossproof.models.distributions import CAUCHY as CAUCHY
    from lossproof.models.distributions import COMPLEMENTARY_LOG_LOG as COMPLEMENTARY_LOG_LOG
    from lossproof.models.distributions import EXPONENTIAL as EXPONENTIAL
    from lossproof.models.distributions import GAMMA as GAMMA
    from lossproof.models.distributions import GAUSSIAN as GAUSSIAN
    from lossproof.models.distributions import GEOMETRIC as GEOMETRIC
    from lossproof.models.distributions import HETEROSCEDASTIC_GAUSSIAN as HETEROSCEDASTIC_GAUSSIAN
    from lossproof.models.distributions import INVERSE_GAUSSIAN as INVERSE_GAUSSIAN
    from lossproof.models.distributions import LAPLACE as LAPLACE
    from lossproof.models.distributions import LOG_NORMAL as LOG_NORMAL
    from lossproof.models.distributions import NEGATIVE_BINOMIAL as NEGATIVE_BINOMIAL
    from lossproof.models.distributions import POISSON as POISSON
    from lossproof.models.distributions import PROBIT as PROBIT
    from lossproof.models.distributions import STUDENT_T as STUDENT_T
    from lossproof.models.distributions import VON_MISES as VON_MISES
    from lossproof.models.distributions import WEIBULL as WEIBULL
    from lossproof.models.distributions import WEIGHTED_GAUSSIAN as WEIGHTED_GAUSSIAN
    from lossproof.models.regression import GAUSSIAN_NETWORK as GAUSSIAN_NETWORK
    from lossproof.models.regression import LINEAR_REGRESSION as LINEAR_REGRESSION
    from lossproof.models.regression import LINEAR_REGRESSION_INTERCEPT as LINEAR_REGRESSION_INTERCEPT


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'lossproof.models' has no attribute {name!r}")


__all__ = [
    "ASYMMETRIC_LAPLACE",
    "BERNOULLI",
    "BETA",
    "BINOMIAL",
    "CAUCHY",
    "CLASSES",
    "COMPLEMENTARY_LOG_LOG",
    "EXPONENTIAL",
    "FEATURES",
    "GAMMA",
    "GAUSSIAN",
    "GAUSSIAN_NETWORK",
    "GEOMETRIC",
    "HETEROSCEDASTIC_GAUSSIAN",
    "INVERSE_GAUSSIAN",
    "LAPLACE",
    "LINEAR_REGRESSION",
    "LINEAR_REGRESSION_INTERCEPT",
    "LOGISTIC",
    "LOG_NORMAL",
    "NEGATIVE_BINOMIAL",
    "OBSERVATIONS",
    "POISSON",
    "PROBIT",
    "STUDENT_T",
    "VON_MISES",
    "WEIBULL",
    "WEIGHTED_GAUSSIAN",
    "Bernoulli",
    "Categorical",
    "GaussianPrior",
    "K",
    "LaplacePrior",
    "LinearPredictor",
    "LinearScores",
    "Model",
    "Multinomial",
    "Noise",
    "NoiseModel",
    "OneHot",
    "OpaqueNetwork",
    "OpaqueScores",
    "Predictor",
    "Prior",
    "Scores",
    "SigmoidNode",
    "WrittenPredictor",
    "X",
    "Y",
    "b",
    "d",
    "i",
    "j",
    "k",
    "n",
    "theta",
    "w",
    "x",
    "y",
]
