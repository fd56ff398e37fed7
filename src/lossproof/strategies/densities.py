"""The densities that ship are those of ``sympy.stats``: proved, not copied.

A textbook writes ``(2 pi sigma^2)^(-1/2)`` where SymPy has ``sqrt(2)/(2 sqrt(pi) sigma)``; that the
two are equal for every value of the parameters is a theorem for each noise model.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

from sympy import Symbol, factorial, gamma

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Assumed, Ranged
from lossproof.kernel.derivation import Derivation
from lossproof.models import OBSERVATIONS, Model, Noise, y
from lossproof.models.symbols import i
from lossproof.models.sympy_stats import density_of
from lossproof.notation.inert import exp, log, substitute
from lossproof.rulebook import logarithms, sigmoids, special
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry
from lossproof.strategies.likelihood import outputs_of
from lossproof.strategies.standard import STANDARD


def density(model: Model[Noise]) -> Derivation:
    """The density of the noise at ``y_i`` as it is written here, and as ``sympy.stats`` has it.

    Raises:
        LossproofError: if the noise model names no distribution of ``sympy.stats``.
    """
    noise = model.noise
    if noise.distribution is None:
        raise LossproofError(f"sympy.stats has no {noise.name}")
    outputs = outputs_of(model)
    symbols = [Symbol(f"f_{c}", real=True) for c in range(1, len(outputs) + 1)]
    theirs, value, _ = density_of(noise.distribution(*symbols))
    theirs = theirs.replace(factorial, lambda a: gamma(a + 1))
    target = substitute(theirs, {**dict(zip(symbols, outputs, strict=True)), value: y[i]})
    hypotheses = tuple(h for h in model.hypotheses if not isinstance(h, Assumed))
    title = f"{model.heading}: the density, as sympy.stats has it"
    name, start = f"{model.name}-density", noise.factor(model.predictor)
    chain = Chain(name, (*hypotheses, Ranged(OBSERVATIONS)), model.parameters, start, title)
    chain.exhaust(special.FACTORIAL_AS_GAMMA, sigmoids.COMPLEMENT_OF_SIGMOID, sigmoids.SIGMOID)
    chain.at_root(logarithms.AS_EXP_OF_LOG)
    return chain.laws(exp(log(target))).at_root(logarithms.EXP_OF_LOG).done()


def _entries() -> Iterator[Entry]:
    for model, _ in STANDARD:
        if isinstance(model.noise, Noise) and model.noise.distribution is not None:
            yield Entry(f"{model.name}-density", partial(density, cast("Model[Noise]", model)), (), model)


FAMILY = "Densities, as sympy.stats has them"
ENTRIES = tuple(_entries())
