"""What stands beside the loss in a likelihood: constants, a factor, and the parameters in them.

The theorem of a model says ``-log L(w) = constant + scale J(w)``; here both are numbers.  A parameter that is not in
the loss, such as the ``sigma`` of Gaussian noise, has no influence on the weights.  It is found in two ways: by
maximum likelihood, and from the dispersion ``1 / scale``, which is the mean of ``(dl/dz)^2 / E[d2l/dz2]`` because the
variance of the score is the information (Bartlett's second identity).  In a generalised linear model that is
Pearson's chi-squared over the degrees of freedom (McCullagh and Nelder 1989, section 2.2.3 and eq. 4.5 on p. 127).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Expr, Sum, Symbol

from lossproof.compiled.loss import CompiledLoss
from lossproof.compiled.numpy import NumPyBackend
from lossproof.compiled.objective import Block, Floats, Objective
from lossproof.compiled.program import build
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError, NoMinimiser
from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import Domain
from lossproof.models import Model, NoiseModel, d, i, n
from lossproof.models.symbols import K
from lossproof.notation.inert import free, symbol_of
from lossproof.numeric.data import inside
from lossproof.numeric.evaluate import Instance, evaluate
from lossproof.rulebook import logarithms
from lossproof.strategies.chain import Chain
from lossproof.strategies.fisher_information import expected_curvature
from lossproof.strategies.maximum_likelihood import loss_equation
from lossproof.strategies.priors import split_equation


@dataclass(frozen=True)
class Likelihood:
    """``-log L(w) = constant + scale J(w)`` of a model.

    Attributes:
        model: the model; a prior is left aside.
    """

    model: Model[NoiseModel]

    @cached_property
    def equation(self) -> Derivation:
        """The theorem."""
        return loss_equation(replace(self.model, prior=None))

    @cached_property
    def parameters(self) -> Mapping[str, Domain]:
        """The parameters of the noise, and where they lie."""
        others = {n, d, K, *map(symbol_of, self.model.predictor.parameters)}
        bare = replace(self.model, prior=None)
        declared = [h for h in bare.hypotheses if isinstance(h, Declared) and type(h.term) is Symbol]
        return {str(h.term): h.domain for h in declared if h.term not in others}

    def named(self, given: Mapping[str, float]) -> dict[str, float]:
        """Parameters by their letters: ``lambda_`` is ``lambda``, for that is no name in Python."""
        return {k.rstrip("_") if k.rstrip("_") in self.parameters else k: float(v) for k, v in given.items()}

    @cached_property
    def constant(self) -> Derivation:
        """What is added to the loss, with logarithms of products as sums; factorials overflow."""
        bare = replace(self.model, prior=None)
        title = f"{bare.heading}: what does not depend on the weights"
        start = split_equation(self.equation.rhs).constant
        chain = Chain(f"{bare.name}-constant", bare.hypotheses, (), start, title)
        return chain.exhaust(logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_INVERSE).done()

    @cached_property
    def _parts(self) -> tuple[Expr, Expr]:
        return self.constant.rhs, split_equation(self.equation.rhs).scale

    def scale(self, parameters: Mapping[str, float]) -> float:
        """The factor in front of the loss."""
        return float(evaluate(self._parts[1], Instance(dict(parameters))))

    def is_in_scale(self, name: str) -> bool:
        """Whether the factor in front of the loss depends on a parameter."""
        return name in map(str, free(self._parts[1]))

    @property
    def sums_constants(self) -> bool:
        """Whether what is added to the loss depends on the observations."""
        return isinstance(self._parts[0], Sum)

    def constants(self, o: Objective, parameters: Mapping[str, float]) -> float:
        """What is added to the loss, for all observations with their weights."""
        constant = self._parts[0]
        count = float(len(o)) if o.weights is None else float(o.weights.sum())
        if not isinstance(constant, Sum):
            return count * float(evaluate(constant, Instance({**parameters, "n": 1})))
        names = o.loss.unit.arguments[o.loss.unit.predictions :]
        used = set(map(str, free(constant.args[0])))
        known = {k: np.asarray(v, dtype=np.float64) for k, v in zip(names, o.given, strict=True) if k in used}
        weights: Floats = np.ones(len(o)) if o.weights is None else o.weights
        if len(known) == 1:  # counts are few different numbers
            ((name, values),) = known.items()
            distinct, where = np.unique(np.broadcast_to(values, weights.shape), return_inverse=True)
            known, weights = {name: distinct}, np.bincount(where, weights).astype(np.float64)
        known = {k: np.broadcast_to(v, weights.shape) for k, v in known.items()}
        rows = {str(i): np.arange(1, len(weights) + 1)}
        each = evaluate(constant.args[0], Instance({**parameters, **known}, indices=rows))
        return float(np.sum(weights * np.broadcast_to(np.asarray(each, dtype=float), weights.shape)))

    def of(self, o: Objective, loss: float, parameters: Mapping[str, float]) -> float:
        """``log L`` with all its constants, where the summed loss is given."""
        return -(self.constants(o, parameters) + self.scale(parameters) * loss)

    def by_maximum(self, name: str, o: Objective, loss: float, known: Mapping[str, float], near: float) -> float:
        """The positive parameter at which the likelihood is largest, where the summed loss is given."""
        from scipy.optimize import minimize_scalar

        def minus(log: float) -> float:
            with np.errstate(all="ignore"):
                found = -self.of(o, loss, {**known, name: float(np.exp(log))})
            return found if np.isfinite(found) else np.inf

        start = float(np.log(near))
        return float(np.exp(minimize_scalar(minus, bracket=(start - 0.1, start + 0.1), tol=1e-9).x))

    def by_dispersion(self, name: str, known: Mapping[str, float], dispersion: float) -> float:
        """The positive parameter at which the factor in front of the loss is one over the dispersion."""
        from scipy.optimize import newton

        def log_excess(log: float) -> float:
            return float(np.log(self.scale({**known, name: float(np.exp(log))}) * dispersion))

        return float(np.exp(newton(log_excess, 0.0, x1=1.0, tol=1e-15)))  # the secant of a power is exact


def check_parameters(likelihood: Likelihood, given: Mapping[str, float]) -> None:
    """Refuse values of parameters outside their sets.

    Raises:
        DataError: naming the parameter.
    """
    for name, domain in likelihood.parameters.items():
        if name in given and not inside(np.array([float(given[name])]), domain)[0]:
            raise DataError(f"the parameter {name} must be in {domain}, not {given[name]:g}")


# ------------------------------------------------------------------ information


@dataclass(frozen=True)
class Information:
    """What an observation says about its score, in units of the loss, and where that comes from.

    Attributes:
        kind: in words.
        of: gives it for the observations of a block at their scores, weights included.
        expected: whether it is the expected curvature, so that a dispersion can be found with it.
        power: of the factor in front of the loss, with which it is an information about the likelihood.
        proof: that it is the expectation.
    """

    kind: str
    of: Callable[[Objective, Block, Floats], Floats]
    expected: bool
    power: int = 1
    proof: Derivation | None = None


def information(c: CompiledLoss) -> Information:
    """Fisher's information of the scores: expected where it can be derived, else observed."""
    found = None if "curvature" not in c.unit.programs else expected_curvature(c.one)
    if found is None and "curvature" in c.unit.programs:
        return Information("observed information", _curvature, expected=False)
    if found is None:
        return Information(
            "outer product of the derived slopes (Berndt et al. 1974)", _squares, expected=False, power=2
        )
    expression, proof = found
    if proof is None:
        return Information("derived Fisher information", _curvature, expected=True)
    program = build({"loss": expression}, c.one.arguments, c.one.parameters)
    unit = Unit(
        f"{c.unit.name}-information", c.unit.arguments, 1, c.unit.parameters, {"pointwise": program}, lambda _: ()
    )
    backend = NumPyBackend(unit, 1)

    def of(o: Objective, block: Block, z: Floats) -> Floats:
        out = np.empty_like(z)
        backend.fill("pointwise", [z, *o.arrays(block)], o.numbers, [out])
        return o.weighted(block, out)

    return Information("derived Fisher information", of, expected=True, proof=proof)


def _curvature(o: Objective, block: Block, z: Floats) -> Floats:
    return o.curvature(block, z)


def _squares(o: Objective, block: Block, z: Floats) -> Floats:
    return o.weighted(block, o.slopes(block, z) ** 2)


def dispersion(o: Objective, w: Floats, of: Information) -> float:
    """``1 / scale`` from the squares of the slopes, over the degrees of freedom.

    Raises:
        NoMinimiser: if there are no more observations than weights.
    """
    squares, count = 0.0, 0.0
    for block in o.blocks():
        z = block.times(w)
        each = of.of(o, block, z)
        with np.errstate(all="ignore"):
            square: Any = o.weighted(block, o.slopes(block, z)) ** 2
            squares += float(np.sum(np.where(square > 0, square / each, 0.0)))
        count += float(np.sum(o.weighted(block, np.ones(len(z)))))
    if count <= o.coordinates:
        raise NoMinimiser(
            f"{count:g} observations and {o.coordinates} weights leave nothing to estimate the noise from"
        )
    return squares / (count - o.coordinates)
