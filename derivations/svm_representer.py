"""Representer theorem: a combination of inputs does as well as any weights, whatever the rank of the inputs.

If ``X^T a`` has the latent values of ``w``, the objective at ``w`` less that at ``X^T a`` is
``1/2 ||w - X^T a||^2``.  There is such an ``a`` for every ``w``, since the columns of ``X X^T`` span what those
of ``X`` span.

    python derivations/svm_representer.py --standalone --out representer.tex
"""

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.kernel.conditions import Assumed
from lossproof.models import OBSERVATIONS, i, n
from lossproof.models.kernels import LINEAR, MARGINS, WEIGHTED, C, a, coefficients, hinge_at
from lossproof.models.linear import X, w
from lossproof.models.multivariate import HALF
from lossproof.notation.inert import ONE, TWO, ZERO, add, mul, sub, total
from lossproof.notation.matrices import Component, Form, MatrixProduct, SquaredNorm, Transpose, minus, quadratic
from lossproof.rulebook import sums

kernel, combination = MatrixProduct(X, Transpose(X)), MatrixProduct(Transpose(X), a)
ours, theirs = MatrixProduct(X, w), MatrixProduct(X, Transpose(X), a)
norm, form = SquaredNorm(w), quadratic(a, kernel)

chain = Chain(
    "svm-representer",
    (
        *LINEAR,
        WEIGHTED,
        *MARGINS,
        Assumed("same latent values", Component(theirs, i), Component(ours, i), (OBSERVATIONS,)),
    ),
    (),
    start=sub(
        add(mul(C, total(hinge_at(ours), i, ONE, n)), mul(HALF, norm)),
        add(mul(C, total(hinge_at(theirs), i, ONE, n)), mul(HALF, form)),
    ),
    title="Representer theorem: a combination of inputs does as well as any weights",
)

# The losses are the same.
chain.assume("same latent values")
chain.algebra(mul(HALF, sub(norm, form)))

# The penalties differ by a square and a mixed term, in which the difference of the latent values stands.
square, mixed = SquaredNorm(minus(w, combination)), Form(MatrixProduct(Transpose(a), minus(ours, theirs)))
chain.matrix_algebra(add(square, mul(TWO, mixed)), at=sub(norm, form).__eq__)
gaps = total(mul(coefficients[i], sub(Component(ours, i), Component(theirs, i))), i, ONE, n)
chain.entry_by_entry(gaps, at=mixed.__eq__)
chain.assume("same latent values")
chain.algebra(ZERO, at=chain.here.args[1].args[1].args[1].args[0].__eq__)
chain.rewrite(sums.SUM_OF_CONSTANT)
chain.algebra(mul(HALF, square))

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
