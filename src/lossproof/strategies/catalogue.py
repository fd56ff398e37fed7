"""The results that ship, each by its name."""

from __future__ import annotations

from typing import cast

from lossproof.errors import UnknownName
from lossproof.kernel.derivation import Derivation
from lossproof.models import Bernoulli, Model, NoiseModel
from lossproof.strategies import (
    binary,
    classes,
    densities,
    likelihood,
    matrices,
    multivariate,
    profile_likelihood,
    simple_regression,
    standard,
)
from lossproof.strategies.entry import Entry

_MODULES = (
    binary,
    standard,
    classes,
    simple_regression,
    profile_likelihood,
    matrices,
    multivariate,
    densities,
)

#: Every result by its name, in reading order.
CATALOGUE: dict[str, Entry] = {entry.name: entry for module in _MODULES for entry in module.ENTRIES}


def entry(name: str) -> Entry:
    """The entry of a name.

    Raises:
        UnknownName: if there is none; it says the nearest.
    """
    if name not in CATALOGUE:
        raise UnknownName("derivation", name, CATALOGUE)
    return CATALOGUE[name]


def of_model(model: Model[NoiseModel]) -> Derivation:
    """The derivation of a model: the argument for binary labels, or the one for any density."""
    if isinstance(model.noise, Bernoulli):
        return binary.negative_log_likelihood(cast("Model[Bernoulli]", model))
    return likelihood.negative_log_likelihood(model)


def gradient_of_model(model: Model[NoiseModel]) -> Derivation:
    """The gradient of a model's loss."""
    if isinstance(model.noise, Bernoulli):
        return binary.loss_gradient(cast("Model[Bernoulli]", model))
    return likelihood.loss_gradient(model)
