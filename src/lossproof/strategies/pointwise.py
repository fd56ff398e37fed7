"""One observation of a model in plain letters: its loss, and the derivatives of the loss in the prediction.

The theorem of a model sums ``l(f_w(x_i), y_i)``; here the prediction is a letter ``z`` and the observation a
letter ``y``, so that what stands under the sum is a function of numbers.  The prediction is what the predictor
makes from the input before any sigmoid: the linear score of a linear predictor or of a sigmoid node, each
output of a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Abs, Add, Basic, Derivative, Expr, Indexed, Max, Mul, Pow, Rational, Sum, Symbol, expand, sign
from sympy import exp as sympy_exp

from lossproof.errors import LossproofError, RuleDoesNotApply
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import BINARY, CLOSED_UNIT, NONZERO, POSITIVE, REAL, Domain
from lossproof.models import (
    OBSERVATIONS,
    K,
    LinearScores,
    Model,
    NoiseModel,
    OpaqueNetwork,
    OpaqueScores,
    SigmoidNode,
    i,
    n,
    x,
    y,
)
from lossproof.models.symbols import EVENTS, SCALES, TRIALS
from lossproof.notation.inert import (
    ONE,
    add,
    derivative,
    exp,
    free,
    fresh,
    mul,
    sub,
    substitute,
    symbol_of,
    total,
    walk,
)
from lossproof.notation.nodes import Definition, Named, Opaque, Sigmoid, Where, meaning
from lossproof.notation.plain import written as plain
from lossproof.rulebook import calculus, cases, sums
from lossproof.strategies.catalogue import CATALOGUE, of_model
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
        for definition in dict.fromkeys(e.definition for e in _outermost(self.loss)):
            chain.unfold(definition)
        chain.exhaust(*_DERIVATIVES)
        if chain.here.has(Derivative):
            chain.exhaust(cases.MAXIMUM_BY_CASES, *_DERIVATIVES)
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
        kinks = _kinks(slope, frozenset(self.predictions)) if self.smooth_if else ()
        hypotheses = dict.fromkeys((*self.hypotheses, *self.smooth_if, *kinks))
        chain = Chain(f"{self.name}-curvature", hypotheses, (), start, title)
        chain.exhaust(*_DERIVATIVES)
        for function in functions_in(self.loss):
            chain.unfold(function).exhaust(*_DERIVATIVES).fold(function)
        if any(map(self._without_roots, walk(chain.here))):
            chain.laws_wherever(self._without_roots)
        try:
            return chain.laws(tidied(chain.here)).done()
        except RuleDoesNotApply:  # it is right as it stands, too
            return chain.done()

    def _without_roots(self, e: Expr) -> Expr | None:
        """An exponential in whose argument roots of numbers are multiplied out, or None if there are none."""
        roots = (p for p in walk(e) if isinstance(p, Pow) and p.exp == Rational(1, 2) and p.base.is_Integer)
        if type(e) is not sympy_exp or not any(roots):
            return None
        return exp(in_pairs(expand(meaning(e.args[0])), frozenset(self.predictions)))


def _outermost(e: Basic) -> Iterator[Named]:
    """The names in an expression that are not in what another name stands for."""
    if isinstance(e, Named):
        yield e
    else:
        for part in e.args:
            yield from _outermost(part)


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
        *_declared(model.hypotheses, written, used),
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


def of_expression(
    name: str,
    loss: Expr,
    predictions: tuple[Symbol, ...],
    observation: Symbol,
    known: tuple[Symbol, ...] = (),
    hypotheses: tuple[Hypothesis, ...] = (),
    theorem: Derivation | None = None,
) -> Pointwise:
    """A pointwise loss that is an expression in letters; its slopes are taken where it has no kink.

    Args:
        name: lower case with hyphens.
        loss: an inert expression.
        predictions: the letters in which it is differentiated.
        observation: the letter of the observation.
        known: what else is known of each observation; every other letter is a parameter.
        hypotheses: where letters lie; those of which nothing is said are positive if they are declared so, else real.
        theorem: what sums this loss, if there is a theorem.

    Raises:
        LossproofError: if the loss does not depend on the predictions.
    """
    inside = free(loss.body if isinstance(loss, Named) else loss)
    for letter in predictions:
        if letter not in inside:
            raise LossproofError(f"the loss {plain(loss):.80} does not depend on the prediction '{letter}'")
    arguments = (*predictions, observation, *known)
    parameters = tuple(sorted(inside - {*arguments}, key=str))
    said = {h.term for h in hypotheses if isinstance(h, Declared)}
    more = [Declared(s, POSITIVE if s.is_positive else REAL) for s in (*arguments, *parameters) if s not in said]
    kinks = tuple(dict.fromkeys(_kinks(loss, frozenset(predictions))))
    return Pointwise(
        name,
        predictions,
        observation,
        known,
        parameters,
        (*hypotheses, *more),
        loss,
        smooth_if=kinks,
        theorem=theorem,
    )


def _kinks(loss: Basic, letters: frozenset[Symbol]) -> Iterator[Declared]:
    """That no prediction lies where an absolute value, a maximum or a function by cases has a kink."""
    for e in dict.fromkeys(walk(loss)):
        match e:
            case Named():
                yield from _kinks(e.body, letters)
                continue
            case Abs() | sign() | Where():
                gap = e.args[0]
            case Max():
                gap = sub(*e.args)
            case _:
                continue
        if free(gap) & letters:
            yield Declared(gap, NONZERO)


def of_definition(name: str, definition: Definition, domains: Mapping[Symbol, Domain]) -> Pointwise:
    """A loss with a name: what comes before ``y`` among its parameters are predictions, what comes after is known.

    Args:
        name: lower case with hyphens.
        definition: the loss.
        domains: where letters lie, if not anywhere where their symbols may.

    Raises:
        LossproofError: if it has no parameter ``y``.
    """
    letters = tuple(definition.parameters)
    at = next((k for k, s in enumerate(letters) if s.name == "y"), 0)
    if not at:
        raise LossproofError(f"a loss to be compiled has a prediction and then the observation 'y', not {letters}")
    hypotheses = tuple(Declared(s, domain) for s, domain in domains.items())
    return of_expression(name, definition(*letters), letters[:at], letters[at], letters[at + 1 :], hypotheses)


def of_derivation(derivation: Derivation) -> Pointwise:
    """One observation of what a derivation ends in: a sum over the observations, or several, with constant factors.

    Raises:
        LossproofError: if it ends in something else, or the sum has more in it than predictions and observations.
    """
    theorem = _one_sum(derivation)
    loss = theorem.lhs.args[0]
    outputs = [e for e in dict.fromkeys(walk(loss)) if isinstance(e, (Named, Opaque)) and x[i] in e.arguments]
    if any(len(e.arguments) > 1 and any(a.has(K) or a == y[i] for a in e.arguments) for e in outputs):
        raise LossproofError(f"'{derivation.name}' has a score for each class; compile its model")
    taken = frozenset(s for s in free(loss) if s not in {symbol_of(a) for a in (x, y, *_KNOWN)})
    predictions = []
    put: dict[Basic, Expr] = {y[i]: _fresh("y", taken)}
    hypotheses = []
    for e in outputs:
        letter = _fresh(e.head.name if isinstance(e, Opaque) else "z", taken)
        predictions.append(letter)
        declared = [h.domain for h in derivation.hypotheses if isinstance(h, Declared) and h.term == e]
        node = isinstance(e, Named) and isinstance(e.body, Sigmoid)
        put[e] = Sigmoid(letter) if node else letter
        hypotheses.append(Declared(letter, declared[0] if declared else REAL))
    put |= {array[i]: _fresh(str(array), taken) for array in _KNOWN}

    def written(e: Basic) -> Expr:
        return substitute(e, put)

    here = written(loss)
    known = tuple(s for array in _KNOWN if (s := put[array[i]]) in free(here))
    if x.label in free(here) or i in free(here):
        raise LossproofError(f"'{derivation.name}' sums {plain(loss):.80}, which is no loss of predictions alone")
    more = _declared(derivation.hypotheses, written, free(here))
    observation = put[y[i]]
    every = (*hypotheses, *more)
    return of_expression(derivation.name, here, tuple(predictions), observation, known, every, theorem)


def _one_sum(derivation: Derivation) -> Derivation:
    """``sum_i l_i =`` the right side of a derivation, by the laws of sums."""
    terms = derivation.rhs.args if isinstance(derivation.rhs, Add) else (derivation.rhs,)
    bodies = [_summand(t) for t in terms]
    if any(b is None for b in bodies):
        raise LossproofError(f"'{derivation.name}' ends in {plain(derivation.rhs):.80}, not in a sum over observations")
    body = add(*bodies) if len(bodies) > 1 else bodies[0]
    start = total(body, i, ONE, n)
    title = f"{derivation.title}: as one sum over the observations"
    chain = Chain(f"{derivation.name}-as-one-sum", derivation.hypotheses, derivation.parameters, start, title)
    if len(bodies) > 1:
        chain.rewrite(sums.SUM_OF_TERMS, at=start.__eq__)
    chain.exhaust(sums.CONSTANT_FACTOR_OUT_OF_SUM, sums.SUM_OF_CONSTANT)
    for named in (e for e in walk(derivation.rhs) if isinstance(e, Named) and isinstance(e.body, Sum)):
        if any(named.body == e for e in walk(chain.here)):
            chain.fold(named)
    return chain.algebra(derivation.rhs).done() if chain.here != derivation.rhs else chain.done()


def _summand(term: Expr) -> Expr | None:
    """``l_i`` of ``sum_i l_i``, of ``c sum_i l_i``, and ``c`` of ``n c``."""
    match term:
        case Named() if isinstance(term.body, Sum):
            return _summand(term.body)
        case Sum(args=(body, limits)) if tuple(limits) == (i, ONE, n):
            return body
        case Mul(args=(*factors, last)) if (body := _summand(last)) is not None:
            return mul(*factors, body)
        case Mul() if n in free(term):
            found = substitute(term, {n: ONE})
            return found if i not in free(found) else None
    return None


def models_by_name() -> dict[str, Model[NoiseModel]]:
    """The models of the catalogue with one prediction or several, each once, by the first of its entries."""
    found: dict[str, tuple[str, Model[NoiseModel]]] = {}
    for name, one in CATALOGUE.items():
        if one.model is not None and not isinstance(one.model.predictor, (LinearScores, OpaqueScores)):
            found.setdefault(one.model.name, (name, one.model))
    return dict(found.values())


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
    hypotheses: Iterable[Hypothesis], written: Callable[[Basic], Expr], used: frozenset[Symbol]
) -> Iterator[Declared]:
    """What is declared of the observation and of the noise; a label may lie between 0 and 1."""
    for h in hypotheses:
        if isinstance(h, Declared) and h.ranges in ((), (OBSERVATIONS,)) and not isinstance(h.term, Opaque):
            lettered = _lettered(h, written)
            if free(lettered.term) <= used and not any(isinstance(p, Indexed) for p in lettered.term.atoms(Indexed)):
                yield replace(lettered, domain=CLOSED_UNIT) if lettered.domain == BINARY else lettered


def _lettered(h: Declared, written: Callable[[Basic], Expr]) -> Declared:
    return Declared(written(h.term), h.domain)
