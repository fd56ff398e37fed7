"""How many digits compiled functions have: their errors in units in the last place, beside the truth by Arb.

The points cover the range of doubles and what lies next to the zeros of a function, where something cancels.
The truth is an enclosure by balls of the same real function, narrower than the digits that are asked about; where
the expression as it was derived would need more bits than there is memory, its stable form is enclosed, which is
proved equal.  Below the smallest normal number the unit is that of subnormal numbers, 2^-1074.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Rational

from lossproof.compiled.loss import CompiledLoss
from lossproof.compiled.program import Program, build
from lossproof.compiled.support import Condition
from lossproof.errors import LossproofError, MissingExtra, NoFiniteValue, Undefined
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import Domain
from lossproof.numeric import balls
from lossproof.stability.points import spread, values_in
from lossproof.strategies.pointwise import Pointwise

try:
    from flint import acb, arb, ctx, fmpq
except ImportError:
    acb = arb = ctx = fmpq = None

Array = npt.NDArray[np.float64]

#: Bits that are tried for the truth, of the expression as it was derived and of its stable form.
_BITS_AS_DERIVED, _BITS = (160, 320, 1280, 5120), (160, 320, 1280, 5120, 20480)
#: How narrow an enclosure must be beside its value.
_NARROW = 2.0**-75


@dataclass(frozen=True)
class Sample:
    """Points for one setting of the parameters.

    Attributes:
        arguments: a column for each argument.
        parameters: by their names.
    """

    arguments: tuple[Array, ...]
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Truth:
    """The values of an output at a sample.

    Attributes:
        sample: the points; those where there is no value, or none that is known, are left out.
        nearest: the doubles next to the values.
        balls: the values.
    """

    sample: Sample
    nearest: Array
    balls: tuple[Any, ...]

    def ulps(self, computed: Array) -> Array:
        """The errors of computed numbers in units in the last place; infinite for NaN, and for a wrong infinity."""
        unit = np.spacing(np.abs(np.where(np.isfinite(self.nearest), self.nearest, 0.0)))
        found = np.empty(len(computed))
        for k, (value, true) in enumerate(zip(computed.tolist(), self.balls, strict=True)):
            if math.isinf(self.nearest[k]) or math.isinf(value):
                found[k] = 0.0 if value == self.nearest[k] else math.inf
            elif math.isnan(value):
                found[k] = math.inf
            else:
                with ctx.workprec(256):
                    found[k] = float(abs(arb(value) - true).mid() / arb(float(unit[k])))
        return found


# ---------------------------------------------------------------------- points


def samples(loss: CompiledLoss, most: int = 200, settings: int = 2) -> Iterator[Sample]:
    """Points for a loss of one or several predictions, the same on every run.

    Args:
        loss: what they are for.
        most: how many of each kind: over the whole range, of moderate size, next to zeros (these of each function).
        settings: how many settings of the parameters.
    """
    one = loss.one
    assert isinstance(one, Pointwise)
    domains = {letter: one.domain_of(letter) for letter in one.arguments}
    ranges = [_moderate(one.domain_of(p)) for p in one.parameters]
    settings = settings if one.parameters else 1
    for number in range(settings):
        values = [column[(7 * number + 3 * k + 1) % len(column)] for k, column in enumerate(ranges)]
        parameters = dict(zip(loss.unit.parameters, values, strict=True))
        wide = spread(domains, one.arguments, most)
        columns = [np.array(wide.columns[letter]) for letter in one.arguments]
        more = _of_moderate_size(domains, most, number)
        columns = [np.concatenate(pair) for pair in zip(columns, more, strict=True)]
        for what in ("pointwise", "slope", "curvature"):
            if what in loss.unit.programs and len(one.predictions) == 1:
                near = _next_to_zeros(loss, what, parameters, more, most)
                columns = [np.concatenate(pair) for pair in zip(columns, near, strict=True)]
        kept = _inside(loss, columns, parameters)
        yield Sample(tuple(c[kept] for c in columns), parameters)


def _moderate(domain: Domain) -> list[float]:
    return values_in(domain, moderate=True)


def _of_moderate_size(domains: Mapping[Any, Domain], most: int, seed: int) -> list[Array]:
    random = np.random.default_rng(seed + 11)
    found = []
    for domain in domains.values():
        low, high = float(domain.low), float(domain.high)
        if domain.integer:
            column = random.choice([0, 1, 1, 2, 3, 7, 40, 1000], most) + (low if low > -math.inf else 0)
            column = np.clip(column, low, high)
        elif low > -math.inf and high < math.inf:
            column = low + (high - low) * random.choice([0.0, 1.0, *random.uniform(0, 1, 4)], most)
        else:
            column = random.normal(size=most) * random.choice([0.1, 1.0, 5.0, 30.0], most)
            column = low + np.abs(column) if low > -math.inf else column
        found.append(column)
    return found


def _next_to_zeros(
    loss: CompiledLoss, what: str, parameters: Mapping[str, float], columns: Sequence[Array], most: int
) -> list[Array]:
    """Predictions on both sides of where a function changes its sign, with observations of moderate size."""
    grid = np.concatenate([-np.geomspace(1e3, 1e-8, 60), np.geomspace(1e-8, 1e3, 60)])
    some = [c[: max(1, most // 4)] for c in columns[1:]]
    inside = _inside(loss, [np.zeros_like(some[0]), *some], parameters)
    some = [c[inside] for c in some]

    def sign(z: Array, others: Sequence[Array]) -> Array:
        outs = [np.empty(len(z))]
        names = loss.unit.given(what)
        loss.backend.fill(what, [z, *others][: len(names)], list(parameters.values()), outs)
        return np.sign(outs[0])

    rows = len(some[0])
    if not rows:
        return [np.empty(0) for _ in columns]
    signs = np.array([sign(np.full(rows, z), some) for z in grid])
    at, row = np.nonzero(signs[:-1] * signs[1:] < 0)
    at, row = at[:most], row[:most]
    others = [c[row] for c in some]
    low, high = _ordered(grid[at]), _ordered(grid[at + 1])
    left = signs[at, row]
    for _ in range(66):
        middle = low + (high - low) // 2
        same = sign(_doubles(middle), others) == left
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    below, above = _doubles(low), _doubles(high)
    return [np.concatenate([below, above]), *(np.concatenate([c, c]) for c in others)]


def _ordered(numbers: Array) -> npt.NDArray[np.int64]:
    """Doubles as integers in the same order."""
    bits = np.asarray(numbers).view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits, bits)


def _doubles(order: npt.NDArray[np.int64]) -> Array:
    return np.where(order < 0, np.int64(-(2**63)) - order, order).view(np.float64)


def _inside(loss: CompiledLoss, columns: Sequence[Array], parameters: Mapping[str, float]) -> npt.NDArray[np.bool_]:
    """Which points the loss takes."""
    given = dict(zip(loss.unit.arguments, columns, strict=True)) | dict(parameters)
    found = np.ones(len(columns[0]), dtype=bool)
    for condition in loss.support.conditions:
        program = condition.program
        here = {name: given[name] for name in program.inputs}
        with np.errstate(all="ignore"):
            term = np.broadcast_to(np.asarray(program.run(_in_doubles(), here)["term"]), found.shape)
        found &= ~condition.outside(term)
    return found


@cache
def _in_doubles() -> Mapping[str, Callable[..., Any]]:
    """The operations of programs in NumPy and SciPy."""
    from scipy import special

    elementary = ("abs", "sqrt", "sign", "exp", "log", "log1p", "expm1", "sin", "cos")
    of_scipy = ("xlogy", "digamma", "erf", "erfc", "erfcx", "ndtr", "log_ndtr")
    return {
        **{name: getattr(np, name) for name in elementary},
        **{name: getattr(special, name) for name in of_scipy},
        **{"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative},
        **{"max": np.maximum, "pow": np.power, "constant": float},
        **{"lgamma": special.gammaln, "trigamma": lambda a: special.zeta(2, a)},
        "where": lambda gap, yes, no: np.where(gap >= 0, yes, no),
    }


# ---------------------------------------------------------------------- the truth


def truth(loss: CompiledLoss, output: str, sample: Sample) -> Truth:
    """The values of ``loss``, ``slope``, ``slope_1``, ... or ``curvature`` at a sample.

    Raises:
        MissingExtra: if `python-flint` is not installed.
    """
    if not balls.available():
        raise MissingExtra("the truth in many digits", "python-flint")
    programs = [
        (program, bits) for program, bits in zip(_programs(loss, output), (_BITS_AS_DERIVED, _BITS), strict=True)
    ]
    found: list[Any] = []
    kept: list[int] = []
    numbers = dict(sample.parameters)
    smooth = np.ones(len(sample.arguments[0]), dtype=bool) if output == "loss" else _smooth(loss, sample)
    for k in np.flatnonzero(smooth).tolist():
        given = {name: float(a[k]) for name, a in zip(loss.unit.arguments, sample.arguments, strict=True)}
        value = _value(programs, given | numbers)
        if value is not None:
            found.append(value)
            kept.append(k)
    there = Sample(tuple(a[kept] for a in sample.arguments), sample.parameters)
    return Truth(there, np.array([_nearest(v) for v in found], dtype=float), tuple(found))


def _smooth(loss: CompiledLoss, sample: Sample) -> npt.NDArray[np.bool_]:
    """Where the loss is known to have a derivative."""
    one = loss.one
    assert isinstance(one, Pointwise)
    found = np.ones(len(sample.arguments[0]), dtype=bool)
    for h in one.smooth_if:
        if isinstance(h, Declared):
            program = build({"term": h.term}, one.arguments, one.parameters)
            given = dict(zip(loss.unit.arguments, sample.arguments, strict=True)) | dict(sample.parameters)
            term = np.broadcast_to(np.asarray(program.run(_in_doubles(), given)["term"]), found.shape)
            found &= ~Condition("", h.domain, program, False).outside(term)
    return found


def _programs(loss: CompiledLoss, output: str) -> Iterator[Program]:
    one = loss.one
    assert isinstance(one, Pointwise)
    proofs = loss.unit.proofs(output)
    first: Expr = one.loss
    if output != "loss":
        slope = 0 if output == "slope" else int(output.rpartition("_")[2]) - 1 if output != "curvature" else 0
        first = (one.curvature() if output == "curvature" else one.slope(slope)).rhs
    yield build({output: first}, one.arguments, one.parameters)
    yield build({output: proofs[-1].rhs if proofs else first}, one.arguments, one.parameters)


def _value(programs: Sequence[tuple[Program, Sequence[int]]], given: Mapping[str, float]) -> Any:
    """An enclosure that is narrow enough; None if there is no value, or none that is known."""
    large = max(map(abs, given.values())) > 1e5
    for program, bits in programs[1:] if large else programs:
        for precision in bits:
            with ctx.workprec(precision):
                try:
                    (value,) = program.run(_BALLS, {name: arb(v) for name, v in given.items()}).values()
                except (Undefined, NoFiniteValue, ValueError):
                    continue
                if _known(value):
                    return value
    return None


def _known(value: Any) -> bool:
    if not value.is_finite():
        return False
    if value.is_exact():
        return True
    return bool(value.rad() < abs(value).lower() * arb(_NARROW) or (abs(value) < arb(2) ** -1085))


def _nearest(value: Any) -> float:
    """The nearest double."""
    largest = arb(2) ** 1024 - arb(2) ** 970
    if value >= largest or value <= -largest:
        return math.inf if value > 0 else -math.inf
    if abs(value) < arb(2) ** -1076:
        return 0.0
    mantissa, exponent = value.mid().man_exp()
    shift = max(0, int(mantissa).bit_length() - 53, -1074 - int(exponent))
    top, sign = abs(int(mantissa)), -1 if mantissa < 0 else 1
    if shift:
        whole, rest = divmod(top, 1 << shift)
        half = 1 << (shift - 1)
        top = whole + (1 if rest > half or (rest == half and whole & 1) else 0)
    return sign * math.ldexp(top, int(exponent) + shift) if top else 0.0


def _where(gap: Any, yes: Any, no: Any) -> Any:
    if gap >= 0:
        return yes
    if gap < 0:
        return no
    raise NoFiniteValue("a sign cannot be told at this precision")


def _ndtr(a: Any) -> Any:
    return (-a / arb(2).sqrt()).erfc() / 2


def _log_ndtr(a: Any) -> Any:
    if a < -1000:  # Mills' ratio by its series (DLMF 7.12.1), so far out that four terms are more than enough
        square = 1 / (a * a)
        series = 1 - square * (
            1 - 3 * square * (1 - 5 * square * (1 - 7 * square * (1 - 9 * square * (1 - 11 * square))))
        )
        return -(a * a) / 2 - ((-a) * (2 * arb.pi()).sqrt()).log() + series.log()
    return (-_ndtr(-a)).log1p() if a > 0 else _ndtr(a).log()


def _xlogy(a: Any, b: Any) -> Any:
    return a if a.is_zero() else a * balls.log(b)


def _constant(what: Any) -> Any:
    if isinstance(what, Rational):
        return arb(fmpq(int(what.p), int(what.q)))
    return arb.pi() if str(what) == "pi" else arb(1).exp()


def _expm1(a: Any) -> Any:
    return a.expm1()


def _log1p(a: Any) -> Any:
    if a <= -1:
        raise Undefined("no finite value here: a logarithm")
    return a.log1p()


_BALLS: Mapping[str, Callable[..., Any]] = {
    "constant": _constant,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a * balls.reciprocal(b),
    "neg": lambda a: -a,
    "where": _where,
    "abs": abs,
    "max": balls.maximum,
    "pow": balls.power,
    "sqrt": balls.sqrt,
    "exp": balls.exp,
    "log": balls.log,
    "log1p": _log1p,
    "expm1": _expm1,
    "sin": balls.sin,
    "cos": balls.cos,
    "sign": balls.sign,
    "xlogy": _xlogy,
    "lgamma": balls.log_gamma,
    "digamma": balls.digamma,
    "trigamma": lambda a: acb(a).polygamma(1).real,
    "erf": balls.erf,
    "erfc": lambda a: a.erfc(),
    "erfcx": lambda a: (a * a).exp() * a.erfc(),
    "ndtr": _ndtr,
    "log_ndtr": _log_ndtr,
}


def as_derived(loss: CompiledLoss, what: str) -> Callable[[Sample], Array]:
    """A function as the calculus gives it, in NumPy's doubles."""
    program = next(_programs(loss, "loss" if what == "pointwise" else what))

    def run(sample: Sample) -> Array:
        given = dict(zip(loss.unit.arguments, sample.arguments, strict=True)) | dict(sample.parameters)
        with np.errstate(all="ignore"):
            (found,) = program.run(_in_doubles(), given).values()
        return np.broadcast_to(np.asarray(found, dtype=np.float64), sample.arguments[0].shape)

    return run


# ---------------------------------------------------------------------- the whole


#: What a function of a compiled loss gives, by its name.
OUTPUTS = (("pointwise", "loss"), ("slope", "slope"), ("curvature", "curvature"))


@dataclass(frozen=True)
class Measured:
    """The errors of one function.

    Attributes:
        what: ``pointwise``, ``slope`` or ``curvature``.
        truths: the points with the values there.
        ulps: the errors, in the order of the points.
    """

    what: str
    truths: tuple[Truth, ...]
    ulps: Array

    @property
    def worst(self) -> float:
        """The largest error."""
        return float(self.ulps.max(initial=0.0))

    @property
    def where(self) -> dict[str, float]:
        """The point of the largest error, by position and name."""
        place = int(self.ulps.argmax())
        for t in self.truths:
            if place < len(t.nearest):
                return {**{str(k): float(a[place]) for k, a in enumerate(t.sample.arguments)}, **t.sample.parameters}
            place -= len(t.nearest)
        return {}

    def of(self, function: Callable[[Sample], Any]) -> Array:
        """The errors of another function of arrays and parameters at the same points."""
        with np.errstate(all="ignore"):
            return np.concatenate([t.ulps(np.asarray(function(t.sample), dtype=float)) for t in self.truths])


def measured(loss: CompiledLoss, most: int = 200, settings: int = 2) -> Iterator[Measured]:
    """The errors of each function of a loss with one or several predictions.

    Args:
        loss: compiled by any backend.
        most: how many points of each kind.
        settings: how many settings of the parameters.
    """
    every = list(samples(loss, most, settings))
    for what, output in OUTPUTS:
        if what not in loss.unit.programs:
            continue
        names = [output] if what != "slope" else list(loss.unit.programs["slope"].outputs)
        for k, name in enumerate(names):
            try:
                truths = tuple(truth(loss, name, sample) for sample in every)
            except LossproofError:
                continue
            found = Measured(name if len(names) > 1 else what, truths, np.empty(0))

            def ours(sample: Sample, what: str = what, k: int = k, several: bool = len(names) > 1) -> Any:
                found = getattr(loss, what)(*sample.arguments, **sample.parameters)
                return found[k] if several else found

            yield Measured(found.what, truths, found.of(ours))
