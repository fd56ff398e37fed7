"""Noise models from ``sympy.stats``: any distribution that has a density in the functions of our notation."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from sympy import (
    Abs,
    Basic,
    Expr,
    FiniteSet,
    Interval,
    Piecewise,
    Range,
    Rational,
    S,
    Symbol,
    beta,
    binomial,
    gamma,
    log,
    loggamma,
    nan,
    oo,
    together,
    zoo,
)

from lossproof.errors import UnsupportedExpression
from lossproof.kernel.conditions import Hypothesis
from lossproof.kernel.domains import COUNT, INTEGER, REAL, Domain, End
from lossproof.losses import loss as pointwise_loss
from lossproof.models.noise import Noise, prediction_names
from lossproof.notation.inert import substitute
from lossproof.notation.nodes import Density, Probability, check_digits
from lossproof.notation.shapes import check_expression

_BY = "lossproof as a noise model"


def noise(
    distribution: Callable[..., Any],
    *,
    support: Domain | None = None,
    declared: tuple[Hypothesis, ...] = (),
    loss: Callable[..., Expr] | None = None,
    scale: Expr = S.One,
    constant: Expr = S.Zero,
) -> Noise:
    """A noise model whose density is taken from ``sympy.stats``.

    Args:
        distribution: the map from the prediction to a random variable, such as
            ``lambda f: Gumbel("Y", sigma, f)``; with several arguments for a predictor of several
            outputs.  A link is part of it: ``lambda f: Poisson("Y", exp(f))``.
        support: where the observations lie; by default the set that ``sympy.stats`` gives, without
            its ends if the variable is continuous.
        declared: what is known of the other parameters; assumptions that their symbols carry, such as
            ``Symbol("sigma", positive=True)``, count as well.
        loss: ``(prediction, ..., y) -> l``, the pointwise loss as it is to be written; found from the density
            if not given.
        scale: the positive factor in front of the loss.
        constant: what is added to it.

    Raises:
        UnsupportedExpression: if the density is in pieces, has functions that the notation does not
            have, or lives on a set that depends on a parameter.

    >>> from sympy import Symbol, exp
    >>> from sympy.stats import Gumbel
    >>> from lossproof.notation.plain import written
    >>> gumbel = noise(lambda f: Gumbel("Y", Symbol("beta", positive=True), f))
    >>> str(gumbel.support), gumbel.name
    ('R', 'Gumbel distribution')
    """
    if not callable(distribution):
        raise UnsupportedExpression(f"{distribution!s:.60} (give a function: lambda f: Normal('Y', f, sigma))", _BY)
    count = len(inspect.signature(distribution).parameters)
    predictions = [Symbol(name, real=True) for name in prediction_names(count)]
    variable = distribution(*predictions)
    if not hasattr(variable, "pspace"):
        raise UnsupportedExpression(f"{variable!s:.60}, which is no random variable of sympy.stats,", _BY)
    density, value, discrete = density_of(variable)
    observed = Symbol("y", real=True)
    chosen = _domain(variable.pspace.domain.set, discrete=discrete) if support is None else support

    def at(*arguments: Expr) -> Expr:
        if len(arguments) != count + 1:
            raise UnsupportedExpression(f"{len(arguments) - 1} predictions where the distribution takes {count}", _BY)
        return substitute(density, dict(zip((*predictions, value), arguments, strict=True)))

    return Noise(
        f"{_name(variable)} distribution",
        at,
        chosen,
        declared,
        kind=Probability if discrete else Density,
        loss=None if loss is None else pointwise_loss(loss(*predictions, observed), *predictions, observed),
        scale=scale,
        constant=constant,
        distribution=distribution,
        kink=_kink(density, predictions, value),
    )


def _kink(density: Expr, predictions: list[Symbol], value: Symbol) -> Callable[..., Expr] | None:
    """What must not be 0 for the density to have a derivative: what stands between bars."""
    between = [a.args[0] for a in density.atoms(Abs) if a.free_symbols & set(predictions)]
    if len(between) != 1:
        return None
    return lambda *arguments: substitute(between[0], dict(zip((*predictions, value), arguments, strict=True)))


def density_of(variable: Any) -> tuple[Expr, Symbol, bool]:
    """The density of a random variable at a symbol, the symbol, and whether the variable is discrete.

    Raises:
        UnsupportedExpression: if it is in pieces or has functions that the notation does not have.
    """
    stats = importlib.import_module("sympy.stats")
    value = Symbol("y", real=True)
    if any(s.name == value.name for s in variable.free_symbols - {variable}):
        value = Symbol("y_value", real=True)
    found = stats.density(variable)
    if isinstance(found, dict):
        raise UnsupportedExpression("a distribution given value by value", _BY)
    density = _in_our_functions(_one_piece(found(value)))
    check_expression(density)
    return density, value, not variable.pspace.is_Continuous


def _one_piece(e: Expr) -> Expr:
    """The piece of a density that is not 0: what it is on the support."""
    if not isinstance(e, Piecewise):
        return e
    pieces = [piece for piece, _ in e.args if piece not in (0, nan, zoo)]
    if len(pieces) != 1:
        raise UnsupportedExpression("a density in several pieces", _BY)
    return pieces[0]


def _gamma(a: Expr) -> Expr:
    check_digits(gamma, (a,))
    return gamma(a)


def _in_our_functions(e: Expr) -> Expr:
    e = e.replace(beta, lambda a, b: _gamma(a) * _gamma(b) / _gamma(a + b))
    e = e.replace(binomial, lambda a, b: _gamma(a + 1) / (_gamma(b + 1) * _gamma(a - b + 1)))
    e = e.replace(loggamma, lambda a: log(gamma(a)))
    return e.replace(_is_complement, together)


def _is_complement(e: Expr) -> bool:
    """``1 - q``, which is easier to see to be positive as one fraction."""
    return bool(e.is_Add and len(e.args) == 2 and 1 in e.args and any(t.could_extract_minus_sign() for t in e.args))


def _name(variable: Any) -> str:
    kind = type(variable.pspace.distribution).__name__
    return kind.removesuffix("Distribution")


def _domain(where: Basic, *, discrete: bool) -> Domain:
    """A set of SymPy as a domain; the ends of an interval belong to it only for discrete variables."""
    if where is S.Reals:
        return REAL
    if where is S.Naturals0:
        return COUNT
    if where is S.Naturals:
        return Domain(Fraction(1), low_closed=True, integer=True)
    if where is S.Integers:
        return INTEGER
    if isinstance(where, Interval):
        return Domain(_end(where.start), _end(where.end))
    if isinstance(where, FiniteSet) and set(where) == set(range(int(where.inf), int(where.sup) + 1)):
        return Domain(_end(where.inf), _end(where.sup), True, True, integer=True)
    if isinstance(where, Range) and where.step == 1:
        return Domain(_end(where.inf), _end(where.sup), where.inf != -oo, where.sup != oo, integer=True)
    raise UnsupportedExpression(f"the set {where!s:.60}; say support=...", _BY)


def _end(e: Expr) -> End:
    if e in (oo, -oo):
        return float("inf") if e == oo else float("-inf")
    if isinstance(e, Rational):
        return Fraction(int(e.p), int(e.q))
    raise UnsupportedExpression(f"the end {e} of the support, which is not a rational number; say support=...", _BY)
