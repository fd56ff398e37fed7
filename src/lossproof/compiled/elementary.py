"""Functions of one number that the compiled backends share, so that they agree to the last bit.

Python is the notation: Numba compiles the text of these functions as it stands, and the C backend translates it,
so what is used here is little: assignments, arithmetic, conditional expressions, ``while``, ``if``, calls.
The four `branchless` functions have no branch and no table, so that compilers compute several elements at once;
their errors are below one unit in the last place.

They follow W. Kahan's and K. C. Ng's algorithms in fdlibm (Sun Microsystems, 1993): the argument is reduced to
``2**k * m`` or ``k * log 2 + r`` with the logarithm of 2 in two parts, and polynomials do the rest.
"""

from __future__ import annotations

import math
import struct


def bits(x: float) -> int:
    """The 64 bits of a double, as an integer."""
    (found,) = struct.unpack("<q", struct.pack("<d", x))
    return int(found)


def of_bits(n: int) -> float:
    """The double with these 64 bits."""
    (found,) = struct.unpack("<d", struct.pack("<Q", n & (2**64 - 1)))
    return float(found)


def power_of_two(k: float) -> float:
    """``2**k`` for a whole ``k`` from -1023 to 1023, where ``2**-1023`` is taken for 0.

    The sum with 1.5 * 2**52 + 1023 has the biased exponent in its last bits.
    """
    return of_bits(bits(k + 6755399441056767.0) << 52)


def branchless_exp(x: float) -> float:
    """The exponential, to 0.6 units in the last place; subnormal results are rounded once more."""
    bounded = 710.0 if x > 710.0 else (-750.0 if x < -750.0 else x)
    k = (bounded * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0
    high = bounded - k * 6.93147180369123816490e-01
    low = k * 1.90821492927058770002e-10
    r = high - low
    t = r * r
    p = 6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08)
    c = r - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03 + t * p))
    most = 1.0 + high
    value = most + (((1.0 - most) + high) + ((r * c) / (2.0 - c) - low))
    first = -1000.0 if k < -1000.0 else k - 1.0
    return value * power_of_two(first) * power_of_two(k - first)


def branchless_expm1(x: float) -> float:
    """``exp(x) - 1``, to 0.9 units in the last place."""
    bounded = 710.0 if x > 710.0 else (-50.0 if x < -50.0 else x)
    k = (bounded * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0
    high = bounded - k * 6.93147180369123816490e-01
    low = k * 1.90821492927058770002e-10
    r = high - low
    lost = (high - r) - low
    h = 0.5 * r
    t = r * h
    p = 7.93650757867487942473e-05 + t * (-4.00821782732936239552e-06 + t * 2.01099218183624371326e-07)
    q = 1.0 + t * (-3.33333333333331316428e-02 + t * (1.58730158725481460165e-03 - t * p))
    b = 3.0 - q * h
    e = t * ((q - b) / (6.0 - r * b))
    e = (r * (e - lost) - lost) - t
    first = r - e
    second = (r - first) - e
    half = power_of_two(k - 1.0)
    value = 2.0 * ((half - 0.5 + half * first) + half * second)
    return value if k != 0.0 else (first if r != 0.0 else x)


def log_of_parts(f: float, k: float) -> float:
    """``log((1 + f) 2^k)`` for ``1 + f`` between the roots of 1/2 and of 2."""
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    p = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    q = 2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)
    square = 0.5 * f * f
    tail = s * (square + (p + z * (6.666666666666735130e-01 + w * q))) + k * 1.90821492927058770002e-10
    high = k * 6.93147180369123816490e-01
    most = high + f
    return most - ((square - tail) - ((high - most) + f))


def branchless_log(x: float) -> float:
    """The natural logarithm, to 0.6 units in the last place."""
    small = x < 2.2250738585072014e-308
    n: int = bits(x * 18014398509481984.0 if small else x) + 2638147582215219
    k = of_bits((n >> 52) | 4841369599423283200) - (4503599627371573.0 if small else 4503599627371519.0)
    f = of_bits((n & 4503599627370495) + 4604544271217802189) - 1.0
    value = log_of_parts(f, k)
    edge = -math.inf if x == 0.0 else math.nan
    value = edge if x <= 0.0 else value
    return value if x < math.inf else x


def branchless_log1p(x: float) -> float:
    """``log(1 + x)``, to 0.9 units in the last place: what ``1 + x`` has lost is added to the reduced argument."""
    u = 1.0 + x
    above = 1.0 - (u - x)
    below = x - (u - 1.0)
    lost = above if x >= 1.0 else below
    n: int = bits(u) + 2638147582215219
    k = of_bits((n >> 52) | 4841369599423283200) - 4503599627371519.0
    m = of_bits((n & 4503599627370495) + 4604544271217802189)
    f = (m - 1.0) + (0.0 if x > 9007199254740992.0 else lost) * power_of_two(-1000.0 if k > 1000.0 else -k)
    value = log_of_parts(f, k)
    edge = -math.inf if u == 0.0 else math.nan
    value = edge if u <= 0.0 else value
    return (value if x < math.inf else x) if x != 0.0 else x


def exp_of_difference(a: float, b: float) -> float:
    """``exp(a - b)``; what the rounding of the difference has lost is put back (Knuth 1998, section 4.2.2)."""
    u = a - b
    part = u - a
    lost = (a - (u - part)) - (b + part)
    value = branchless_exp(u)
    return value + value * (lost if u > -800.0 else 0.0)


def maximum(a: float, b: float) -> float:
    """The larger number; NaN if one of them is."""
    return a if a > b else (a if a != a else b)


def signum(x: float) -> float:
    """-1, 0 or 1."""
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else x)


def product_with_log(a: float, b: float) -> float:
    """``a log b``, and 0 where ``a`` is, as SciPy's ``xlogy``."""
    value = a * branchless_log(b)
    return (0.0 if a == 0.0 else value) if b == b else b


def digamma(x: float) -> float:
    """The derivative of the logarithm of the gamma function at a positive number.

    Between 1 and 2 a rational function times the distance to the root 1.4616... (J. Maddock, Boost.Math 1.35); from
    10 on the asymptotic series (NIST Digital Library of Mathematical Functions, eq. 5.11.2); else the recurrence.
    """
    if not x > 0.0:
        return -math.inf if x == 0.0 else math.nan
    shift = 0.0
    u = x
    if u < 10.0:
        while u > 2.0:
            u = u - 1.0
            shift = shift + 1.0 / u
        if u < 1.0:
            shift = -1.0 / u
            u = u + 1.0
        g = ((u - 1.4616321446374059) - 3.309564688275257e-10) - 9.016312093258695e-20
        v = u - 1.0
        top = -0.28919126444774784 + v * (-0.045251321448739056 + v * -0.0020713321167745952)
        top = 0.25479851061131551 + v * (-0.32555031186804491 + v * (-0.65031853770896507 + v * top))
        below = 0.054151797245674225 + v * (0.0021284987017821144 + v * -0.55789841321675513e-6)
        below = 1.0 + v * (2.0767117023730469 + v * (1.4606242909763515 + v * (0.43593529692665969 + v * below)))
        return shift + g * 0.99558162689208984 + g * (top / below)
    t = 1.0 / (u * u)
    series = 1.0 / 132.0 - t * (691.0 / 32760.0 - t * (1.0 / 12.0))
    series = 1.0 / 12.0 - t * (1.0 / 120.0 - t * (1.0 / 252.0 - t * (1.0 / 240.0 - t * series)))
    return branchless_log(u) - (0.5 / u + t * series)


def trigamma(x: float) -> float:
    """The derivative of the digamma function at a positive number, by recurrence and asymptotic series.

    NIST Digital Library of Mathematical Functions, eqs. 5.15.5 and 5.15.8.
    """
    if not x > 0.0:
        return math.inf if x == 0.0 else math.nan
    shift = 0.0
    u = x
    while u < 12.0:
        shift = shift + 1.0 / (u * u)
        u = u + 1.0
    t = 1.0 / (u * u)
    series = 5.0 / 66.0 - t * (691.0 / 2730.0 - t * (7.0 / 6.0))
    series = 1.0 / 6.0 - t * (1.0 / 30.0 - t * (1.0 / 42.0 - t * (1.0 / 30.0 - t * series)))
    return shift + (1.0 / u + (0.5 * t + t * (series / u)))


def normal_distribution(x: float) -> float:
    """The distribution function of the standard normal distribution.

    ``erfc(u) / 2`` at ``u = -x / sqrt(2)``; what the rounding of ``u`` has lost is put back by the derivative.
    """
    u = -0.7071067811865476 * x
    value = 0.5 * math.erfc(u)
    if not u > 0.5:
        return value
    if u > 27.0:
        return value
    return value - 0.5641895835477563 * branchless_exp(-u * u) * _lost_in_root_of_half(x, u)


def _lost_in_root_of_half(x: float, u: float) -> float:
    """``-x / sqrt(2) - u`` for ``u``, the rounded product, by halves of the factors (Dekker, 1971)."""
    a = 134217729.0 * x
    high = a - (a - x)
    low = x - high
    first = 0.7071067839860916
    second = -2.7995440410322203e-09
    return ((-high * first - u) - high * second - low * first) - low * second + 4.833646656726457e-17 * x


def scaled_erfc(x: float) -> float:
    """``exp(x * x) erfc(x)``; from 10 on by Laplace's continued fraction.

    NIST Digital Library of Mathematical Functions, eq. 7.9.1; the square in two parts (Dekker, 1971).
    """
    if x > 10.0:
        fraction = x
        k = 30.0
        while k > 0.0:
            fraction = x + 0.5 * k / fraction
            k = k - 1.0
        return 0.5641895835477563 / fraction
    if x < -27.0:
        return math.inf
    square = x * x
    a = 134217729.0 * x
    high = a - (a - x)
    low = x - high
    lost = ((high * high - square) + 2.0 * high * low) + low * low
    grown = branchless_exp(square)
    return (grown + grown * lost) * math.erfc(x)


def log_normal_distribution(x: float) -> float:
    """The logarithm of the distribution function of the standard normal distribution.

    Far to the left by Laplace's continued fraction (NIST Digital Library of Mathematical Functions, eq. 7.9.1).
    """
    if x > -8.0:
        tail = normal_distribution(-x if x > 0.0 else x)
        return branchless_log1p(-tail) if x > 0.0 else branchless_log(tail)
    w = -x
    fraction = w
    k = 40.0
    while k > 0.0:
        fraction = w + k / fraction
        k = k - 1.0
    return -0.5 * x * x - (0.9189385332046727 + branchless_log(fraction)) if x > -1.0e200 else -math.inf + 0.0 * x


def bessel_i0(x: float) -> float:
    """The modified Bessel function of order 0, by its series, and from 20 on by Hankel's expansion.

    NIST Digital Library of Mathematical Functions, eqs. 10.25.2 and 10.40.1.
    """
    u = abs(x)
    term = 1.0
    value = 1.0
    k = 1.0
    if u > 20.0:
        while k < 30.0:
            term = term * ((2.0 * k - 1.0) * (2.0 * k - 1.0) / (8.0 * k * u))
            value = value + term
            k = k + 1.0
        half = branchless_exp(0.5 * u)
        return half / math.sqrt(6.283185307179586 * u) * value * half
    while term > 1.0e-18 * value:
        term = term * (0.5 * u / k) * (0.5 * u / k)
        value = value + term
        k = k + 1.0
    return value
