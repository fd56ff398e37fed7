"""Kernel ridge regression: the closed form ``(K + lambda I)^(-1) y`` is a minimiser, for any semidefinite kernel.

python derivations/kernel_ridge_minimum.py --standalone --out ridge.tex
"""

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.models.kernels import K, a, coefficients, dual_coefficients, lambda_, regularised
from lossproof.models.linear import y
from lossproof.notation.inert import TWO, add, mul, sub
from lossproof.notation.matrices import Form, MatrixProduct, SquaredNorm, Transpose, minus, quadratic
from lossproof.rulebook import matrices
from lossproof.strategies.gaussian_processes import RIDGE

ahat = dual_coefficients(lambda_)
system = MatrixProduct(regularised(lambda_), ahat)

# A positive semidefinite matrix and a multiple of the identity are invertible together.
solved = Chain(
    "kernel-ridge",
    RIDGE,
    (coefficients,),
    start=system,
    title="Kernel ridge regression: the closed form solves its equations",
)
solved.unfold(ahat.definition)
solved.rewrite(matrices.TIMES_INVERSE)

# With a = a_hat + (a - a_hat) there are two squares and a mixed term.
away = minus(a, ahat)
chain = Chain(
    "kernel-ridge-minimum",
    RIDGE,
    (coefficients,),
    start=sub(
        add(SquaredNorm(minus(y, MatrixProduct(K, a))), mul(lambda_, quadratic(a, K))),
        add(SquaredNorm(minus(y, MatrixProduct(K, ahat))), mul(lambda_, quadratic(ahat, K))),
    ),
    title="Kernel ridge regression: completing the square, so the closed form is a minimiser",
)
squares = add(SquaredNorm(MatrixProduct(K, away)), mul(lambda_, quadratic(away, K)))
mixed = Form(MatrixProduct(Transpose(away), K, minus(system, y)))
chain.matrix_algebra(add(mul(TWO, mixed), squares))

# The mixed term is zero.
chain.cite(solved.done())
chain.matrix_algebra(squares)

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
