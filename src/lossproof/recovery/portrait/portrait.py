"""The portrait of a recovered density: its name, mean, variance, what the prediction is, its tails, a sample, a plot.

What is exact is proved or follows from the name; what is computed says so; what is not known is not guessed.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sympy import Expr, Indexed, IndexedBase, S, Symbol, count_ops
from sympy import exp as exponential

from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE
from lossproof.kernel.presenting import provided
from lossproof.notation.inert import add, free, sub, substitute
from lossproof.notation.nodes import meaning
from lossproof.numeric.evaluate import evaluate
from lossproof.recovery.patience import OutOfTime, at_most
from lossproof.recovery.portrait import naming
from lossproof.recovery.portrait.naming import Name, Subject
from lossproof.recovery.portrait.numbers import MOST_DRAWS, Masses, Moments, masses, total_mass
from lossproof.recovery.portrait.tails import Tail, Weight, tail
from lossproof.recovery.portrait.writing import FAILURES, shown, tidy
from lossproof.recovery.sets import REAL, Counts, Finite, Interval, Labels, Set

_Found = TypeVar("_Found")

#: The largest sum over outcomes that is written out.
MOST_SHOWN = 60
#: How long a part may be looked for, in seconds.
PATIENCE = 5.0
#: Predictions that are drawn in a plot when none are given, by the set they lie in.
_SHOWN = {"real": (-1.0, 0.0, 2.0), "positive": (0.5, 1.0, 3.0), "unit": (0.2, 0.5, 0.9)}


@dataclass(frozen=True)
class Moment:
    """A mean or a variance.

    Attributes:
        value: in closed form, or None.
        note: what is to be said besides: under which condition it holds, or why there is no value.
        source: where the formula is from.
    """

    value: Expr | None
    note: str = ""
    source: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return self.note
        return shown(self.value) + (f" {self.note}" if self.note else "")


@dataclass(frozen=True)
class Portrait:
    """What a density is.  Every part is found when it is asked for.

    Attributes:
        density: inert, normalised.
        y: the observation.
        target: where it lies.
        predictions: each with the set it lies in.
        constants: what is declared of the constants.
        loss: the density came from.
        mass: the letter that stands for the total mass in the density, where that has no closed form; it is computed
            for samples, plots and moments.
    """

    density: Expr
    y: Symbol
    target: Set
    predictions: tuple[tuple[Symbol | IndexedBase, Set], ...]
    constants: tuple[Declared, ...]
    loss: Expr
    mass: Symbol | None = None

    @cached_property
    def _subject(self) -> Subject:
        return Subject(self.density, self.y, self.target, self.predictions, self.constants)

    @cached_property
    def name(self) -> Name | None:
        """The distribution that it is proved to be; None if it has no name here."""
        if self.mass is not None:
            return None
        return _patiently(lambda: naming.name_of(self._subject))

    @cached_property
    def symmetric(self) -> Derivation | None:
        """That the density at ``f + u`` and at ``f - u`` is the same, for a single real prediction ``f``."""
        if self.target != REAL or len(self.predictions) != 1 or self.predictions[0][1] != REAL:
            return None
        f, u = self.predictions[0][0], self.y
        left, right = (substitute(self.density, {self.y: e}) for e in (add(f, u), sub(f, u)))
        return _patiently(lambda: naming.equal(left, right, self._subject.hypotheses()))

    @cached_property
    def tails(self) -> tuple[Tail, ...]:
        """What it says about outliers, for each prediction."""
        facts = self._subject.facts
        args = (self.density, self.loss, self.y, self.target)
        numbers = [(f, where) for f, where in self.predictions if isinstance(f, Symbol)]
        if not isinstance(self.y, Symbol):
            return ()
        return _patiently(lambda: tuple(tail(*args, f, where, facts) for f, where in numbers)) or ()

    @property
    def tail(self) -> Tail | None:
        """The same for the first prediction."""
        return self.tails[0] if self.tails else None

    # -------------------------------------------------------------- moments

    @cached_property
    def mean(self) -> Moment:
        """The mean, if there is one."""
        name = self.name
        if name is not None:
            of = name.kind
            return self._moment(of.mean, of.mean_needs, of.no_mean)
        if isinstance(self.target, Finite):
            return self._sum(lambda: self._weighed(lambda k: k))
        if isinstance(self.target, Labels):
            return Moment(None, "of classes there is none")
        if self.symmetric is not None and self._has_moment(1):
            return Moment(self.predictions[0][0], "", "the density is symmetric about the prediction")
        return self._computed(1)

    @cached_property
    def variance(self) -> Moment:
        """The variance, if it is finite."""
        name = self.name
        if name is not None:
            of = name.kind
            return self._moment(of.variance, of.variance_needs, "infinite" if of.name != "Cauchy" else "undefined")
        if isinstance(self.target, Finite):
            return self._sum(lambda: self._spread(self._weighed(lambda k: k)))
        if isinstance(self.target, Labels):
            return Moment(None, "of classes there is none")
        return self._computed(2)

    def _moment(self, formula: Any, needs: Any, without: str) -> Moment:
        name = self.name
        assert name is not None
        of, parameters = name.kind, tuple(name.parameters.values())
        if formula is None:
            return Moment(None, "not in closed form" if of.draw is not None else "of classes there is none")
        if needs is None:
            return Moment(formula(*parameters), "", of.reference)
        margin, facts = needs(*parameters), self._subject.facts
        if margin.is_positive or facts.shows(margin, POSITIVE):
            return Moment(formula(*parameters), "", of.reference)
        if margin.is_nonpositive:
            return Moment(None, without, of.reference)
        return Moment(formula(*parameters), f"if 0 < {shown(margin)}, else {without}", of.reference)

    def _spread(self, mean: Expr) -> Expr:
        return self._weighed(lambda k: (k - mean) ** 2)

    def _sum(self, of: Callable[[], Expr]) -> Moment:
        e = _patiently(of)
        if e is None or count_ops(e) > MOST_SHOWN:
            return Moment(None, "a sum over the outcomes; moments(...) computes it")
        return Moment(e, "", "a sum over the outcomes")

    def _weighed(self, of: Any) -> Expr:
        assert isinstance(self.target, Finite)
        terms = (of(k) * meaning(substitute(self.density, {self.y: k})) for k in self.target.outcomes)
        return tidy(sum(terms, S.Zero))

    def _has_moment(self, order: int) -> bool:
        """Whether ``E |y|^order`` is known to be finite."""
        found = self.tail
        if found is None or found.weight is Weight.UNKNOWN:
            return False
        if found.weight is not Weight.POWER:
            return True
        assert found.exponent is not None
        return self._subject.facts.shows(found.exponent - order - 1, POSITIVE)

    def _computed(self, order: int) -> Moment:
        what = "mean" if order == 1 else "variance"
        found = self.tail
        if found is None or found.weight is Weight.UNKNOWN:
            return Moment(None, "not determined")
        if found.weight is Weight.POWER and found.exponent is not None:
            margin = found.exponent - order - 1
            if margin.is_nonpositive or self._subject.facts.shows(-margin, POSITIVE):
                infinite = order == 2 and self._has_moment(1)
                return Moment(None, f"{'infinite' if infinite else self._without}: the tails are too heavy")
            if not self._subject.facts.shows(margin, POSITIVE):
                return Moment(None, f"finite if 0 < {shown(margin)}; computed by moments(...)")
        return Moment(None, f"finite, no closed form is known here (moments(...) computes the {what})")

    @property
    def _without(self) -> str:
        """What a moment is that is not finite."""
        one_sided = isinstance(self.target, Counts) or (isinstance(self.target, Interval) and self.target.low.is_finite)
        return "infinite" if one_sided else "infinite or undefined"

    def moments(self, **values: Any) -> Moments:
        """Mean and variance computed at given predictions and constants, in doubles.

        Raises:
            LossproofError: if a number is missing, or there is no finite mean and variance.
        """
        if not isinstance(self.target, Finite) and not self._finite_at(values):
            raise LossproofError("the variance is not known to be finite here")
        return self._masses(values).moments()

    def _masses(self, values: Mapping[str, Any]) -> Masses:
        return masses(self.density, self.y, self.target, self._with_mass(values))

    def _with_mass(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers, and that for the total mass if it has a letter."""
        if self.mass is None or self.mass.name in values:
            return dict(values)
        one = {**values, self.mass.name: 1.0}
        return {**one, self.mass.name: total_mass(self.density, self.y, self.target, one)}

    def _finite_at(self, values: Mapping[str, Any]) -> bool:
        found = self.tail
        if found is not None and found.weight is Weight.POWER and found.exponent is not None:
            return bool(evaluate(found.exponent, values) > 3)
        return self._has_moment(2)

    # -------------------------------------------------------------- what the predictions are

    @cached_property
    def prediction_is(self) -> tuple[str, ...]:
        """What the numbers that are predicted mean, in words: one sentence for each prediction of which it is known."""
        return tuple(said for f, _ in self.predictions if (said := self._is(f)))

    def _is(self, f: Symbol | IndexedBase) -> str:
        name, found = self.name, dict[str, list[str]]()
        if name is None:
            if self.symmetric is None:
                return ""
            middle = "the mean and the median" if self._has_moment(1) else "the median"
            return f"{f.name} is {middle}"
        if not isinstance(f, Symbol):
            return _of_classes(f, name)
        quantities = name.kind.says(*name.parameters.values())
        for words, value in quantities.items():
            if name.kind.name in _MEANS_WITH_CONDITION and words == "mean":
                continue
            for link, inverse_link in _LINKS:
                if _same(value, inverse_link(f)):
                    found.setdefault(link, []).append(words)
                    break
        if self.mean.value is not None and self.mean.note == "" and "mean" not in quantities:
            for link, inverse_link in _LINKS:
                if _same(self.mean.value, inverse_link(f)):
                    found.setdefault(link, []).insert(0, "mean")
                    break
        said = [f"{link}{_listed(found[link])}" for link, _ in _LINKS if link in found]
        if said and not said[0].endswith("of log y"):
            del said[1:]
        return f"{f.name} is {', and '.join(said)}" if said else ""

    # -------------------------------------------------------------- samples and pictures

    def sample(self, size: int = 1, seed: int | None = None, **values: Any) -> npt.NDArray[Any]:
        """Independent draws at given predictions and constants.

        Args:
            size: how many.
            seed: of NumPy's generator; None for a fresh one.
            values: a number for each prediction and constant, by name; arrays counted from 0.

        Returns:
            An array of shape (size,).

        Raises:
            DataError: if a number is missing.
            LossproofError: if observations are vectors, or the density at these numbers has no mass one.
        """
        if not 0 <= size <= MOST_DRAWS:
            raise LossproofError(f"between 0 and {MOST_DRAWS} draws, not {size}")
        rng = np.random.default_rng(seed)
        name = self.name
        if name is not None and name.kind.draw is not None:
            parameters = [float(evaluate(p, values)) for p in name.parameters.values()]
            return np.asarray(name.kind.draw(rng, size, *parameters))
        return self._masses(values).sample(size, rng)

    def plot(self, predictions: Sequence[Any] = (), *, axes: Any = None, **constants: Any) -> Any:
        """The density beside the loss, for a few values of the first prediction.

        Args:
            predictions: its values; three that its set has, if none are given.
            axes: two panels of matplotlib to draw in; a figure of its own if none are given.
            constants: numbers for the other predictions and the constants, by name; 1, or the middle of what is
                declared, if they are not given.

        Returns:
            A ``matplotlib.figure.Figure``.

        Raises:
            MissingExtra: if ``matplotlib`` (extra ``figures``) is not installed.
        """
        others = {**self._typical(), **constants}
        settings: list[dict[str, Any]] = [others]
        over = None
        if self.predictions:
            (f, where), *_ = self.predictions
            over = (f, getattr(where, "domain", None) or REAL.domain)
            shown = list(predictions) or _shown(where)
            others.pop(f.name, None)
            settings = [{f.name: value, **others} for value in shown]
        title = "" if self.name is None else str(self.name)
        settings = [self._with_mass(s) for s in settings]
        beside = provided("drawing", "service")
        return beside(self.loss, self.density, self.y, self.target, settings, over, title=title, axes=axes)

    def _typical(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for f, where in self.predictions[1:]:
            found[f.name] = _shown(where)[1]
        known = free(self.density) | free(self.loss)
        for s in sorted(known - {self.y, self.mass} - {f for f, _ in self.predictions}, key=str):
            domain = next((h.domain for h in self.constants if h.term == s), POSITIVE)
            low, high = float(domain.low), float(domain.high)
            found[s.name] = (low + high) / 2 if np.isfinite(low) and np.isfinite(high) else max(low, 0.0) + 1.0
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain fields."""
        name = self.name
        return {
            "name": None if name is None else str(name),
            "family": None if name is None else name.family,
            "parameters": None if name is None else {k: shown(v) for k, v in name.parameters.items()},
            "name_source": None if name is None else name.source,
            "mean": str(self.mean),
            "variance": str(self.variance),
            "prediction_is": list(self.prediction_is),
            "tail": None if self.tail is None else self.tail.weight.value,
            "outliers": None if self.tail is None else str(self.tail),
        }


_MEANS_WITH_CONDITION = ("StudentT", "Cauchy")

_LINKS: tuple[tuple[str, Any], ...] = (
    ("", lambda f: f),
    ("the logarithm of ", lambda f: exponential(f)),
    ("the log-odds of ", lambda f: 1 / (1 + exponential(-f))),
    ("the reciprocal of ", lambda f: 1 / f),
    ("minus the logarithm of ", lambda f: exponential(-f)),
    ("minus ", lambda f: -f),
    ("half the log-odds of ", lambda f: 1 / (1 + exponential(-2 * f))),
    ("half the logarithm of ", lambda f: exponential(2 * f)),
)


def _of_classes(f: IndexedBase, name: Name) -> str:
    ((parameter, chance),) = name.parameters.items()
    index = parameter.removeprefix("p_")
    if isinstance(chance, Indexed):
        return f"{f.label}_{index} is the probability of class {index}"
    return f"{f.label}_{index} is the logarithm of the probability of class {index}, but for a constant"


def _patiently(work: Callable[[], _Found]) -> _Found | None:
    """What work finds within `PATIENCE`, or None; a limit that stands already around it is left alone."""
    waiting = hasattr(signal, "getitimer") and signal.getitimer(signal.ITIMER_REAL)[0] > 0
    try:
        with at_most(None if waiting else PATIENCE):
            return work()
    except OutOfTime:
        if waiting:
            raise
        return None
    except FAILURES:
        return None


def _same(a: Expr, b: Expr) -> bool:
    return a == b or tidy(a) == tidy(b)


def _listed(words: Sequence[str]) -> str:
    the = [f"the {w}" for w in words]
    return the[0] if len(the) == 1 else f"{', '.join(the[:-1])} and {the[-1]}"


def _shown(where: Set) -> list[float]:
    if str(where) in _SHOWN:
        return list(_SHOWN[str(where)])
    if isinstance(where, Finite):
        return [float(k) for k in where.outcomes][:3]
    if isinstance(where, Interval):
        low, high = float(where.low), float(where.high)
        if np.isfinite(low) and np.isfinite(high):
            return [low + (high - low) * t for t in (0.2, 0.5, 0.8)]
        return [low + t for t in (0.5, 1.0, 3.0)] if np.isfinite(low) else [high - t for t in (0.5, 1.0, 3.0)]
    raise LossproofError(f"say which predictions in {where} to plot")


def portrait(
    density: Expr,
    y: Symbol,
    target: Set,
    predictions: tuple[tuple[Symbol | IndexedBase, Set], ...],
    constants: tuple[Declared, ...],
    loss: Expr,
    mass: Symbol | None = None,
) -> Portrait:
    """The portrait of a normalised density, of which nothing is computed yet.

    Args:
        density: ``p(y | predictions)``, inert.
        y: the observation.
        target: where it lies.
        predictions: each with the set it lies in.
        constants: what is declared of the constants.
        loss: that the density came from.
        mass: the letter that stands for the total mass in the density, where that has no closed form.

    >>> from sympy import Symbol, Rational
    >>> from lossproof.notation.inert import absolute, exp, mul, neg, sub
    >>> y, f = Symbol("y", real=True), Symbol("f", real=True)
    >>> loss = absolute(sub(y, f))
    >>> found = portrait(mul(Rational(1, 2), exp(neg(loss))), y, REAL, ((f, REAL),), (), loss)
    >>> str(found.name), str(found.variance), found.prediction_is
    ('Laplace(mu = f, b = 1)', '2', ('f is the median, the mean and the mode',))
    """
    return Portrait(density, y, target, predictions, constants, loss, mass)
