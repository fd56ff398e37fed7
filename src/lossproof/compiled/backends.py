"""Which backends there are; nothing that is heavy is imported to know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What the module of a backend has, which is called as the backend is.

    Attributes:
        backend: the class of the backend.
        loss: the class of the loss, if it is another than that of NumPy's arrays.
        needs: the module that must be there, and the extra that brings it.
        classes: where the backend of losses with a score for each class is, and its class, if there is one.
    """

    backend: str
    loss: str = ""
    needs: str = ""
    classes: str = ""


#: The backends by name.
BACKENDS: Mapping[str, Kind] = {
    "numpy": Kind("NumPyBackend", classes="numpy.NumPyBackend"),
    "numba": Kind("NumbaBackend", needs="numba", classes="numba_classes.NumbaClassesBackend"),
    "torch": Kind("TorchBackend", "TorchLoss", needs="torch"),
    "jax": Kind("JaxBackend", "JaxLoss", needs="jax"),
    "c": Kind("CBackend"),
}
