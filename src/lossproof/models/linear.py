"""The linear model in matrix notation: the matrix of the inputs, the columns of observations and weights."""

from __future__ import annotations

from sympy import IndexedBase, Tuple

from lossproof.kernel.conditions import Declared, DeclaredMatrix, Hypothesis, Property
from lossproof.kernel.domains import COUNT, REAL
from lossproof.models import FEATURES, OBSERVATIONS, d, i, j, n
from lossproof.models import w as weights
from lossproof.models import x as inputs
from lossproof.models import y as observations
from lossproof.notation.matrices import (
    Inverse,
    Matrix,
    MatrixProduct,
    MatrixTerm,
    NamedMatrix,
    Transpose,
    column,
    minus,
    quadratic,
)
from lossproof.notation.nodes import Definition, Head, Named

#: The ``n x d`` matrix of the entries ``x_ij``, the columns of ``y_i`` and of ``w_j``.
X = Matrix(Head("X"), inputs, n, d)
y, w = column(observations, n), column(weights, d)
#: The columns of X are linearly independent.
FULL_RANK = DeclaredMatrix(X, Property.FULL_COLUMN_RANK)

#: The covariance matrix of the noise of ``n`` observations: any symmetric positive definite one.
covariances = IndexedBase("s", real=True)
Sigma = Matrix(Head("Sigma"), covariances, n, n)
COVARIANCE = DeclaredMatrix(Sigma, Property.POSITIVE_DEFINITE)

#: Everything is real; there may be no observations, and no features.
HYPOTHESES: tuple[Hypothesis, ...] = (
    Declared(n, COUNT),
    Declared(d, COUNT),
    Declared(inputs[i, j], REAL, (OBSERVATIONS, FEATURES)),
    Declared(observations[i], REAL, (OBSERVATIONS,)),
    Declared(weights[j], REAL, (FEATURES,)),
)


def residuals(v: MatrixTerm = w) -> MatrixTerm:
    """``y - X v``."""
    return minus(y, MatrixProduct(X, v))


def least_squares_weights() -> NamedMatrix:
    """``w_hat := (X^T X)^(-1) X^T y``."""
    gram, moment = MatrixProduct(Transpose(X), X), MatrixProduct(Transpose(X), y)
    return Definition(Head("what"), Tuple(), MatrixProduct(Inverse(gram), moment))()


def weighted_loss() -> Named:
    """``J(w) := (y - X w)^T Sigma^(-1) (y - X w)``."""
    return Definition(Head("J"), Tuple(weights), quadratic(residuals(), Inverse(Sigma)))(weights)


def weighted_weights() -> NamedMatrix:
    """``w_hat := (X^T Sigma^(-1) X)^(-1) X^T Sigma^(-1) y``."""
    precision = Inverse(Sigma)
    gram, moment = MatrixProduct(Transpose(X), precision, X), MatrixProduct(Transpose(X), precision, y)
    return Definition(Head("what"), Tuple(), MatrixProduct(Inverse(gram), moment))()
