"""Numbers of two or more doubles: where a double has too few digits or too little range, the same program again.

An `Expansion` is a sum of a few doubles that do not overlap (Dekker 1971; Priest 1991), times a power of two
that no result overflows, with a bound of its error that every operation carries along (running error analysis;
Wilkinson 1963; Higham 2002, section 3.3).  So a result says whether its digits suffice, and if they do not, the
same can be computed with more words (Ziv 1991).  `Expansions` has the operations of a `Program`, elementwise on
arrays; nothing here needs a fused multiplication, a wider type or a library of large numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import factorial
from typing import Any, TypeAlias

import mpmath
import numpy as np
from sympy import NumberSymbol, Rational

#: An array of doubles, or a double that stands for one.
Array: TypeAlias = Any
Words: TypeAlias = tuple[Array, ...]

#: The unit roundoff, the exponent of zero, and that from which on a power of two is not computed.
_U, _LOWEST, _FARTHEST = 2.0**-53, -(2.0**60), 2.0**52


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The sum and what its rounding took away (Knuth 1998, section 4.2.2, theorem B)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _split(a: Array) -> tuple[Array, Array]:
    """Two halves of 26 bits (Dekker 1971, section 4)."""
    c = 134217729.0 * a
    high = c - (c - a)
    return high, a - high


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """The product and what its rounding took away (Dekker 1971, section 5); for numbers between 2^-400 and 2^400."""
    p = a * b
    ah, al = _split(a)
    bh, bl = _split(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def distilled(terms: Sequence[Array], n: int, *, cancels: bool = True) -> tuple[Words, Array]:
    """The sum as ``n`` words, and a bound of what is left (Ogita, Rump, Oishi 2005, algorithm 4.3, passes that shrink).

    Exact sums are exact: nothing is left.  Where large terms may cancel, a pass more keeps the words apart.
    """
    rest = list(terms)
    starts = range(min(n, len(rest) - 1))
    for start in (0, *starts) if cancels else starts:
        for i in range(len(rest) - 2, start - 1, -1):
            rest[i], rest[i + 1] = two_sum(rest[i], rest[i + 1])
    left = np.zeros(())
    for term in rest[n:]:
        left = left + np.abs(term)
    zero = np.zeros(())
    return tuple(rest[:n]) + (zero,) * (n - len(rest)), left


def _added(a: Words, b: Words) -> Words:
    if len(a) == 2:
        s, e = two_sum(a[0], b[0])
        return _renewed(s, e + (a[1] + b[1]))
    return distilled([w for pair in zip(a, b, strict=True) for w in pair], len(a), cancels=False)[0]


def _renewed(a: Array, b: Array) -> Words:
    """``a + b`` in two words, for ``|a| >= |b|`` (Dekker 1971, section 3)."""
    s = a + b
    return s, b - (s - a)


def _product(a: Words, b: Words) -> tuple[Words, Array]:
    n = len(a)
    by_order: list[list[Array]] = [[] for _ in range(n + 1)]
    for i in range(n):
        for j in range(n - 1 - i):
            high, low = two_product(a[i], b[j])
            by_order[i + j].append(high)
            by_order[i + j + 1].append(low)
    last = [a[i] * b[n - 1 - i] for i in range(n)]
    beyond = [np.abs(a[i] * b[n - i]) for i in range(1, n)]
    words, left = distilled([t for terms in by_order for t in terms] + last, n, cancels=False)
    bound = left + 2 * sum(beyond, np.zeros(())) + 2 * _U * sum(map(np.abs, last), np.zeros(()))
    return words, bound


def _times(a: Words, b: Words) -> Words:
    if len(a) == 2:
        p, e = two_product(a[0], b[0])
        return _renewed(p, e + (a[0] * b[1] + a[1] * b[0]))
    return _product(a, b)[0]


def _negative(a: Words) -> Words:
    return tuple(-w for w in a)


def _words_of(value: Any, n: int) -> Words:
    """A number of mpmath in words."""
    found = []
    for _ in range(n):
        word = float(value)
        found.append(np.float64(word))
        value = value - mpmath.mpf(word)
    return tuple(found)


def _constant(make: Callable[[], Any], n: int) -> Words:
    with mpmath.workprec(53 * n + 80):
        return _words_of(make(), n)


def _constants(make: Callable[[int], Any], indices: Iterable[int], n: int) -> tuple[Words, ...]:
    with mpmath.workprec(53 * n + 80):
        return tuple(_words_of(make(k), n) for k in indices)


def _chosen(mask: Array, a: Words, b: Words) -> Words:
    return tuple(np.where(mask, u, v) for u, v in zip(a, b, strict=True))


def _power_of_two(exponent: Array) -> Array:
    return np.ldexp(1.0, np.clip(exponent, -1080, 1020).astype(np.int32))


@dataclass(frozen=True)
class Expansion:
    """``sum(words) 2^exponent``, up to ``error 2^exponent``; the larger of first word and error lies in [1/2, 1)."""

    words: Words
    exponent: Array
    error: Array

    @cached_property
    def double(self) -> Array:
        """The nearest double, or one next to it."""
        head = self.words[0]
        for w in self.words[1:]:
            head = head + w
        far = np.clip(self.exponent, -3000, 3000).astype(np.int32)
        return np.asarray(np.ldexp(head, far))

    @cached_property
    def certain(self) -> Array:
        """Whether the double is within one unit in the last place, to first order."""
        far = np.clip(self.exponent, -3000, 3000).astype(np.int32)
        return (self.error <= _U * np.abs(self.words[0])) | (np.ldexp(self.error, far) <= 2.0**-1074)

    @property
    def words_as_they_are(self) -> Words:
        """The words with the power of two; only for numbers of moderate size."""
        power = _power_of_two(self.exponent)
        return tuple(w * power for w in self.words)


def _normal(words: Words, exponent: Array, error: Array) -> Expansion:
    size = np.maximum(np.abs(words[0]), error)
    k = np.clip(np.frexp(size)[1], -1000, 1000)
    power = _power_of_two(-k.astype(float))
    exponent = np.where(size == 0, _LOWEST, exponent + k)
    return Expansion(tuple(w * power for w in words), exponent, error * power)


class Expansions:
    """Arithmetic with ``n`` words.

    >>> two = Expansions(2)
    >>> near = two.sub(two.exp(two.number(np.log(3.0))), two.number(3.0))
    >>> float(near.double)                       # e^z - 3 at the double z next to log 3; in doubles 4.4e-16
    2.721389170500459e-16
    """

    def __init__(self, n: int) -> None:
        self.n = n
        #: A bound of the relative error of the elementary functions.
        self.own = 2.0 ** (5 - 53 * n)

    @cached_property
    def table(self) -> Mapping[str, Callable[..., Any]]:
        """The operations by the names that programs use."""
        names = (
            "add sub mul div neg abs sqrt sign max where choose pow exp log log1p expm1 sin cos xlogy "
            "lgamma digamma trigamma erf erfc erfcx ndtr log_ndtr exp_sub sum largest sum_but_largest gather constant"
        )
        return {name: getattr(self, "absolute" if name == "abs" else name) for name in names.split()}

    # ---------------------------------------------------------------- numbers

    def number(self, value: Array) -> Expansion:
        """Doubles, exactly."""
        m, k = np.frexp(np.asarray(value, dtype=np.float64))
        zero = np.zeros_like(m)
        return Expansion((m,) + (zero,) * (self.n - 1), np.where(m == 0, _LOWEST, k), zero)

    def constant(self, what: Rational | NumberSymbol) -> Expansion:
        """A number, rounded to ``n`` words."""
        with mpmath.workprec(53 * self.n + 80):
            mantissa, exponent = mpmath.frexp(_of_sympy(what))
        words = _constant(lambda: mantissa, self.n)
        exact = sum(map(mpmath.mpf, map(float, words))) == mantissa and isinstance(what, Rational) and _binary(what)
        error = np.float64(0.0 if exact else _U**self.n)
        return Expansion(words, np.float64(exponent) if mantissa else np.float64(_LOWEST), error)

    def _small(self, words: Words, error: Array, exponent: Array | float = 0.0) -> Expansion:
        return _normal(words, np.asarray(exponent, dtype=float), np.asarray(error))

    # ---------------------------------------------------------------- arithmetic

    def add(self, a: Expansion, b: Expansion) -> Expansion:
        """``a + b``."""
        exponent = np.maximum(a.exponent, b.exponent)
        pa, pb = _power_of_two(a.exponent - exponent), _power_of_two(b.exponent - exponent)
        terms = [w * p for u, v in zip(a.words, b.words, strict=True) for w, p in ((u, pa), (v, pb))]
        words, left = distilled(terms, self.n)
        # What is shifted by more than a thousand places loses its last words; a bound below the last of them stays.
        lost = np.where(np.minimum(pa, pb) < 2.0**-600, (np.minimum(pa, pb) * 2.0**-53 + 2.0**-1074), 0.0)
        lost = np.where((a.words[0] == 0) | (b.words[0] == 0), 0.0, lost)
        return _normal(words, exponent, a.error * pa + b.error * pb + left + lost)

    def sub(self, a: Expansion, b: Expansion) -> Expansion:
        """``a - b``."""
        return self.add(a, self.neg(b))

    def mul(self, a: Expansion, b: Expansion) -> Expansion:
        """``a b``."""
        words, left = _product(a.words, b.words)
        error = left + np.abs(a.words[0]) * b.error + np.abs(b.words[0]) * a.error + a.error * b.error
        return _normal(words, a.exponent + b.exponent, error)

    def div(self, a: Expansion, b: Expansion) -> Expansion:
        """``a / b`` by long division; not a number if ``b`` is not known to differ from 0."""
        quotients, rest = [], a.words
        for _ in range(self.n + 1):
            q = rest[0] / b.words[0]
            quotients.append(q)
            products = [t for w in b.words for t in two_product(q, -w)]
            pairs = [t for pair in zip(rest, products[::2], strict=True) for t in pair]
            rest, _ = distilled(pairs + products[1::2], self.n)
        words, left = distilled(quotients, self.n)
        size = np.abs(words[0])
        inexact = (rest[0] != 0) * 16 * _U**self.n * size
        certain = np.abs(b.words[0]) > 2 * b.error
        error = left + inexact + 2 * (a.error + size * b.error) / np.abs(b.words[0])
        exponent = np.maximum(a.exponent, 2 * _LOWEST) - b.exponent
        return _normal(words, exponent, np.where(certain, error, np.nan))

    def neg(self, a: Expansion) -> Expansion:
        """``-a``."""
        return Expansion(_negative(a.words), a.exponent, a.error)

    def absolute(self, a: Expansion) -> Expansion:
        """``|a|``."""
        sign = np.where(a.words[0] < 0, -1.0, 1.0)
        return Expansion(tuple(w * sign for w in a.words), a.exponent, a.error)

    def sign(self, a: Expansion) -> Expansion:
        """-1, 0 or 1."""
        return self.number(np.sign(a.words[0]))

    def where(self, gap: Expansion, yes: Expansion, no: Expansion) -> Expansion:
        """``yes`` where ``gap`` is not negative."""
        return self._where(gap.words[0] >= 0, yes, no)

    def _where(self, mask: Array, a: Expansion, b: Expansion) -> Expansion:
        exponent, error = np.where(mask, a.exponent, b.exponent), np.where(mask, a.error, b.error)
        return Expansion(_chosen(mask, a.words, b.words), exponent, error)

    def max(self, a: Expansion, b: Expansion) -> Expansion:
        """The larger one."""
        return self.where(self.sub(a, b), a, b)

    def choose(self, a: Expansion, b: Expansion, yes: Expansion, no: Expansion) -> Expansion:
        """``yes`` where two numbers are the same, else ``no``."""
        return self._where(self.sub(a, b).words[0] == 0, yes, no)

    def sqrt(self, a: Expansion) -> Expansion:
        """The root, by Heron's iteration."""
        odd = np.mod(a.exponent, 2)
        scaled = Expansion(tuple(w * (1 + odd) for w in a.words), a.exponent * 0, a.error * 0)
        root = self.number(np.sqrt(scaled.words[0]))
        for _ in range(self.n.bit_length()):
            root = self.mul(self.number(0.5), self.add(root, self.div(scaled, root)))
        root = self._where(a.words[0] == 0, self.number(np.zeros_like(a.words[0])), root)
        error = self.own * np.abs(root.words[0]) + a.error * (1 + odd) / np.maximum(root.double, np.sqrt(a.error))
        error = np.where(a.error + np.abs(a.words[0]) == 0, 0.0, error)
        return _normal(root.words, np.where(a.words[0] == 0, _LOWEST, root.exponent + (a.exponent - odd) / 2), error)

    def pow(self, a: Expansion, b: Expansion) -> Expansion:
        """``a^b`` for ``a > 0``; 0 for ``a = 0 < b``."""
        power = self.exp(self.mul(b, self.log(a)))
        return self._where((a.words[0] == 0) & (b.words[0] > 0), self.number(np.zeros_like(a.words[0])), power)

    # ---------------------------------------------------------------- over classes

    def sum(self, a: Expansion) -> Expansion:
        """The sum along the last axis, in pairs."""
        return self._folded(a, self.add)

    def largest(self, a: Expansion) -> Expansion:
        """The largest along the last axis."""
        return self._folded(a, self.max)

    def sum_but_largest(self, a: Expansion) -> Expansion:
        """The sum along the last axis of numbers that are not negative, but for the first of the largest."""
        first = np.argmax(_whole(a).double, axis=-1, keepdims=True)
        others = np.arange(a.double.shape[-1]) != first
        return self.sum(self._where(others, a, self.number(np.zeros(()))))

    def exp_sub(self, a: Expansion, b: Expansion) -> Expansion:
        """``exp(a - b)``."""
        return self.exp(self.sub(a, b))

    def _folded(self, a: Expansion, both: Callable[[Expansion, Expansion], Expansion]) -> Expansion:
        a = _whole(a)
        shape = a.exponent.shape
        while (size := a.exponent.shape[-1]) > 1:
            half = size // 2
            folded = both(_cut(a, 0, half), _cut(a, half, 2 * half))
            rest = _cut(a, 2 * half, size)
            parts = zip(_parts(folded), _parts(rest), strict=True)
            joined = [np.concatenate([np.broadcast_to(u, (*shape[:-1], half)), v], axis=-1) for u, v in parts]
            a = Expansion(tuple(joined[:-2]), joined[-2], joined[-1])
        return a

    def gather(self, a: Expansion, of: Expansion) -> Expansion:
        """Of the numbers along the last axis the one with this number, counted from 0."""
        index = of.double.astype(np.int64)
        return _each(lambda w: np.take_along_axis(w, index, axis=-1), _whole(a))

    # ---------------------------------------------------------------- exponential and logarithm

    @cached_property
    def _log2(self) -> Words:
        return _constant(lambda: mpmath.ln2, self.n + 1)

    @cached_property
    def _half_pi(self) -> Words:
        return _constant(lambda: mpmath.pi / 2, self.n + 1)

    def _less_multiple(self, a: Words, k: Array, constant: Words) -> tuple[Words, Array]:
        products = [two_product(k, -c) for c in constant]
        terms = [t for w, (high, _) in zip(a, products, strict=False) for t in (w, high)]
        terms += [low for _, low in products] + [high for high, _ in products[len(a) :]]
        return distilled(terms, self.n)

    def _expm1(self, r: Words) -> tuple[Words, Words]:
        """``e^h`` and ``e^r - e^h`` for ``|r| < 0.36``, where ``h`` is the multiple of 1/64 next to ``r``."""
        at = np.rint(r[0] * 64)
        rest, _ = distilled([r[0], at / -64, *r[1:]], self.n)
        place = np.clip(np.nan_to_num(at), -24, 24).astype(np.int8) + 24
        start = tuple(np.take(column, place) for column in _exponentials(self.n))
        return start, _times(start, self._polynomial(_taylor(self.n), rest, 7.0))

    def _polynomial(self, coefficients: Sequence[Words], r: Words, bits: float) -> Words:
        """``r (c_0 + r (c_1 + ...))`` where terms shrink by ``2^-bits``; what the last words do not see, in doubles."""
        exact = 1 + int(53 * (self.n - 1) / bits)
        p = coefficients[-1][0] + 0 * r[0]
        for c in coefficients[-2 : exact - 1 : -1] if exact < len(coefficients) else ():
            p = c[0] + p * r[0]
        if exact < len(coefficients):
            words: Words = (p,) + (np.zeros_like(p),) * (self.n - 1)
        else:
            exact, words = len(coefficients) - 1, coefficients[-1]
        for c in coefficients[exact - 1 :: -1]:
            words = _added(c, _times(words, r))
        return _times(words, r)

    def _from_one(self, r: Words) -> Words:
        """``e^r - 1`` for ``|r| < 0.36``."""
        start, p = self._expm1(r)
        less = distilled([start[0], -1.0, *start[1:]], self.n)[0]
        return distilled([t for pair in zip(less, p, strict=True) for t in pair], self.n)[0]

    def _reduced(self, a: Expansion) -> tuple[Words, Array, Array, Array]:
        """``r`` and ``k`` with ``a = r + k log 2``, the error of ``r``, and whether ``a`` was too large for that."""
        value = a.double
        far = ~(np.abs(value) < _FARTHEST)
        k = np.where(far, 0.0, np.rint(value / np.log(2.0)))
        x = tuple(np.where(far, 0.0, w) for w in a.words_as_they_are)
        r, left = self._less_multiple(x, k, self._log2)
        error = a.error * _power_of_two(a.exponent) + left + np.abs(k) * _U ** (self.n + 1)
        return r, k, error, far

    def exp(self, a: Expansion) -> Expansion:
        """``e^a``; far out a power of two that no double is, of the right kind, and not more is claimed."""
        r, k, error, far = self._reduced(a)
        start, p = self._expm1(r)
        words, left = distilled([t for pair in zip(start, p, strict=True) for t in pair], self.n, cancels=False)
        bound = 1.5 * error + self.own * (np.abs(start[0] - 1) + np.abs(p[0])) + (p[0] != 0) * 2.0**-1070 + left
        bound = np.where(far, 1.0, bound)
        words = tuple(np.where(far, 1.0 if i == 0 else 0.0, w) for i, w in enumerate(words))
        return _normal(words, np.where(far, np.sign(a.words[0]) * 2 * _FARTHEST, k), bound)

    def expm1(self, a: Expansion) -> Expansion:
        """``e^a - 1``."""
        r, k, error, far = self._reduced(a)
        p = self._from_one(r)
        small = self._small(p, 1.5 * error + self.own * np.abs(p[0]))
        one = self.number(1.0)
        large = self.sub(self.exp(a), one)
        return self._near_zero(a, self._where((k == 0) & ~far, small, large), 1.0, 0.5)

    def _near_zero(self, a: Expansion, otherwise: Expansion, slope: float, bend: float) -> Expansion:
        """``slope a (1 + bend a)`` where ``a`` is so small that the next term does not count."""
        one = self.number(1.0)
        linear = self.mul(self.number(slope), self.mul(a, self.add(one, self.mul(self.number(bend), a))))
        linear = Expansion(linear.words, linear.exponent, linear.error + (a.words[0] != 0) * 2.0 ** (-53 * self.n - 2))
        return self._where(a.exponent < -27 * self.n - 2, linear, otherwise)

    def _log1p(self, x: Words) -> Words:
        """``log(1 + x)`` for ``-0.3 < x < 0.42``: the double next to it, corrected."""
        first = np.log1p(x[0])
        start = (first,) + (np.zeros_like(first),) * (self.n - 1)
        p = self._from_one(_negative(start))
        t = _added(_added(x, p), _times(x, p))
        return _added(start, self._polynomial(_logarithm(self.n, self.n + 1), t, 50.0))

    def _logarithm_of(self, a: Expansion, minus_one: Words | None = None, near: Array | None = None) -> Expansion:
        """``log a``; where ``near`` holds, ``a`` lies near 1 and ``a - 1`` is ``minus_one``, which is better known."""
        low = a.words[0] < np.sqrt(0.5)
        k = np.where(low, a.exponent - 1, a.exponent)
        m = tuple(w * np.where(low, 2.0, 1.0) for w in a.words)
        relative = a.error / np.abs(a.words[0])
        x, _ = distilled([m[0], -1.0, *m[1:]], self.n)
        if minus_one is not None and near is not None:
            x, k = _chosen(near, minus_one, x), np.where(near, 0.0, k)
        y = self._log1p(x)
        products = [two_product(k, c) for c in self._log2]
        terms = [t for w, (high, _) in zip(y, products, strict=False) for t in (high, w)]
        words, left = distilled(terms + [low for _, low in products] + [products[-1][0]], self.n)
        bound = self.own * np.abs(y[0]) + left + np.abs(k) * _U ** (self.n + 1) * 2 + 2 * relative
        return self._small(words, np.where((a.words[0] > 0) & (relative < 0.25), bound, np.nan))

    def log(self, a: Expansion) -> Expansion:
        """``log a`` for ``a > 0``; else not a number."""
        return self._logarithm_of(a)

    def log1p(self, a: Expansion) -> Expansion:
        """``log(1 + a)``."""
        value = a.double
        near = (value > -0.29) & (value < 0.41)
        x = tuple(np.where(near, w, 0.0) for w in a.words_as_they_are)
        y = self._log1p(x)
        slope = 1 / (1 + np.where(near, value, 0.0))
        small = self._small(y, self.own * np.abs(y[0]) + a.error * _power_of_two(a.exponent) * 1.01 * slope)
        large = self.log(self.add(self.number(1.0), a))
        return self._near_zero(a, self._where(near, small, large), 1.0, -0.5)

    def xlogy(self, a: Expansion, b: Expansion) -> Expansion:
        """``a log b``; 0 for ``a = 0``."""
        zero = (a.words[0] == 0) & (a.error == 0)
        return self._where(zero, self.number(np.zeros(np.shape(zero))), self.mul(a, self.log(b)))

    # ---------------------------------------------------------------- sine and cosine

    def sin(self, a: Expansion) -> Expansion:
        """``sin a``."""
        return self._near_zero_cubic(a, self._wave(a, 0))

    def cos(self, a: Expansion) -> Expansion:
        """``cos a``."""
        return self._wave(a, 1)

    def _near_zero_cubic(self, a: Expansion, otherwise: Expansion) -> Expansion:
        return self._near_zero(a, otherwise, 1.0, 0.0)

    def _wave(self, a: Expansion, quarter: int) -> Expansion:
        value = a.double
        far = ~(np.abs(value) < _FARTHEST)
        k = np.where(far, 0.0, np.rint(value / (np.pi / 2)))
        x = tuple(np.where(far, 0.0, w) for w in a.words_as_they_are)
        r, left = self._less_multiple(x, k, self._half_pi)
        error = np.where(far, 0.0, a.error * _power_of_two(a.exponent) + left) + np.abs(k) * _U ** (self.n + 1)
        if far.any():
            r, k, error = self._from_far(a, far, r, k, error)
        square = _times(r, r)
        odd, even = _waves(self.n, 8 + 6 * self.n)
        sine = _added(r, _times(r, self._polynomial(odd, square, 0.6)))
        one = (1.0,) + (0.0,) * (self.n - 1)
        cosine = _added(one, self._polynomial(even, square, 0.6))
        turn = np.mod(k + quarter, 4)
        words = _chosen(np.mod(turn, 2) == 0, sine, cosine)
        sign = np.where(turn < 2, 1.0, -1.0)
        words = tuple(w * sign for w in words)
        exact = (value == 0) & (a.error == 0)
        bound = np.where(exact, 0.0, error + self.own * np.abs(words[0]))
        return self._small(words, bound)

    def _from_far(self, a: Expansion, far: Array, r: Words, k: Array, error: Array) -> tuple[Words, Array, Array]:
        """Large arguments less a multiple of ``pi / 2``, one by one in integers (Payne, Hanek 1983)."""
        shape = np.broadcast_shapes(far.shape, k.shape, *(np.shape(w) for w in (*a.words, *r)))
        whole = [np.broadcast_to(w, shape) for w in (*a.words, a.exponent, a.error)]
        words = [np.broadcast_to(w, shape).copy() for w in (*r, k, error)]
        for place in zip(*np.nonzero(np.broadcast_to(far, shape)), strict=True):
            *parts, exponent, bound = (float(w[place]) for w in whole)
            found, quarter = _from_integers(parts, int(min(exponent, 3000)), self.n)
            for w, v in zip(words, (*found, quarter), strict=False):
                w[place] = v
            words[-1][place] = np.ldexp(bound, int(min(exponent, 3000)))
        return tuple(words[: self.n]), words[-2], words[-1]

    # ---------------------------------------------------------------- the normal distribution

    def erf(self, a: Expansion) -> Expansion:
        """The error function."""
        one = self.number(1.0)
        size = self.absolute(a)
        value = size.double
        middle = self._where(value < 1, self._erf_series(a), a)
        beyond = self.sub(one, self.mul(self.exp(self.neg(self.mul(size, size))), self._erfcx(size)))
        beyond = self._where(value > 1e3, one, beyond)
        beyond = self._where(a.words[0] < 0, self.neg(beyond), beyond)
        return self._where(value < 1, middle, beyond)

    def _erf_series(self, a: Expansion) -> Expansion:
        """``2 / sqrt(pi) exp(-a^2) a sum_k (2 a^2)^k / (1 3 5 ... (2 k + 1))`` (DLMF 7.6.2), for ``|a| <= 1``."""
        x = tuple(np.where(np.abs(a.double) < 1.01, w, 0.5) for w in a.words_as_they_are)
        square = _times(x, x)
        p = self._polynomial(_odd_factorials(self.n, 20 + 12 * self.n), square, 0.01)
        one = (1.0,) + (0.0,) * (self.n - 1)
        p = _times(_added(one, p), _constant(lambda: 2 / mpmath.sqrt(mpmath.pi), self.n))
        factor = self._small(p, 4 * self.own * np.abs(p[0]))
        return self.mul(self.mul(a, self.exp(self.neg(self.mul(a, a)))), _loosened(factor, a))

    def erfc(self, a: Expansion) -> Expansion:
        """``1 - erf a``."""
        one = self.number(1.0)
        tail = self.mul(self.exp(self.neg(self.mul(a, a))), self._erfcx(self.absolute(a)))
        outer = self._where(a.words[0] < 0, self.sub(self.number(2.0), tail), tail)
        return self._where(np.abs(a.double) < 0.75, self.sub(one, self.erf(a)), outer)

    def erfcx(self, a: Expansion) -> Expansion:
        """``exp(a^2) erfc(a)``."""
        scaled = self.mul(self.exp(self.mul(a, a)), self.erfc(a))
        return self._where(a.double < 0.75, scaled, self._erfcx(self.absolute(a)))

    def _erfcx(self, a: Expansion) -> Expansion:
        """``exp(a^2) erfc(a)`` for ``a >= 1/2``: the trapezoidal rule for ``exp(-t^2) / (t^2 + a^2)``, less its pole.

        Chiarella and Reichel 1968; Hunter and Regan 1972, equation (7).
        """
        h, weights = _trapezoid(self.n)
        square = self.mul(a, a)
        total = self.div(self.number(1.0), square)
        for k, weight in enumerate(weights, start=1):
            point = self.number((k * h) ** 2)
            total = self.add(total, self.div(self._small(weight, _U**self.n * weight[0]), self.add(square, point)))
        scale = _constant(lambda: mpmath.mpf(h) / mpmath.pi, self.n)
        integral = self.mul(self.mul(a, self._small(scale, _U**self.n)), total)
        turn = _constant(lambda: 2 * mpmath.pi / mpmath.mpf(h), self.n)
        near = self._where(a.double < 16, a, self.number(16.0))
        round_ = self.mul(near, self._small(turn, _U**self.n * 64))
        pole = self.div(self.exp(self.mul(near, near)), self.expm1(round_))
        pole = self.mul(self.number(2.0), pole)
        found = self._where(a.double < np.pi / h, self.sub(integral, pole), integral)
        return Expansion(found.words, found.exponent, found.error + self.own)

    def ndtr(self, a: Expansion) -> Expansion:
        """The normal distribution function."""
        x = self.mul(self.absolute(a), self._inverse_root)
        value = a.double
        half = self.number(0.5)
        middle = self.add(half, self.mul(half, self.erf(self.mul(a, self._inverse_root))))
        tail = self.mul(half, self.mul(self.exp(self.neg(self.mul(half, self.mul(a, a)))), self._erfcx(x)))
        tail = self._where(np.abs(value) > 1, tail, half)
        outer = self._where(value < 0, tail, self.sub(self.number(1.0), tail))
        return self._where(np.abs(value) > 1, outer, middle)

    def log_ndtr(self, a: Expansion) -> Expansion:
        """The logarithm of the normal distribution function."""
        value = a.double
        half = self.number(0.5)
        x = self.mul(self.absolute(a), self._inverse_root)
        square = self.mul(half, self.mul(a, a))
        scaled = self.mul(half, self._erfcx(x))
        left = self.sub(self.log(scaled), square)
        right = self.log1p(self.neg(self.mul(scaled, self.exp(self.neg(square)))))
        middle = self.log(self.ndtr(a))
        return self._where(np.abs(value) > 1, self._where(value < 0, left, right), middle)

    @cached_property
    def _inverse_root(self) -> Expansion:
        return self._small(_constant(lambda: 1 / mpmath.sqrt(2), self.n), _U**self.n)

    # ---------------------------------------------------------------- the gamma function

    def lgamma(self, a: Expansion) -> Expansion:
        """``log Gamma(a)`` for ``a > 0``: Stirling's series (DLMF 5.11.1) after a shift."""
        product, s = self.number(1.0), a
        one = self.number(1.0)
        for _ in range(self._shift):
            small = s.double < self._shift
            product = self._where(small, self.mul(product, s), product)
            s = self._where(small, self.add(s, one), s)
        half_log = self._small(_constant(lambda: mpmath.log(2 * mpmath.pi) / 2, self.n), _U**self.n)
        main = self.sub(self.mul(self.sub(s, self.number(0.5)), self.log(s)), s)
        series = self.add(
            self.add(main, half_log), self._in_inverse(s, lambda k: _bernoulli(k) / (2 * k * (2 * k - 1)), 1)
        )
        result = self.sub(series, self.log(product))
        exact = ((a.double == 1) | (a.double == 2)) & (a.error == 0) & (a.words[1] == 0)
        result = self._where(exact, self.number(np.zeros(np.shape(exact))), result)
        return self._positive(a, result)

    def digamma(self, a: Expansion) -> Expansion:
        """``psi(a)`` for ``a > 0`` (DLMF 5.5.2, 5.11.2)."""
        s, below = self._shifted(a, lambda v: self.div(self.number(1.0), v))
        series = self._in_inverse(s, lambda k: -_bernoulli(k) / (2 * k), 0)
        main = self.sub(self.log(s), self.div(self.number(0.5), s))
        return self._positive(a, self.sub(self.add(main, series), below))

    def trigamma(self, a: Expansion) -> Expansion:
        """``psi'(a)`` for ``a > 0`` (DLMF 5.15.5, 5.15.8)."""
        one = self.number(1.0)
        s, below = self._shifted(a, lambda v: self.div(one, self.mul(v, v)))
        inverse = self.div(one, s)
        main = self.add(inverse, self.mul(self.number(0.5), self.mul(inverse, inverse)))
        return self._positive(a, self.add(self.add(main, self._in_inverse(s, _bernoulli, -1)), below))

    @property
    def _shift(self) -> int:
        return 4 + 10 * self.n

    def _shifted(self, a: Expansion, part: Callable[[Expansion], Expansion]) -> tuple[Expansion, Expansion]:
        """``a`` moved up to where the series holds, and the sum of what the places on the way add."""
        below, s = self.number(0.0), a
        for _ in range(self._shift):
            small = s.double < self._shift
            below = self._where(small, self.add(below, part(s)), below)
            s = self._where(small, self.add(s, self.number(1.0)), s)
        return s, below

    def _in_inverse(self, s: Expansion, coefficient: Callable[[int], Any], behind: int) -> Expansion:
        """``sum_k c_k s^(behind - 2 k)`` for ``s`` as large as the shift makes it."""
        inverse = self.div(self.number(1.0), s)
        square = self.mul(inverse, inverse)
        y = square.words_as_they_are
        coefficients = _constants(lambda k: coefficient(k), range(1, 6 + 8 * self.n), self.n)
        p = self._polynomial(coefficients, y, 4.0)
        bound = self.own * np.abs(p[0]) + square.error * _power_of_two(square.exponent)
        series = self._small(p, bound)
        if behind > 0:
            return self.mul(series, s)
        return self.mul(series, inverse) if behind < 0 else series

    def _positive(self, a: Expansion, result: Expansion) -> Expansion:
        return Expansion(result.words, result.exponent, np.where(a.words[0] > 0, result.error, np.nan))


def _loosened(factor: Expansion, a: Expansion) -> Expansion:
    """A factor of ``a`` that was computed from the words of ``a`` alone."""
    return Expansion(factor.words, factor.exponent, factor.error + a.error * _power_of_two(a.exponent))


def _parts(a: Expansion) -> tuple[Array, ...]:
    return (*a.words, a.exponent, a.error)


def _whole(a: Expansion) -> Expansion:
    """With all parts of one shape."""
    shape = np.broadcast_shapes(*(np.shape(w) for w in _parts(a)))
    return _each(lambda w: np.broadcast_to(w, shape), a)


def _cut(a: Expansion, start: int, stop: int) -> Expansion:
    return _each(lambda w: w[..., start:stop], a)


def _each(function: Callable[[Array], Array], a: Expansion) -> Expansion:
    return Expansion(tuple(map(function, a.words)), function(a.exponent), function(a.error))


def _of_sympy(what: Rational | NumberSymbol) -> Any:
    if isinstance(what, Rational):
        return mpmath.mpf(int(what.p)) / int(what.q)
    return mpmath.mpf(what._mpf_ if hasattr(what, "_mpf_") else what.evalf(mpmath.mp.dps + 5)._mpf_)


def _binary(what: Rational) -> bool:
    return int(what.q) & (int(what.q) - 1) == 0


@cache
def _taylor(n: int) -> tuple[Words, ...]:
    return _constants(lambda k: mpmath.mpf(1) / factorial(k), range(1, 5 + 5 * n), n)


@cache
def _exponentials(n: int) -> Words:
    """``e^(k / 64)`` for ``k`` from -24 to 24, the words in columns."""
    rows = _constants(lambda k: mpmath.exp(mpmath.mpf(k) / 64), range(-24, 25), n)
    return tuple(np.array(column) for column in zip(*rows, strict=True))


@cache
def _logarithm(n: int, terms: int) -> tuple[Words, ...]:
    return _constants(lambda k: mpmath.mpf((-1) ** (k + 1)) / k, range(1, terms + 1), n)


@cache
def _waves(n: int, terms: int) -> tuple[tuple[Words, ...], tuple[Words, ...]]:
    """The coefficients of ``sin(r) / r - 1`` and ``cos(r) - 1`` in powers of ``r^2``."""

    def coefficients(start: int) -> tuple[Words, ...]:
        return _constants(lambda k: mpmath.mpf((-1) ** k) / factorial(2 * k + start), range(1, terms + 1), n)

    return coefficients(1), coefficients(0)


@cache
def _odd_factorials(n: int, terms: int) -> tuple[Words, ...]:
    return _constants(lambda k: mpmath.mpf(2) ** k / mpmath.fac2(2 * k + 1), range(1, terms + 1), n)


@cache
def _trapezoid(n: int) -> tuple[float, tuple[Words, ...]]:
    """The step, and twice the weight of each point but the first."""
    nats = (53 * n + 4) * np.log(2.0)
    h = float(np.floor(np.pi / np.sqrt(nats) * 1024) / 1024)
    count = int(np.ceil(np.sqrt(nats) / h)) + 1
    return h, _constants(lambda k: 2 * mpmath.exp(-(mpmath.mpf(k * h) ** 2)), range(1, count + 1), n)


@cache
def _bernoulli(k: int) -> Any:
    return mpmath.bernoulli(2 * k)


def _from_integers(parts: Sequence[float], exponent: int, n: int) -> tuple[list[float], float]:
    """A number less the nearest multiple of ``pi / 2``, and which multiple modulo 4."""
    bits = exponent + 53 * (n + 2) + 80
    numerators = [p.as_integer_ratio() for p in parts]
    value = sum((top << bits + exponent) // bottom for top, bottom in numerators)
    with mpmath.workprec(bits + exponent + 80):
        half_pi = int(mpmath.ldexp(mpmath.pi / 2, bits))
    quarter, rest = divmod(value + half_pi // 2, half_pi)
    rest -= half_pi // 2
    words = []
    for _ in range(n):
        word = float(mpmath.ldexp(mpmath.mpf(rest), -bits)) if rest else 0.0
        words.append(word)
        top, bottom = word.as_integer_ratio()
        rest -= (top << bits) // bottom
    return words, float(quarter % 4)
