"""What may be tried: the rules and names of the rulebook, and rearrangements that the field axioms allow.

A move proposes, at one part of a form, steps for the kernel to take.  It decides nothing: a proposal whose
conditions the kernel cannot show is dropped.  `MOVES` is what there is; an identity that a user registers
takes part like those in `IDENTITIES`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations, permutations
from typing import TypeAlias

from sympy import Abs, Add, Expr, Integer, Mul, Poly, Pow, Rational, Symbol, cos, exp, log

from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import FOLD, UNFOLD, Identity, Rule
from lossproof.kernel.schema import Value
from lossproof.kernel.steps import Path
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    absolute,
    add,
    inverse,
    is_leaf,
    maximum,
    mul,
    neg,
    power,
    rebuild,
    sub,
)
from lossproof.notation.inert import exp as exponential
from lossproof.notation.inert import log as logarithm
from lossproof.notation.nodes import Definition, Named, Sigmoid, Softplus, Where
from lossproof.rulebook import RULES, SHIPPED, absolute_values, cases, floating, logarithms, sigmoids
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.stability.operations import inverted, is_input, negated
from lossproof.strategies.matching import arranged, find, part_at, places, recognise

#: A rule, where below the part, and with what.
Application: TypeAlias = tuple[Rule, Path, dict[str, Value]]
Proposal: TypeAlias = tuple[Application, ...]
Move: TypeAlias = Callable[[Expr], Iterator[Proposal]]

#: Identities that are tried wherever they fit, from left to right.
IDENTITIES: tuple[Identity, ...] = (
    *(rule for rule in vars(floating).values() if isinstance(rule, Identity)),
    *(sigmoids.SOFTPLUS_WITHOUT_OVERFLOW, sigmoids.LOG_OF_SIGMOID, sigmoids.LOG_OF_SIGMOID_COMPLEMENT),
    *(sigmoids.COMPLEMENT_OF_SIGMOID, sigmoids.AS_SIGMOID),
    *(logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_POWER, logarithms.LOG_OF_INVERSE, logarithms.LOG_OF_EXP),
    *(logarithms.EXP_OF_LOG, logarithms.EXP_OF_LOG_MULTIPLE, logarithms.DIFFERENCE_OF_LOGS),
    *(absolute_values.ROOT_OF_SQUARE, absolute_values.TWICE_POSITIVE_PART, cases.MAXIMUM_AS_ABSOLUTE_VALUE),
)

#: Functions of libraries, which are tried wherever an expression is one of their values.
NAMES: tuple[Definition, ...] = tuple(floating.FUNCTIONS.values())


def registered() -> tuple[Identity, ...]:
    """The identities that a user has added to the rulebook."""
    added_rules = (rule for name, rule in RULES.items() if name not in SHIPPED)
    return tuple(r for r in added_rules if isinstance(r, Identity) and r.kind is Kind.EQUAL)


def by_identity(e: Expr) -> Iterator[Proposal]:
    """One identity."""
    return _one_of((*IDENTITIES, *registered()), e)


def by_name(e: Expr) -> Iterator[Proposal]:
    """The name of a function that libraries have; its terms or factors may have to change places first."""
    if isinstance(e, Named):
        yield ((UNFOLD, (), {"avoid": ()}),)
        return
    yield from (_written(form, named, e) for form, named in _calls(e))


def _written(form: Expr, named: Named, e: Expr) -> Proposal:
    """A name for an expression that has to be arranged for it."""
    first: Proposal = () if form == e else ((LAWS, (), {"to": form}),)
    return (*first, (FOLD, (), {"named": named}))


@lru_cache(maxsize=1 << 14)
def _calls(e: Expr) -> tuple[tuple[Expr, Named], ...]:
    """The functions of libraries that an expression is a value of, each after how it has to be arranged for that."""
    found: list[tuple[Expr, Named]] = []
    for definition in NAMES:
        if type(e) is type(definition.body):
            form = arranged(definition, e)
            named = None if form is None else recognise(definition, form)
            if form is not None and named is not None:
                found.append((form, named))
    return tuple(found)


#: Identities that take logarithms and what stands in them apart, into softplus functions where they can.
APART: tuple[Identity, ...] = (
    *(sigmoids.LOG_OF_SIGMOID, sigmoids.LOG_OF_SIGMOID_COMPLEMENT, floating.AS_SOFTPLUS),
    floating.LOG_OF_CONSTANT_AND_EXP,
    *(logarithms.LOG_OF_EXP, logarithms.LOG_OF_FACTORS, logarithms.LOG_OF_POWER, logarithms.LOG_OF_INVERSE),
)
#: Identities that are never regretted at the end.
LAST: tuple[Identity, ...] = (sigmoids.SOFTPLUS_WITHOUT_OVERFLOW, floating.SIGMOID_WITHOUT_OVERFLOW)


def unfolding(e: Expr) -> Iterator[Proposal]:
    """A name that is no function of a library is replaced by what it stands for."""
    if isinstance(e, Named) and e.definition not in NAMES:
        yield ((UNFOLD, (), {"avoid": ()}),)


def taking_apart(e: Expr) -> Iterator[Proposal]:
    """One of the identities that take logarithms apart."""
    return _one_of(APART, e)


def finishing(e: Expr) -> Iterator[Proposal]:
    """What may be done to any form at the end: no overflow in a sigmoid, names of functions, no sign to lose."""
    yield from _one_of(LAST, e)
    if isinstance(e, Abs):
        yield from by_evenness(e)
    if not isinstance(e, Named):
        yield from (_written(form, named, e) for form, named in _calls(e) if named.definition != floating.XLOGY)


def _one_of(rules: Iterable[Identity], e: Expr) -> Iterator[Proposal]:
    for rule in rules:
        for form, first in _orders(e, rule.left):
            values = find(rule.left, form, {})
            if values is not None and not (rule is floating.LOG_OF_CONSTANT_AND_EXP and values["c"] == 1):
                yield (*first, (rule, (), values))
        if isinstance(rule.left, Mul) and isinstance(e, Mul) and len(e.args) > 2:
            yield from _of_two_factors(rule, e)


def _of_two_factors(rule: Identity, e: Expr) -> Iterator[Proposal]:
    """An identity of a product, for two of several factors."""
    flat = _flat_factors(e)
    if len(flat) > 6:
        return
    for k, m in permutations(range(len(flat)), 2):
        values = find(rule.left, mul(flat[k], flat[m]), {})
        if values is not None:
            rest = [f for n, f in enumerate(flat) if n not in (k, m)]
            yield ((ALGEBRA, (), {"to": mul(mul(flat[k], flat[m]), *rest)}), (rule, (0,), values))


def _orders(e: Expr, pattern: Expr) -> Iterator[tuple[Expr, Proposal]]:
    """The expression as it is, and with one term or factor in front or last, also one level below."""
    if e.func is not pattern.func and not (isinstance(pattern, Add) and isinstance(e, Add)):
        return
    yield e, ()
    if isinstance(pattern, (Add, Mul)) and len(pattern.args) == 2:
        for form in _splits(e):
            yield form, ((ALGEBRA, (), {"to": form}),)
    elif len(pattern.args) == 1 and isinstance(pattern.args[0], Add) and isinstance(e.args[0], Add):
        for form in _splits(e.args[0]):
            yield e.func(form, evaluate=False), ((ALGEBRA, (0,), {"to": form}),)


def _splits(e: Expr) -> Iterator[Expr]:
    """A sum or product as one of its parts and the rest, in both orders."""
    if isinstance(e, Add):
        terms = terms_of(e)
        for k, one in enumerate(terms):
            rest = [*terms[:k], *terms[k + 1 :]]
            if rest:
                yield added([one, _group(rest)])
                yield added([_group(rest), one])
    elif isinstance(e, Mul) and len(e.args) == 2 and negated(e) is None:
        yield mul(e.args[1], e.args[0])


# ------------------------------------------------------------------ sums and products, taken apart and put together


def terms_of(e: Expr) -> list[Expr]:
    """The terms of a sum, sums in it and minus signs resolved; a negative one as ``-a``."""
    if isinstance(e, Add):
        return [t for a in e.args for t in terms_of(a)]
    positive = negated(e)
    if positive is not None:
        return [turned(t) for t in terms_of(positive)]
    return [e]


def turned(e: Expr) -> Expr:
    """``-a`` without two signs in a row."""
    if isinstance(e, Rational):
        return Rational(-e.p, e.q)
    positive = negated(e)
    return neg(e) if positive is None else positive


def added(terms: Sequence[Expr]) -> Expr:
    """A sum, a positive term first if there is one."""
    if not terms:
        return Integer(0)
    if len(terms) == 1:
        return terms[0]
    first = next((t for t in terms if not _is_negative(t)), terms[0])
    rest = list(terms)
    rest.remove(first)
    return add(first, *rest)


def _group(terms: Sequence[Expr]) -> Expr:
    """A sum as one term: minus the sum of the opposite terms, if all are negative."""
    if len(terms) > 1 and all(map(_is_negative, terms)):
        return neg(added([turned(t) for t in terms]))
    return added(terms)


def _is_negative(e: Expr) -> bool:
    return negated(e) is not None or (isinstance(e, Rational) and e < 0)


Factors: TypeAlias = dict[Expr, Expr]


def factors_of(e: Expr) -> tuple[Rational, Factors]:
    """The number in front, and the exponent of every other factor; exponentials of opposites are one factor."""
    front: Rational = ONE
    found: Factors = {}
    stack = [(e, ONE)]
    while stack:
        here, k = stack.pop()
        if isinstance(here, Mul):
            stack.extend((a, k) for a in reversed(here.args))
        elif isinstance(here, Rational) and isinstance(k, Integer) and (here or k > 0):
            front = front * here**k
        elif isinstance(here, Pow) and isinstance(here.args[1], Integer):
            stack.append((here.args[0], k * here.args[1]))
        elif isinstance(here, Add) and isinstance(k, Integer):
            content, base = _canonical(here)
            front = front * content**k
            found[base] = found.get(base, Integer(0)) + k
        elif type(here) is exp and not isinstance(here.args[0], Add):
            number, inside = factors_of(here.args[0])
            base = exponential(multiplied(ONE, inside))
            found[base] = found.get(base, Integer(0)) + number * k
        else:
            found[here] = found.get(here, Integer(0)) + k
    return front, {base: k for base, k in found.items() if k}


@lru_cache(maxsize=1 << 14)
def _canonical(e: Expr) -> tuple[Rational, Expr]:
    """A sum as a number times one that is the same for all its multiples."""
    terms = terms_of(e)
    if len(terms) < 2:
        return ONE, e
    fronts = [factors_of(t)[0] for t in terms]
    content = Rational(
        math.gcd(*(int(c.p) for c in fronts)),
        math.lcm(*(int(c.q) for c in fronts)),
    )
    if content == 0:
        return ONE, e
    if min(zip(map(_unsigned, terms), fronts, strict=True), key=lambda pair: pair[0])[1] < 0:
        content = -content
    if content == 1:
        return ONE, e
    return content, added([_divided(t, content) for t in terms])


def _unsigned(e: Expr) -> str:
    """A key of a term that its sign and number do not change."""
    return str(multiplied(ONE, factors_of(e)[1]))


def _divided(e: Expr, by: Rational) -> Expr:
    front, factors = factors_of(e)
    return multiplied(front / by, factors)


def multiplied(front: Rational, factors: Factors) -> Expr:
    """A product over a product; an exponential never stands below."""
    above: list[Expr] = []
    below: list[Expr] = []
    for base, k in factors.items():
        if type(base) is exp:
            above.append(_exponential(base.args[0], k))
        elif k > 0:
            above.append(base if k == 1 else power(base, k))
        else:
            below.append(base if k == -1 else power(base, -k))
    size = abs(front)
    if size.p != 1:
        above.insert(0, Integer(size.p))
    if size.q != 1:
        if below:
            below.insert(0, Integer(size.q))
        else:
            above[:] = [Rational(size.p, size.q), *(above[1:] if size.p != 1 else above)]
    top = ONE if not above else above[0] if len(above) == 1 else mul(*above)
    if below:
        bottom = inverse(below[0] if len(below) == 1 else mul(*below))
        top = bottom if top == ONE else mul(top, bottom)
    return neg(top) if front < 0 else top


def _exponential(u: Expr, k: Expr) -> Expr:
    if isinstance(k, Rational):
        return exponential(_scaled(k, u))
    return exponential(mul(k, u))


def _product_of(a: Expr, b: Expr, sign: int = 1) -> Expr:
    """``a b`` or ``a / b``, equal factors taken together."""
    (front, factors), (other, more) = factors_of(a), factors_of(b)
    joined = Counter(factors)
    for base, k in more.items():
        joined[base] = factors.get(base, Integer(0)) + sign * k
    factors = {**factors, **{base: joined[base] for base in more}}
    return multiplied(front * other**sign, {base: k for base, k in factors.items() if k})


def by_order_of_sum(e: Expr) -> Iterator[Proposal]:
    """Two terms are added first, wherever they stand in the sum."""
    if not isinstance(e, Add):
        return
    terms = terms_of(e)
    if len(terms) < 3 or len(terms) > 6:
        return
    for k, m in combinations(range(len(terms)), 2):
        rest = [t for n, t in enumerate(terms) if n not in (k, m)]
        pair = _group([terms[k], terms[m]])
        yield ((ALGEBRA, (), {"to": added([pair, *rest]) if not _is_negative(pair) else added([*rest, pair])}),)


def by_order_of_product(e: Expr) -> Iterator[Proposal]:
    """Two factors are multiplied first; or equal factors and their inverses are taken together."""
    if not isinstance(e, (Mul, Pow)):
        return
    front, factors = factors_of(e)
    together = multiplied(front, factors)
    if together != e:
        yield ((LAWS, (), {"to": together}),)
    if negated(e) is not None:
        return
    flat = _flat_factors(e)
    if 3 <= len(flat) <= 6:
        for k, m in combinations(range(len(flat)), 2):
            rest = [t for n, t in enumerate(flat) if n not in (k, m)]
            yield ((ALGEBRA, (), {"to": mul(_pair(flat[k], flat[m]), *rest)}),)


def _flat_factors(e: Expr) -> list[Expr]:
    if isinstance(e, Mul):
        return [f for a in e.args for f in _flat_factors(a)]
    below = inverted(e)
    if below is not None and isinstance(below, Mul):
        return [inverse(f) for f in _flat_factors(below)]
    if isinstance(e, Pow) and e.args[1] == TWO:
        return [e.args[0], e.args[0]]
    return [e]


def _pair(a: Expr, b: Expr) -> Expr:
    below = inverted(a)
    return mul(b, a) if below is not None and inverted(b) is None else mul(a, b)


def by_powers(e: Expr) -> Iterator[Proposal]:
    """Factors with equal exponents as one power: ``a^(c - 1) a b^c = (a b)^c``."""
    if not isinstance(e, Mul):
        return
    front, factors = factors_of(e)
    powers = [p for p in factors if isinstance(p, Pow) and not isinstance(p.args[1], Rational)]
    if not powers or any(factors[p] != 1 for p in powers):
        return
    exponents: dict[Expr, list[Monomial]] = {}
    for base, k in factors.items():
        inside, exponent = (base.args[0], base.args[1]) if base in powers else (base, k)
        number, parts = factors_of(inside)
        if number != 1:
            return
        for part, m in parts.items():
            exponents.setdefault(part, []).extend(expanded(mul(m, exponent)))
    groups: dict[tuple[tuple[Rational, tuple[tuple[Expr, Expr], ...]], ...], Factors] = {}
    for part, total in exponents.items():
        like = _like(total)
        if not like:
            continue
        sign = 1 if str(like[0][0])[0] != "-" else -1
        key = tuple((sign * c, tuple(f.items())) for c, f in like)
        groups.setdefault(key, {})[part] = Integer(sign)
    out: list[Expr] = [] if front == 1 else [front]
    for key, bases in groups.items():
        exponent = summed([(c, dict(f)) for c, f in key])
        base = multiplied(ONE, bases)
        out.append(base if exponent == 1 else power(base, exponent))
    yield ((LAWS, (), {"to": out[0] if len(out) == 1 else mul(*out)}),)


def by_distributing(e: Expr) -> Iterator[Proposal]:
    """A factor is multiplied into a sum, where it may cancel; into all of them, or a power of a sum."""
    if not isinstance(e, Mul):
        return
    front, factors = factors_of(e)
    sums = [base for base, k in factors.items() if isinstance(base, Add) and k >= 1]
    for whole in sums:
        k = factors[whole]
        others: list[tuple[Expr, Expr]] = [(base, m / k) for base, m in factors.items() if base != whole]
        fitting = [(base, m) for base, m in others if isinstance(m, Integer)]
        single = [(base, Integer(1) if m > 0 else Integer(-1)) for base, m in fitting if abs(m) > 1]
        for base, m in (*fitting, *single):
            inside = multiplied(ONE, {base: m})
            terms = [_product_of(t, inside) for t in terms_of(whole)]
            left = {b: n for b, n in factors.items() if b != whole}
            left[base] = left[base] - m * k
            kept = multiplied(front, {b: n for b, n in left.items() if n})
            new = added(terms) if k == 1 else power(added(terms), k)
            yield ((LAWS, (), {"to": new if kept == ONE else _signed(kept, new)}),)
        if k == 1 and len(factors) > 1:
            rest = multiplied(front, {b: n for b, n in factors.items() if b != whole})
            yield ((LAWS, (), {"to": added([_product_of(t, rest) for t in terms_of(whole)])}),)
        if k == 1 and front != 1:
            rest = multiplied(ONE, {b: n for b, n in factors.items() if b != whole})
            new = added([_product_of(t, front) for t in terms_of(whole)])
            yield ((ALGEBRA, (), {"to": new if rest == ONE else mul(new, rest)}),)


def _signed(kept: Expr, new: Expr) -> Expr:
    positive = negated(kept)
    if positive is not None:
        return neg(_signed(positive, new)) if positive != ONE else neg(new)
    return mul(new, kept) if inverted(kept) is not None else mul(kept, new)


def by_factoring(e: Expr) -> Iterator[Proposal]:
    """A factor of two or more terms is taken out of them; like terms are added."""
    if not isinstance(e, Add):
        return
    terms = terms_of(e)
    parts = [factors_of(t) for t in terms]
    like: dict[tuple[tuple[Expr, Expr], ...], Rational] = {}
    for front, factors in parts:
        key = tuple(sorted(factors.items(), key=str))
        like[key] = like.get(key, Integer(0)) + front
    if len(like) < len(terms):
        yield ((LAWS, (), {"to": added([multiplied(c, dict(key)) for key, c in like.items() if c] or [Integer(0)])}),)
    bases: dict[Expr, list[int]] = {}
    for k, (_, factors) in enumerate(parts):
        for base in factors:
            bases.setdefault(base, []).append(k)
    for base, where in bases.items():
        if len(where) < 2:
            continue
        least = min((parts[k][1][base] for k in where), key=lambda m: (abs(m), str(m)))
        if not isinstance(least, Integer):
            continue
        step = ONE if least > 0 else MINUS_ONE
        out = multiplied(ONE, {base: step})
        inside = added([_product_of(terms[k], out, -1) for k in where])
        rest = [t for k, t in enumerate(terms) if k not in where]
        yield ((LAWS, (), {"to": added([*rest, _signed(out, inside)])}),)


Monomial: TypeAlias = tuple[Rational, Factors]
#: The longest sum that is written out.
_LONGEST = 24


def expanded(e: Expr, *, residuals: bool = False) -> list[Monomial]:
    """The terms of an expression multiplied out, like ones added; nothing if there are too many.

    Args:
        e: the expression.
        residuals: whether a difference of inputs that is multiplied stays as it is.
    """
    found: dict[tuple[tuple[Expr, Expr], ...], Rational] = {}
    for front, factors in _monomials(e, residuals):
        key = tuple(sorted(factors.items(), key=str))
        found[key] = found.get(key, Integer(0)) + front
    return [(front, dict(key)) for key, front in found.items() if front]


def _monomials(e: Expr, residuals: bool, inside: bool = False) -> list[Monomial]:
    if isinstance(e, Add):
        if inside and residuals and all(is_input(t) or is_input(turned(t)) for t in map(_without_number, terms_of(e))):
            return [factors_of(e)]
        return [m for a in e.args for m in _monomials(a, residuals, inside)]
    if isinstance(e, Mul):
        whole: list[Monomial] = [(ONE, {})]
        for a in e.args:
            more = _monomials(a, residuals, negated(e) is None)
            whole = [_times(m, n) for m in whole for n in more]
            if len(whole) > _LONGEST:
                return []
        return whole
    if isinstance(e, Pow) and isinstance(e.args[1], Integer) and 2 <= e.args[1] <= 4:
        return _monomials(mul(*[e.args[0]] * int(e.args[1])), residuals)
    return [factors_of(e)]


def _without_number(e: Expr) -> Expr:
    return multiplied(ONE, factors_of(e)[1])


def _times(a: Monomial, b: Monomial) -> Monomial:
    joined = dict(a[1])
    for base, k in b[1].items():
        joined[base] = joined.get(base, Integer(0)) + k
    return a[0] * b[0], {base: k for base, k in joined.items() if k}


def _opposite(a: Monomial) -> Monomial:
    return -a[0], a[1]


def summed(monomials: Iterable[Monomial]) -> Expr:
    """A sum of terms, a positive one first."""
    return added([multiplied(*m) for m in monomials])


def _like(monomials: Iterable[Monomial]) -> list[Monomial]:
    return expanded(summed(monomials))


def by_multiplying_out(e: Expr) -> Iterator[Proposal]:
    """Everything is multiplied out, and like terms are added."""
    if isinstance(e, (Add, Mul)):
        for residuals in (True, False):
            terms = expanded(e, residuals=residuals)
            if 0 < len(terms) <= 8:
                yield ((LAWS, (), {"to": summed(terms)}),)


def by_common_denominator(e: Expr) -> Iterator[Proposal]:
    """A sum of quotients as one quotient."""
    if not isinstance(e, Add):
        return
    terms = [factors_of(t) for t in terms_of(e)]
    below: Factors = {}
    for _, factors in terms:
        for base, k in factors.items():
            if isinstance(k, Integer) and k < 0 and type(base) is not exp:
                below[base] = max(below.get(base, Integer(0)), -k)
    if below:
        above = expanded(added([multiplied(*_times(t, (ONE, below))) for t in terms]), residuals=True)
        if 0 < len(above) <= 8:
            top = added([multiplied(*m) for m in above])
            quotient = mul(top, inverse(multiplied(ONE, below)))
            yield ((LAWS, (), {"to": quotient}),)
            yield from (((LAWS, (), {"to": quotient}), *scaled) for scaled in by_scaling(quotient))


def by_reflecting(e: Expr) -> Iterator[Proposal]:
    """``c softplus(u) - k u + ... = (c - k) softplus(u) + k softplus(-u) + ...``: nothing is left to cancel."""
    if not isinstance(e, Add):
        return
    terms = expanded(e)
    for base in dict.fromkeys(b for _, factors in terms for b, k in factors.items() if isinstance(b, Softplus)):
        u = base.args[0]
        if any(factors.get(base, ONE) != 1 for _, factors in terms):
            continue
        front = [(c, {b: k for b, k in factors.items() if b != base}) for c, factors in terms if base in factors]
        rest = [m for m in terms if base not in m[1]]
        inside = expanded(u)
        for _, factors in inside[:1]:
            for m in rest:
                if not set(factors) <= set(m[1]):
                    continue
                below = {b: -k for b, k in factors.items()}
                k = _opposite(_times(m, (1 / inside[0][0], below)))
                left = _like([*rest, *(_times(k, n) for n in inside)])
                if len(left) >= len(rest):
                    continue
                parts = [summed(_like([*front, _opposite(k)])), multiplied(*k)]
                differing = sub(base, u)
                done: list[Expr] = [] if parts[0] == 0 else [_scaled(parts[0], base)]
                target = added([multiplied(*n) for n in left] + [*done, _scaled(parts[1], differing)])
                path = next(p for p, part in places(target) if part == differing)
                yield (
                    (LAWS, (), {"to": target}),
                    (floating.REFLECTION_OF_SOFTPLUS, path, {"z": u}),
                )


def _scaled(c: Expr, e: Expr) -> Expr:
    if c == 1:
        return e
    positive = negated(c)
    if positive is not None or c == -1:
        return neg(_scaled(ONE if positive is None else positive, e))
    return mul(c, e)


def by_evenness(e: Expr) -> Iterator[Proposal]:
    """``f(-a) = f(a)`` for an absolute value, a cosine, a square."""
    square = isinstance(e, Pow) and e.args[1] == TWO
    if isinstance(e, (Abs, cos)) or square:
        inside = e.args[0]
        opposite = negated(inside)
        if opposite is not None:
            yield ((LAWS, (), {"to": rebuild(e, [opposite, *e.args[1:]])}),)


def _root(front: Rational, factors: Factors) -> Expr:
    """The root of a product, factor by factor."""
    out: Factors = {}
    for base, k in factors.items():
        half = k / 2
        if isinstance(half, Integer) or type(base) is exp:
            out[base] = half
        elif isinstance(k, Integer):
            out[power(base, Rational(1, 2))] = k
        else:
            out[base] = half
    size: Rational = ONE
    root = front ** Rational(1, 2)
    if isinstance(root, Rational):
        size = root
    else:
        out = {power(front, Rational(1, 2)): ONE, **out}
    return multiplied(size, out)


def by_square(e: Expr) -> Iterator[Proposal]:
    """A square times something positive as one square, and a square over something as a product of two quotients."""
    if not isinstance(e, Mul):
        return
    front, factors = factors_of(e)
    squares = [base for base, k in factors.items() if k == 2 and type(base) is not exp]
    if len(squares) == 1 and len(factors) > 1 and front > 0:
        yield ((LAWS, (), {"to": power(_root(front, factors), TWO)}),)
        (base,) = squares
        yield ((LAWS, (), {"to": mul(multiplied(front, {**factors, base: ONE}), base)}),)


def by_square_in_logarithm(e: Expr) -> Iterator[Proposal]:
    """``log(1 + X^2 / c)`` with the quotient as one square, and without overflow."""
    if isinstance(e, log) and isinstance(e.args[0], Add):
        terms = terms_of(e.args[0])
        rest = [t for t in terms if t != ONE]
        if len(terms) == 2 and len(rest) == 1:
            front, factors = factors_of(rest[0])
            if front > 0 and any(k == 2 and type(base) is not exp for base, k in factors.items()):
                u = _root(front, factors)
                yield (
                    (LAWS, (0,), {"to": add(ONE, power(u, TWO))}),
                    (floating.LOG_OF_ONE_PLUS_SQUARE, (), {"u": u}),
                )


def _scale(e: Expr) -> tuple[Expr, Expr] | None:
    """``M, Q`` with ``c + X^2 = M^2 Q`` for the larger ``M`` of ``|X|`` and the root of ``c``."""
    if not isinstance(e, Add):
        return None
    terms = [factors_of(t) for t in terms_of(e)]
    if len(terms) != 2:
        return None
    for k, (front, factors) in enumerate(terms):
        square = factors and all(isinstance(m / 2, Integer) for m in factors.values())
        moving = square and any(isinstance(base, Add) for base in factors)
        if moving:
            other, more = terms[1 - k]
            large, fixed = _root(abs(front), factors), _root(abs(other), more)
            larger = maximum(absolute(large), fixed)
            first = power(mul(fixed, inverse(larger)), TWO)
            second = power(mul(large, inverse(larger)), TWO)
            if other < 0:
                return larger, sub(second, first)
            return larger, add(first, second) if front > 0 else sub(first, second)
    return None


def by_scaling(e: Expr) -> Iterator[Proposal]:
    """``r / (c + r^2)`` with everything divided by the larger of ``|r|`` and the root of ``c``."""
    if not isinstance(e, (Mul, Pow)) or negated(e) is not None:
        return
    front, factors = factors_of(e)
    scales = {base: found for base in factors if (found := _scale(base)) is not None}
    if not scales or len({larger for larger, _ in scales.values()}) != 1:
        return
    larger = next(iter(scales.values()))[0]
    power_of = sum((2 * factors[base] for base in scales), Integer(0))
    if not isinstance(power_of, Integer) or power_of >= 0:
        return
    rest = {base: k for base, k in factors.items() if base not in scales}
    above = [f for f in _flat_factors(multiplied(abs(front), rest)) if f != ONE]
    above += [scales[b][1] for b, k in factors.items() if b in scales and k > 0 for _ in range(int(k))]
    below = [scales[b][1] for b, k in factors.items() if b in scales and k < 0 for _ in range(int(-k))]
    out: Expr | None = None
    for _ in range(int(-power_of)):
        taken = above.pop(0) if above else None
        if taken is not None and isinstance(taken, Rational) and above:
            taken = mul(taken, above.pop(0))
        piece = inverse(larger) if taken is None else mul(taken, inverse(larger))
        out = piece if out is None else mul(out, piece) if taken is not None else mul(out, inverse(larger))
    assert out is not None
    for f in above:
        out = mul(out, f)
    for q in below:
        out = mul(out, inverse(q))
    yield ((LAWS, (), {"to": neg(out) if front < 0 else out}),)


def by_turning(e: Expr) -> Iterator[Proposal]:
    """``a - b = -(b - a)``."""
    if isinstance(e, Add) and len(e.args) == 2:
        b = negated(e.args[1])
        if b is not None:
            yield ((ALGEBRA, (), {"to": neg(sub(b, e.args[0]))}),)


def by_sharing(e: Expr) -> Iterator[Proposal]:
    """``c sigma(z) + d = (c + d) sigma(z) + d sigma(-z)``, in which nothing cancels where ``d`` is minus a share."""
    if not isinstance(e, Add):
        return
    terms = expanded(e)
    for share in dict.fromkeys(b for _, factors in terms for b in factors if isinstance(b, Sigmoid)):
        if any(factors.get(share, ONE) != 1 for _, factors in terms):
            continue
        front = [(c, {b: k for b, k in factors.items() if b != share}) for c, factors in terms if share in factors]
        rest = [m for m in terms if share not in m[1]]
        both = _like([*front, *rest])
        if not rest or any(_mentions(m, share) for m in both):
            continue
        other = sub(ONE, share)
        first = [] if not both else [_scaled(summed(both), share)]
        target = added([*first, _scaled(summed(rest), other)])
        path = next(p for p, part in places(target) if part == other)
        reflection = (floating.REFLECTION_OF_SIGMOID, path, {"z": share.args[0]})
        yield ((LAWS, (), {"to": target}), reflection)


def _mentions(m: Monomial, share: Expr) -> bool:
    return share in m[1]


def by_exponential(e: Expr) -> Iterator[Proposal]:
    """``a^b = exp(b log a)``, the logarithm of a product as a sum."""
    if isinstance(e, Pow) and not isinstance(e.args[1], Rational):
        front, factors = factors_of(e.args[0])
        terms = [] if front == 1 else [logarithm(front)]
        terms += [_scaled(k, base.args[0] if type(base) is exp else logarithm(base)) for base, k in factors.items()]
        yield ((LAWS, (), {"to": exponential(mul(e.args[1], added(terms)))}),)


def by_distance_from_one(e: Expr) -> Iterator[Proposal]:
    """``log a = log(1 + (a - 1))``, where that difference is a product."""
    if isinstance(e, log) and isinstance(e.args[0], (Add, Mul)):
        whole = factored([*expanded(e.args[0]), (MINUS_ONE, {})])
        if whole is not None:
            yield ((LAWS, (0,), {"to": add(ONE, whole)}),)


def by_complete_factoring(e: Expr) -> Iterator[Proposal]:
    """A sum as a product of sums."""
    if isinstance(e, Add):
        whole = factored(expanded(e))
        if whole is not None:
            yield ((LAWS, (), {"to": whole}),)


@lru_cache(maxsize=1 << 10)
def _letter(k: int) -> Symbol:
    return Symbol(f"a_{k}")


def factored(monomials: Sequence[Monomial]) -> Expr | None:
    """A sum of terms as a product of sums; nothing if it is not one."""
    bases = list(dict.fromkeys(base for _, factors in monomials for base in factors))
    if not bases or not all(isinstance(k, Integer) for _, factors in monomials for k in factors.values()):
        return None
    letters = {base: _letter(k) for k, base in enumerate(bases)}
    lowest = {base: min(int(factors.get(base, 0)) for _, factors in monomials) for base in bases}
    polynomial = Poly.from_dict(
        {
            tuple(int(factors.get(base, 0)) - lowest[base] for base in bases): front
            for front, factors in _like(monomials)
        },
        *letters.values(),
    )
    front, parts = polynomial.factor_list()
    sums = [(part, k) for part, k in parts if len(part.terms()) > 1]
    if not sums or (len(parts) < 2 and parts[0][1] < 2 and not any(lowest.values())):
        return None
    out: Factors = {base: Integer(k) for base, k in lowest.items() if k}
    for part, k in parts:
        terms = [(c, {b: Integer(m) for b, m in zip(bases, powers, strict=True) if m}) for powers, c in part.terms()]
        if len(terms) == 1:
            out = _times((ONE, out), terms[0])[1]
            front = front * terms[0][0]
        else:
            if all(c < 0 for c, _ in terms) or (terms[0][0] < 0 and len(terms) == 2):
                terms, front = [_opposite(m) for m in terms], front * (-1) ** k
            out[summed(terms)] = Integer(k)
    return multiplied(Rational(front.p, front.q), {b: k for b, k in out.items() if k})


def by_cases(e: Expr) -> Iterator[Proposal]:
    """A sum with ``|u|`` in it by cases of the sign of ``u``, and what it is in each case."""
    if not isinstance(e, Add):
        return
    for path, part in places(e):
        if isinstance(part, Abs) and _through_products(e, path):
            u = part.args[0]
            steps: list[Application] = [(cases.ABSOLUTE_VALUE_BY_CASES, path, {"a": u})]
            form = _put(e, path, Where(u, u, neg(u)))
            while path:
                *above, k = path
                path = tuple(above)
                whole = part_at(form, path)
                rest = [a for n, a in enumerate(whole.args) if n != k]
                kind = add if isinstance(whole, Add) else mul
                other = rest[0] if len(rest) == 1 else kind(*rest)
                gap, yes, no = whole.args[k].args
                turned_round = add(whole.args[k], other) if kind is add else mul(other, whole.args[k])
                if turned_round != whole:
                    steps.append((ALGEBRA, path, {"to": turned_round}))
                rule = cases.SUM_BY_CASES if kind is add else cases.PRODUCT_BY_CASES
                steps.append((rule, path, {"c": gap, "a": yes, "b": no, "u": other}))
                both = (add(yes, other), add(no, other)) if kind is add else (mul(other, yes), mul(other, no))
                form = _put(form, path, Where(gap, *both))
            for k in (1, 2):
                steps.append((LAWS, (k,), {"to": _collected(form.args[k], u)}))
            yield tuple(steps)
            return


def _through_products(e: Expr, path: Path) -> bool:
    """Whether a part is reached through sums and products only."""
    return all(isinstance(part_at(e, path[:k]), (Add, Mul)) for k in range(len(path)))


def _put(e: Expr, path: Path, part: Expr) -> Expr:
    if not path:
        return part
    return rebuild(e, [_put(a, path[1:], part) if k == path[0] else a for k, a in enumerate(e.args)])


def _collected(e: Expr, u: Expr) -> Expr:
    """An expression by powers of a part of it."""
    letter = Symbol("u_", real=True)
    terms = expanded(_replaced(e, u, letter))
    by_power: dict[Expr, list[Monomial]] = {}
    for c, factors in terms:
        k = factors.get(letter, Integer(0))
        by_power.setdefault(k, []).append((c, {b: m for b, m in factors.items() if b != letter}))
    found = [(k, summed(ms)) for k, ms in by_power.items()]
    return added([c if k == 0 else _scaled(c, u if k == 1 else power(u, k)) for k, c in found])


def _replaced(e: Expr, u: Expr, letter: Symbol) -> Expr:
    if e == u:
        return letter
    return e if is_leaf(e) else rebuild(e, [_replaced(a, u, letter) for a in e.args])


#: Everything that is tried.
MOVES: tuple[Move, ...] = (
    by_identity,
    by_name,
    by_order_of_sum,
    by_order_of_product,
    by_powers,
    by_distributing,
    by_factoring,
    by_sharing,
    by_exponential,
    by_distance_from_one,
    by_complete_factoring,
    by_cases,
    by_multiplying_out,
    by_common_denominator,
    by_reflecting,
    by_evenness,
    by_square,
    by_square_in_logarithm,
    by_scaling,
    by_turning,
)


def proposals(e: Expr, moves: Iterable[Move] = MOVES) -> Iterator[Proposal]:
    """What may be tried at a part."""
    for move in moves:
        yield from move(e)
