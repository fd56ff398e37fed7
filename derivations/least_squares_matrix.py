"""Least squares: the sum of squares in matrix notation, ``||y - X w||^2 = (y - X w)^T (y - X w)``.

python derivations/least_squares_matrix.py --standalone --out notation.tex
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import d, i, j, linear, n, w, x, y
from lossproof.notation.inert import ONE, TWO, mul, power, sub, total
from lossproof.notation.matrices import Component, SquaredNorm
from lossproof.rulebook import matrices

residual = sub(y[i], total(mul(w[j], x[i, j]), j, ONE, d))

chain = Chain(
    "least-squares-matrix",
    linear.HYPOTHESES,
    (w,),
    start=total(power(residual, TWO), i, ONE, n),
    title="Least squares: the sum of squares in matrix notation",
)

# Each residual is a component of y - X w, where X is the matrix of the entries x_ij.
chain.entry_by_entry(Component(linear.residuals(), i), at=residual.__eq__)

# The sum of the squares of all components is the squared norm.
chain.entry_by_entry(SquaredNorm(linear.residuals()))
chain.rewrite(matrices.SQUARED_NORM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
