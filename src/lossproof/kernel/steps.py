"""One step: a rule applied at one place or several, with its side conditions shown."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Expr,
    IndexedBase,
    Integral,
    Max,
    Mul,
    Pow,
    Product,
    Sum,
    Symbol,
    Tuple,
    besseli,
    cos,
    digamma,
    erf,
    exp,
    factorial,
    gamma,
    log,
    sign,
    sin,
    trigamma,
)

from lossproof.errors import RuleDoesNotApply
from lossproof.kernel.conditions import Fact
from lossproof.kernel.facts import Facts
from lossproof.kernel.presenting import Presentable, brief
from lossproof.kernel.relations import EQUAL, Kind, Relation
from lossproof.kernel.rules import Conclusion, Rule
from lossproof.kernel.schema import Abstraction, Given
from lossproof.notation.inert import limits_of, rebuild, slope_of
from lossproof.notation.matrices import (
    Component,
    Determinant,
    Form,
    Gradient,
    Inverse,
    MatrixProduct,
    MatrixSum,
    ScalarMultiple,
    SquaredNorm,
    Transpose,
)
from lossproof.notation.nodes import Curve, Named, Opaque, ProductOver, Series, Sigmoid, Softplus, Where
from lossproof.notation.plain import written
from lossproof.notation.shapes import INFINITIES, check_term

Path = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Where a rule is applied and what its metavariables stand for.

    Attributes:
        path: positions of arguments, from the whole expression down to the part that is replaced.
        given: values by name, sorted by name.
    """

    path: Path
    given: Given = ()


@dataclass(frozen=True, repr=False)
class Step(Presentable):
    """One rule applied at one place, or at several places at once.

    Attributes:
        rule: the rule.
        places: where, and with what.
        before: the whole expression before.
        after: the whole expression after.
        relation: how ``before`` and ``after`` are related.
        conditions: the side conditions, each with the reason why it holds.
        about: what the reason beside the step names, for instance the name that was unfolded.
    """

    rule: Rule
    places: tuple[Place, ...]
    before: Expr
    after: Expr
    relation: Relation = EQUAL
    conditions: tuple[Fact, ...] = ()
    about: tuple[Basic, ...] = ()

    def _says(self) -> str:
        return f": {related(self.before, self.relation, self.after)}  [{self.rule.name}]"


def related(left: Expr, relation: Relation, right: Expr) -> str:
    """Two expressions and their relation for a ``repr``, long ones cut off."""
    return f"{brief(written(left))}  {relation}  {brief(written(right))}"


def apply(rule: Rule, places: tuple[Place, ...], before: Expr, facts: Facts) -> Step:
    """Apply a rule and show its side conditions.

    Raises:
        RuleDoesNotApply: if the expression does not have the rule's form at one of the places, or a
            relation that is not equality is not at the root.
        SideConditionError: if a condition cannot be shown; it names the missing fact.
    """
    check_term(before)
    _check_places(rule, places)
    after, relation = before, EQUAL
    conditions: dict[Fact, None] = {}
    about: dict[Basic, None] = {}
    for place in places:
        part, local, on_the_way = _descend(rule, after, place.path, facts)
        conclusion = rule.conclude(part, dict(place.given), local)
        shown = [local.discharge(rule.name, condition) for condition in conclusion.conditions]
        check_term(conclusion.after)
        conditions.update(dict.fromkeys([*on_the_way, *shown]))
        relation = _at_root(rule, place, conclusion, relation, before)
        after = _put(after, place.path, conclusion.after)
        about.update({} if conclusion.about is None else {conclusion.about: None})
    check_term(after)
    return Step(rule, places, before, after, relation, tuple(conditions), tuple(about))


def _check_places(rule: Rule, places: tuple[Place, ...]) -> None:
    """Refuse places that are not what their types say, before anything is made of them."""
    well = type(places) is tuple and len(places) > 0 and all(type(p) is Place for p in places)
    if not well or not all(_is_path(p.path) and _is_given(p.given) for p in places):
        raise RuleDoesNotApply(rule.name, "the given places", "a place is a path of numbers and named values")
    for place in places:
        for _, value in place.given:
            if isinstance(value, Basic) and value in INFINITIES:
                continue  # which may stand for an end of a range, and nowhere else
            for part in value if isinstance(value, tuple) else (value,):
                _check_value(part.body if isinstance(part, Abstraction) else part)


def _check_value(value: Basic) -> None:
    for e in value.args if isinstance(value, Tuple) else (value,):
        check_term(e)


def _is_path(path: object) -> bool:
    return type(path) is tuple and all(type(k) is int for k in path)


def _is_given(given: object) -> bool:
    return type(given) is tuple and all(
        type(g) is tuple and len(g) == 2 and isinstance(g[0], str) and _is_value(g[1]) for g in given
    )


def _is_value(value: object) -> bool:
    return all(map(_is_single, value)) if type(value) is tuple else _is_single(value)


def _is_single(value: object) -> bool:
    if type(value) is Abstraction:
        names = value.parameters
        return type(names) is tuple and all(type(p) is Symbol for p in names) and len(set(names)) == len(names)
    return isinstance(value, Basic)


def _at_root(rule: Rule, place: Place, conclusion: Conclusion, so_far: Relation, before: Expr) -> Relation:
    if conclusion.relation.kind is not Kind.EQUAL and place.path:
        raise RuleDoesNotApply(rule.name, written(before), f"'{conclusion.relation}' holds of the whole only")
    return so_far.then(conclusion.relation)


def _descend(rule: Rule, e: Expr, path: Path, facts: Facts) -> tuple[Expr, Facts, list[Fact]]:
    """The part at a path, the facts that hold there, and what had to hold on the way."""
    on_the_way: list[Fact] = []
    for position in path:
        if not _may_enter(e, position):
            raise RuleDoesNotApply(rule.name, written(e), f"nothing can be rewritten at position {position} of it")
        if limits_of(e) is not None:
            facts = facts.under(e)
        elif isinstance(e, (Derivative, Gradient)):
            facts, around = facts.differentiating(slope_of(e))
            on_the_way.append(around)
        e = e.args[position]
    return e, facts, on_the_way


def _may_enter(e: Expr, position: int) -> bool:
    """Whether equals may be put for equals at this argument."""
    if not 0 <= position < len(e.args):
        return False
    if isinstance(e, (Sum, Series, Integral, Product, ProductOver, Derivative, Gradient)):
        return position == 0
    if isinstance(e, Named):
        return position > 0 and isinstance(e.definition.parameters[position - 1], Symbol)
    if isinstance(e, Opaque):
        return position > 0 and not isinstance(e.args[position], IndexedBase)
    if isinstance(e, (besseli, Curve)):
        return position == len(e.args) - 1
    return type(e) in OF_NUMBERS or type(e) in OF_MATRICES


#: Functions of numbers: equals may be put for equals at each argument.
OF_NUMBERS = (
    Add,
    Mul,
    Pow,
    log,
    exp,
    Abs,
    Max,
    Where,
    Sigmoid,
    Softplus,
    cos,
    sin,
    sign,
    erf,
    gamma,
    digamma,
    trigamma,
    factorial,
)
#: Matrices made of others, and numbers made of matrices: equals may be put for equals in all their parts.
OF_MATRICES = (
    *(MatrixSum, MatrixProduct, ScalarMultiple, Transpose, Inverse),
    *(Component, Form, SquaredNorm, Determinant),
)


def _put(e: Expr, path: Path, part: Expr) -> Expr:
    """The expression with the part at a path replaced."""
    spine = [e]
    for position in path[:-1]:
        spine.append(spine[-1].args[position])
    for node, position in zip(reversed(spine), reversed(path), strict=False):
        part = rebuild(node, [*node.args[:position], part, *node.args[position + 1 :]])
    return part
