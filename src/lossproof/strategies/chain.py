"""Building a derivation one step at a time.

A `Chain` holds the steps so far and the expression reached.  Its methods find where a rule fits
and ask the kernel to apply it; what the kernel refuses is not added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sympy import Basic, Expr, IndexedBase, Symbol

from lossproof.errors import RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Assumed, Hypothesis
from lossproof.kernel.derivation import Cite, Derivation
from lossproof.kernel.domains import Domain
from lossproof.kernel.facts import Facts, match
from lossproof.kernel.rules import FOLD, UNFOLD, Assume, Identity, Rule
from lossproof.kernel.schema import Meta, Value
from lossproof.kernel.steps import Path, Place, Step, apply
from lossproof.notation.inert import alpha_equal, free, limits_of
from lossproof.notation.nodes import Definition, Name
from lossproof.notation.plain import written
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.rulebook.direct import Direct
from lossproof.rulebook.matrices import ENTRY_BY_ENTRY, MATRIX_ALGEBRA
from lossproof.strategies.matching import arranged, find, part_at, places, recognise

Finder = Callable[[Expr], dict[str, Value] | None]
Found = tuple[Path, dict[str, Value]]
Predicate = Callable[[Expr], bool]


class Chain:
    """A derivation under construction."""

    def __init__(
        self,
        name: str,
        hypotheses: Iterable[Hypothesis],
        parameters: tuple[IndexedBase, ...],
        start: Expr,
        title: str = "",
    ) -> None:
        self.name, self.title, self.start = name, title, start
        self.hypotheses, self.parameters = tuple(hypotheses), parameters
        self.facts = Facts(self.hypotheses, self.parameters)
        self.steps: list[Step] = []
        self._listed: tuple[Expr, list[tuple[Path, Expr]]] | None = None
        #: Why the kernel refused where `exhaust` left a place as it is.
        self.refusals: list[SideConditionError] = []

    @property
    def here(self) -> Expr:
        """The expression reached so far."""
        return self.steps[-1].after if self.steps else self.start

    def done(self, claim: Domain | None = None) -> Derivation:
        """The derivation built so far, with the claim that the last expression lies in a set."""
        return Derivation(self.name, self.hypotheses, self.parameters, self.start, tuple(self.steps), self.title, claim)

    def rewrite(self, rule: Identity | Direct, *, at: Predicate | None = None, **given: Value) -> Chain:
        """Apply a rule at every place where it fits and that is not inside another such place.

        Args:
            rule: the rule.
            at: picks the parts at which it may be applied.
            given: values for metavariables that matching cannot find.

        Raises:
            RuleDoesNotApply: if it fits nowhere.
            SideConditionError: if it fits, but a condition cannot be shown.
        """
        return self._everywhere(rule, lambda e: _values(rule, e, given) if at is None or at(e) else None)

    def exhaust(self, *rules: Identity | Direct, at: Predicate | None = None) -> Chain:
        """Apply the first of the rules that fits anywhere, again and again, until none does.

        A place where a condition of a rule cannot be shown is left as it is; `refusals` says why.
        """
        while True:
            self.refusals = []
            if not any(self._advance(rule, at) for rule in rules):
                return self

    def _advance(self, rule: Identity | Direct, at: Predicate | None) -> bool:
        """Apply a rule wherever it fits and its conditions can be shown, if there is such a place."""

        kind = type(rule.left) if isinstance(rule, Identity) else None

        def finder(e: Expr) -> dict[str, Value] | None:
            if kind not in (None, type(e), Meta):
                return None
            return _values(rule, e, {}) if at is None or at(e) else None

        found = self._places(finder)
        try:
            if found:
                self._apply(rule, found)
            return bool(found)
        except (SideConditionError, RuleDoesNotApply):
            shown = self._shown(rule, finder, found)
        if shown:
            self._apply(rule, shown)
        return bool(shown)

    def _shown(self, rule: Rule, finder: Finder, found: list[Found]) -> list[Found]:
        """Those of the places, or, of one that is refused, those inside it, at which the kernel grants the rule."""
        if not found:
            return []
        try:
            apply(rule, tuple(_place(path, values) for path, values in found), self.here, self.facts)
        except (SideConditionError, RuleDoesNotApply) as error:
            if len(found) > 1:
                half = len(found) // 2
                return self._shown(rule, finder, found[:half]) + self._shown(rule, finder, found[half:])
            if isinstance(error, SideConditionError):
                self.refusals.append(error)
            return self._shown(rule, finder, self._places(finder, found[0][0]))
        return found

    def at_root(self, rule: Identity, **given: Value) -> Chain:
        """Apply a rule to the whole expression."""
        values = find(rule.left, self.here, given)
        if values is None:
            raise RuleDoesNotApply(rule.name, written(self.here), f"it is not of the form {written(rule.left)}")
        return self._apply(rule, [((), values)])

    def at_places(self, rule: Rule, paths: Iterable[Path], **given: Value) -> Chain:
        """Apply a rule at these places; of an identity, matching finds the metavariables that are not given."""
        found: list[Found] = []
        for path in paths:
            part = part_at(self.here, path)
            values = find(rule.left, part, given) if isinstance(rule, Identity) else given
            if values is None:
                raise RuleDoesNotApply(rule.name, written(part), "it does not have that form")
            found.append((path, values))
        return self._apply(rule, found)

    def unfold(self, definition: Definition) -> Chain:
        """Replace a name by what it stands for."""
        head = definition.head

        def finder(e: Expr) -> dict[str, Value] | None:
            return {} if isinstance(e, Name) and e.head == head else None

        found: list[Found] = [(path, {"avoid": self._taken(path)}) for path, _ in self._places(finder)]
        return self._apply(UNFOLD, found, head.name)

    def _taken(self, path: Path) -> tuple[Symbol, ...]:
        """The symbols that mean something around a place, so that no index may be called that."""
        around, e = set(free(self.here)), self.here
        for position in path:
            limits = limits_of(e)
            around |= {limits[0]} if limits is not None else set()
            e = e.args[position]
        return tuple(sorted(around, key=str))

    def fold(self, name: Name | Definition) -> Chain:
        """Write a name for what it stands for: the given one, or any instance of a definition."""

        def finder(e: Expr) -> dict[str, Value] | None:
            named = recognise(name, e) if isinstance(name, Definition) else name
            return {"named": named} if named is not None and alpha_equal(named.body, e) else None

        return self._everywhere(FOLD, finder)

    def call(self, function: Definition) -> Chain:
        """Write a function for what it stands for, wherever that occurs, the order of terms and factors aside.

        Raises:
            RuleDoesNotApply: if it occurs nowhere.
        """

        def target(e: Expr) -> Expr | None:
            found = arranged(function, e)
            return None if found is None or found == e else found

        if any(target(e) is not None for _, e in places(self.here)):
            self.laws_wherever(target)
        return self.fold(function)

    def assume(self, assumption: str) -> Chain:
        """Use an equation that the model assumes."""
        assumed = next(h for h in self.hypotheses if isinstance(h, Assumed) and h.name == assumption)

        def finder(e: Expr) -> dict[str, Value] | None:
            values = match(assumed.left, e, {r.index for r in assumed.ranges})
            return None if values is None else {s.name: v for s, v in values.items()}

        return self._everywhere(Assume(assumption), finder)

    def cite(self, derivation: Derivation, *, reverse: bool = False) -> Chain:
        """Use an equation that another derivation proves."""
        side = derivation.rhs if reverse else derivation.lhs

        def finder(e: Expr) -> dict[str, Value] | None:
            return {} if alpha_equal(side, e) else None

        return self._everywhere(Cite(derivation, reverse), finder)

    def algebra(self, to: Expr, *, at: Predicate | None = None) -> Chain:
        """Rearrange the whole, or the first part that the predicate picks, by the field axioms."""
        return self._rearrange(ALGEBRA, to, at)

    def laws(self, to: Expr, *, at: Predicate | None = None) -> Chain:
        """Rearrange by the field axioms and the laws of powers and logarithms."""
        return self._rearrange(LAWS, to, at)

    def laws_wherever(self, to: Callable[[Expr], Expr | None]) -> Chain:
        """Rearrange by the same laws every outermost part for which there is an expression to reach."""

        def finder(e: Expr) -> dict[str, Value] | None:
            target = to(e)
            return None if target is None else {"to": target}

        return self._everywhere(LAWS, finder)

    def matrix_algebra(self, to: Basic, *, at: Predicate | None = None) -> Chain:
        """Rearrange the whole, or the first part that the predicate picks, by the laws of matrix algebra."""
        return self._rearrange(MATRIX_ALGEBRA, to, at)

    def entry_by_entry(self, to: Expr, *, at: Predicate | None = None) -> Chain:
        """Write the whole, or the first part that the predicate picks, with matrices for their entries, or back."""
        return self._rearrange(ENTRY_BY_ENTRY, to, at)

    def _rearrange(self, rule: Rule, to: Basic, at: Predicate | None) -> Chain:
        where: list[Path] = [path for path, e in places(self.here) if at is None or at(e)]
        if not where:
            raise RuleDoesNotApply(rule.name, written(self.here), "no part of it was picked")
        return self._apply(rule, [(where[0], {"to": to})])

    def _everywhere(self, rule: Rule, finder: Finder) -> Chain:
        return self._apply(rule, self._places(finder))

    def _places(self, finder: Finder, inside: Path | None = None) -> list[Found]:
        """Where the finder finds something, the outermost places only; of all, or inside one place."""
        found: list[Found] = []
        if self._listed is None or self._listed[0] is not self.here:
            self._listed = self.here, list(places(self.here))
        for path, e in self._listed[1]:
            if any(path[: len(p)] == p for p, _ in found[-1:]):
                continue
            if inside is not None and (path == inside or path[: len(inside)] != inside):
                continue
            values = finder(e)
            if values is not None:
                found.append((path, values))
        return found

    def _apply(self, rule: Rule, found: list[Found], what: str = "") -> Chain:
        if not found:
            why = f"{what} does not occur" if what else "no part of it has that form"
            raise RuleDoesNotApply(rule.name, written(self.here), why)
        where = tuple(_place(path, values) for path, values in found)
        self.steps.append(apply(rule, where, self.here, self.facts))
        return self


def _place(path: Path, values: dict[str, Value]) -> Place:
    return Place(path, tuple(sorted(values.items())))


def _values(rule: Identity | Direct, e: Expr, given: dict[str, Value]) -> dict[str, Value] | None:
    """What the metavariables of a rule stand for where it fits."""
    if isinstance(rule, Identity):
        return find(rule.left, e, given)
    return {} if rule.fits(e) else None
