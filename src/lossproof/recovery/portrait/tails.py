"""What a density says about outliers: how fast it falls far out, and how hard an outlier pulls.

A small calculus of orders of growth: far out, an expression behaves like ``c exp(g) y^p (log y)^l``, and
the leading order of a whole follows from those of its parts.  Where leading orders cancel, or a sign is not
known, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import reduce

from sympy import (
    Abs,
    Add,
    Expr,
    Heaviside,
    Max,
    Mul,
    Piecewise,
    Pow,
    S,
    Symbol,
    digamma,
    expand_mul,
    factor_terms,
    factorial,
    gamma,
    loggamma,
    polygamma,
    sign,
)
from sympy import exp as exponential
from sympy import log as logarithm
from sympy.core.relational import Relational

from lossproof.errors import LossproofError
from lossproof.kernel.domains import POSITIVE
from lossproof.kernel.facts import Facts
from lossproof.notation.nodes import meaning
from lossproof.notation.plain import written
from lossproof.recovery.portrait.search import log_of
from lossproof.recovery.portrait.writing import FAILURES, shown, tidy
from lossproof.recovery.sets import REAL, Counts, Finite, Interval, Labels, Set


class Undetermined(LossproofError):
    """The order of growth is not found; the message says why."""


@dataclass(frozen=True)
class Order:
    """``coefficient exp(exponent) x^power (log x)^logs`` as ``x`` tends to infinity."""

    coefficient: Expr
    exponent: Expr = S.Zero
    power: Expr = S.Zero
    logs: Expr = S.Zero

    @property
    def is_constant(self) -> bool:
        """Whether it tends to its coefficient."""
        return self.exponent == 0 and self.power == 0 and self.logs == 0


#: Grows, tends to a number, or vanishes.
_GROWS, _STAYS, _VANISHES = 1, 0, -1


class Growth:
    """Leading orders of ordinary SymPy expressions in a symbol that tends to infinity.

    Args:
        x: the symbol, positive.
        facts: what is known of the other symbols.
    """

    def __init__(self, x: Symbol, facts: Facts) -> None:
        self.x, self.facts = x, facts

    def order(self, e: Expr) -> Order:
        """The leading order of an expression.

        Raises:
            Undetermined: if it is not found.
        """
        if self.x not in e.free_symbols:
            return Order(e)
        if e == self.x:
            return Order(S.One, power=S.One)
        for kind, rule in _RULES.items():
            if isinstance(e, kind):
                return rule(self, e)
        raise Undetermined(f"the growth of a {type(e).__name__}")

    def sign(self, e: Expr) -> int:
        """The sign of a number that does not contain ``x``: 1, 0 or -1."""
        if e.is_zero:
            return 0
        e = tidy(e)
        if e.is_positive or self.facts.shows(e, POSITIVE):
            return 1
        if e.is_negative or self.facts.shows(-e, POSITIVE) or self.facts.shows(e, -POSITIVE):
            return -1
        if e.has(logarithm):  # log a - b is positive if a exp(-b) - 1 is
            ratio = expand_mul(exponential(e)) - 1
            if not ratio.has(logarithm):
                return self.sign(ratio)
        raise Undetermined(f"the sign of {shown(e)} is not known")

    def eventual_sign(self, e: Expr) -> int:
        """The sign that an expression has for all large ``x``."""
        return self.sign(self.order(e).coefficient)

    def trend(self, o: Order) -> int:
        """Whether an order grows, tends to a number other than 0, or vanishes; by size, whatever its sign."""
        if o.exponent != 0:
            inside = self.order(o.exponent)
            if self.trend(inside) != _GROWS or (inside.power == 0 and inside.exponent == 0 and inside.logs == 1):
                raise Undetermined("an exponential of what hardly grows")
            return self.sign(inside.coefficient)
        return self.sign(o.power) or self.sign(o.logs)

    def larger(self, a: Order, b: Order) -> int:
        """1 if the first order is the larger in the end, -1 if the second is, 0 if they are the same."""
        return self.trend(Order(S.One, expand_mul(a.exponent - b.exponent), a.power - b.power, a.logs - b.logs))

    # -------------------------------------------------------------- by the kind of expression

    def _sum(self, e: Expr) -> Order:
        leading: list[Order] = []
        for term in self._paired(e.args):
            if term == 0:
                continue
            o = self.order(term)
            if o.coefficient == 0:
                continue
            versus = self.larger(o, leading[0]) if leading else 1
            leading = [o] if versus > 0 else [*leading, o] if versus == 0 else leading
        if not leading:
            return Order(S.Zero)
        total = tidy(Add(*(o.coefficient for o in leading)))
        total = total if total.is_number else factor_terms(total)
        first = leading[0]
        if len(leading) > 1 and (total == 0 or self.sign(total) == 0):
            raise Undetermined("leading terms cancel")
        return Order(total, first.exponent, first.power, first.logs)

    def _paired(self, terms: tuple[Expr, ...]) -> list[Expr]:
        """Terms, ``log Gamma(u) - log Gamma(v)`` as ``(u - v) log v`` where ``u - v`` is constant (DLMF 5.11.12)."""
        plus = {t.args[0]: t for t in terms if isinstance(t, loggamma)}
        minus = {(-t).args[0]: t for t in terms if isinstance(-t, loggamma)}
        left = list(terms)
        for v, taken in minus.items():
            u = next((u for u in plus if plus[u] in left and self.x not in (u - v).expand().free_symbols), None)
            if u is not None:
                left.remove(plus[u])
                left[left.index(taken)] = (u - v).expand() * logarithm(v)
        return left

    def _product(self, e: Expr) -> Order:
        orders = [self.order(a) for a in e.args]
        return Order(
            reduce(lambda a, b: a * b, (o.coefficient for o in orders)),
            expand_mul(Add(*(o.exponent for o in orders))),
            Add(*(o.power for o in orders)),
            Add(*(o.logs for o in orders)),
        )

    def _power(self, e: Expr) -> Order:
        base, exponent = e.args
        if self.x in exponent.free_symbols:
            return self.order(exponential(expand_mul(exponent * logarithm(base)), evaluate=False))
        o = self.order(base)
        if not exponent.is_integer and self.sign(o.coefficient) < 0:
            raise Undetermined("a power of a negative number")
        return Order(o.coefficient**exponent, expand_mul(o.exponent * exponent), o.power * exponent, o.logs * exponent)

    def _exponential(self, e: Expr) -> Order:
        argument = expand_mul(e.args[0])
        fixed, moving = argument.as_independent(self.x, as_Add=True)
        powers, rest = S.Zero, []
        for term in Add.make_args(moving):
            constant, factor = term.as_independent(self.x, as_Add=False)
            if factor == logarithm(self.x):
                powers += constant
            else:
                rest.append(term)
        left = Add(*rest)
        if left == 0:
            return Order(exponential(fixed), power=powers)
        o = self.order(left)
        trend = self.trend(o)
        if trend == _GROWS:
            if o.exponent == 0 and o.power == 0 and o.logs == 1:
                raise Undetermined("an exponential of a logarithm")
            return Order(exponential(fixed), left, powers)
        return Order(exponential(fixed + (o.coefficient if trend == _STAYS else 0)), power=powers)

    def _logarithm(self, e: Expr) -> Order:
        inner = e.args[0]
        if isinstance(inner, (gamma, factorial)):
            return self.order(loggamma(inner.args[0]))
        o = self.order(inner)
        if self.sign(o.coefficient) <= 0:
            raise Undetermined("a logarithm of what is not positive")
        if o.exponent != 0:
            return self.order(o.exponent)
        if o.power != 0:
            return Order(o.power, logs=S.One)
        if o.logs != 0:
            raise Undetermined("a logarithm of a logarithm")
        if o.coefficient == 1:  # log(1 + small) is small itself
            return self.order(expand_mul(inner - 1))
        return Order(logarithm(o.coefficient))

    def _absolute(self, e: Expr) -> Order:
        o = self.order(e.args[0])
        return Order(o.coefficient * self.sign(o.coefficient), o.exponent, o.power, o.logs)

    def _maximum(self, e: Expr) -> Order:
        best = e.args[0]
        for other in e.args[1:]:
            if self.eventual_sign(expand_mul(other - best)) > 0:
                best = other
        return self.order(best)

    def _sign(self, e: Expr) -> Order:
        return Order(S(self.eventual_sign(e.args[0])))

    def _step(self, e: Expr) -> Order:
        return Order(S.One if self.eventual_sign(e.args[0]) > 0 else S.Zero)

    def _pieces(self, e: Expr) -> Order:
        for value, condition in e.args:
            if condition is S.true or self._holds(condition):
                return self.order(value)
        raise Undetermined("no piece is chosen")

    def _holds(self, condition: Expr) -> bool:
        if not isinstance(condition, Relational) or not hasattr(condition, "gts"):
            raise Undetermined("a condition that is no inequality")
        return self.eventual_sign(expand_mul(condition.gts - condition.lts)) > 0

    def _log_gamma(self, e: Expr) -> Order:
        """``log Gamma(u) ~ u log u`` (DLMF 5.11.1)."""
        u = self.order(e.args[0])
        if u.exponent != 0 or u.logs != 0 or self.sign(u.power) <= 0 or self.sign(u.coefficient) <= 0:
            raise Undetermined("a gamma function")
        return Order(u.coefficient * u.power, power=u.power, logs=S.One)

    def _gamma(self, e: Expr) -> Order:
        return Order(S.One, exponent=loggamma(e.args[0] + (1 if isinstance(e, factorial) else 0)))

    def _digamma(self, e: Expr) -> Order:
        """``psi(u) ~ log u`` (DLMF 5.11.2)."""
        if isinstance(e, polygamma) and e.args[0] != 0:
            raise Undetermined("a polygamma function")
        return self._logarithm(logarithm(e.args[-1], evaluate=False))


_RULES: dict[type, Callable[[Growth, Expr], Order]] = {
    Add: Growth._sum,
    Mul: Growth._product,
    exponential: Growth._exponential,
    Pow: Growth._power,
    logarithm: Growth._logarithm,
    Abs: Growth._absolute,
    Max: Growth._maximum,
    sign: Growth._sign,
    Heaviside: Growth._step,
    Piecewise: Growth._pieces,
    loggamma: Growth._log_gamma,
    gamma: Growth._gamma,
    factorial: Growth._gamma,
    digamma: Growth._digamma,
    polygamma: Growth._digamma,
}


# ------------------------------------------------------------------ what is said of the tails


class Weight(Enum):
    """How fast a density falls far out, from the lightest to the heaviest; unknown last."""

    BOUNDED = "bounded support"
    LIGHTER = "lighter than Gaussian"
    GAUSSIAN = "Gaussian"
    BETWEEN = "lighter than exponential"
    EXPONENTIAL = "exponential"
    STRETCHED = "heavier than exponential"
    POWER = "power law"
    UNKNOWN = "unknown"


class Pull(Enum):
    """What becomes of ``d loss / d prediction`` as an observation moves away."""

    REDESCENDING = "redescending"
    BOUNDED = "bounded"
    UNBOUNDED = "unbounded"
    UNKNOWN = "unknown"
    NONE = "no outliers"


@dataclass(frozen=True)
class Tail:
    """What a density says about outliers.

    Attributes:
        weight: how fast it falls, at its slower end.
        reason: how minus its logarithm grows, or why that is not known.
        exponent: of a power law ``|y|^-exponent``, else None.
        pull: of an outlier on the prediction.
        pull_reason: what the derivative of the loss tends to, or why that is not known.
        whose: pull it is.
    """

    weight: Weight
    reason: str
    exponent: Expr | None
    pull: Pull
    pull_reason: str
    whose: str = "an outlier's"

    def __str__(self) -> str:
        fall = f"{self.weight.value} tails: {self.reason}"
        if self.weight is Weight.BOUNDED:
            fall = self.reason
        elif self.weight is Weight.UNKNOWN:
            fall = f"tails not determined: {self.reason}"
        return fall if self.pull is Pull.NONE else f"{fall}; {self.whose} {_OUTLIER[self.pull]}: {self.pull_reason}"


_OUTLIER = {
    Pull.REDESCENDING: "pull vanishes the further out it is",
    Pull.BOUNDED: "pull is bounded",
    Pull.UNBOUNDED: "pull grows without bound",
    Pull.UNKNOWN: "pull is not determined",
}


def tail(density: Expr, loss: Expr, y: Symbol, target: Set, prediction: Symbol, values: Set, facts: Facts) -> Tail:
    """What a density says about outliers, and its loss about their pull on a prediction.

    Args:
        density: inert, normalised.
        loss: inert.
        y: the observation.
        target: where it lies.
        prediction: the one whose pull is asked for.
        values: where the prediction lies.
        facts: what is known of the other symbols.
    """
    if isinstance(target, (Finite, Labels)):
        pull, why = _pull_of_labels(loss, y, target, prediction, values, facts)
        return Tail(Weight.BOUNDED, "finitely many outcomes", None, pull, why, "a wrong label's")
    if not isinstance(target, (Interval, Counts)):
        return Tail(Weight.UNKNOWN, "observations are vectors", None, Pull.UNKNOWN, "observations are vectors")
    ends = [s for s, infinite in zip((1, -1), _infinite(target), strict=True) if infinite]
    if not ends:
        return Tail(Weight.BOUNDED, f"y lies in {target}", None, Pull.NONE, f"y lies in {target}")
    fall = (
        -log_of(density)
        .replace(factorial, lambda a: gamma(a + 1))
        .replace(_is_log_of_gamma, lambda e: loggamma(e.args[0].args[0]))
    )
    weights = [_weight(fall, y, s, facts) for s in ends]
    weight, reason, exponent = max(weights, key=lambda w: list(Weight).index(w[0]))
    if len(ends) == 2 and len({w[1].replace(y.name, "").replace("|", "").replace("-oo", "oo") for w in weights}) == 1:
        reason = weights[1][1].replace(f" {y.name} tends to -oo", f" |{y.name}| tends to oo")
    try:
        slope = meaning(loss).diff(prediction)
        pulls = [_pull(slope, prediction, y, s, facts, f"as y tends to {'-' if s < 0 else ''}oo") for s in ends]
    except FAILURES as error:
        pulls = [(Pull.UNKNOWN, str(error))]
    pull = max((p for p, _ in pulls), key=list(Pull).index)
    reasons = [why for p, why in pulls if p is Pull.UNKNOWN] or [why for _, why in pulls]
    return Tail(weight, reason, exponent, pull, "; ".join(reasons))


def _is_log_of_gamma(e: Expr) -> bool:
    return isinstance(e, logarithm) and isinstance(e.args[0], gamma)


def _infinite(target: Interval | Counts) -> tuple[bool, bool]:
    """Whether observations may be arbitrarily large, and arbitrarily small."""
    if isinstance(target, Counts):
        return True, False
    return target.high is S.Infinity, target.low is S.NegativeInfinity


def _far(y: Symbol) -> Symbol:
    return Symbol(f"far_{y.name}", positive=True)


def _weight(fall: Expr, y: Symbol, side: int, facts: Facts) -> tuple[Weight, str, Expr | None]:
    """How minus the logarithm of the density grows towards one side."""
    x = _far(y)
    growth = Growth(x, facts)
    try:
        o = growth.order(expand_mul(fall.subs(y, side * x)))
        if growth.sign(o.coefficient) <= 0 or growth.trend(o) != _GROWS:
            return Weight.UNKNOWN, "minus the logarithm of the density is not seen to grow", None
        size = _size(y, side)
        grows = f"-log p grows like {_shown(o, x, size)} as y tends to {'-' if side < 0 else ''}oo"
        try:
            weight = _weight_of(o, growth)
        except Undetermined:
            return Weight.UNKNOWN, grows, None
    except FAILURES as error:
        return Weight.UNKNOWN, str(error), None
    exponent = o.coefficient if weight is Weight.POWER else None
    return weight, grows, exponent


def _size(y: Symbol, side: int) -> str:
    return y.name if side > 0 else f"|{y.name}|"


def _weight_of(o: Order, growth: Growth) -> Weight:
    if o.exponent != 0:
        return Weight.LIGHTER
    square, line = growth.sign(o.power - 2) or growth.sign(o.logs), growth.sign(o.power - 1) or growth.sign(o.logs)
    if square >= 0:
        return Weight.LIGHTER if square else Weight.GAUSSIAN
    if line >= 0:
        return Weight.BETWEEN if line else Weight.EXPONENTIAL
    return Weight.POWER if o.power == 0 and o.logs == 1 else Weight.STRETCHED


def _pull(slope: Expr, f: Symbol, y: Symbol, side: int, facts: Facts, where: str) -> tuple[Pull, str]:
    """What the derivative of the loss tends to as ``y`` goes far to one side."""
    x = _far(y)
    growth = Growth(x, facts)
    o = growth.order(expand_mul(tidy(slope.subs(y, side * x))))
    if o.coefficient == 0:
        return Pull.REDESCENDING, f"dl/d{f} tends to 0 {where}"
    growth.sign(o.coefficient)
    trend = growth.trend(o)
    if trend == _GROWS:
        return Pull.UNBOUNDED, f"dl/d{f} grows like {_shown(o, x, _size(y, side))} {where}"
    limit = o.coefficient if trend == _STAYS else S.Zero
    return Pull.BOUNDED if limit != 0 else Pull.REDESCENDING, (f"dl/d{f} tends to {shown(limit)} {where}")


def _pull_of_labels(
    loss: Expr, y: Symbol, target: Finite | Labels, f: Symbol, values: Set, facts: Facts
) -> tuple[Pull, str]:
    """The pull of an observation that contradicts a confident prediction."""
    if not isinstance(target, Finite) or values != REAL:
        return Pull.NONE, "there are finitely many outcomes"
    found: list[tuple[Pull, str]] = []
    try:
        slope = meaning(loss).diff(f)
        for outcome in target.outcomes:
            for side in (1, -1):
                where = f"at y = {written(outcome)} as {f.name} tends to {'-' if side < 0 else ''}oo"
                found.append(_pull(slope.subs(y, outcome), f, f, side, facts, where))
    except FAILURES as error:
        return Pull.UNKNOWN, str(error)
    pull = max((p for p, _ in found), key=list(Pull).index)
    return pull, "; ".join(why for p, why in found if p is pull)


def _shown(o: Order, x: Symbol, size: str) -> str:
    """An order of growth in words."""
    name = Symbol("distance", positive=True)
    e = o.coefficient * exponential(o.exponent) * x**o.power * logarithm(x) ** o.logs
    return shown(e.subs(x, name)).replace(name.name, size)
