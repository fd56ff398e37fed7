"""What users call: derive, register, read a saved derivation, and what is declared in a file of one's own."""

from __future__ import annotations

import runpy
import warnings
from collections.abc import MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lossproof.errors import DataError, LossproofError, ReplayError, UnknownName
from lossproof.kernel.conditions import Member, Ranged, symbols_of
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Rule
from lossproof.kernel.serial import from_json
from lossproof.losses import LOSSES
from lossproof.models import (
    OBSERVATIONS,
    Bernoulli,
    Categorical,
    Model,
    Multinomial,
    NoiseModel,
    OneHot,
    OpaqueNetwork,
    WrittenPredictor,
)
from lossproof.notation.inert import free
from lossproof.notation.nodes import Definition
from lossproof.rulebook import RULES
from lossproof.strategies import catalogue
from lossproof.strategies.entry import Entry

#: Noise models that are densities for all that can be said to them.
_SHIPPED = (Bernoulli, Categorical, OneHot, Multinomial)

#: What running a user's file may end in.
_MISTAKES = (
    *(ArithmeticError, AttributeError, ImportError, LookupError, NameError),
    *(OSError, RuntimeError, SyntaxError, SystemExit, TypeError, ValueError),
)


def derive(what: str | Model[NoiseModel]) -> Derivation:
    """The derivation of a name of the catalogue, or of a model: from its likelihood to its loss.

    Raises:
        UnknownName: if the catalogue does not have the name.
        SideConditionError: if the model does not satisfy what a rule needs; it names the fact.
        RuleDoesNotApply: if a declared loss is not what comes out.
        NotADensity: if the noise model of a user does not sum or integrate to one.

    >>> derive("logistic")[8:].relation.kind.name
    'SAME_OPTIMA'
    """
    if isinstance(what, Model):
        _known(what)
        found = catalogue.of_model(what)
        _check(what)
        return found
    return catalogue.entry(str(what)).derive()


def gradient(model: Model[NoiseModel]) -> Derivation:
    """The gradient of a model's loss in its weights, or, for a network, as far as back-propagation takes over.

    Where the loss has a kink, the theorem has the hypothesis that no observation lies there.

    Raises:
        SideConditionError: if the loss is not known to have a derivative; it names the fact.
    """
    _known(model)
    found = catalogue.gradient_of_model(model)
    _check(model)
    return found


def register(thing: Model[NoiseModel] | Definition | Rule, name: str = "") -> Any:
    """Add a model, a loss or a rule, so that `derive`, `load` and the command line find it by its name.

    That lasts as long as the process.  A model gets two results in the catalogue, its loss and the gradient
    of its loss.  A rule that is
    added has no machine-checked proof; every theorem that used it lists it.

    Args:
        thing: a model, a pointwise loss, or a rule.
        name: of a loss; models and rules have theirs.

    Returns:
        The thing itself.

    Raises:
        LossproofError: if the name is taken, or is not lower case with hyphens.
        NotADensity: if the density of a model does not sum or integrate to one.
        SideConditionError: if a model cannot be derived; it names the fact that is missing.
    """
    match thing:
        case Model():
            _ = derive(thing)
            for entry in (
                Entry(thing.name, lambda: catalogue.of_model(thing), (), thing),
                Entry(f"{thing.name}-gradient", lambda: catalogue.gradient_of_model(thing), (), thing),
            ):
                _add(catalogue.CATALOGUE, "the catalogue", entry.name, entry)
        case Definition():
            _add(LOSSES, "the list of losses", name, thing)
        case Rule():
            _add(RULES, "the rulebook", thing.name, thing, words=True)
        case _:
            raise LossproofError(f"a {type(thing).__name__} cannot be registered; give a model, a loss or a rule")
    return thing


def _add(where: MutableMapping[str, Any], what: str, name: str, thing: object, *, words: bool = False) -> None:
    parts = name.split(" " if words else "-")
    plain = all(p.isascii() and p.replace("-", "").isalnum() and (words or p == p.lower()) for p in parts)
    if not plain:
        raise LossproofError(f"'{name}' is not a name in {'words' if words else 'lower case with hyphens'}")
    if name in where:
        raise LossproofError(f"{what} has a '{name}' already; choose another name")
    where[name] = thing


def _known(model: Model[NoiseModel]) -> None:
    """That what is to be estimated occurs in the density or the prior; a misspelt symbol does not."""
    of_prior = [symbols_of(h) for h in model.prior.hypotheses] if model.prior else []
    known = free(model.noise.factor(model.predictor)).union(*of_prior)
    for symbol in model.estimated:
        if symbol not in known:
            raise LossproofError(f"{symbol} is to be estimated, but {model.noise.name} does not depend on it")


def _check(model: Model[NoiseModel]) -> None:
    """That the density of a noise model that does not ship is one; a warning says where that could not be judged."""
    from lossproof.strategies.standard import STANDARD

    if any(model.noise == shipped.noise for shipped, _ in STANDARD) or isinstance(model.noise, _SHIPPED):
        return
    from lossproof.numeric.normalisation import check_density

    if isinstance(model.predictor, WrittenPredictor):
        inside = Facts((*model.hypotheses, Ranged(OBSERVATIONS)), model.parameters).domain_of(model.prediction)
        if inside is not None and isinstance(inside.claim, Member):
            model = replace(model, predictor=OpaqueNetwork(inside.claim.domain))
    note = check_density(model).note
    if note:
        warnings.warn(note, stacklevel=3)


def load(text: str | bytes) -> Derivation:
    """A derivation from its JSON, replayed with the rulebook.

    Raises:
        ReplayError: if the text is not a saved derivation, or a step does not hold; it names it.

    >>> import lossproof as lp
    >>> load(lp.derive("logistic").to_json()) == lp.derive("logistic")
    True
    """
    if not isinstance(text, (str, bytes)):
        raise ReplayError(0, f"JSON text is needed, not a {type(text).__name__}")
    return from_json(text, RULES)


def declared_in(path: Path, name: str) -> Derivation:
    """The derivation of what a Python file declares under a name: a model, or a derivation.

    ``NAME-gradient`` is the gradient of the model ``NAME``.  The file is run, as ``python FILE`` would run it.

    Raises:
        DataError: if the file cannot be read or raises an error, or the name is neither.
        UnknownName: if it declares nothing under that name.
    """
    declared = _run(path)
    whole = declared.get(name.removesuffix("-gradient"))
    if name not in declared and isinstance(whole, Model):
        return gradient(whole)
    found = _among(declared, name, path, (Model, Derivation), "a Model or a Derivation")
    return found if isinstance(found, Derivation) else derive(found)


def model_in(path: Path, name: str) -> Model[NoiseModel] | NoiseModel:
    """The model, or the noise model, that a Python file declares under a name; the file is run.

    Raises:
        DataError: if the file cannot be read or raises an error, or the name is neither.
        UnknownName: if it declares nothing under that name.
    """
    found: Model[NoiseModel] | NoiseModel = _among(
        _run(path), name, path, (Model, NoiseModel), "a Model or a noise model"
    )
    return found


def _run(path: Path) -> dict[str, Any]:
    """What a Python file declares."""
    if not path.is_file():
        raise DataError(f"cannot read '{path}': there is no such file")
    try:
        return runpy.run_path(str(path), run_name=path.stem)
    except LossproofError:
        raise
    except _MISTAKES as error:
        raise DataError(f"'{path}' stopped with {type(error).__name__}: {error}") from error


def _among(declared: dict[str, Any], name: str, path: Path, kinds: tuple[type, ...], wanted: str) -> Any:
    if name not in declared:
        raise UnknownName(f"name in '{path}':", name, [k for k, v in declared.items() if isinstance(v, kinds)])
    if not isinstance(declared[name], kinds):
        raise DataError(f"'{name}' in '{path}' is a {type(declared[name]).__name__}; {wanted} is needed")
    return declared[name]
