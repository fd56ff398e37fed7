"""Gaussian process regression: the posterior mean ``K (K + sigma^2 I)^(-1) y`` is the minimiser.

python derivations/gaussian_process_minimum.py --standalone --out mean.tex
"""

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.losses import sigma
from lossproof.models.kernels import REGRESSION, K, dual_coefficients, f, regularised, values
from lossproof.models.linear import y
from lossproof.notation.inert import TWO, add, mul, power, sub
from lossproof.notation.matrices import Form, Inverse, MatrixProduct, SquaredNorm, Transpose, minus, quadratic
from lossproof.rulebook import matrices

hypotheses, variance = REGRESSION[:5], power(sigma, TWO)
ahat = dual_coefficients(variance)
mean, system = MatrixProduct(K, ahat), MatrixProduct(regularised(variance), ahat)

# The coefficients of the posterior mean solve (K + sigma^2 I) a = y: K + sigma^2 I is positive definite.
solved = Chain(
    "gaussian-process-coefficients",
    hypotheses,
    (values,),
    start=system,
    title="Gaussian process regression: the coefficients of the posterior mean",
)
solved.unfold(ahat.definition)
solved.rewrite(matrices.TIMES_INVERSE)

# With f = K a_hat + (f - K a_hat) there are two squares and a mixed term.
precision, away = Inverse(K), minus(f, mean)
chain = Chain(
    "gaussian-process-minimum",
    hypotheses,
    (values,),
    start=sub(
        add(SquaredNorm(minus(y, f)), mul(variance, quadratic(f, precision))),
        add(SquaredNorm(minus(y, mean)), mul(variance, quadratic(mean, precision))),
    ),
    title="Gaussian process regression: completing the square, so the posterior mean is the minimiser",
)
squares = add(SquaredNorm(away), mul(variance, quadratic(away, precision)))
mixed = Form(MatrixProduct(Transpose(away), minus(system, y)))
chain.matrix_algebra(add(mul(TWO, mixed), squares))

# The mixed term is zero.
chain.cite(solved.done())
chain.matrix_algebra(squares)

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
