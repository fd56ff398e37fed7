"""The results that ship, each by its name."""

from __future__ import annotations

from typing import cast

from lossproof.errors import UnknownName
from lossproof.kernel.derivation import Derivation
from lossproof.models import Bernoulli, Model, NoiseModel
from lossproof.strategies import (
    binary,
    censored,
    classes,
    densities,
    exponential_family,
    likelihood,
    matrices,
    multivariate,
    priors,
    profile_likelihood,
    simple_regression,
    squared_error,
    standard,
)
from lossproof.strategies.entry import Entry
from lossproof.strategies.maximum_likelihood import maximum_likelihood

_MODULES = (
    binary,
    standard,
    classes,
    censored,
    exponential_family,
    squared_error,
    priors,
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
    """The derivation of a model: from its likelihood to its loss, or, with a prior, from the posterior density."""
    return maximum_likelihood(model) if model.prior is None else priors.maximum_a_posteriori(model)


def gradient_of_model(model: Model[NoiseModel]) -> Derivation:
    """The gradient of a model's loss."""
    if model.prior is not None:
        return priors.penalised_gradient(model)
    if isinstance(model.noise, Bernoulli):
        return binary.loss_gradient(cast("Model[Bernoulli]", model))
    return likelihood.loss_gradient(model)
