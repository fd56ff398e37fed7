"""The results that ship, each by its name."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING

from lossproof.errors import UnknownName
from lossproof.strategies.entry import Entry

if TYPE_CHECKING:
    from lossproof.kernel.derivation import Derivation
    from lossproof.models import Model, NoiseModel

#: The modules whose ``ENTRIES`` make the catalogue, in reading order, each with the ``FAMILY`` they are listed with.
_MODULES = (
    "binary",
    "standard",
    "classes",
    "censored",
    "exponential_family",
    "squared_error",
    "priors",
    "simple_regression",
    "profile_likelihood",
    "matrices",
    "multivariate",
    "support_vectors",
    "three_outcomes",
    "gaussian_processes",
    "pseudo_likelihoods",
    "densities",
)


class Catalogue(MutableMapping[str, Entry]):
    """Results by their names, in reading order.

    A module is imported when a name is not among those of the modules before it, so that who asks
    for one result does not wait for all.

    Attributes:
        changed: the names that were set or deleted by others than the modules, as keys.
    """

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._waiting, self._entries = list(modules), dict[str, Entry]()
        self.changed = dict[str, None]()

    def _import(self, until: str | None = None) -> dict[str, Entry]:
        while self._waiting and until not in self._entries:
            module = importlib.import_module(f"lossproof.strategies.{self._waiting.pop(0)}")
            entries = (entry if entry.family else replace(entry, family=module.FAMILY) for entry in module.ENTRIES)
            self._entries |= {entry.name: entry for entry in entries}
        return self._entries

    def __getitem__(self, name: str) -> Entry:
        return self._import(until=name)[name]

    def __setitem__(self, name: str, entry: Entry) -> None:
        self._import()[name] = entry
        self.changed[name] = None

    def __delitem__(self, name: str) -> None:
        del self._import()[name]
        self.changed[name] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._import())

    def __len__(self) -> int:
        return len(self._import())

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self)} derivations>"


#: Every result by its name.
CATALOGUE = Catalogue(_MODULES)


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
    from lossproof.strategies.maximum_likelihood import maximum_likelihood
    from lossproof.strategies.priors import maximum_a_posteriori

    return maximum_likelihood(model) if model.prior is None else maximum_a_posteriori(model)


def gradient_of_model(model: Model[NoiseModel]) -> Derivation:
    """The gradient of a model's loss."""
    from lossproof.strategies.maximum_likelihood import loss_gradient
    from lossproof.strategies.priors import penalised_gradient

    return loss_gradient(model) if model.prior is None else penalised_gradient(model)
