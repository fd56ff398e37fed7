"""Gaussian noise behind a linear predictor, without and with an intercept, and behind any network."""

from __future__ import annotations

from lossproof.kernel.domains import REAL
from lossproof.models.distributions import GAUSSIAN
from lossproof.models.model import Model
from lossproof.models.predictors import LinearPredictor, OpaqueNetwork

LINEAR_REGRESSION = Model("linear-regression", GAUSSIAN, LinearPredictor(), "Linear regression")
LINEAR_REGRESSION_INTERCEPT = Model(
    "linear-regression-intercept", GAUSSIAN, LinearPredictor(intercept=True), "Linear regression with an intercept"
)
GAUSSIAN_NETWORK = Model("gaussian", GAUSSIAN, OpaqueNetwork(REAL), "Any network with Gaussian noise")
