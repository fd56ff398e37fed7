"""True siblings of the false claims: with the right condition or the right sign, each can be shown."""

from __future__ import annotations

from attack.claims import claim, constant, proportional, turned
from attack.writing import *

TRUTHS = (
    claim("log of a product of positive numbers", log(a * b), log(a) + log(b), positive(a, b)),
    claim("log of a square of a positive number", log(a**2), 2 * log(a), positive(a)),
    claim("log of a product over an index", log(times_i(x[i])), over_i(log(x[i])), positive(x[i])),
    claim("exp of log of a positive number", exp(log(a)), a, positive(a)),
    claim("exp of a sum", exp(a + b), exp(a) * exp(b), real(a, b)),
    claim("a power of a power of a positive number", (a**2) ** half, a, positive(a)),
    claim("a over a", a / a, 1 + 0 * a, nonzero(a)),
    claim("multiplying out", (a + b) ** 2, a**2 + 2 * a * b + b**2, real(a, b)),
    claim("a constant out of a sum", over_i(c * x[i]), c * over_i(x[i]), real(c, x[i])),
    claim("a sum of a constant", over_i(a), n * a, real(a)),
    claim("the empty product", product(x[i], i, 1, 0), 1, real(x[i])),
    claim("sifting", over_i(delta(i, l) * x[i]), x[l], real(x[i]), free_index(l)),
    claim("a label as exponent", where_i(x[i], y[i], 1), times_i(x[i] ** y[i]), positive(x[i]), binary(y[i])),
    claim("the product rule", D(exp(a) * a**2, a), D(exp(a), a) * a**2 + exp(a) * D(a**2, a), real(a)),
    claim("the slope of a log", D(log(a), a), 1 / a, positive(a)),
    claim("|a| away from 0", D(absolute(a), a), sign(a), nonzero(a)),
    claim("a coordinate in another one", D(w[i], w[l]), delta(i, l), real(w[i]), free_index(i), free_index(l)),
    claim("log of the sigmoid", log(sigma(z)), z - softplus(z), real(z)),
    claim("the complement of the sigmoid", 1 - sigma(z), 1 / (1 + exp(z)), real(z)),
    claim("n! is gamma(n + 1)", factorial(n), gamma(n + 1)),
    claim(
        "a normal NLL",
        -log((2 * pi_ * s**2) ** (-half) * exp(-((u - mu) ** 2) / (2 * s**2))),
        half * log(2 * pi_ * s**2) + (u - mu) ** 2 / (2 * s**2),
        positive(s),
        real(mu, u),
    ),
    claim(
        "an inverse that cancels",
        matrix("A", "a", d, d).inv @ matrix("A", "a", d, d) @ column(w, d),
        column(w, d),
        matrix_is(matrix("A", "a", d, d), Property.INVERTIBLE),
        entries(matrix("A", "a", d, d)),
        entries(column(w, d)),
    ),
    constant("a constant dropped", log(s) + mu**2, mu**2, positive(s), real(mu), over=mu),
    proportional("a positive factor dropped", c * mu, mu, positive(c), real(mu), over=mu),
    turned("minus the logarithm turns", a, -log(a), positive(a), over=a),
)
