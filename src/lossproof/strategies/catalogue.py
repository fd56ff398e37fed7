"""The results that ship, each by its name."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, MutableMapping
from typing import TYPE_CHECKING

from lossproof.errors import UnknownName
from lossproof.strategies.entry import Entry

if TYPE_CHECKING:
    from lossproof.kernel.derivation import Derivation
    from lossproof.models import Model, NoiseModel

#: The modules whose ``ENTRIES`` make the catalogue, in reading order, each with what its results are about.
FAMILIES = {
    "binary": "Binary labels",
    "standard": "Noise models behind a predictor",
    "classes": "One of K classes",
    "censored": "Right-censored observations",
    "exponential_family": "Exponential families",
    "squared_error": "Around the squared error",
    "priors": "Priors are penalties",
    "simple_regression": "A line fitted by least squares",
    "profile_likelihood": "Gaussian noise of unknown variance",
    "matrices": "Least squares in matrix notation",
    "multivariate": "The multivariate normal",
    "support_vectors": "The support vector machine",
    "three_outcomes": "What the hinge loss is instead",
    "gaussian_processes": "Gaussian processes and kernel ridge regression",
    "pseudo_likelihoods": "Losses that are no likelihood",
    "densities": "Densities as in sympy.stats",
}


class Catalogue(MutableMapping[str, Entry]):
    """Results by their names, in reading order.

    A module is imported when a name is not among those of the modules before it, so that who asks
    for one result does not wait for all.

    Attributes:
        changed: the names that were set or deleted by others than the modules.
    """

    def __init__(self, modules: Iterable[str]) -> None:
        self._waiting, self._entries = list(modules), dict[str, Entry]()
        self._family = dict[str, str]()
        self.changed = dict[str, None]()

    def _import(self, until: str | None = None) -> dict[str, Entry]:
        while self._waiting and until not in self._entries:
            name = self._waiting.pop(0)
            entries = importlib.import_module(f"lossproof.strategies.{name}").ENTRIES
            self._entries |= {entry.name: entry for entry in entries}
            self._family |= dict.fromkeys((entry.name for entry in entries), FAMILIES[name])
        return self._entries

    def family(self, name: str) -> str:
        """What a result is about; nothing is known of one that was registered."""
        self._import(until=name)
        return "" if name in self.changed else self._family.get(name, "")

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
CATALOGUE = Catalogue(FAMILIES)


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
