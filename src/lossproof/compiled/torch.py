"""Losses as functions of PyTorch's tensors, whose derivatives are the derived ones, and as modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lossproof.compiled import autograd
from lossproof.compiled.arrays import COUNTING, WORKING, Given, number, promoted
from lossproof.compiled.tensors import Language, TensorBackend, TensorLoss
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError, UnknownName

_SPECIAL = ("digamma", "erf", "erfc", "erfcx", "log_ndtr")
_PLAIN = ("abs", "sqrt", "sign", "exp", "log", "log1p", "expm1", "sin", "cos")

LANGUAGE = Language(
    name="torch",
    functions={
        **{name: f"torch.{name}({{}})" for name in _PLAIN},
        **{name: f"torch.special.{name}({{}})" for name in _SPECIAL},
        "lgamma": "torch.special.gammaln({})",
        "trigamma": "torch.special.polygamma(1, {})",
        # torch.special.ndtr has no digits in the tail
        "ndtr": "torch.special.erfc({} * -0.7071067811865476) / 2",
        "bessel_i0": "torch.special.i0({})",
        "xlogy": "torch.special.xlogy({}, {})",
        "max": "torch.maximum({}, {})",
        "choose": "torch.where({} == {}, {}, {})",
        "exp_sub": "torch.exp({} - {})",
        "where": "torch.where({} >= 0, {}, {})",
    },
    zeros="torch.zeros_like({})",
    number="number({})",
)
_TYPES = {getattr(torch, name): name for name in (*WORKING, *COUNTING) if hasattr(torch, name)}
#: How a module puts the losses of observations together.
REDUCTIONS = ("mean", "sum", "none")


class TorchBackend(TensorBackend):
    """PyTorch."""

    language, library, carried = LANGUAGE, torch, autograd

    def declared(self, unit: Unit) -> str:
        return f"{unit.predictions}, {len(unit.arguments)}"

    def own(self, names: Sequence[str], values: Sequence[Any]) -> Given | None:
        made = [v for v in values if isinstance(v, torch.Tensor)]
        plain = all(isinstance(v, (torch.Tensor, bool, int, float)) for v in values)
        if not made or not plain or any(a.dtype not in _TYPES or a.device != made[0].device for a in made):
            return None
        for name, v in zip(names[self.unit.predictions :], values[self.unit.predictions :], strict=True):
            if torch.is_grad_enabled() and isinstance(v, torch.Tensor) and v.requires_grad and name != "weights":
                raise DataError(f"{name} requires a gradient, but only that in the prediction is derived: detach it")
        dtype = promoted([_TYPES[a.dtype] for a in made]) or _TYPES[torch.get_default_dtype()]
        arrays = tuple(v if isinstance(v, torch.Tensor) else float(v) for v in values)
        return Given(tuple(names), arrays, torch, dtype)

    def of_numpy(self, array: Any) -> Any:
        return torch.from_numpy(np.require(array, requirements=("C", "W")))

    def cast(self, array: Any, dtype: str) -> Any:
        return array.to(getattr(torch, dtype))

    def parameter(self, name: str, value: Any) -> float:
        return number(name, value)


@dataclass(frozen=True)
class TorchLoss(TensorLoss):
    """A derived loss as functions over tensors.

    Tensors stay on their device.  ``pointwise`` is differentiated by the derived slope, the slope by the derived
    curvature, backward and forward, also by `torch.func`.  Only predictions are differentiated in: observations,
    what else is known of them, and parameters must not require a gradient.

    >>> from lossproof.compiled.loss import compile
    >>> z = torch.tensor([0.0, 1.0], requires_grad=True)
    >>> compile("poisson", backend="torch").total(z, torch.tensor([1, 2])).backward()
    >>> z.grad
    tensor([0.0000, 0.7183])
    """

    def module(self, reduction: str = "mean", **parameters: float) -> torch.nn.Module:
        """The loss as a module, called with predictions, observations, and what else is known of them.

        Args:
            reduction: ``mean``, ``sum`` or ``none``.  With weights, the mean is the weighted sum divided by the sum of
                the weights.
            parameters: of the noise.

        Raises:
            UnknownName: if there is no such reduction or parameter.
            DataError: if a parameter is missing.

        >>> from lossproof.compiled.loss import compile
        >>> loss = compile("student-t", backend="torch").module(reduction="sum", nu=4, sigma=2)
        >>> loss
        DerivedLoss(student-t, reduction='sum', nu=4.0, sigma=2.0)
        >>> loss(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 0.0]), weights=torch.tensor([1.0, 0.5]))
        tensor(0.1271)
        """
        if reduction not in REDUCTIONS:
            raise UnknownName("reduction", reduction, REDUCTIONS)
        return DerivedLoss(self, reduction, {k: number(k, v) for k, v in self._parameters(parameters).items()})


class DerivedLoss(torch.nn.Module):
    """A derived loss as a module; see `TorchLoss.module`."""

    def __init__(self, loss: TorchLoss, reduction: str, parameters: dict[str, float]) -> None:
        super().__init__()
        self.loss, self.reduction, self.parameters_of_noise = loss, reduction, parameters

    def forward(self, *arguments: Any, weights: Any = None) -> Any:
        """The loss of predictions, beside observations and what else is known of them."""
        if self.reduction == "sum":
            return self.loss.total(*arguments, weights=weights, **self.parameters_of_noise)
        losses = self.loss.pointwise(*arguments, **self.parameters_of_noise)
        if weights is None:
            return losses.mean() if self.reduction == "mean" else losses
        weighted = losses * weights
        return (
            weighted.sum() / torch.broadcast_to(weights, losses.shape).sum() if self.reduction == "mean" else weighted
        )

    def extra_repr(self) -> str:
        """What is in brackets where the module is printed."""
        numbers = [f"{name}={value}" for name, value in self.parameters_of_noise.items()]
        return ", ".join([self.loss.unit.name, f"reduction={self.reduction!r}", *numbers])
