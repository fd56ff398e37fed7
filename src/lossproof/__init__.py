"""Prove that your loss is a likelihood.

From a probabilistic model, lossproof derives the loss, one named rule at a time, proves that the
two are the same, and typesets every step.

>>> import lossproof as lp
>>> d = lp.derive("logistic")
>>> print(d.relation)
same optima
>>> d.steps[10].rule.name
'logarithm of a product'
>>> lp.derive("logistic-gradient").theorem
<Theorem logistic-gradient: |- ∂J(w)/∂w_j  =  ∑_{i=1}^n (f_w(x_i) - y_i) x_ij>

Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "api": ("derive", "load", "register", "replay"),
    "strategies.catalogue": ("CATALOGUE",),
    "strategies.chain": ("Chain",),
    "errors": (
        "DataError",
        "LossproofError",
        "NoMinimiser",
        "OutputError",
        "ParseError",
        "ReplayError",
        "RuleDoesNotApply",
        "SideConditionError",
        "UnknownName",
        "UnsupportedExpression",
    ),
    "kernel.conditions": ("Assumed", "Declared", "Range", "Ranged", "Smooth"),
    "kernel.derivation": ("Derivation", "Step", "Theorem"),
    "kernel.domains": ("BINARY", "CLOSED_UNIT", "COUNT", "Domain", "NONNEGATIVE", "POSITIVE", "REAL", "UNIT"),
    "kernel.relations": ("Relation",),
    "kernel.rules": ("Rule",),
    "losses": ("CROSS_ENTROPY", "LOSSES"),
    "models": ("Bernoulli", "LOGISTIC", "Model", "OpaqueNetwork", "SigmoidNode"),
    "numeric.agreement": ("Agreement", "verify_on"),
    "numeric.data": ("Table", "table"),
    "numeric.evaluate": ("Instance", "Precise", "evaluate"),
    "rulebook": ("RULES",),
}
_HOME = {name: module for module, names in _WHERE.items() for name in names}
_RENAMED = {"read_data": ("numeric.data", "read")}

__all__ = ["__version__", *sorted(_HOME), *sorted(_RENAMED)]

if TYPE_CHECKING:
    from lossproof.api import derive, load, register, replay
    from lossproof.strategies.catalogue import CATALOGUE
    from lossproof.strategies.chain import Chain
    from lossproof.kernel.derivation import Derivation, Step, Theorem
    from lossproof.models import LOGISTIC, Bernoulli, Model, OpaqueNetwork, SigmoidNode
    from lossproof.numeric.agreement import Agreement, verify_on
    from lossproof.numeric.data import Table, table
    from lossproof.numeric.data import read as read_data
    from lossproof.numeric.evaluate import Instance, Precise, evaluate


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        module, original = _RENAMED[name]
    elif name in _HOME:
        module, original = _HOME[name], name
    else:
        raise AttributeError(f"module 'lossproof' has no attribute {name!r}")
    importlib.import_module("lossproof.api")  # what derivations can be turned into hangs together there
    value = getattr(importlib.import_module(f"lossproof.{module}"), original)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
