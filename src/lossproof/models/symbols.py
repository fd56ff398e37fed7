"""The letters in which models are written, and the ranges of the indices."""

from __future__ import annotations

from sympy import IndexedBase, Symbol

from lossproof.kernel.conditions import Range
from lossproof.notation.inert import ONE

#: Number of observations, of features and of classes, and the indices that run over them.
n, d = Symbol("n", integer=True, nonnegative=True), Symbol("d", integer=True, nonnegative=True)
K = Symbol("K", integer=True, positive=True)
i, j, k = Symbol("i", integer=True), Symbol("j", integer=True), Symbol("k", integer=True)
OBSERVATIONS, FEATURES, CLASSES = Range(i, ONE, n), Range(j, ONE, d), Range(k, ONE, K)

#: Inputs ``x_i`` (rows) with features ``x_ij``, observations ``y_i``; random variables in capitals.
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
X, Y = IndexedBase("X", real=True), IndexedBase("Y", real=True)

#: Parameters: weights and intercept of a linear predictor, and whatever an opaque network has.
w, theta = IndexedBase("w", real=True), IndexedBase("theta", real=True)
b = Symbol("b", real=True)

#: Known for each observation: a standard deviation, a number of trials, and whether it was not censored.
SCALES = IndexedBase("s", real=True)
TRIALS = IndexedBase("m", real=True)
EVENTS = IndexedBase("u", real=True)
