"""Linear regression: Gaussian noise behind a linear predictor, without and with an intercept."""

from __future__ import annotations

from lossproof.models.distributions import GAUSSIAN
from lossproof.models.model import Model
from lossproof.models.predictors import LinearPredictor

LINEAR_REGRESSION = Model("linear-regression", GAUSSIAN, LinearPredictor(), "Linear regression")
LINEAR_REGRESSION_INTERCEPT = Model(
    "linear-regression-intercept", GAUSSIAN, LinearPredictor(intercept=True), "Linear regression with an intercept"
)
