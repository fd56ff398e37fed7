"""The four operations, absolute values, maxima, and division by what may be 0."""

from __future__ import annotations

from attack.claims import claim
from attack.writing import *  # noqa: F403

from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.calculus import POWER_LESS_ONE
from lossproof.rulebook.sums import DOUBLE_NEGATION

CLAIMS = {
    "division by what may be 0": (
        claim("a over a is 1", a / a, 1 + 0 * a, real(a), by=(ALGEBRA, LAWS)),
        claim("0 times the inverse of 0", 0 * (1 / a), 0 * a, real(a), by=(ALGEBRA, LAWS)),
        claim("the inverse of the inverse", 1 / (1 / a), a, real(a), by=(ALGEBRA, LAWS)),
        claim("a factor cancelled", a * b / a, b, real(a, b), by=ALGEBRA),
        claim("a factor that may be 0 cancelled in a sum", (a * b + a * c) / a, b + c, real(a, b, c), by=ALGEBRA),
        claim("a difference of squares divided", (a**2 - b**2) / (a - b), a + b, real(a, b), by=ALGEBRA),
        claim("a sum of geometric terms", 1 + a + a**2, (a**3 - 1) / (a - 1), real(a), by=ALGEBRA),
        claim(
            "a power lowered by 1 at 0",
            a ** (b - 1),
            a**b / a,
            nonnegative(a),
            positive_count(b),
            by=POWER_LESS_ONE,
            at={"a": 0, "b": 1},
        ),
        claim("inverses that cancel", 1 / a - 1 / a, 0 * a, real(a), by=ALGEBRA),
        claim("a mean of no numbers", (1 / n) * over_i(c), c, real(c), by=(ALGEBRA, LAWS)),
        claim("n over n of no data", n / n, 1 + 0 * n, by=ALGEBRA),
        claim("an unbiased variance of one observation", (n - 1) / (n - 1), 1 + 0 * n, positive_count(n), by=ALGEBRA),
        claim("odds and probability, at 1", 1 / (1 + (1 - p) / p), p, in_closed_unit(p), by=ALGEBRA),
        claim("a quotient by a count of ones", over_i(y[i]) / over_i(y[i]), 1 + 0 * n, binary(y[i]), by=ALGEBRA),
        claim("a vertical line has a slope", (a - b) / (a - b), (c - b) / (c - b), real(a, b, c), by=ALGEBRA),
        claim("sign as a over |a|, at 0", sign(a), a / absolute(a), real(a), by=LAWS, at={"a": 0}),
    ),
    "fractions": (
        claim(
            "a sum of fractions by adding tops and bottoms",
            a / b + c / z,
            (a + c) / (b + z),
            positive(a, b, c, z),
            by=ALGEBRA,
        ),
        claim("an inverse of a sum as sum of inverses", 1 / (a + b), 1 / a + 1 / b, positive(a, b), by=ALGEBRA),
        claim("half of a sum of inverses", 2 / (1 / a + 1 / b), (a + b) / 2, positive(a, b), by=ALGEBRA),
        claim("cancelling in a sum", (a + b) / (a + c), b / c, positive(a, b, c), by=ALGEBRA),
        claim("cancelling one term", (a + b) / a, 1 + 0 * a + b, positive(a, b), by=ALGEBRA),
        claim("a fraction of fractions", a / (b / c), a / b / c, positive(a, b, c), by=ALGEBRA),
        claim("dividing by a half halves", a / half, a * half, positive(a), by=ALGEBRA),
        claim("1 minus a fraction", 1 - a / b, (a - b) / b, positive(a, b), by=ALGEBRA),
        claim("a float in place of a third", a * Fraction(333333, 1000000), a / 3, nonzero(a), by=ALGEBRA),
        claim("pi as 22 over 7", pi_ * a, Fraction(22, 7) * a, nonzero(a), by=(ALGEBRA, LAWS)),
        claim("e as 2.71828", log(a) * e_, log(a) * Fraction(271828, 100000), in_unit(a), by=LAWS),
        claim("the root of 2 as 1.41421356", sqrt(2) * a, Fraction(141421356, 100000000) * a, nonzero(a), by=LAWS),
        claim("log 2 as 0.6931471805599453", log(2) + a, Fraction(6931471805599453, 10**16) + a, real(a), by=LAWS),
        claim("sums of rounded shares", Fraction(33, 100) * a * 3, a, nonzero(a), by=ALGEBRA),
    ),
    "signs and brackets": (
        claim("minus a minus", a - (b - c), a - b - c, nonzero(a, b, c), by=ALGEBRA),
        claim("minus of a sum", -(a + b), -a + b, nonzero(a, b), by=ALGEBRA),
        claim("minus minus minus", -(-(-a)), a, nonzero(a), by=(DOUBLE_NEGATION, ALGEBRA)),
        claim("double negation of something else", -(-a), -b, positive(a, b), by=DOUBLE_NEGATION),
        claim(
            "a product of differences turned once",
            (a - b) * (c - z),
            (b - a) * (c - z),
            in_unit(a, c),
            nonpositive(b, z),
            by=ALGEBRA,
        ),
        claim(
            "multiplying out only the first",
            c * (a + b),
            c * a + b,
            positive_count(b),
            real(a),
            (Declared(c.e, NONNEGATIVE),),
            by=ALGEBRA,
        ),
        claim("squared differences turned with a sign", (a - b) ** 2, -((b - a) ** 2), real(a, b), by=ALGEBRA),
        claim("a cube of a difference turned without one", (a - b) ** 3, (b - a) ** 3, real(a, b), by=ALGEBRA),
        claim("1 minus p squared as the square of 1 minus p", 1 - p**2, (1 - p) ** 2, in_unit(p), by=ALGEBRA),
        claim("p times 1 minus p as p minus p", p * (1 - p), p - p, in_unit(p), by=ALGEBRA),
        claim("a number that is 0 or 1, or neither, is its square", a**2, a, in_closed_unit(a), by=ALGEBRA),
        claim("squares of signs are the signs", a**2, a, signs(a), by=ALGEBRA),
    ),
    "absolute values and maxima": (
        claim("|a + b| as |a| + |b|", absolute(a + b), absolute(a) + absolute(b), real(a, b), by=LAWS),
        claim("|a - b| as |a| - |b|", absolute(a - b), absolute(a) - absolute(b), real(a, b), by=LAWS),
        claim("|a| is a", absolute(a), a, real(a), by=(ALGEBRA, LAWS)),
        claim("|a| is minus a", absolute(a), -a, nonzero(a), by=LAWS),
        claim("|-a| is -|a|", absolute(-a), -absolute(a), nonzero(a), by=LAWS),
        claim("|a|^3 is a^3", absolute(a) ** 3, a**3, real(a), by=LAWS),
        claim("max(a, b) is a + b", maximum(a, b), a + b, real(a, b), by=LAWS),
        claim("max(a, 0) is a", maximum(a, 0), a, real(a), by=LAWS),
        claim("max(a, 0) is |a|", maximum(a, 0), absolute(a), real(a), by=LAWS),
        claim("max(a, 0) + max(-a, 0) is a", maximum(a, 0) + maximum(-a, 0), a, real(a), by=LAWS),
        claim("max of negatives", maximum(-a, -b), -maximum(a, b), real(a, b), by=LAWS),
        claim("max of multiples", maximum(c * a, c * b), c * maximum(a, b), real(a, b, c), by=LAWS),
        claim("max of a sum", maximum(a + b, c), maximum(a, c) + b, real(a, b, c), by=LAWS),
        claim("max of squares", maximum(a**2, b**2), maximum(a, b) ** 2, real(a, b), by=LAWS),
        claim("max as half the sum and difference", maximum(a, b), (a + b + (a - b)) / 2, real(a, b), by=LAWS),
        claim("max of two exps as their sum", log(exp(a) + exp(b)), maximum(a, b), real(a, b), by=LAWS),
        claim("sign of a product of sums", sign(a + b), sign(a) + sign(b), real(a, b), by=LAWS),
        claim("the square of the sign is 1", sign(a) ** 2, 1 + 0 * a, real(a), by=LAWS, at={"a": 0}),
        claim("a sign of minus a", sign(-a), sign(a), nonzero(a), by=LAWS),
        claim(
            "the positive part of a difference", maximum(a - b, 0), maximum(a, 0) - maximum(b, 0), real(a, b), by=LAWS
        ),
        claim("the hinge is the distance from the margin", maximum(1 - a, 0), absolute(1 - a), real(a), by=LAWS),
        claim("the sum of |x_i| is the norm", over_i(absolute(x[i])), sqrt(over_i(x[i] ** 2)), real(x[i]), by=LAWS),
    ),
}
