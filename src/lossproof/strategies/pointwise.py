"""One observation of a model in plain letters: its loss, and the derivatives of the loss in the prediction.

The theorem of a model sums ``l(f_w(x_i), y_i)``; here the prediction is a letter ``z`` and the observation a
letter ``y``, so that what stands under the sum is a function of numbers.  The prediction is what the predictor
makes from the input before any sigmoid: the linear score of a linear predictor or of a sigmoid node, each
output of a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sympy import Basic, Expr, Indexed, Symbol

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, CLOSED_UNIT, REAL, Domain
from lossproof.models import (
    OBSERVATIONS,
    LinearScores,
    Model,
    NoiseModel,
    OpaqueNetwork,
    OpaqueScores,
    SigmoidNode,
    i,
    x,
    y,
)
from lossproof.models.symbols import EVENTS, SCALES, TRIALS
from lossproof.notation.inert import derivative, free, fresh, sub, substitute, symbol_of
from lossproof.notation.nodes import Named, Opaque, Sigmoid
from lossproof.rulebook import calculus
from lossproof.strategies.catalogue import of_model
from lossproof.strategies.chain import Chain
from lossproof.strategies.likelihood import DERIVATIVES, collected, functions_in, in_pairs, tidied

#: What is known of each observation besides ``y_i``, in the order in which it is given.
_KNOWN = (SCALES, TRIALS, EVENTS)
#: From the derivative in a letter down to that of the letter.
_DERIVATIVES = (*DERIVATIVES, calculus.DERIVATIVE_OF_VARIABLE)


@dataclass(frozen=True)
class Pointwise:
    """A pointwise loss in letters.

    Attributes:
        name: lower case with hyphens.
        predictions: a letter for each output of the predictor.
        observation: the letter ``y``.
        known: what else is known of each observation: ``s``, ``m``, ``u``.
        parameters: what is known of the noise: one number each, whatever the observation.
        hypotheses: where all of them lie, and what else is declared.
        loss: ``l``, inert, as the theorem has it under the sum.
        slopes: ``dl / dz`` for each prediction as they are declared, to be proved; none to have them found.
        smooth_if: what must be known for the slopes to exist.
        theorem: what sums this loss, if there is a theorem.
    """

    name: str
    predictions: tuple[Symbol, ...]
    observation: Symbol
    known: tuple[Symbol, ...]
    parameters: tuple[Symbol, ...]
    hypotheses: tuple[Hypothesis, ...]
    loss: Expr
    slopes: tuple[Expr, ...] = ()
    smooth_if: tuple[Hypothesis, ...] = ()
    theorem: Derivation | None = None

    @property
    def arguments(self) -> tuple[Symbol, ...]:
        """What is given for each observation: predictions, the observation, and what else is known of it."""
        return (*self.predictions, self.observation, *self.known)

    def domain_of(self, letter: Symbol) -> Domain:
        """Where a letter is declared to lie."""
        found = [h.domain for h in self.hypotheses if isinstance(h, Declared) and h.term == letter]
        return found[0] if found else REAL

    def slope(self, of: int = 0) -> Derivation:
        """``dl / dz`` by the rules of calculus, as declared or collected.

        Raises:
            SideConditionError: if the loss is not known to have a derivative.
        """
        z = self.predictions[of]
        title = f"{self.name}: slope of the pointwise loss"
        start = derivative(self.loss, z)
        chain = Chain(f"{self.name}-slope", (*self.hypotheses, *self.smooth_if), (), start, title)
        if isinstance(self.loss, Named):
            chain.unfold(self.loss.definition)
        chain.exhaust(*_DERIVATIVES)
        for function in functions_in(self.loss):
            chain.unfold(function).exhaust(*_DERIVATIVES).fold(function)
        target = self.slopes[of] if self.slopes else collected(chain.here, (*self.predictions, self.observation))
        return chain.laws(target).done() if chain.here != target else chain.done()

    def curvature(self, of: int = 0, then: int = 0) -> Derivation:
        """``d2l / dz dz'``: the derivative of the slope in one prediction, in another.

        Raises:
            SideConditionError: if the slope is not known to have a derivative.
        """
        slope = in_pairs(self.slope(of).rhs, frozenset(self.predictions))
        title = f"{self.name}: curvature of the pointwise loss"
        start = derivative(slope, self.predictions[then])
        chain = Chain(f"{self.name}-curvature", (*self.hypotheses, *self.smooth_if), (), start, title)
        chain.exhaust(*_DERIVATIVES)
        target = tidied(chain.here)
        return chain.laws(target).done() if chain.here != target else chain.done()


def pointwise(model: Model[NoiseModel]) -> Pointwise:
    """One observation of a model, in letters; a prior is left aside.

    Raises:
        LossproofError: if the model has a score for each class.
        SideConditionError: if the model cannot be derived.
    """
    predictor = model.predictor
    if isinstance(predictor, (LinearScores, OpaqueScores)):
        raise LossproofError(f"'{model.name}' has a score for each class")
    likelihood = replace(model, prior=None)
    theorem = of_model(likelihood)
    summed = theorem.rhs
    assert isinstance(summed, Named)
    arrays = {symbol_of(a) for a in (x, y, *_KNOWN)}
    loss = summed.body.args[0]
    taken = free(loss) - arrays | {
        h.term for h in model.hypotheses if isinstance(h, Declared) and type(h.term) is Symbol
    }
    names = _names_of(model)
    predictions = tuple(_fresh(name, taken) for name in names)
    observation = _fresh("y", taken)
    known = {array[i]: _fresh(str(array), taken) for array in _KNOWN}
    node = isinstance(predictor, SigmoidNode)
    put = {output: Sigmoid(z) if node else z for output, z in zip(predictor.outputs, predictions, strict=True)}
    letters = {**put, y[i]: observation, **known}

    def written(e: Basic) -> Expr:
        return substitute(e, letters)

    here = written(loss)
    used = free(here) | {h for s in model.noise.slopes(model.predictor) for h in free(written(s))}
    hypotheses = (
        *_of_predictions(model, predictions),
        *_declared(model, written, used),
    )
    beside = (*predictions, observation, *(s for s in known.values() if s in used))
    parameters = tuple(sorted(used - set(beside), key=str))
    slopes = (sub(Sigmoid(predictions[0]), observation),) if node else model.noise.slopes(model.predictor)
    slopes = tuple(map(written, slopes))
    smooth = tuple(_lettered(h, written) for h in model.noise.smooth_if(model.predictor) if isinstance(h, Declared))
    known_here = tuple(s for s in known.values() if s in used)
    return Pointwise(
        model.name, predictions, observation, known_here, parameters, hypotheses, here, slopes, smooth, theorem
    )


def _names_of(model: Model[NoiseModel]) -> tuple[str, ...]:
    if isinstance(model.predictor, OpaqueNetwork):
        return tuple(e.head.name for e in model.predictor.outputs if isinstance(e, Opaque))
    return ("z",)


def _fresh(name: str, taken: frozenset[Symbol]) -> Symbol:
    symbol = Symbol(name, real=True)
    return fresh(symbol, taken | {symbol}) if name in {s.name for s in taken} else symbol


def _of_predictions(model: Model[NoiseModel], letters: tuple[Symbol, ...]) -> Iterator[Declared]:
    """Scores are real; the outputs of a network lie where they are declared."""
    for letter, output in zip(letters, getattr(model.predictor, "outputs", ()), strict=True):
        declared = [h.domain for h in model.hypotheses if isinstance(h, Declared) and h.term == output]
        yield Declared(letter, declared[0] if declared else REAL)


def _declared(
    model: Model[NoiseModel], written: Callable[[Basic], Expr], used: frozenset[Symbol]
) -> Iterator[Declared]:
    """What is declared of the observation and of the noise; a label may lie between 0 and 1."""
    for h in model.hypotheses:
        if isinstance(h, Declared) and h.ranges in ((), (OBSERVATIONS,)) and not isinstance(h.term, Opaque):
            lettered = _lettered(h, written)
            if free(lettered.term) <= used and not any(isinstance(p, Indexed) for p in lettered.term.atoms(Indexed)):
                yield replace(lettered, domain=CLOSED_UNIT) if lettered.domain == BINARY else lettered


def _lettered(h: Declared, written: Callable[[Basic], Expr]) -> Declared:
    return Declared(written(h.term), h.domain)
