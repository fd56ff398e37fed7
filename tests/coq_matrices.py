"""What ``rules.v`` says of matrices, for the evaluator in `coq_terms`: functions of a row and a column."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import combinations
from typing import Any

from coq_terms import M, curried, near, over, power, slope, update, within

EPSILON = M.mpf("1e-9")
Entries = Callable[[Any], Callable[[Any], Any]]
ONE = M.one


def entries(function: Callable[[Any, Any], Any]) -> Entries:
    """A matrix whose entries are computed once."""
    return curried(cache(function), 2)


def matrix(rows: Any, columns: Any, x: Entries) -> Entries:
    return entries(lambda i, j: x(i)(j) if within(ONE, rows, i) and within(ONE, columns, j) else M.zero)


def column(rows: Any, v: Callable[[Any], Any]) -> Entries:
    return matrix(rows, ONE, lambda i: lambda j: v(i))


def total(high: Any, term: Callable[[Any], Any]) -> Any:
    return M.fsum(over(ONE, high, term))


def product(middle: Any, a: Entries, b: Entries) -> Entries:
    return entries(lambda i, j: total(middle, lambda k: a(i)(k) * b(k)(j)))


def transpose(a: Entries) -> Entries:
    return lambda i: lambda j: a(j)(i)


def listed(size: Any, a: Entries) -> list[list[Any]]:
    return [over(ONE, size, lambda j, i=i: a(i)(j)) for i in over(ONE, size, lambda i: i)]


def without(rows: list[list[Any]], q: int) -> list[list[Any]]:
    return [row[:q] + row[q + 1 :] for row in rows]


def expanded(rows: list[list[Any]]) -> Any:
    """The determinant, expanded along the first row."""
    if not rows:
        return M.one
    first, *rest = rows
    return M.fsum((-1) ** q * first[q] * expanded(without(rest, q)) for q in range(len(first)))


def inverse(size: Any, a: Entries) -> Entries:
    """By cofactors."""
    rows = listed(size, a)
    whole = expanded(rows)

    def value(i: Any, j: Any) -> Any:
        if not (within(ONE, size, i) and within(ONE, size, j)):
            return M.zero
        i, j = int(i) - 1, int(j) - 1
        return (-1) ** (i + j) * expanded(without(rows[:j] + rows[j + 1 :], i)) / whole

    return entries(value)


def gradient(size: Any, u: Callable[[Any], Any], w: Any) -> Entries:
    return column(size, lambda j: slope(lambda t: u(update(w, j, t)), w(j)))


def positive_definite(size: Any, a: Entries) -> bool:
    rows = listed(size, a)
    symmetric = all(near(rows[i][j], rows[j][i]) for i in range(len(rows)) for j in range(i))
    return symmetric and all(expanded([row[:k] for row in rows[:k]]) > 0 for k in range(len(rows) + 1))


def positive_semidefinite(size: Any, a: Entries) -> bool:
    """By the principal minors, up to rounding."""
    rows = listed(size, a)
    symmetric = all(near(rows[i][j], rows[j][i]) for i in range(len(rows)) for j in range(i))
    kept = (k for count in range(len(rows) + 1) for k in combinations(range(len(rows)), count))
    return symmetric and all(expanded([[rows[i][j] for j in k] for i in k]) > -EPSILON for k in kept)


def full_column_rank(columns: Any, a: Entries) -> bool:
    """Of a matrix with no more rows than there ever are here."""
    return bool(expanded(listed(columns, product(M.mpf(9), transpose(a), a))) > 0)


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "matrix": (3, matrix),
    "column": (2, column),
    "identity": (1, lambda size: matrix(size, size, lambda i: lambda j: M.one if i == j else M.zero)),
    "mat_sum": (2, lambda a, b: entries(lambda i, j: a(i)(j) + b(i)(j))),
    "mat_scale": (2, lambda c, a: entries(lambda i, j: c * a(i)(j))),
    "mat_product": (3, product),
    "transpose": (1, transpose),
    "inverse": (2, inverse),
    "determinant": (2, lambda size, a: expanded(listed(size, a))),
    "sum_of_squares": (2, lambda size, a: total(size, lambda i: power(a(i)(ONE), M.mpf(2)))),
    "gradient": (3, gradient),
    "positive_definite": (2, positive_definite),
    "positive_semidefinite": (2, positive_semidefinite),
    "full_column_rank": (2, full_column_rank),
    "nonzero_matrix": (3, lambda rows, _, a: any(over(ONE, rows, lambda i: a(i)(ONE) != 0))),
}
LIBRARY = {name: curried(f, count) for name, (count, f) in _FUNCTIONS.items()}
