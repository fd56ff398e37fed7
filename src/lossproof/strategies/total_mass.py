"""The value of an integral or a series, found one rule at a time.

What stands between bars, under a maximum or in cases is resolved first, by splitting the range where
its sign changes; the rest is compared with the integrals of the rulebook whose value is known.
Untrusted, like every strategy: ordinary SymPy guesses the form, the kernel proves each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sympy import (
    Abs,
    Add,
    Expr,
    Integral,
    Max,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    cos,
    expand,
    factor,
    gamma,
    pi,
    powsimp,
    together,
)
from sympy import (
    exp as sympy_exp,
)
from sympy import (
    log as sympy_log,
)

from lossproof.errors import LossproofError, RuleDoesNotApply, SideConditionError
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Abstraction
from lossproof.kernel.steps import Path
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    add,
    build,
    exp,
    factorial,
    free,
    gamma_function,
    inverse,
    is_leaf,
    mul,
    neg,
    power,
    rebuild,
    sub,
    substitute,
)
from lossproof.notation.nodes import Series, Sigmoid, Where, meaning
from lossproof.notation.plain import written
from lossproof.rulebook import cases, integrals, special, sums
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.strategies.chain import Chain
from lossproof.strategies.matching import part_at, places

_HALF = Rational(1, 2)
_MOST_ROUNDS = 60


class NoKnownValue(LossproofError):
    """An integral or a series was not brought to one whose value is known."""

    def __init__(self, e: Expr, why: str) -> None:
        self.expression = e
        super().__init__(f"no known value for {written(e)}: {why}")


def evaluate(chain: Chain) -> Chain:
    """Replace every integral and series in the expression reached by its value.

    Raises:
        NoKnownValue: if one of them resists; the steps made so far stay.
    """
    for _ in range(_MOST_ROUNDS):
        found = next((e for _, e in places(chain.here) if isinstance(e, (Integral, Series))), None)
        if found is None:
            return chain
        advance(chain, found)
    raise NoKnownValue(chain.here, "it does not come to an end")


def advance(chain: Chain, e: Expr) -> None:
    """One move for an integral or a series, at every place where it stands."""
    try:
        if isinstance(e, Series):
            _known_series(chain, e)
        elif not (_reflected(chain, e) or _in_one_piece(chain, e)):
            _known_integral(chain, e)
    except (RuleDoesNotApply, SideConditionError) as error:
        raise NoKnownValue(e, str(error)) from error


def standing(chain: Chain, e: Expr) -> list[Path]:
    """Where an expression stands in the one that is reached."""
    return [path for path, here in places(chain.here) if here == e]


def _rewrite(chain: Chain, e: Expr, inner: Path, after: Expr) -> Expr:
    """Write a part of an integral or series another way, by the laws, everywhere; the new integral or series."""
    before = part_at(e, inner)
    if before == after:
        return e
    paths = [(*path, *inner) for path in standing(chain, e)]
    chain.at_places(LAWS, paths, to=after)
    return part_at(chain.here, paths[0][: len(paths[0]) - len(inner)])


def _apply(chain: Chain, rule: Identity, e: Expr, inner: Path = (), **given: Expr | Abstraction) -> Expr:
    """Apply a rule to an integral or series, or a part of it, everywhere; what stands there then."""
    paths = standing(chain, e)
    chain.at_places(rule, [(*path, *inner) for path in paths], **given)
    return part_at(chain.here, paths[0])


# ------------------------------------------------------------------ the range


def _reflected(chain: Chain, e: Expr) -> bool:
    """Turn a range that has no lower end, and is not the whole line, round; an even function is its own other half."""
    _body, (t, low, high) = e.args
    if low is not S.NegativeInfinity or high is S.Infinity:
        return False
    if high != ZERO:
        _apply(chain, integrals.REFLECTION, e, c=high, y=t)
        return True
    turned = _apply(chain, integrals.REFLECTION_AT_ZERO, e, y=t)
    halves = (o for _, o in places(chain.here) if isinstance(o, Integral) and o.args[1] == turned.args[1])
    other = next((o for o in halves if o != turned), None)
    if other is not None:
        with suppress(RuleDoesNotApply, SideConditionError):
            _rewrite(chain, turned, (0,), other.args[0])
            chain.rewrite(sums.TWICE, at=lambda e: e == add(other, other))
    return True


@dataclass(frozen=True)
class _Kink:
    """A part that is in pieces: where it stands in the body, and the expression whose sign decides."""

    path: Path
    part: Expr
    gap: Expr


def _kink(e: Expr, t: Symbol, path: Path = ()) -> _Kink | None:
    """The part whose piece is to be settled first: what decides before what is decided."""
    if t not in free(e) or is_leaf(e):
        return None
    if isinstance(e, Where):
        return _kink(e.args[0], t, (*path, 0)) or (_Kink(path, e, e.args[0]) if t in free(e.args[0]) else None)
    inner = (_kink(a, t, (*path, k)) for k, a in enumerate(e.args) if isinstance(a, Expr))
    found = next((k for k in inner if k is not None), None)
    if found is None and isinstance(e, (Abs, Max)):
        return _Kink(path, e, e.args[0] if isinstance(e, Abs) else sub(*e.args))
    return found


_HELD = {Abs: cases.ABSOLUTE_VALUE, Max: cases.MAXIMUM_IS_FIRST, Where: cases.WHERE_IT_HOLDS}
_FAILED = {Abs: cases.ABSOLUTE_VALUE_OF_NEGATIVE, Max: cases.MAXIMUM_IS_SECOND, Where: cases.WHERE_IT_FAILS}


def _in_one_piece(chain: Chain, e: Expr) -> bool:
    """Settle one part that is in pieces, splitting the range if need be; whether there was one."""
    body, (t, _low, _high) = e.args
    kink = _kink(body, t)
    if kink is None:
        return False
    facts = chain.facts.under(e)
    kind = type(kink.part)
    if facts.shows(kink.gap, NONNEGATIVE):
        _apply(chain, _HELD[kind], e, (0, *kink.path))
        return True
    if facts.shows(neg(kink.gap), POSITIVE):
        _apply(chain, _FAILED[kind], e, (0, *kink.path))
        return True
    slope, root = _line(kink.gap, t)
    beyond = _beyond(facts, t, root)
    if beyond is None:
        _split(chain, e, root)
    elif isinstance(kink.part, Max):
        _apply(chain, cases.MAXIMUM_BY_CASES, e, (0, *kink.path))
    else:
        distance, sign = beyond
        steep = facts.shows(slope, POSITIVE)
        if not steep and not facts.shows(neg(slope), POSITIVE):
            raise NoKnownValue(e, f"the sign of {written(slope)} is not known")
        size = distance if slope in (1, -1) else mul(slope if steep else -slope, distance)
        positive = steep == (sign > 0)
        _rewrite(chain, e, (0, *kink.path, 0), size if positive else neg(size))
    return True


def _line(gap: Expr, t: Symbol) -> tuple[Expr, Expr]:
    """The slope and the root of a gap that is linear in the variable."""
    line = meaning(gap).as_poly(t)
    if line is None or line.degree() != 1:
        raise NoKnownValue(gap, f"it is not linear in {t}")
    slope, start = line.all_coeffs()
    return slope, factor(-start / slope)


def _beyond(facts: Facts, t: Symbol, root: Expr) -> tuple[Expr, int] | None:
    """The distance of the variable from a point, written as it is known to be positive, and on which side it lies."""
    right, left = (t, neg(t)) if root == 0 else (sub(t, root), sub(root, t))
    if facts.shows(right, POSITIVE):
        return right, 1
    if facts.shows(left, POSITIVE):
        return left, -1
    return None


def _split(chain: Chain, e: Expr, at: Expr) -> None:
    _, (_, low, high) = e.args
    lowest, highest = low is S.NegativeInfinity, high is S.Infinity
    rule = integrals.SPLIT_THE_LINE if lowest else integrals.SPLIT_THE_RAY if highest else integrals.SPLIT_THE_INTERVAL
    _apply(chain, rule, e, c=at)


# ------------------------------------------------------------------ integrals whose value is known


@dataclass(frozen=True)
class _Form:
    """The integrand as it stands in a rule, the rule, and what the integrand at hand has to be divided by."""

    pattern: Expr
    rule: Identity
    divided_by: Expr = ONE


def _known_integral(chain: Chain, e: Expr) -> None:
    body, (t, low, high) = e.args
    if _factored_exponentials(chain, e) or _turned(chain, e):
        return
    constant, rest = _apart(body, t)
    for form in _forms(rest, t, low, high):
        _take(chain, e, exp_of(constant), form)
        return
    moved = _centred(rest, t) if (low, high) == (S.NegativeInfinity, S.Infinity) else None
    if moved is None and (low, high) == (S.NegativeInfinity, S.Infinity) and rest == rest.subs(t, -t):
        _split(chain, e, ZERO)  # half of an even function may be known
        return
    if moved is None:
        raise NoKnownValue(e, "it is none of the integrals in the rulebook")
    centre, about, height = moved
    constant, shape = expand(constant + height), exp(about)
    now = _rewrite(chain, e, (0,), _times(exp_of(constant), substitute(shape, {t: sub(t, centre)})))
    if constant != 0:
        _apply(chain, integrals.CONSTANT_OUT_OF_INTEGRAL, now)
        now = rebuild(e, (now.args[0].args[1], e.args[1]))
    _apply(chain, integrals.TRANSLATION, now, c=centre, y=t, a=Abstraction((t,), shape))


def _turned(chain: Chain, e: Expr) -> bool:
    """Turn the line round if the integrand has exponentials that grow with the variable; whether it has."""
    body, (t, low, high) = e.args
    if (low, high) != (S.NegativeInfinity, S.Infinity):
        return False
    powers = (p for p in meaning(body).atoms(sympy_exp) if t in p.args[0].free_symbols)
    rates = [rate for p in powers if (rate := _exponential_rate(p, t)) is not None]
    if not rates or not all(rate.could_extract_minus_sign() for _, rate in rates):
        return False
    _apply(chain, integrals.REFLECTION_OF_LINE, e, y=t)
    return True


def _take(chain: Chain, e: Expr, constant: Expr, form: _Form) -> None:
    """Write the integrand as a constant times that of a rule, take the constant out, and use the rule."""
    if form.divided_by != ONE:
        constant = form.divided_by if constant == ONE else mul(constant, form.divided_by)
    now = _rewrite(chain, e, (0,), _times(constant, form.pattern))
    if constant != ONE:
        out = integrals.CONSTANT_OUT_OF_SERIES if isinstance(e, Series) else integrals.CONSTANT_OUT_OF_INTEGRAL
        _apply(chain, out, now)
        now = rebuild(e, (form.pattern, e.args[1]))
    _apply(chain, form.rule, now)


def _times(constant: Expr, e: Expr) -> Expr:
    return e if constant == 1 else mul(constant, e)


def exp_of(e: Expr) -> Expr:
    """``exp(e)`` as one would write it: logarithms become factors."""
    return as_written(powsimp(sympy_exp(e))) if e != 0 else ONE


def logarithm(e: Expr) -> Expr:
    """What the logarithm of a positive expression would be, as ordinary SymPy, by the laws alone; not yet expanded."""
    if isinstance(e, Mul):
        return Add(*map(logarithm, e.args))
    if isinstance(e, sympy_exp):
        return _logarithms_opened(e.args[0])
    if isinstance(e, Pow):
        return meaning(e.args[1]) * logarithm(e.args[0])
    if isinstance(e, Sigmoid):
        return -sympy_log(1 + sympy_exp(-meaning(e.args[0])))
    return sympy_log(meaning(e))


def _factored_exponentials(chain: Chain, e: Expr) -> bool:
    """Write ``a exp(p t) + b exp(q t)`` as a product of one term and one plus the quotient; whether there was one."""
    body, (t, _, _) = e.args
    for path, part in places(body):
        around = (part_at(body, path[:k]) for k in range(len(path)))
        if not isinstance(part, Add) or not any(isinstance(e, (Pow, sympy_log)) for e in around):
            continue
        terms = [_exponential_rate(a, t) for a in Add.make_args(expand(meaning(part)))]
        if len(terms) != 2 or terms[0] is None or terms[1] is None:
            continue
        (a, p), (b, q) = sorted((terms[0], terms[1]), key=lambda term: str(term[1]))
        quotient = _times(b / a, exp(neg(mul(q - p, t))))
        _rewrite(chain, e, (0, *path), mul(as_written(a * sympy_exp(-p * t)), add(ONE, quotient)))
        return True
    return False


def _logarithms_opened(e: Expr) -> Expr:
    """The expression as ordinary SymPy, the logarithms in it as sums."""
    if isinstance(e, sympy_log):
        return logarithm(e.args[0])
    return e.func(*map(_logarithms_opened, e.args)) if isinstance(e, (Add, Mul)) else meaning(e)


def _apart(body: Expr, t: Symbol) -> tuple[Expr, Expr]:
    """The logarithm of an integrand, sorted into what does not contain the variable and what does."""
    terms = Add.make_args(expand(logarithm(body), log=False, power_base=False, power_exp=False))
    constant = Add(*(a for a in terms if t not in a.free_symbols))
    return constant, Add(*(a for a in terms if t in a.free_symbols))


def _forms(rest: Expr, t: Symbol, low: Expr, high: Expr) -> Iterator[_Form]:
    """The rules whose integrand has this logarithm, with the integrand as it stands in them."""
    line, ray = (low, high) == (S.NegativeInfinity, S.Infinity), (low, high) == (ZERO, S.Infinity)
    polynomial = rest.as_poly(t)
    if rest == 0:
        yield _Form(ONE, integrals.LENGTH)
    if polynomial is not None and polynomial.degree() == 1 and low is not S.NegativeInfinity:
        rate = factor(-polynomial.coeff_monomial(t))
        rule = integrals.EXPONENTIAL_TAIL if high is S.Infinity else integrals.EXPONENTIAL_PIECE
        yield _Form(exp(neg(mul(rate, t))), rule)
    if polynomial is not None and polynomial.degree() == 2 and polynomial.coeff_monomial(t) == 0:
        bell = exp(neg(mul(factor(-polynomial.coeff_monomial(t**2)), power(t, TWO))))
        if line:
            yield _Form(bell, integrals.GAUSSIAN_INTEGRAL)
        elif high is S.Infinity:
            yield _Form(bell, integrals.GAUSSIAN_TAIL)
        elif low == ZERO:
            yield _Form(bell, integrals.GAUSSIAN_INTEGRAL_FROM_ZERO)
        elif low == neg(high):
            yield _Form(bell, integrals.PART_OF_GAUSSIAN_INTEGRAL)
        else:
            yield _Form(bell, integrals.PIECE_OF_GAUSSIAN_INTEGRAL)
    if ray:
        yield from _on_the_ray(rest, t)
    if line:
        yield from _on_the_line(rest, t)
    if (low, high) == (ZERO, ONE):
        yield from _on_the_unit_interval(rest, t)
    if (low, high) == (neg(pi), pi):
        yield from _on_the_circle(rest, t)


def _on_the_ray(rest: Expr, t: Symbol) -> Iterator[_Form]:
    """Powers of the variable times exponentials of its powers."""
    logs = rest.coeff(sympy_log(t))
    others = Add.make_args(expand(rest - logs * sympy_log(t)))
    powers: dict[Expr, Expr] = {}
    for term in others:
        factor_, base = term.as_independent(t)
        if base != t and not (isinstance(base, Pow) and base.base == t and t not in base.exp.free_symbols):
            return
        exponent = ONE if base == t else base.exp
        powers[exponent] = powers.get(exponent, ZERO) - factor_
    shape = power(t, sub(logs + 1, ONE))
    if len(powers) == 1:
        ((exponent, rate),) = powers.items()
        rate = factor(rate)
        if exponent == 1:
            yield _Form(mul(shape, exp(neg(mul(rate, t)))), integrals.GAMMA_INTEGRAL)
        else:
            decay = exp(neg(mul(rate, power(t, exponent))))
            yield _Form(mul(shape, decay), integrals.GENERALISED_GAMMA_INTEGRAL)
    elif powers.keys() == {ONE, MINUS_ONE} and logs in (Rational(-3, 2), Rational(-1, 2)):
        decay = exp(neg(add(mul(powers[ONE], t), mul(powers[MINUS_ONE], inverse(t)))))
        rules = {Rational(-3, 2): integrals.INVERSE_GAUSSIAN_INTEGRAL}
        rule = rules.get(logs, integrals.RECIPROCAL_INVERSE_GAUSSIAN_INTEGRAL)
        yield _Form(mul(power(t, logs), decay), rule)


def _on_the_line(rest: Expr, t: Symbol) -> Iterator[_Form]:
    """Student's, the logistic and Gumbel's density."""
    terms = Add.make_args(rest)
    linear = Add(*(a for a in terms if a.as_poly(t) is not None and a.as_poly(t).degree() == 1))
    others = Add(*(a for a in terms if a not in Add.make_args(linear)))
    slope = -linear.coeff(t) if linear != 0 else ZERO
    logs = [a for a in others.atoms(sympy_log) if t in a.free_symbols]
    if len(logs) == 1:
        others = factor(others.coeff(logs[0])) * logs[0]
    factor_, curved = others.as_independent(t)
    if isinstance(curved, sympy_log):
        inside = curved.args[0]
        square = inside.as_poly(t)
        if square is not None and square.degree() == 2 and square.coeff_monomial(1) == 1 and slope == 0:
            base = add(ONE, mul(square.coeff_monomial(t**2), power(t, TWO)))
            yield _Form(power(base, neg(-factor_)), integrals.STUDENT_INTEGRAL)
        rate = _exponential_rate(inside - 1, t)
        if rate is not None and rate[0] == 1:
            base = add(ONE, exp(neg(mul(rate[1], t))))
            yield _Form(mul(exp(neg(mul(slope, t))), power(base, neg(-factor_))), integrals.LOGISTIC_INTEGRAL)
    rate = _exponential_rate(curved, t)
    if rate is not None:
        decay = exp(neg(mul(-factor_ * rate[0], exp(neg(mul(rate[1], t))))))
        yield _Form(mul(exp(neg(mul(slope, t))), decay), integrals.GUMBEL_INTEGRAL)


def _exponential_rate(e: Expr, t: Symbol) -> tuple[Expr, Expr] | None:
    """``(k, c)`` if the expression is ``k exp(-c t)``."""
    factor_, curve = e.as_independent(t)
    if not isinstance(curve, sympy_exp):
        return None
    inside = curve.args[0].as_poly(t)
    if inside is None or inside.degree() != 1:
        return None
    return factor_ * sympy_exp(inside.coeff_monomial(1)), -inside.coeff_monomial(t)


def _on_the_unit_interval(rest: Expr, t: Symbol) -> Iterator[_Form]:
    up, down = rest.coeff(sympy_log(t)), rest.coeff(sympy_log(1 - t))
    if expand(rest - up * sympy_log(t) - down * sympy_log(1 - t)) == 0:
        shape = mul(power(t, sub(up + 1, ONE)), power(sub(ONE, t), sub(down + 1, ONE)))
        yield _Form(shape, integrals.BETA_INTEGRAL)


def _on_the_circle(rest: Expr, t: Symbol) -> Iterator[_Form]:
    factor_, wave = rest.as_independent(t)
    if isinstance(wave, cos):
        shift = wave.args[0].as_poly(t)
        if shift is not None and shift.degree() == 1 and shift.coeff_monomial(t) in (1, -1):
            centre = -shift.coeff_monomial(1) * shift.coeff_monomial(t)
            yield _Form(exp(mul(factor_, build(cos, (sub(t, centre),)))), integrals.VON_MISES_INTEGRAL)


def _centred(rest: Expr, t: Symbol) -> tuple[Expr, Expr, Expr] | None:
    """The centre of a bell that is not about zero, the logarithm of the bell about zero, and its height."""
    polynomial = rest.as_poly(t)
    if polynomial is not None and polynomial.degree() == 2:
        rate, slope = -polynomial.coeff_monomial(t**2), polynomial.coeff_monomial(t)
        centre = factor(slope / (2 * rate))
        return centre, neg(mul(rate, power(t, TWO))), rate * centre**2
    return None


# ------------------------------------------------------------------ series


def _known_series(chain: Chain, e: Series) -> None:
    body, (k, low, _) = e.args
    constant, rest = _apart(body, k)
    if low != ZERO:
        raise NoKnownValue(e, "it does not start at 0")
    slope = expand(rest).coeff(k)
    others = expand(rest - slope * k)
    base = powsimp(sympy_exp(slope))
    found = _series_form(others, base, k)
    if found is None:
        raise NoKnownValue(e, "it is none of the series in the rulebook")
    _take(chain, e, exp_of(constant), found)


def _series_form(others: Expr, base: Expr, k: Symbol) -> _Form | None:
    if others == 0:
        return _Form(power(base, k), integrals.GEOMETRIC_SERIES)
    if others == -sympy_log(meaning(factorial(k))):
        return _Form(mul(power(base, k), inverse(factorial(k))), integrals.EXPONENTIAL_SERIES)
    grown = sympy_exp(others + sympy_log(meaning(factorial(k))))
    for part in grown.atoms(meaning(gamma_function(k + ONE)).func):
        shift = part.args[0] - k
        if k not in shift.free_symbols and shift != 0:
            weight = mul(gamma_function(add(k, shift)), inverse(mul(gamma_function(shift), factorial(k))))
            return _Form(mul(weight, power(base, k)), integrals.BINOMIAL_SERIES, gamma_function(shift))
    return None


# ------------------------------------------------------------------ the value, tidied


def tidy(chain: Chain) -> Chain:
    """Write the value in its shortest form that the laws allow."""
    _special_values(chain)
    positive = [s for s in free(chain.here) if chain.facts.shows(s, POSITIVE)]
    known = {s: Symbol(s.name, positive=True) for s in positive}
    for candidate in _shorter(meaning(chain.here).subs(known)):
        with suppress(RuleDoesNotApply, SideConditionError):
            chain.laws(substitute(as_written(candidate), {plain: s for s, plain in known.items()}))
            break
    return chain


def as_written(e: Expr) -> Expr:
    """The same number as one would write it: signs in front, one line in a fraction, square roots under one sign."""
    if is_leaf(e):
        return exp(ONE) if e is S.Exp1 else e
    if isinstance(e, Mul) and e.as_coeff_Mul()[0] < 0:
        return neg(as_written(-e))
    if isinstance(e, Pow) and e.exp == -_HALF:
        return inverse(power(as_written(e.base), _HALF))
    if isinstance(e, Add):
        return add(*map(as_written, e.as_ordered_terms()))
    if not isinstance(e, Mul):
        return rebuild(e, [as_written(a) for a in e.args])
    number, factors = e.as_coeff_mul()
    under = [a for a in factors if isinstance(a, Pow) and a.exp.is_Rational and a.exp < 0]
    if under or number.q != 1:
        top = Mul(number.p, *(a for a in factors if a not in under))
        below = inverse(as_written(Mul(number.q, *(1 / a for a in under))))
        return below if top == 1 else mul(as_written(top), below)
    parts = [as_written(a) for a in e.as_ordered_factors()]
    roots = [a.args[0] for a in parts if isinstance(a, Pow) and a.args[1] == _HALF]
    if len(roots) < 2:
        return mul(*parts)
    others = [a for a in parts if not (isinstance(a, Pow) and a.args[1] == _HALF)]
    return mul(*others, power(mul(*roots), _HALF)) if others else power(mul(*roots), _HALF)


def _special_values(chain: Chain) -> None:
    """Gamma functions of numbers: their arguments as one number, then down to a value that is known."""
    for argument in {e.args[0] for _, e in places(chain.here) if isinstance(e, gamma)}:
        value = meaning(argument)
        if not value.is_Rational:
            continue
        wanted = add(value - 1, ONE) if value > 1 else value
        paths = [(*path, 0) for path, e in places(chain.here) if isinstance(e, gamma) and e.args[0] == argument]
        if argument != wanted:
            chain.at_places(ALGEBRA, paths, to=wanted)
    chain.exhaust(special.GAMMA_OF_ONE, special.GAMMA_OF_HALF)
    steps = {e for _, e in places(chain.here) if isinstance(e, gamma) and isinstance(e.args[0], Add)}
    steps = {e for e in steps if e.args[0].args[1:] == (ONE,) and isinstance(e.args[0].args[0], Rational)}
    if steps:
        chain.rewrite(special.GAMMA_STEP, at=lambda e: e in steps)
        _special_values(chain)


def _shorter(e: Expr) -> Sequence[Expr]:
    """Other ways to write a value, the shortest first."""
    logs = expand(logarithm(e), log=False) if isinstance(e, (Mul, Pow, sympy_exp)) else None
    forms = [e, factor(e), together(e), factor(together(e)), powsimp(e), expand(e)]
    forms += [] if logs is None else [powsimp(sympy_exp(logs))]
    return sorted(set(forms), key=lambda f: (len(f.free_symbols), f.count_ops(), str(f)))
