"""What the catalogue holds of a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lossproof.kernel.derivation import Derivation
    from lossproof.models import Model, NoiseModel


@dataclass(frozen=True)
class Entry:
    """One result of the catalogue.

    Attributes:
        name: lower case with hyphens.
        derive: finds the derivation.
        peers: functions of other libraries that compute the same, by their importable names; a class that
            fits a model finds the minimiser.
        model: the model behind it, if data can be put into it.
        family: the group of results that it is listed with; by default that of the module that declares it.
    """

    name: str
    derive: Callable[[], Derivation]
    peers: tuple[str, ...] = ()
    model: Model[NoiseModel] | None = None
    family: str = ""
