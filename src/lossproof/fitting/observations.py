"""Whether the observations are what a model can have produced; the first that is not is named."""

from __future__ import annotations

import numpy as np
from sympy import Basic, Indexed

from lossproof.compiled.objective import Floats, Objective
from lossproof.errors import DataError, NoMinimiser
from lossproof.fitting.design import Place
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import BINARY, Domain
from lossproof.models import OBSERVATIONS, Bernoulli, Model, NoiseModel, i, y
from lossproof.notation.inert import symbol_of
from lossproof.notation.plain import written
from lossproof.numeric.data import inside
from lossproof.numeric.evaluate import Instance, evaluate


def check_observations(model: Model[NoiseModel], o: Objective, place: Place) -> None:
    """Refuse observations, and what is known of them, that lie outside the sets that the model declares.

    Raises:
        DataError: naming the first.
        NoMinimiser: if all labels are equal.
    """
    names = o.loss.unit.arguments[o.loss.unit.predictions :]
    given = {
        name: np.broadcast_to(np.asarray(a, dtype=np.float64), (len(o),))
        for name, a in zip(names, o.given, strict=True)
    }
    for name, values in given.items():
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values)))
            what = "missing (NaN)" if np.isnan(values[row]) else "infinite"
            raise DataError(f"{place(row)}: {name} is {what}; remove or impute such observations")
    letters = [y, *(h.term for h in model.hypotheses if isinstance(h, Declared) and isinstance(h.term, Indexed))]
    known = {str(symbol_of(s)) for s in letters} & set(given)
    instance = Instance(dict(given), indices={str(i): np.arange(1, len(o) + 1)})
    for h in model.hypotheses:
        if isinstance(h, Declared) and h.ranges == (OBSERVATIONS,):
            arrays = {str(symbol_of(s)) for s in h.term.atoms(Indexed)}
            if arrays and arrays <= known:
                values = np.broadcast_to(np.asarray(evaluate(h.term, instance), dtype=float), (len(o),))
                _refuse_outside(values, h.domain, _called(h.term), place)
    if isinstance(model.noise, Bernoulli) and len(set(np.unique(given["y"]))) == 1:
        raise NoMinimiser(f"every observation is {given['y'][0]:g}: the labels 0 and 1 must both occur")


def _called(term: Basic) -> str:
    return str(symbol_of(term)) if isinstance(term, Indexed) else written(term)


def _refuse_outside(values: Floats, domain: Domain, what: str, place: Place) -> None:
    wrong = ~inside(values, domain)
    if wrong.any():
        row = int(np.argmax(wrong))
        must = "be 0 or 1" if domain == BINARY else f"be in {domain}"
        raise DataError(f"{place(row)}: {what} must {must}, but is {values[row]:g}")
