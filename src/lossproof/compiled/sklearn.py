"""Losses as scikit-learn uses them: inside its estimators, and to score them."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit
from sklearn._loss.link import BaseLink, IdentityLink, Interval, LogitLink, LogLink
from sklearn._loss.loss import BaseLoss

from lossproof.errors import DataError, LossproofError
from lossproof.kernel.domains import CLOSED_UNIT, Domain
from lossproof.models import OpaqueNetwork
from lossproof.strategies.pointwise import Pointwise

if TYPE_CHECKING:
    from lossproof.compiled.loss import CompiledLoss

Array = npt.NDArray[Any]

#: Links that are tried, and the scores at which they are.
_LINKS = (IdentityLink, LogLink, LogitLink)
_SCORES = np.array([-1.75, -0.5, 0.25, 1.5])
#: How near to the prediction, relative to it, the slope must change its sign.
_NEAR = 1e-6
#: Within which the best constant score is looked for: further out a prediction is an end of its range, rounded.
_FARTHEST = 36.0


@dataclass(frozen=True)
class Rows:
    """A loss of one prediction and one observation, on arrays as scikit-learn gives them.

    The methods are those of scikit-learn's compiled losses (``sklearn._loss._loss.CyLossFunction``): arrays of shape
    (n,), of which outputs may be of another type of number.

    Attributes:
        of: the loss.
        numbers: the parameters of the noise.
        kinked: whether there are points without a slope; the curvature is then taken to be 1.
    """

    of: CompiledLoss
    numbers: tuple[float, ...]
    kinked: bool

    def loss(self, y_true: Array, raw_prediction: Array, sample_weight: Any, loss_out: Array, n_threads: int) -> None:
        """The loss of each observation."""
        self._fill("pointwise", y_true, raw_prediction, sample_weight, [loss_out])

    def gradient(
        self, y_true: Array, raw_prediction: Array, sample_weight: Any, gradient_out: Array, n_threads: int
    ) -> None:
        """The slope of each observation."""
        self._fill("slope", y_true, raw_prediction, sample_weight, [gradient_out])

    def loss_gradient(
        self,
        y_true: Array,
        raw_prediction: Array,
        sample_weight: Any,
        loss_out: Array,
        gradient_out: Array,
        n_threads: int,
    ) -> None:
        """Loss and slope of each observation."""
        self._fill("pointwise_and_slope", y_true, raw_prediction, sample_weight, [loss_out, gradient_out])

    def gradient_hessian(
        self,
        y_true: Array,
        raw_prediction: Array,
        sample_weight: Any,
        gradient_out: Array,
        hessian_out: Array,
        n_threads: int,
    ) -> None:
        """Slope and curvature of each observation."""
        self._fill("slope", y_true, raw_prediction, sample_weight, [gradient_out])
        if self.kinked:
            hessian_out[...] = 1.0 if sample_weight is None else sample_weight
        else:
            self._fill("curvature", y_true, raw_prediction, sample_weight, [hessian_out])

    def _fill(self, what: str, y_true: Array, raw_prediction: Array, weights: Any, outs: Sequence[Array]) -> None:
        arrays = [np.ascontiguousarray(a) for a in (raw_prediction, y_true)]
        found = [o if _as_is(o, arrays[0]) else np.empty_like(arrays[0]) for o in outs]
        self.of.backend.fill(what, arrays, self.numbers, found)
        for out, values in zip(outs, found, strict=True):
            if weights is not None:
                values *= weights
            if out is not values:
                out[...] = values


def _as_is(out: Array, like: Array) -> bool:
    return out.dtype == like.dtype and out.flags.c_contiguous


class DerivedLoss(BaseLoss):
    """A derived loss in place of one of scikit-learn's own; see `lossproof.CompiledLoss.sklearn_loss`."""

    def __init__(self, loss: CompiledLoss, link: BaseLink, numbers: tuple[float, ...]) -> None:
        one = _one(loss)
        kinked = bool(one.smooth_if)
        super().__init__(closs=Rows(loss, numbers, kinked), link=link)
        self.differentiable, self.approx_hessian = not kinked, kinked
        domain = one.domain_of(one.observation)
        self.interval_y_true = _interval(domain)
        if domain == CLOSED_UNIT and isinstance(link, LogitLink):
            self.n_classes = 2

    def in_y_true_range(self, y: Any) -> bool:
        """Whether observations lie where the model has them."""
        loss = self.closs.of
        try:
            loss.support.check([np.zeros(np.shape(y)), np.asarray(y)], self.closs.numbers, np.shape(y))
        except DataError:
            return False
        return True

    def fit_intercept_only(self, y_true: Any, sample_weight: Any = None) -> Any:
        """The score that is the same for all observations and has the least loss.

        Raises:
            DataError: if an observation does not lie where the model has them.
        """
        observed = np.ascontiguousarray(y_true)
        self.closs.of.support.check([np.zeros_like(observed), observed], self.closs.numbers, observed.shape)
        slopes = np.empty_like(observed)

        def slope(score: float) -> float:
            scores = np.full_like(observed, score)
            self.closs.gradient(observed, scores, sample_weight, slopes, 1)
            return float(slopes.sum(dtype=np.float64))

        if self.approx_hessian and isinstance(self.link, IdentityLink):
            return _between_kinks(slope, np.unique(observed))
        identity, step = isinstance(self.link, IdentityLink), 1.0
        low, high = (float(observed.min()), float(observed.max())) if identity else (-1.0, 1.0)
        while (slope(low) > 0 or slope(high) < 0) and step < _FARTHEST:
            step *= 2
            low, high = (low - step, high) if slope(low) > 0 else (low, high + step)
        if slope(low) >= 0 or slope(high) <= 0:
            return observed.dtype.type(low if slope(low) >= 0 else high)
        return observed.dtype.type(brentq(slope, low, high, xtol=1e-14, rtol=8.9e-16))

    def predict_proba(self, raw_prediction: Array) -> Array:
        """The probabilities of the labels 0 and 1, shape (n, 2).

        Raises:
            LossproofError: if observations are no labels.
        """
        if self.n_classes != 2:
            raise LossproofError(f"'{self.closs.of.unit.name}' is no loss of labels")
        scores = raw_prediction[:, 0] if raw_prediction.ndim == 2 else raw_prediction
        return np.column_stack([expit(-scores), expit(scores)]).astype(raw_prediction.dtype, copy=False)


def _between_kinks(slope: Callable[[float], float], kinks: Array) -> Any:
    """Where a convex function with kinks that is straight between them is least; the middle, if it is so in between."""
    first = bisect.bisect_left(kinks, 0.0, key=slope)
    if first == 0 or (first < len(kinks) and slope(kinks[first]) == 0):
        return kinks[first]
    before, after = kinks[first - 1], kinks[min(first, len(kinks) - 1)]
    middle = kinks.dtype.type((before + after) / 2)
    there = slope(middle)
    return middle if there == 0 else after if there < 0 else before


@dataclass(frozen=True)
class Scorer:
    """Minus the mean loss of the predictions of an estimator: greater is better; see `CompiledLoss.scorer`.

    Attributes:
        loss: the loss.
        link: from a predicted mean or probability to the score; None if the loss takes predictions as they are.
        parameters: of the noise.
    """

    loss: CompiledLoss
    link: BaseLink | None
    parameters: dict[str, float]

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803 (scikit-learn's name)
        """Minus the mean loss on some data.

        Raises:
            DataError: if observations do not lie where the model has them, or there are more than two labels.
        """
        observed = np.asarray(y)
        labels = getattr(estimator, "classes_", None)
        if labels is not None:
            if len(labels) != 2:
                raise DataError(f"'{self.loss.unit.name}' is a loss of two labels, the estimator has {len(labels)}")
            observed = (observed == labels[1]).astype(np.float64)
        predicted = self._predicted(estimator, X)
        if np.shape(predicted) != observed.shape:
            raise DataError(f"predictions have the shape {np.shape(predicted)}, observations {observed.shape}")
        losses = self.loss.pointwise(predicted, observed, **self.parameters)
        return -float(np.average(losses, weights=sample_weight))

    def _predicted(self, estimator: Any, inputs: Any) -> Any:
        """What the loss takes; scores that are not the link of the probabilities are not used if there are such."""
        scores = estimator.decision_function(inputs) if hasattr(estimator, "decision_function") else None
        chances = estimator.predict_proba(inputs)[:, 1] if hasattr(estimator, "predict_proba") else None
        if self.link is None:
            return estimator.predict(inputs) if chances is None else chances
        if scores is not None and (chances is None or np.allclose(self.link.inverse(scores), chances, atol=1e-6)):
            return scores
        with np.errstate(divide="ignore"):
            return self.link.link(np.asarray(estimator.predict(inputs), float) if chances is None else chances)


def sklearn_loss(loss: CompiledLoss, link: BaseLink | None, parameters: dict[str, Any]) -> DerivedLoss:
    """A loss in place of one of scikit-learn's."""
    _ = _one(loss)
    numbers = tuple(loss.numbers(parameters))
    return DerivedLoss(loss, link or link_of(loss, numbers), numbers)


def scorer(loss: CompiledLoss, link: BaseLink | None, parameters: dict[str, Any]) -> Scorer:
    """Minus the mean loss, as a scorer."""
    _ = _one(loss)
    numbers = loss.numbers(parameters)
    given = dict(zip(loss.unit.parameters, numbers, strict=True))
    opaque = loss.model is not None and isinstance(loss.model.predictor, OpaqueNetwork)
    return Scorer(loss, None if opaque and link is None else link or link_of(loss, numbers), given)


def link_of(loss: CompiledLoss, numbers: Sequence[float]) -> BaseLink:
    """The link of scikit-learn under which the slope changes its sign where the observation is the prediction.

    Where the slope is linear in the observation, the prediction is then the mean, for the expected slope is 0
    (McCullagh and Nelder 1989, eq. 2.1).

    Raises:
        LossproofError: if it is none of them.
    """
    for link in _LINKS:
        predicted = np.asarray(link().inverse(_SCORES))
        slopes = [np.empty_like(_SCORES), np.empty_like(_SCORES)]
        for factor, found in zip((1 - _NEAR, 1 + _NEAR), slopes, strict=True):
            loss.backend.fill("slope", [_SCORES, predicted * factor], numbers, [found])
        if (slopes[0] * slopes[1] < 0).all():
            return link()
    raise LossproofError(f"'{loss.unit.name}' has none of scikit-learn's usual links: give one, link=...")


def _one(loss: CompiledLoss) -> Pointwise:
    """One observation of a loss that scikit-learn can use."""
    if not isinstance(loss.one, Pointwise) or len(loss.unit.arguments) != 2:
        raise LossproofError(
            f"scikit-learn takes losses of one prediction and one observation; '{loss.unit.name}' is not"
        )
    return loss.one


def _interval(domain: Domain) -> Interval:
    return Interval(float(domain.low), float(domain.high), domain.low_closed, domain.high_closed)
