"""The results that ship, each by its name."""

from __future__ import annotations

from typing import cast

from lossproof.errors import LossproofError, UnknownName
from lossproof.kernel.derivation import Derivation
from lossproof.models import Bernoulli, Model, NoiseModel
from lossproof.models.censoring import Censored
from lossproof.strategies import binary, censored, classes, exponential_family, likelihood, standard
from lossproof.strategies.entry import Entry

#: Every result by its name, in reading order.
CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for module in (binary, standard, classes, exponential_family, censored)
    for entry in module.ENTRIES
}


def entry(name: str) -> Entry:
    """The entry of a name.

    Raises:
        UnknownName: if there is none; it says the nearest.
    """
    if name not in CATALOGUE:
        raise UnknownName("derivation", name, CATALOGUE)
    return CATALOGUE[name]


def derive(what: str | Model[NoiseModel]) -> Derivation:
    """The derivation of a name of the catalogue, or of a model: from its likelihood to its loss.

    Raises:
        UnknownName: if the catalogue does not have the name.
        SideConditionError: if the model does not satisfy what a rule needs; it names the fact.

    >>> derive("logistic")[8:].relation.kind.name
    'SAME_OPTIMA'
    """
    return of_model(what) if isinstance(what, Model) else entry(str(what)).derive()


def of_model(model: Model[NoiseModel]) -> Derivation:
    """The derivation of a model: the argument for binary labels, for censored observations, or for any density."""
    if isinstance(model.noise, Bernoulli):
        return binary.negative_log_likelihood(cast("Model[Bernoulli]", model))
    if isinstance(model.noise, Censored):
        return censored.negative_log_likelihood(cast("Model[Censored]", model))
    return likelihood.negative_log_likelihood(model)


def register(model: Model[NoiseModel]) -> Model[NoiseModel]:
    """Add a model to the catalogue under its name, so that `derive` and the command line find it.

    Raises:
        LossproofError: if the name is taken or is not lower case with hyphens.
    """
    words = model.name.split("-")
    if not all(w.isalnum() and w == w.lower() and w.isascii() for w in words):
        raise LossproofError(f"'{model.name}' is not a name in lower case with hyphens")
    if model.name in CATALOGUE:
        raise LossproofError(f"the catalogue has a '{model.name}' already; choose another name")
    CATALOGUE[model.name] = Entry(model.name, lambda: derive(model), (), model)
    return model
