"""What compiled JAX code needs while it runs: functions whose derivative is given, not found by JAX.

A written module carries this with it, so it knows nothing of lossproof.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero


def derived(value: Callable[..., Any], derivative: Callable[..., Any] | None, predictions: int) -> Callable[..., Any]:
    """A function of arrays and numbers with a derivative of its own, whatever way JAX differentiates it.

    Args:
        value: the function; one number for each observation.
        derivative: of it in each prediction, made by this function too; None if there is none.
        predictions: how many arguments are predictions; they come first.
    """
    function = jax.custom_jvp(value)

    def rule(given: tuple[Any, ...], changes: tuple[Any, ...]) -> tuple[Any, Any]:
        if not all(isinstance(c, SymbolicZero) for c in changes[predictions:]):
            raise RuntimeError("only the derivative in the prediction has been derived")
        if derivative is None:
            raise RuntimeError("this derivative of the loss has not been derived")
        found = derivative(*given)
        slopes = found if isinstance(found, tuple) else (found,)
        moved = [(c, s) for c, s in zip(changes, slopes, strict=False) if not isinstance(c, SymbolicZero)]
        out = function(*given)
        return out, sum((c * s for c, s in moved), jnp.zeros_like(out))

    function.defjvp(rule, symbolic_zeros=True)
    return function
