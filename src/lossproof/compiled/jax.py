"""Losses as functions of JAX's arrays, whose derivatives are the derived ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from lossproof.compiled import customjvp
from lossproof.compiled.arrays import Given, given, number
from lossproof.compiled.tensors import Language, TensorBackend, TensorLoss
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError

_SPECIAL = ("digamma", "erf", "erfc", "erfcx", "log_ndtr", "ndtr")
_PLAIN = ("abs", "sqrt", "sign", "exp", "log", "log1p", "expm1", "sin", "cos")

LANGUAGE = Language(
    name="jax",
    functions={
        **{name: f"jnp.{name}({{}})" for name in _PLAIN},
        **{name: f"jax.scipy.special.{name}({{}})" for name in _SPECIAL},
        "lgamma": "jax.scipy.special.gammaln({})",
        "trigamma": "jax.scipy.special.polygamma(1, {})",
        "bessel_i0": "jax.scipy.special.i0({})",
        "xlogy": "jax.scipy.special.xlogy({}, {})",
        "max": "jnp.maximum({}, {})",
        "choose": "jnp.where({} == {}, {}, {})",
        "exp_sub": "jnp.exp({} - {})",
        "where": "jnp.where({} >= 0, {}, {})",
    },
    zeros="jnp.zeros_like({})",
)


class JaxBackend(TensorBackend):
    """JAX."""

    language, library, carried = LANGUAGE, jnp, customjvp

    def declared(self, unit: Unit) -> str:
        return f"{unit.predictions}"

    def of_numpy(self, array: Any) -> Any:
        if array.dtype == "float64" and not jax.config.jax_enable_x64:
            raise DataError("JAX computes in float32 unless jax.config.update('jax_enable_x64', True): give float32")
        return jnp.asarray(array)

    def own(self, names: Sequence[str], values: Sequence[Any]) -> Given | None:
        plain = all(isinstance(v, (jax.Array, bool, int, float)) for v in values)
        return given(names, values) if plain and any(isinstance(v, jax.Array) for v in values) else None

    def cast(self, array: Any, dtype: str) -> Any:
        return array.astype(dtype)

    def parameter(self, name: str, value: Any) -> Any:
        return value if isinstance(value, jax.Array) else number(name, value)


@dataclass(frozen=True)
class JaxLoss(TensorLoss):
    """A derived loss as functions over JAX's arrays, for `jax.jit`, `jax.vmap`, `jax.grad`, `jax.hessian`.

    ``pointwise`` is differentiated by the derived slope, the slope by the derived curvature.  Only predictions are
    differentiated in; else RuntimeError is raised.

    >>> import jax
    >>> from lossproof.compiled.loss import compile
    >>> poisson = compile("poisson", backend="jax")
    >>> print(jax.jit(jax.grad(poisson.total))(jnp.zeros(2), jnp.array([1, 3])))
    [ 0. -2.]
    """
