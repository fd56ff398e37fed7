"""From an expression to the form to be computed, by rules, led by the error analysis.

A best-first search: the form that is predicted to lose the fewest bits is rewritten next, at every part of
it, by every move.  What is found is a derivation: each step is a rule that the kernel has applied and whose
conditions it has shown, so that the search needs no trust.  The work is bounded and the same on every run.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import TypeAlias

import numpy as np
from sympy import Expr

from lossproof.errors import RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import REAL, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.steps import Path, Place, apply
from lossproof.kernel.schema import Value
from lossproof.notation.inert import rebuild
from lossproof.notation.nodes import Named
from lossproof.stability.analysis import Analysis, Evaluation, analysed, cost, operations
from lossproof.stability.moves import Proposal, by_name, proposals
from lossproof.stability.operations import is_input
from lossproof.stability.points import Points, spread
from lossproof.strategies.matching import part_at, places

#: How many points lead the search, and how many judge its result.
LEADING, JUDGING = 160, 900
#: How many forms are rewritten at most, and how many are looked at.
MOST_REWRITTEN, MOST_SEEN = 60, 1500
#: After how many more forms that are no better the search is content with one that is good.
CONTENT_AFTER = 8
PATIENCE = 25
#: How many bits a move must gain on average to be as promising as the form before it.
DELAY = 0.5
#: What a form counts more, in bits, that errs exactly as another one does.
STALE = 2.0


@dataclass(frozen=True)
class Stable:
    """A form that keeps its digits, and how it follows.

    Attributes:
        derivation: from the expression to the form, replayed by the kernel.
        before: what is predicted of the expression as it was.
        after: what is predicted of the form.
    """

    derivation: Derivation
    before: Analysis
    after: Analysis

    @property
    def form(self) -> Expr:
        """What is to be computed."""
        return self.derivation.rhs


@dataclass(order=True)
class _Reached:
    """A form that was reached."""

    priority: float
    number: int
    rank: tuple[float, ...] = field(compare=False)
    depth: int = field(compare=False)
    form: Expr = field(compare=False)
    moves: tuple[tuple[Path, Proposal], ...] = field(compare=False)
    analysis: Analysis = field(compare=False)


def stabilise(
    start: Expr,
    hypotheses: Iterable[Hypothesis],
    variables: Iterable[Expr],
    *,
    name: str,
    title: str = "",
) -> Stable:
    """The form of an expression that is to be computed.

    Args:
        start: an expression in symbols, made of operations that computers have.
        hypotheses: what is declared of them.
        variables: the symbols whose values may be any doubles in their domains; the others are of moderate size.
        name: of the derivation.
        title: of the derivation, in words.

    Raises:
        UnsupportedExpression: if it has parts that no program computes in one go.
        LossproofError: if no doubles that satisfy the hypotheses are found.
    """
    return _stabilised(start, tuple(hypotheses), tuple(variables), name, title)


@lru_cache(maxsize=256)
def _stabilised(
    start: Expr, hypotheses: tuple[Hypothesis, ...], variables: tuple[Expr, ...], name: str, title: str
) -> Stable:
    search = Search(start, hypotheses, variables)
    best = search.best()
    derivation = search.derivation(best, name, title)
    _ = derivation.theorem
    judge = Evaluation(inputs(start, hypotheses, variables, JUDGING))
    judge.truth(best.form)
    judge.equal(start, best.form)
    return Stable(derivation, analysed(start, judge), analysed(best.form, judge))


def inputs(start: Expr, hypotheses: tuple[Hypothesis, ...], variables: tuple[Expr, ...], most: int) -> Points:
    """Values of everything that is put into an expression."""
    leaves = sorted({part for part in operations(start) if is_input(part)}, key=str)
    facts = Facts(hypotheses)
    return spread({leaf: _domain(facts, leaf) for leaf in leaves}, variables, most)


def _domain(facts: Facts, e: Expr) -> Domain:
    known = facts.domain_of(e)
    if known is None:
        raise UnsupportedExpression(f"{e}, of which nothing is declared", "the error analysis")
    domain = known.claim.domain
    return domain if isinstance(domain, Domain) else REAL


#: A rewriting of a part that the kernel grants: the steps to take, and what comes out.
Rewriting: TypeAlias = tuple[Proposal, Expr]


class Search:
    """A best-first search for the form with the smallest predicted error."""

    def __init__(self, start: Expr, hypotheses: tuple[Hypothesis, ...], variables: tuple[Expr, ...]) -> None:
        self.start, self.facts = start, Facts(hypotheses)
        self.evaluation = Evaluation(inputs(start, hypotheses, variables, LEADING))
        self._rewritings: dict[Expr, tuple[Rewriting, ...]] = {}
        self._numbers = count()
        self.seen: set[Expr] = {start}
        self._vectors: set[bytes] = set()
        self.first = self._reached(start, (), 0)
        self.rewritten = 0

    def _reached(self, form: Expr, moves: tuple[tuple[Path, Proposal], ...], depth: int) -> _Reached:
        analysis = analysed(form, self.evaluation)
        price = cost(form) + 4 * analysis.bits
        rank = (round(analysis.excess, 1), round(price + sum(len(m) for _, m in moves) / 4, 3))
        vector = np.round(analysis.ulps, 3).tobytes()
        priority = analysis.excess + DELAY * depth + price / 50 + (STALE if vector in self._vectors else 0.0)
        self._vectors.add(vector)
        return _Reached(priority, next(self._numbers), rank, depth, form, moves, analysis)

    def best(self) -> _Reached:
        """The best form that was reached."""
        best, idle = self.first, 0
        promising, waiting, done = [self.first], deque([self.first]), set[int]()
        while len(done) < len(self.seen) and self.rewritten < MOST_REWRITTEN and len(self.seen) < MOST_SEEN:
            here = waiting.popleft() if self.rewritten % 3 == 2 and waiting else heapq.heappop(promising)
            if here.number in done:
                continue
            done.add(here.number)
            self.rewritten += 1
            idle += 1
            for found in self._rewritten(here):
                heapq.heappush(promising, found)
                waiting.append(found)
                if found.rank < best.rank:
                    best, idle = found, 0
            if not promising or idle > (CONTENT_AFTER if best.rank[0] == 0 else PATIENCE):
                break
        return best

    def derivation(self, found: _Reached, name: str, title: str) -> Derivation:
        """The steps to a form, taken by the kernel."""
        form, steps = self.start, []
        for path, proposal in found.moves:
            for rule, below, given in proposal:
                steps.append(apply(rule, (_place(path, below, given),), form, self.facts))
                form = steps[-1].after
        return Derivation(name, self.facts.hypotheses, (), self.start, tuple(steps), title)

    def _rewritten(self, here: _Reached) -> Iterator[_Reached]:
        blamed = self.evaluation.blamed(here.form)
        for path, part in places(here.form):
            if blamed and blamed.isdisjoint(operations(part)):
                continue
            for proposal, after in self._granted(part):
                form = _put(here.form, path, after)
                if form in self.seen:
                    continue
                self.seen.add(form)
                for depth in range(len(path) + 1):
                    self.evaluation.equal(part_at(form, path[:depth]), part_at(here.form, path[:depth]))
                try:
                    yield self._reached(form, (*here.moves, (path, proposal)), here.depth + 1)
                except UnsupportedExpression:
                    continue

    def _granted(self, part: Expr) -> tuple[Rewriting, ...]:
        """What may stand in the place of a part: what the kernel grants of the proposals."""
        known = self._rewritings.get(part)
        if known is None:
            found: dict[Expr, Proposal] = {}
            for proposal in proposals(part):
                after = self._taken(part, proposal)
                if after is None or after == part or after in found:
                    continue
                found[after] = proposal
                more, named = self._named(after)
                if more:
                    found.setdefault(named, (*proposal, *more))
            known = self._rewritings[part] = tuple((proposal, after) for after, proposal in found.items())
        return known

    def _taken(self, part: Expr, proposal: Proposal) -> Expr | None:
        """What comes out of a proposal, if the kernel grants its steps."""
        try:
            for rule, below, given in proposal:
                part = apply(rule, (_place((), below, given),), part, self.facts).after
            reading_of_all(part)
        except (RuleDoesNotApply, SideConditionError, UnsupportedExpression):
            return None
        return part

    def _named(self, form: Expr) -> tuple[Proposal, Expr]:
        """The names of all functions of libraries that have come about, and what comes out."""
        steps: Proposal = ()
        while True:
            for path, part in places(form):
                named = None if isinstance(part, Named) else next(by_name(part), None)
                if named is not None:
                    break
            else:
                return steps, form
            more = tuple((rule, (*path, *below), given) for rule, below, given in named)
            after = self._taken(form, more)
            if after is None:
                return steps, form
            steps, form = (*steps, *more), after


def _place(path: Path, below: Path, given: Mapping[str, Value]) -> Place:
    return Place((*path, *below), tuple(sorted(given.items())))


def _put(e: Expr, path: Path, part: Expr) -> Expr:
    if not path:
        return part
    first, *rest = path
    return rebuild(e, [_put(a, tuple(rest), part) if k == first else a for k, a in enumerate(e.args)])


def reading_of_all(e: Expr) -> None:
    """Refuse a form that has parts that no program computes in one go."""
    for _ in operations(e):
        pass


def declared(stable: Stable) -> Iterator[Declared]:
    """What is declared of the symbols of a form."""
    yield from (h for h in stable.derivation.hypotheses if isinstance(h, Declared))
