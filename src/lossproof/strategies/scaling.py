"""The same optima up to a positive factor: mean instead of sum, half of it, ``n`` times anything."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr

from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.steps import apply
from lossproof.rulebook import optima
from lossproof.strategies.chain import Chain


def scaled(
    derivation: Derivation, factor: Expr, *, assuming: Iterable[Declared] = (), name: str = "", title: str = ""
) -> Derivation:
    """The derivation continued by one step: its last expression times a positive constant has the same optima.

    Args:
        derivation: of any relation; what comes out is related to its first expression.
        factor: free of the parameters, and shown to be positive.
        assuming: what has to be declared for that, such as that there is an observation; it takes
            the place of a weaker declaration of the same term.
        name: of the result.
        title: of the result, in words.

    Raises:
        SideConditionError: if the factor is not known to be positive, or contains a parameter.

    >>> import lossproof as lp
    >>> from sympy import Rational
    >>> lp.scaled(lp.derive("linear-regression"), Rational(1, 2)).theorem
    <Theorem linear-regression: |- p[Y = y | X = x]  same optima  1/2 · J(w)>
    """
    chain = continued(derivation, assuming, name, title)
    return chain.at_root(optima.SCALE_BY_POSITIVE, c=factor).done()


def continued(derivation: Derivation, assuming: Iterable[Declared] = (), name: str = "", title: str = "") -> Chain:
    """A chain that has made the steps of a derivation, under its hypotheses and some more."""
    hypotheses = list(derivation.hypotheses)
    for new in assuming:
        weaker = [h for h in hypotheses if _says_less(h, new)]
        at = hypotheses.index(weaker[0]) if weaker else len(hypotheses)
        hypotheses[at : at + 1] = [new]
        hypotheses = [h for h in hypotheses if h not in weaker]
    chain = Chain(
        name or derivation.name, hypotheses, derivation.parameters, derivation.start, title or derivation.title
    )
    for step in derivation:
        chain.steps.append(apply(step.rule, step.places, chain.here, chain.facts))
    return chain


def _says_less(h: Hypothesis, new: Declared) -> bool:
    """Whether a hypothesis declares the same term, in a set that holds the new one."""
    return isinstance(h, Declared) and (h.term, h.ranges) == (new.term, new.ranges) and new.domain.within(h.domain)
