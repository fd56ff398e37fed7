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

from lossproof import render as render
from lossproof.kernel.presenting import provide

__version__ = "0.2.0"

provide("output format", json="lossproof.kernel.serial:to_json", coq="lossproof.certificates.files:certificate")
provide(
    "service",
    verify="lossproof.referees:verify",
    proved="lossproof.certificates.statements:proved",
    notebook="lossproof.render.notebook:bundle",
    drawing="lossproof.figures.noise:beside",
)

_WHERE = {
    "api": ("derive", "gradient", "load", "register"),
    "compiled.loss": ("CompiledLoss", "compile"),
    "fitting.fit": ("Fit", "fit"),
    "fitting.chunks": ("Generated",),
    "fitting.distributed": ("DistributedObjective", "cluster", "distributed_objective"),
    "fitting.in_chunks": ("fit_in_chunks",),
    "checking.checked": ("CheckedSteps", "check_steps"),
    "strategies.catalogue": ("CATALOGUE",),
    "strategies.chain": ("Chain",),
    "strategies.expansion": ("expand_log",),
    "errors": (
        "DataError",
        "IllPosed",
        "LooksAlike",
        "LossproofError",
        "MissingExtra",
        "NoFiniteValue",
        "NoMinimiser",
        "NotADensity",
        "OutputError",
        "ParseError",
        "ReplayError",
        "RuleDoesNotApply",
        "SideConditionError",
        "TracingError",
        "UnknownName",
        "UnsupportedExpression",
    ),
    "kernel.conditions": ("Assumed", "Declared", "DeclaredMatrix", "Property", "Range", "Ranged", "Smooth"),
    "kernel.derivation": ("Derivation", "Theorem", "replay"),
    "kernel.domains": (
        "BINARY",
        "CLOSED_UNIT",
        "COUNT",
        "Domain",
        "NONNEGATIVE",
        "NONZERO",
        "POSITIVE",
        "REAL",
        "UNIT",
    ),
    "kernel.relations": ("Relation",),
    "kernel.rules": ("Identity", "Rule"),
    "kernel.steps": ("Step",),
    "losses": ("CROSS_ENTROPY", "LOSSES"),
    "models": (
        "Bernoulli",
        "Categorical",
        "GaussianPrior",
        "LINEAR_REGRESSION",
        "LINEAR_REGRESSION_INTERCEPT",
        "LOGISTIC",
        "LaplacePrior",
        "LinearPredictor",
        "LinearScores",
        "Model",
        "Multinomial",
        "Noise",
        "OneHot",
        "OpaqueNetwork",
        "OpaqueScores",
        "Prior",
        "SigmoidNode",
        "WrittenPredictor",
    ),
    "models.sympy_stats": ("noise",),
    "notation.letters": ("Notation",),
    "numeric.agreement": ("Agreement", "verify_on"),
    "numeric.data": ("Table", "read_data", "table"),
    "numeric.support": ("check_support",),
    "numeric.evaluate": ("Instance", "Precise", "evaluate"),
    "recovery.equivalence": ("Equivalence", "equivalent"),
    "recovery.recover": ("recover",),
    "recovery.verdict": ("Verdict",),
    "rulebook": ("RULES",),
    "strategies.priors": ("maximum_a_posteriori",),
    "strategies.scaling": ("scaled",),
}
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = ["__version__", *sorted([*_HOME, "figures"])]

if TYPE_CHECKING:
    from lossproof import figures as figures
    from lossproof.api import derive as derive
    from lossproof.api import gradient as gradient
    from lossproof.api import load as load
    from lossproof.api import register as register
    from lossproof.checking.checked import CheckedSteps as CheckedSteps
    from lossproof.checking.checked import check_steps as check_steps
    from lossproof.compiled.loss import CompiledLoss as CompiledLoss
    from lossproof.compiled.loss import compile as compile
    from lossproof.errors import DataError as DataError
    from lossproof.errors import IllPosed as IllPosed
    from lossproof.errors import LooksAlike as LooksAlike
    from lossproof.errors import LossproofError as LossproofError
    from lossproof.errors import MissingExtra as MissingExtra
    from lossproof.errors import NoFiniteValue as NoFiniteValue
    from lossproof.errors import NoMinimiser as NoMinimiser
    from lossproof.errors import NotADensity as NotADensity
    from lossproof.errors import OutputError as OutputError
    from lossproof.errors import ParseError as ParseError
    from lossproof.errors import ReplayError as ReplayError
    from lossproof.errors import RuleDoesNotApply as RuleDoesNotApply
    from lossproof.errors import SideConditionError as SideConditionError
    from lossproof.errors import TracingError as TracingError
    from lossproof.errors import UnknownName as UnknownName
    from lossproof.errors import UnsupportedExpression as UnsupportedExpression
    from lossproof.fitting.chunks import Generated as Generated
    from lossproof.fitting.distributed import DistributedObjective as DistributedObjective
    from lossproof.fitting.distributed import cluster as cluster
    from lossproof.fitting.distributed import distributed_objective as distributed_objective
    from lossproof.fitting.fit import Fit as Fit
    from lossproof.fitting.fit import fit as fit
    from lossproof.fitting.in_chunks import fit_in_chunks as fit_in_chunks
    from lossproof.kernel.conditions import Assumed as Assumed
    from lossproof.kernel.conditions import Declared as Declared
    from lossproof.kernel.conditions import DeclaredMatrix as DeclaredMatrix
    from lossproof.kernel.conditions import Property as Property
    from lossproof.kernel.conditions import Range as Range
    from lossproof.kernel.conditions import Ranged as Ranged
    from lossproof.kernel.conditions import Smooth as Smooth
    from lossproof.kernel.derivation import Derivation as Derivation
    from lossproof.kernel.derivation import Theorem as Theorem
    from lossproof.kernel.derivation import replay as replay
    from lossproof.kernel.domains import BINARY as BINARY
    from lossproof.kernel.domains import CLOSED_UNIT as CLOSED_UNIT
    from lossproof.kernel.domains import COUNT as COUNT
    from lossproof.kernel.domains import NONNEGATIVE as NONNEGATIVE
    from lossproof.kernel.domains import NONZERO as NONZERO
    from lossproof.kernel.domains import POSITIVE as POSITIVE
    from lossproof.kernel.domains import REAL as REAL
    from lossproof.kernel.domains import UNIT as UNIT
    from lossproof.kernel.domains import Domain as Domain
    from lossproof.kernel.relations import Relation as Relation
    from lossproof.kernel.rules import Identity as Identity
    from lossproof.kernel.rules import Rule as Rule
    from lossproof.kernel.steps import Step as Step
    from lossproof.losses import CROSS_ENTROPY as CROSS_ENTROPY
    from lossproof.losses import LOSSES as LOSSES
    from lossproof.models import LINEAR_REGRESSION as LINEAR_REGRESSION
    from lossproof.models import LINEAR_REGRESSION_INTERCEPT as LINEAR_REGRESSION_INTERCEPT
    from lossproof.models import LOGISTIC as LOGISTIC
    from lossproof.models import Bernoulli as Bernoulli
    from lossproof.models import Categorical as Categorical
    from lossproof.models import GaussianPrior as GaussianPrior
    from lossproof.models import LaplacePrior as LaplacePrior
    from lossproof.models import LinearPredictor as LinearPredictor
    from lossproof.models import LinearScores as LinearScores
    from lossproof.models import Model as Model
    from lossproof.models import Multinomial as Multinomial
    from lossproof.models import Noise as Noise
    from lossproof.models import OneHot as OneHot
    from lossproof.models import OpaqueNetwork as OpaqueNetwork
    from lossproof.models import OpaqueScores as OpaqueScores
    from lossproof.models import Prior as Prior
    from lossproof.models import SigmoidNode as SigmoidNode
    from lossproof.models import WrittenPredictor as WrittenPredictor
    from lossproof.models.sympy_stats import noise as noise
    from lossproof.notation.letters import Notation as Notation
    from lossproof.numeric.agreement import Agreement as Agreement
    from lossproof.numeric.agreement import verify_on as verify_on
    from lossproof.numeric.data import Table as Table
    from lossproof.numeric.data import read_data as read_data
    from lossproof.numeric.data import table as table
    from lossproof.numeric.evaluate import Instance as Instance
    from lossproof.numeric.evaluate import Precise as Precise
    from lossproof.numeric.evaluate import evaluate as evaluate
    from lossproof.numeric.support import check_support as check_support
    from lossproof.recovery.equivalence import Equivalence as Equivalence
    from lossproof.recovery.equivalence import equivalent as equivalent
    from lossproof.recovery.recover import recover as recover
    from lossproof.recovery.verdict import Verdict as Verdict
    from lossproof.rulebook import RULES as RULES
    from lossproof.strategies.catalogue import CATALOGUE as CATALOGUE
    from lossproof.strategies.chain import Chain as Chain
    from lossproof.strategies.expansion import expand_log as expand_log
    from lossproof.strategies.priors import maximum_a_posteriori as maximum_a_posteriori
    from lossproof.strategies.scaling import scaled as scaled


def __getattr__(name: str) -> Any:
    if name == "figures":
        return importlib.import_module("lossproof.figures")
    if name not in _HOME:
        raise AttributeError(f"module 'lossproof' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"lossproof.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
