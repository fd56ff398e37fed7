"""Named pointwise losses, each one definition ``l(y_hat, y) := ...``."""

from __future__ import annotations

from sympy import Symbol, Tuple

from lossproof.notation.inert import ONE, add, log, mul, neg, sub
from lossproof.notation.nodes import Definition, Head

_predicted, _observed = Symbol("yhat", real=True), Symbol("y", real=True)

#: Cross-entropy of a label ``y`` and a predicted probability ``y_hat`` in (0, 1), in nats:
#: ``-[y log y_hat + (1 - y) log(1 - y_hat)]`` (Bishop 2006, eq. 4.90).
CROSS_ENTROPY = Definition(
    Head("ell"),
    Tuple(_predicted, _observed),
    neg(add(mul(_observed, log(_predicted)), mul(sub(ONE, _observed), log(sub(ONE, _predicted))))),
)

#: The catalogue, by the names used on the command line.
LOSSES: dict[str, Definition] = {"cross-entropy": CROSS_ENTROPY}
