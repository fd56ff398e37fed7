"""What compiled PyTorch code needs while it runs: functions whose derivative is given, not found by PyTorch.

A written module carries this with it, so it knows nothing of lossproof.
"""

from collections.abc import Callable
from typing import Any

import torch


def number(value: Any) -> torch.Tensor:
    """A number that is one for all observations: a tensor without axes takes the type of what it meets."""
    return torch.as_tensor(value, dtype=torch.float64)


def derived(value: Callable[..., Any], derivative: Any, predictions: int, tensors: int) -> Callable[..., Any]:
    """A function of tensors and numbers with a derivative of its own.

    It can be differentiated backward and forward, and mapped by `torch.func.vmap`.  Only predictions are
    differentiated in: the gradient of the other tensors is None.

    Args:
        value: the function; one number for each observation.
        derivative: of it in each prediction, made by this function too; None if there is none.
        predictions: how many arguments are predictions; they come first.
        tensors: how many arguments are tensors; they have one shape.  Numbers follow.
    """

    def slopes(given: tuple[Any, ...]) -> tuple[Any, ...]:
        if derivative is None:
            raise RuntimeError("this derivative of the loss has not been derived")
        # what torch.compile has compiled is not differentiated twice
        found = (derivative.value if torch.compiler.is_compiling() else derivative)(*given)
        return found if isinstance(found, tuple) else (found,)

    class Backward(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*given: Any) -> Any:
            return value(*given)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            ctx.save_for_backward(*inputs[:tensors])
            ctx.save_for_forward(*inputs[:tensors])
            ctx.set_materialize_grads(False)
            ctx.parameters = inputs[tensors:]

        @staticmethod
        def backward(ctx: Any, *above: Any) -> Any:
            found = slopes((*ctx.saved_tensors, *ctx.parameters))
            others = [None] * (tensors - predictions + len(ctx.parameters))
            return *(None if above[0] is None else above[0] * s for s in found), *others

    class Both(Backward):
        @staticmethod
        def jvp(ctx: Any, *changes: Any) -> Any:
            if any(c is not None for c in changes[predictions:tensors]):
                raise RuntimeError("only the derivative in the prediction has been derived")
            found = slopes((*ctx.saved_tensors, *ctx.parameters))
            return sum(c * s for c, s in zip(changes, found, strict=False) if c is not None)

    def function(*given: Any) -> Any:
        # torch.compile takes no function with a forward derivative
        kind: Any = Backward if torch.compiler.is_compiling() else Both
        return kind.apply(*given)

    function.value = value  # type: ignore[attr-defined]
    return function
