"""The results that ship, each by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lossproof.errors import LossproofError, UnknownName
from lossproof.kernel.derivation import Derivation
from lossproof.models import BERNOULLI, LOGISTIC, Model
from lossproof.strategies import binary


@dataclass(frozen=True)
class Entry:
    """One result of the catalogue.

    Attributes:
        name: lower case with hyphens.
        derive: finds the derivation.
        peers: functions of other libraries that compute the same.
        model: the model behind it, if data can be put into it.
    """

    name: str
    derive: Callable[[], Derivation]
    peers: tuple[str, ...] = ()
    model: Model | None = None


_LOG_LOSS = ("sklearn.metrics.log_loss",)
_WITH_LOGITS = ("sklearn._loss.HalfBinomialLoss",)

CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry("logistic", lambda: binary.negative_log_likelihood(LOGISTIC), _LOG_LOSS, LOGISTIC),
        Entry("logistic-equation", lambda: binary.equation(LOGISTIC), _LOG_LOSS, LOGISTIC),
        Entry("logistic-converse", lambda: binary.converse(LOGISTIC), (), LOGISTIC),
        Entry("logistic-gradient", lambda: binary.loss_gradient(LOGISTIC), (), LOGISTIC),
        Entry("logistic-prediction-gradient", lambda: binary.prediction_gradient(LOGISTIC), (), LOGISTIC),
        Entry("logistic-factor-gradient", lambda: binary.factor_gradient(LOGISTIC), (), LOGISTIC),
        Entry("logistic-likelihood-gradient", lambda: binary.likelihood_gradient(LOGISTIC), (), LOGISTIC),
        Entry("logistic-gradient-identity", lambda: binary.gradient_identity(LOGISTIC), (), LOGISTIC),
        Entry("logistic-stable", binary.stable_loss, _WITH_LOGITS),
        Entry("bernoulli", lambda: binary.negative_log_likelihood(BERNOULLI), _LOG_LOSS),
        Entry("bernoulli-converse", lambda: binary.converse(BERNOULLI)),
    )
}


def entry(name: str) -> Entry:
    """The entry of a name.

    Raises:
        UnknownName: if there is none; it says the nearest.
    """
    if name not in CATALOGUE:
        raise UnknownName("derivation", name, CATALOGUE)
    return CATALOGUE[name]


def derive(what: str | Model) -> Derivation:
    """The derivation of a name of the catalogue, or of a model: from its likelihood to its loss.

    Raises:
        UnknownName: if the catalogue does not have the name.
        SideConditionError: if the model does not satisfy what a rule needs; it names the fact.

    >>> derive("logistic")[8:].relation.kind.name
    'SAME_OPTIMA'
    """
    return binary.negative_log_likelihood(what) if isinstance(what, Model) else entry(str(what)).derive()


def register(model: Model) -> Model:
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
