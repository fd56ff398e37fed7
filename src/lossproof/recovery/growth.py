"""How an expression grows far out, for every value of its constants: shown, not guessed.

As ``t`` tends to infinity, with all other symbols fixed, an expression is written

    ``e(t) = (C + o(1)) t^p (log t)^q exp(g(t))``

or, where the leading order cancels or is not known, as small compared with such an order (``C = 0``).
Signs of constants are shown by the kernel's facts; so what is found holds for all their values.

What it does not know: from where on; that depends on the constants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sympy import (
    Abs,
    Add,
    Expr,
    Integer,
    Max,
    Mul,
    Pow,
    Rational,
    Symbol,
    cos,
    erf,
    exp,
    expand,
    factor,
    log,
    sign,
    sin,
)

from lossproof.errors import LossproofError
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Rule
from lossproof.kernel.steps import Place, apply
from lossproof.notation import inert
from lossproof.notation.inert import ONE, ZERO, free, is_leaf, limits_of, rebuild
from lossproof.notation.nodes import Sigmoid, Softplus, Where, meaning, written_out
from lossproof.notation.plain import written
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.strategies.total_mass import as_written


class NotShown(LossproofError):
    """How an expression grows is not shown; the message says what is missing."""


#: A number that is bounded is small compared with this power of the logarithm.
_A_LITTLE = Fraction(1, 1000)
#: Polynomials of a higher degree are not multiplied out.
_MOST_DEGREE = 12


@dataclass(frozen=True)
class Growth:
    """``(factor + o(1)) t^power (log t)^logs exp(rate)``.

    Attributes:
        factor: a constant that is not zero; 0 if the expression is small compared with the rest.
        sign: of the factor: 1, -1 or 0.
        power: a constant.
        logs: a number.
        rate: how the exponent of an exponential factor grows, if there is one: faster than a logarithm.
    """

    factor: Expr
    sign: int
    power: Expr = ZERO
    logs: Fraction = Fraction(0)
    rate: Growth | None = None

    @property
    def is_constant(self) -> bool:
        """Whether the expression tends to the factor."""
        return self.rate is None and self.power == ZERO and self.logs == 0

    def says(self, t: Symbol) -> str:
        """The leading order in a variable, in a line of text."""
        if self.logs == _A_LITTLE and self.power == ZERO and self.rate is None:
            return "small compared with every power of its logarithm"
        q = Rational(self.logs.numerator, self.logs.denominator)
        parts = [] if self.factor == ONE or not self.sign else [self.factor]
        parts += [] if self.power == ZERO else [t if self.power == ONE else inert.power(t, self.power)]
        parts += [] if not q else [inert.log(t) if q == 1 else inert.power(inert.log(t), q)]
        shown = written(inert.mul(*parts) if len(parts) > 1 else parts[0]) if parts else ""
        if self.rate is not None:
            shown = f"{shown} exp({self.rate.says(t).removeprefix('like ')})".strip()
        if not self.sign:
            return f"small compared with {shown}" if shown else "tends to 0"
        return f"tends to {shown or '1'}" if self.is_constant else f"like {shown}"


class Germs:
    """How expressions in one variable grow, under hypotheses about the constants.

    Args:
        t: the variable, which tends to infinity.
        facts: what is known of all other symbols.
    """

    def __init__(self, t: Symbol, facts: Facts) -> None:
        self.t, self.facts = t, facts

    # -------------------------------------------------------------- constants

    def sign(self, e: Expr) -> int:
        """The sign of a constant: 1, -1 or 0.

        Raises:
            NotShown: if it is not known.
        """
        for form in self.forms(e):
            for domain, found in ((POSITIVE, 1), (-POSITIVE, -1)):
                if self.facts.shows(form, domain):
                    return found
            if self.facts.shows(form, REAL) and form == ZERO:
                return 0
        raise NotShown(f"the sign of {written(e)} is not known")

    def tidy(self, e: Expr) -> Expr:
        """The shortest way to write a constant that is shown to be the same."""
        return min(self.forms(e), key=lambda form: len(written(form)))

    def forms(self, e: Expr) -> Iterable[Expr]:
        """The expression as it stands, and as SymPy would write it, if that is shown to be the same."""
        yield e
        try:
            plain = meaning(e)
        except LossproofError:
            return
        for tidy in dict.fromkeys(map(as_written, (plain, expand(plain), factor(plain)))):
            if tidy != e and any(self._same(rule, e, tidy) for rule in (ALGEBRA, LAWS)):
                yield tidy

    def _same(self, rule: Rule, e: Expr, other: Expr) -> bool:
        try:
            step = apply(rule, (Place((), (("to", other),)),), e, self.facts)
        except LossproofError:
            return False
        return step.after == other

    def constant(self, e: Expr) -> Growth:
        """A constant, which must be defined."""
        if not self.facts.shows(e, REAL):
            raise NotShown(f"{written(e)} is not known to be defined")
        try:
            found = self.sign(e)
        except NotShown:
            return Growth(ZERO, 0, logs=_A_LITTLE)  # it is bounded
        return Growth(e if found else ZERO, found)

    # -------------------------------------------------------------- comparing orders

    def order(self, a: Growth, b: Growth) -> int:
        """Whether the order of one is higher (1), the same (0) or lower (-1), whatever the factors.

        Raises:
            NotShown: if that is not known.
        """
        by_rate = self._rates(a.rate, b.rate)
        if by_rate:
            return by_rate
        by_power = self.sign(inert.sub(a.power, b.power)) if a.power != b.power else 0
        return by_power or (a.logs > b.logs) - (a.logs < b.logs)

    def _rates(self, a: Growth | None, b: Growth | None) -> int:
        """The sign of the difference of two exponents, of which one at least grows."""
        if a == b:
            if a is not None:
                raise NotShown("two exponentials that grow alike")
            return 0
        if a is None or b is None:
            return a.sign if a is not None else -(b.sign if b is not None else 0)
        higher = self.order(a, b)
        if higher:
            return a.sign if higher > 0 else -b.sign
        found = self.sign(inert.sub(a.factor, b.factor))
        if not found:
            raise NotShown("two exponentials that grow alike")
        return found

    # -------------------------------------------------------------- expressions

    def growth(self, e: Expr) -> Growth:
        """How an expression grows; that there is an answer says that it is defined for all large ``t``.

        Raises:
            NotShown: if it is not shown.
        """
        return self._growth(self.smooth(written_out(e)))

    def smooth(self, e: Expr) -> Expr:
        """What an expression is equal to for all large ``t``, written without kinks."""
        if self.t not in free(e) or is_leaf(e):
            return e
        if limits_of(e) is not None:
            raise NotShown(f"the growth of a {type(e).__name__}")
        if isinstance(e, Where):
            gap, yes, no = e.args
            return self.smooth(yes if self._eventual(self.smooth(gap)) >= 0 else no)
        parts = [self.smooth(a) for a in e.args]
        if isinstance(e, Abs):
            return parts[0] if self._eventual(parts[0]) >= 0 else inert.neg(parts[0])
        if isinstance(e, Max):
            for part in parts:
                self._growth(part)  # it must be defined
            return parts[0] if self._eventual(inert.sub(*parts)) >= 0 else parts[1]
        return rebuild(e, parts)

    def _growth(self, e: Expr) -> Growth:
        if self.t not in free(e):
            return self.constant(e)
        if e == self.t:
            return Growth(ONE, 1, ONE)
        polynomial = self.polynomial(e)
        if polynomial is not None:
            return self._leading(polynomial)
        match e:
            case Add():
                terms = [self._growth(a) for a in e.args if self.t in free(a) or not self.is_zero(a)]
                return self._sum(terms) if terms else Growth(ZERO, 0)
            case Mul():
                return self._product([self._growth(a) for a in e.args])
            case Pow():
                return self._power(e.args[0], e.args[1])
            case Softplus():
                return self._growth(inert.log(inert.add(ONE, inert.exp(e.args[0]))))
            case Sigmoid():
                return self._growth(inert.inverse(inert.add(ONE, inert.exp(inert.neg(e.args[0])))))
            case log():
                return self._logarithm(self._growth(e.args[0]))
            case sign():
                return self.constant(Integer(self._eventual(e.args[0])))
            case erf():
                return self._error_function(self._growth(e.args[0]))
            case cos() | sin():
                self._growth(e.args[0])  # it must be defined
                return Growth(ZERO, 0, logs=_A_LITTLE)
        if type(e) is exp:
            return self._exponential(self._growth(e.args[0]))
        raise NotShown(f"the growth of a {type(e).__name__}")

    def is_zero(self, e: Expr) -> bool:
        """Whether an expression is 0 for all large ``t``."""
        polynomial = self.polynomial(self.smooth(written_out(e)))
        return polynomial is not None and self._leading(polynomial) == Growth(ZERO, 0)

    def _eventual(self, e: Expr) -> int:
        """The sign of an expression for all large ``t``."""
        polynomial = self.polynomial(e)
        found = self._growth(e) if polynomial is None else self._leading(polynomial)
        if not found.sign and polynomial is None:
            raise NotShown(f"the sign of {written(e)} far out is not known")
        return found.sign  # of a polynomial 0 means that it is 0

    def _sum(self, terms: list[Growth]) -> Growth:
        top = terms[0]
        for term in terms[1:]:
            if self.order(term, top) > 0:
                top = term
        # Terms whose leading factor is 0 are small compared with their order, which is at most that of the top.
        leading = [t for t in terms if t is top or self.order(t, top) == 0]
        factor = _total([t.factor for t in leading if t.sign])
        if factor == ZERO or all(t.sign == 0 for t in leading):
            return Growth(ZERO, 0, top.power, top.logs, top.rate)
        found = self.sign(factor)
        return Growth(factor if found else ZERO, found, top.power, top.logs, top.rate)

    def _product(self, factors: list[Growth]) -> Growth:
        out = factors[0]
        for f in factors[1:]:
            signed = out.sign * f.sign
            factor = _times(out.factor, f.factor) if signed else ZERO
            power = _plus(out.power, f.power)
            out = Growth(factor, signed, power, out.logs + f.logs, self._rate(out.rate, f.rate))
        return out

    def _rate(self, a: Growth | None, b: Growth | None) -> Growth | None:
        if a is None or b is None:
            return a or b
        found = self._sum([a, b])
        if not found.sign:
            raise NotShown("two exponentials of which it is not known what is left")
        return found

    def _power(self, base: Expr, exponent: Expr) -> Growth:
        if self.t in free(exponent):
            if self.t not in free(base) and self._eventual(base) <= 0:
                raise NotShown("a power of what is not positive")
            return self._growth(inert.exp(inert.mul(exponent, inert.log(base))))
        below = self._growth(base)
        whole = isinstance(exponent, Integer)
        if not self.facts.shows(exponent, REAL):
            raise NotShown(f"{written(exponent)} is not known to be defined")
        if exponent == ZERO:
            return Growth(ONE, 1)
        if below.sign == 0 and not (whole and exponent > 0):
            raise NotShown("a power of what may vanish")
        if below.sign < 0 and not whole:
            raise NotShown("a power of what is negative")
        if below.logs and not isinstance(exponent, Rational):
            raise NotShown("a power of a logarithm whose exponent is no number")
        logs = below.logs * Fraction(int(exponent.p), int(exponent.q)) if below.logs else Fraction(0)
        rate = None
        if below.rate is not None and self.sign(exponent):  # of an exponent that may be of either sign nothing is known
            rate = self._product([self.constant(exponent), below.rate])
        signed = 0 if not below.sign else -1 if below.sign < 0 and int(exponent) % 2 else 1
        factor = inert.power(below.factor, exponent) if signed else ZERO
        factor = ONE if below.factor == ONE else factor
        return Growth(factor, signed, _times(below.power, exponent), logs, rate)

    def _logarithm(self, inside: Growth) -> Growth:
        if inside.sign <= 0:
            raise NotShown("a logarithm of what is not known to be positive")
        if inside.rate is not None:
            return inside.rate
        if inside.power != ZERO:
            found = self.sign(inside.power)
            if found:
                return Growth(inside.power, found, logs=Fraction(1))
        if inside.logs:
            return Growth(ZERO, 0, logs=_A_LITTLE)  # a logarithm of a logarithm
        if inside.factor == ONE:
            return Growth(ZERO, 0)
        return self.constant(inert.log(inside.factor))

    def _exponential(self, inside: Growth) -> Growth:
        if inside.is_constant:
            return Growth(inert.exp(inside.factor) if inside.sign else ONE, 1)
        if self.order(inside, Growth(ONE, 1)) < 0:
            return Growth(ONE, 1)  # it vanishes
        if not inside.sign or self.order(inside, Growth(ONE, 1, logs=Fraction(1))) <= 0:
            raise NotShown("an exponential of what grows no faster than a logarithm")
        return Growth(ONE, 1, rate=inside)

    def _error_function(self, inside: Growth) -> Growth:
        if inside.is_constant:
            return self.constant(inert.error_function(inside.factor))
        if self.order(inside, Growth(ONE, 1)) < 0:
            return Growth(ZERO, 0)
        if not inside.sign:
            raise NotShown("an error function of what may be of either sign")
        return Growth(Integer(inside.sign), inside.sign)

    # -------------------------------------------------------------- polynomials

    def polynomial(self, e: Expr) -> dict[int, Expr] | None:
        """The coefficients by degree, if the expression is a polynomial in ``t`` and ``1/t``."""
        if self.t not in free(e):
            return {0: e}
        if e == self.t:
            return {1: ONE}
        if isinstance(e, Add):
            out: dict[int, Expr] = {}
            for part in map(self.polynomial, e.args):
                if part is None:
                    return None
                for k, c in part.items():
                    out[k] = _plus(out[k], c) if k in out else c
            return out
        if isinstance(e, Mul):
            return self._multiplied(e.args)
        if isinstance(e, Pow) and isinstance(e.exp, Integer) and 0 < e.exp <= _MOST_DEGREE:
            return self._multiplied([e.base] * int(e.exp))
        if isinstance(e, Pow) and e.base == self.t and isinstance(e.exp, Integer) and e.exp >= -_MOST_DEGREE:
            return {int(e.exp): ONE}
        return None

    def _multiplied(self, factors: Iterable[Expr]) -> dict[int, Expr] | None:
        out: dict[int, Expr] = {0: ONE}
        for part in map(self.polynomial, factors):
            if part is None or max(out) + max(part) > _MOST_DEGREE:
                return None
            product: dict[int, Expr] = {}
            for j, a in out.items():
                for k, b in part.items():
                    product[j + k] = _plus(product[j + k], _times(a, b)) if j + k in product else _times(a, b)
            out = product
        return out

    def _leading(self, coefficients: dict[int, Expr]) -> Growth:
        for c in coefficients.values():
            if not self.facts.shows(c, REAL):
                raise NotShown(f"{written(c)} is not known to be defined")
        for k in sorted(coefficients, reverse=True):
            found = self.sign(coefficients[k])
            if found:
                return Growth(coefficients[k], found, Integer(k))
        return Growth(ZERO, 0)


def _plus(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Rational) and isinstance(b, Rational):
        return a + b
    return b if a == ZERO else a if b == ZERO else inert.add(a, b)


def _times(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Rational) and isinstance(b, Rational):
        return a * b
    if ZERO in (a, b):
        return ZERO
    return b if a == ONE else a if b == ONE else inert.mul(a, b)


def _total(terms: list[Expr]) -> Expr:
    out: Expr = ZERO
    for term in terms:
        out = _plus(out, term)
    return out
