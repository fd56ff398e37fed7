"""What a rule is, and the rules that need no rulebook: definitions, assumptions, cited theorems.

A rule looks at an expression, with what it was given, and concludes what may stand in its place
and under which conditions.  It does not decide whether the conditions hold; the kernel does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Basic, Expr, Symbol

from lossproof.errors import RuleDoesNotApply
from lossproof.kernel.conditions import Condition, Constant, Hypothesis
from lossproof.kernel.facts import Facts
from lossproof.kernel.presenting import Shown, brief
from lossproof.kernel.relations import ARGUMENT, EQUAL, Kind, Relation
from lossproof.kernel.schema import Abstraction, Misfit, Value, instantiate, instantiate_condition
from lossproof.notation.inert import alpha_equal, apart, substitute
from lossproof.notation.nodes import Name
from lossproof.notation.plain import written
from lossproof.notation.shapes import check_term


@dataclass(frozen=True)
class Conclusion:
    """What a rule says may stand in the place of an expression.

    Attributes:
        after: the replacement.
        conditions: what must hold for it.
        relation: how the replacement is related to what it replaces.
        about: what a reader wants named in the reason, such as the name that was unfolded.
    """

    after: Expr
    conditions: tuple[Condition, ...] = ()
    relation: Relation = EQUAL
    about: Basic | None = None


class Rule(Shown, ABC):
    """One named, stated identity with side conditions.

    Attributes:
        name: as it stands beside a step.
        reference: where the identity can be looked up.
    """

    name: str
    reference: str

    def _says(self) -> str:
        return f": {self.name}"

    @abstractmethod
    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        """What follows, or `RuleDoesNotApply`."""

    def rests_on(self) -> tuple[Rule, ...]:
        """The rules that a use of this one relies on."""
        return (self,)

    def assumes(self, facts: Facts) -> tuple[Hypothesis, ...]:
        """Hypotheses that a use of this rule relies on besides those behind its conditions."""
        return ()

    def misfit(self, before: Expr, why: str) -> RuleDoesNotApply:
        """The error for an expression that this rule does not fit."""
        return RuleDoesNotApply(self.name, written(before), why)


@dataclass(frozen=True, repr=False)
class Identity(Rule):
    """A rule given by patterns: ``left`` may be replaced by ``right`` when the conditions hold.

    With a ``kind`` other than equality, ``phi`` is the strictly monotone map, written in the
    metavariables and `ARGUMENT`, that carries the left side to the right; such a rule may ask
    through ``constant`` that some metavariables do not contain the parameters.
    """

    name: str
    left: Expr
    right: Expr
    when: tuple[Condition, ...] = ()
    reference: str = ""
    kind: Kind = Kind.EQUAL
    phi: Expr | None = None
    reverses: bool = False
    constant: tuple[Expr, ...] = ()

    def _says(self) -> str:
        sign = "=" if self.kind is Kind.EQUAL else "->"
        return f": {self.name}, {brief(written(self.left))} {sign} {brief(written(self.right))}"

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        try:
            if instantiate(self.left, given) != before:
                raise self.misfit(before, f"it is not of the form {written(self.left)}")
            after = instantiate(self.right, given)
            conditions = [c for pattern in self.when for c in instantiate_condition(pattern, given)]
            relation = self._relation(given, facts)
        except Misfit as error:
            raise self.misfit(before, str(error)) from None
        if relation.kind is not Kind.EQUAL:
            conditions += [Constant(instantiate(c, given), relation.over) for c in self.constant]
        return Conclusion(after, tuple(conditions), relation)

    def _relation(self, given: Mapping[str, Value], facts: Facts) -> Relation:
        if self.kind is Kind.EQUAL:
            return EQUAL
        assert self.phi is not None
        return Relation(
            self.kind, facts.parameters, self.reverses, Abstraction((ARGUMENT,), instantiate(self.phi, given))
        )


@dataclass(frozen=True, repr=False)
class Unfold(Rule):
    """A name is replaced by what it stands for.

    Bound indices of the definition that are in use around the place are written with fresh letters.
    """

    name: str = "definition"
    reference: str = ""

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        if not isinstance(before, Name):
            raise self.misfit(before, "it is not a name")
        avoid = given.get("avoid", ())
        if not isinstance(avoid, tuple) or not all(isinstance(s, Symbol) for s in avoid):
            raise self.misfit(before, "'avoid' must be a sequence of symbols")
        body = before.body
        check_term(body)  # before it is walked through: it may be far larger than the name
        return Conclusion(apart(body, frozenset(avoid)), about=before.head)


@dataclass(frozen=True, repr=False)
class Fold(Rule):
    """An expression that a name stands for is replaced by the name."""

    name: str = "by definition"
    reference: str = ""

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        named = given.get("named")
        if not isinstance(named, Name):
            raise self.misfit(before, "'named' must be the name to write")
        body = named.body
        check_term(body)
        if not alpha_equal(body, before):
            raise self.misfit(before, f"{written(named)} stands for {written(body)}")
        return Conclusion(named, about=named.head)


@dataclass(frozen=True, repr=False)
class Assume(Rule):
    """An equation that the model assumes is used, from left to right."""

    assumption: str
    reference: str = ""

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.assumption

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        assumed = facts.assumed(self.assumption)
        if assumed is None:
            raise self.misfit(before, f"'{self.assumption}' is not among the assumptions that hold here")
        values = {r.index: given.get(r.index.name) for r in assumed.ranges}
        if not all(isinstance(v, Expr) for v in values.values()):
            raise self.misfit(before, "every index of the assumption needs a value")
        if substitute(assumed.left, values) != before:
            raise self.misfit(before, f"the assumption speaks of {written(assumed.left)}")
        return Conclusion(substitute(assumed.right, values), tuple(r.at(values) for r in assumed.ranges))

    def assumes(self, facts: Facts) -> tuple[Hypothesis, ...]:
        assumed = facts.assumed(self.assumption)
        return () if assumed is None else (assumed,)


UNFOLD, FOLD = Unfold(), Fold()
