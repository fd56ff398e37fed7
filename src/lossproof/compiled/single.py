"""The `branchless` functions of `elementary` in single precision, for sums over arrays of float32.

Every number here is a float32 when Numba compiles the text; the errors are below two units in the last place of one.
Polynomials are those of S. Moshier's Cephes (1989) and of musl.
"""

from __future__ import annotations

import math

from lossproof.compiled.elementary import bits, of_bits


def power_of_two(k: float) -> float:
    """``2**k`` for a whole ``k`` from -127 to 127, where ``2**-127`` is taken for 0."""
    return of_bits(bits(k + 12583039.0) << 23)


def branchless_exp(x: float) -> float:
    """The exponential."""
    bounded = 89.0 if x > 89.0 else (-104.0 if x < -104.0 else x)
    k = (bounded * 1.4426950408889634 + 12582912.0) - 12582912.0
    r = (bounded - k * 6.9314575195e-01) - k * 1.4286067653e-06
    p = 8.3334519073e-3 + r * (1.3981999507e-3 + r * 1.9875691500e-4)
    value = 1.0 + (r + r * r * (5.0000001201e-1 + r * (1.6666665459e-1 + r * (4.1665795894e-2 + r * p))))
    first = -120.0 if k < -120.0 else k - 1.0
    return value * power_of_two(first) * power_of_two(k - first)


def branchless_expm1(x: float) -> float:
    """``exp(x) - 1``."""
    bounded = 89.0 if x > 89.0 else (-30.0 if x < -30.0 else x)
    k = (bounded * 1.4426950408889634 + 12582912.0) - 12582912.0
    r = (bounded - k * 6.9314575195e-01) - k * 1.4286067653e-06
    p = 8.3334519073e-3 + r * (1.3981999507e-3 + r * 1.9875691500e-4)
    value = r + r * r * (5.0000001201e-1 + r * (1.6666665459e-1 + r * (4.1665795894e-2 + r * p)))
    half = power_of_two(k - 1.0)
    value = 2.0 * (half * value + (half - 0.5))
    return value if x != 0.0 else x


def log_of_parts(f: float, k: float) -> float:
    """``log((1 + f) 2^k)`` for ``1 + f`` between the roots of 1/2 and of 2."""
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    p = w * (0.40000972152 + w * 0.24279078841) + z * (0.66666662693 + w * 0.28498786688)
    square = 0.5 * f * f
    return k * 6.9313812256e-01 - ((square - (s * (square + p) + k * 9.0580006145e-06)) - f)


def branchless_log(x: float) -> float:
    """The natural logarithm."""
    small = x < 1.1754943508222875e-38
    n = (bits(x * 33554432.0 if small else x) + 4913933) & 4294967295
    k = of_bits((n >> 23) | 1258291200) - (8388760.0 if small else 8388735.0)
    f = of_bits((n & 8388607) + 1060439283) - 1.0
    value = log_of_parts(f, k)
    edge = -math.inf if x == 0.0 else math.nan
    value = edge if x <= 0.0 else value
    return value if x < math.inf else x


def branchless_log1p(x: float) -> float:
    """``log(1 + x)``."""
    u = 1.0 + x
    above = 1.0 - (u - x)
    below = x - (u - 1.0)
    lost = above if x >= 1.0 else below
    n = (bits(u) + 4913933) & 4294967295
    k = of_bits((n >> 23) | 1258291200) - 8388735.0
    m = of_bits((n & 8388607) + 1060439283)
    f = (m - 1.0) + (0.0 if x > 16777216.0 else lost) * power_of_two(-120.0 if k > 120.0 else -k)
    value = log_of_parts(f, k)
    edge = -math.inf if u == 0.0 else math.nan
    value = edge if u <= 0.0 else value
    return (value if x < math.inf else x) if x != 0.0 else x
