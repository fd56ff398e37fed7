"""Models: a noise model behind a predictor, as a likelihood and hypotheses.  They assume; they derive nothing."""

from __future__ import annotations

from lossproof.models.distributions import (
    ASYMMETRIC_LAPLACE,
    BETA,
    BINOMIAL,
    CAUCHY,
    EXPONENTIAL,
    GAMMA,
    GAUSSIAN,
    GEOMETRIC,
    HETEROSCEDASTIC_GAUSSIAN,
    INVERSE_GAUSSIAN,
    LAPLACE,
    LOG_NORMAL,
    NEGATIVE_BINOMIAL,
    POISSON,
    STUDENT_T,
    VON_MISES,
    WEIBULL,
    WEIGHTED_GAUSSIAN,
)
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
)
from lossproof.models.priors import GaussianPrior, LaplacePrior, Prior
from lossproof.models.symbols import CLASSES, FEATURES, OBSERVATIONS, K, X, Y, b, d, i, j, k, n, theta, w, x, y

LOGISTIC = Model("logistic", Bernoulli(), SigmoidNode(), "Logistic regression")
BERNOULLI = Model("bernoulli", Bernoulli(), OpaqueNetwork(), "Any network with values in (0, 1)")
LINEAR_REGRESSION = Model("linear-regression", GAUSSIAN, LinearPredictor(), "Linear regression")
LINEAR_REGRESSION_INTERCEPT = Model(
    "linear-regression-intercept", GAUSSIAN, LinearPredictor(intercept=True), "Linear regression with an intercept"
)

__all__ = [
    "ASYMMETRIC_LAPLACE",
    "BERNOULLI",
    "BETA",
    "BINOMIAL",
    "CAUCHY",
    "CLASSES",
    "EXPONENTIAL",
    "FEATURES",
    "GAMMA",
    "GAUSSIAN",
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
