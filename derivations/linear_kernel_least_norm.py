"""Linear kernel: how the prior of the weights and that of the latent values go together.

Of all weights with the latent values ``f = X w`` those of the least norm are ``X^T (X X^T)^(-1) f``, and their
squared norm is ``f^T (X X^T)^(-1) f``.  So the penalty of the weights, where they are best for their latent
values, is that of a Gaussian process with the kernel ``K = X X^T``.

    python derivations/linear_kernel_least_norm.py --standalone --out norm.tex
"""

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.models import w as weights
from lossproof.models.kernels import FULL_ROW_RANK, LINEAR
from lossproof.models.linear import X, w
from lossproof.notation.inert import sub
from lossproof.notation.matrices import Inverse, MatrixProduct, SquaredNorm, Transpose, minus, quadratic

precision = Inverse(MatrixProduct(X, Transpose(X)))

chain = Chain(
    "linear-kernel-least-norm",
    (*LINEAR, FULL_ROW_RANK),
    (weights,),
    start=sub(SquaredNorm(w), quadratic(MatrixProduct(X, w), precision)),
    title="Linear kernel: no weights with the same latent values have a smaller norm",
)
chain.matrix_algebra(SquaredNorm(minus(w, MatrixProduct(Transpose(X), precision, X, w))))

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
