"""Some rows of data once more, with as many digits as it takes.

Most need a few digits more, which extended precision has (64 bits) where the processor computes in it; the others
are computed in numbers of several doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lossproof.compiled.expansions import Expansion, Expansions
from lossproof.compiled.program import Level, Program

Array = npt.NDArray[Any]

#: How many words are tried, one after the other: 100 bits are enough for most, 200 for zeros of second order.
LEVELS = (2, 4)


def refined(program: Program, given: Mapping[str, Array], classes: int = 1) -> dict[str, Array]:
    """The outputs of a program to the last place or one beside it.

    Args:
        program: values and outputs.
        given: for each input one number, or numbers of shape (n,), or (n, K) over the classes; all finite.
        classes: K.

    Returns:
        For each output an array of shape (n,) or (n, K); not a number where nothing could be computed.
    """
    inputs = {name: _in_columns(value, program.inputs[name]) for name, value in given.items()}
    count = max(len(value) for value in inputs.values())
    found: dict[str, Array] = {}
    for name, number in program.outputs.items():
        shape = (count, classes) if program.nodes[number].level is Level.CLASS else (count, 1)
        found[name] = np.full(shape, np.nan)
    rows = np.arange(count)
    for words in LEVELS:
        here = {name: value[rows] if len(value) > 1 else value for name, value in inputs.items()}
        certain = np.ones(len(rows), dtype=bool)
        with np.errstate(all="ignore"):
            for name, value in _run(program, here, words, classes).items():
                found[name][rows] = _taken(value)
                certain &= np.broadcast_to(value.certain, (len(rows), found[name].shape[1])).all(axis=1)
        rows = rows[~certain]
        if not len(rows):
            break
    return {name: value[:, 0] if _flat(program, name) else value for name, value in found.items()}


#: What NumPy computes in extended precision.
_EXTENDED: Mapping[str, Callable[..., Any]] = {
    **{"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative},
    **{name: getattr(np, name) for name in ("abs", "sqrt", "sign", "exp", "log", "log1p", "expm1", "sin", "cos")},
    **{"max": np.maximum, "pow": np.power},
    "where": lambda gap, yes, no: np.where(gap >= 0, yes, no),
    "xlogy": lambda a, b: np.where(a == 0, np.longdouble(0), a * np.log(b)),
    "constant": lambda what: np.longdouble(str(what.evalf(25))),
}
#: How large an error may be beside the value there: a quarter of a unit in the last place of a double.
EXTENDED_MOST = 512.0


def extended(guarded: Program, given: Mapping[str, Any]) -> tuple[dict[str, Array], Array] | None:
    """The outputs of a program with ``doubt`` in extended precision, and which rows are good enough.

    None if there is no such precision here, or a function that NumPy does not have in it.
    """
    operations = {node.operation for node in guarded.nodes} - {"input"}
    if "doubt" not in guarded.outputs or np.finfo(np.longdouble).nmant < 63 or not operations <= _EXTENDED.keys():
        return None
    with np.errstate(all="ignore"):
        wide = {name: np.asarray(value, dtype=np.longdouble) for name, value in given.items()}
        found = {name: np.asarray(value) for name, value in guarded.run(_EXTENDED, wide).items()}
        good = found.pop("doubt") <= 0
        return {name: value.astype(np.float64) for name, value in found.items()}, good


def _taken(value: Expansion) -> Array:
    """The doubles; 0 where the bound does not tell even the sign, and not a number where there is no bound."""
    told = (np.abs(value.words[0]) > value.error) | (value.exponent > 2000)
    return np.where(np.isnan(value.error), np.nan, np.where(told, value.double, 0.0))


def _run(program: Program, given: Mapping[str, Array], words: int, classes: int) -> dict[str, Expansion]:
    arithmetic = Expansions(words)
    table = {**arithmetic.table, "class": lambda: arithmetic.number(np.arange(1.0, classes + 1)[None, :])}
    found = program.run(table, {name: arithmetic.number(value) for name, value in given.items()})
    assert all(isinstance(value, Expansion) for value in found.values())
    return found  # type: ignore[return-value]


def _in_columns(value: Array, level: Level) -> Array:
    array = np.asarray(value, dtype=np.float64)
    return array if level is Level.CLASS and array.ndim == 2 else array.reshape(-1, 1)


def _flat(program: Program, name: str) -> bool:
    return program.nodes[program.outputs[name]].level is not Level.CLASS
