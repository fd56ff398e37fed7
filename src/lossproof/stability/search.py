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
from sympy import Add, Expr, Mul, Rational

from lossproof.errors import RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import REAL, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.steps import Path, Place, Step, apply
from lossproof.kernel.schema import Value
from lossproof.notation.inert import rebuild
from lossproof.notation.nodes import Sigmoid, Softplus
from lossproof.stability.analysis import Analysis, Evaluation, analysed, cost, operations
from lossproof.stability.moves import (
    Move,
    Proposal,
    by_multiplying_out,
    by_reflecting,
    finishing,
    proposals,
    taking_apart,
)
from lossproof.stability.operations import is_input
from lossproof.stability.points import Points, spread
from lossproof.strategies.matching import part_at, places

#: How many points lead the search, and how many judge its result.
LEADING, JUDGING = 160, 900
#: How many forms are rewritten at most, and how many are looked at.
MOST_REWRITTEN, MOST_IN_A_ROW = 60, 40
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
class Reached:
    """A form that was reached, and the moves to it."""

    priority: float
    number: int
    rank: tuple[float, ...] = field(compare=False)
    depth: int = field(compare=False)
    form: Expr = field(compare=False)
    moves: "Moves" = field(compare=False)
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
    workshop = Workshop(hypotheses, inputs(start, hypotheses, variables, LEADING))
    best = workshop.best(start)
    derivation = workshop.derivation(start, best.moves, name, title)
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


#: Proposals, each with the place where it is taken, one after the other.
Moves: TypeAlias = tuple[tuple[Path, Proposal], ...]
#: A rewriting of a part that the kernel grants: the steps to take, and what comes out.
Rewriting: TypeAlias = tuple[Proposal, Expr]


class Workshop:
    """What is known while forms are looked for: the facts, the values at the points, what the kernel grants."""

    def __init__(self, hypotheses: tuple[Hypothesis, ...], points: Points) -> None:
        self.facts = Facts(hypotheses)
        self.evaluation = Evaluation(points)
        self._rewritings: dict[Expr, tuple[Rewriting, ...]] = {}
        self._best: dict[Expr, Moves] = {}

    # -------------------------------------------------------------- looking for a form

    def best(self, start: Expr) -> Reached:
        """The best form that is reached from an expression."""
        return Search(self, start, MOST_REWRITTEN, PATIENCE).best(self._seeds(start))

    def _seeds(self, start: Expr) -> Iterator[Moves]:
        """Where else to begin: with logarithms taken apart, and with the terms of a sum each made stable."""
        apart = self.closed(start, taking_apart)
        yield apart
        for seed in ((), apart):
            form = self.after(start, seed)
            yield (*seed, *self._each_term(form))
            multiplied = next(iter(by_multiplying_out(form)), None)
            after = None if multiplied is None else self.taken(form, multiplied)
            if multiplied is not None and after is not None:
                yield (*seed, ((), multiplied))
                for reflected in by_reflecting(after):
                    again = self.taken(after, reflected)
                    if again is not None:
                        whole = (*seed, ((), multiplied), ((), reflected))
                        yield (*whole, *self.closed(again, finishing))
                        yield (*whole, *self._each_term(again))

    def _each_term(self, e: Expr) -> Moves:
        """Every term of a sum made stable by itself."""
        moves: list[tuple[Path, Proposal]] = []
        for path in _terms(e):
            part = part_at(e, path)
            if part not in self._best:
                found = Search(self, part, MOST_REWRITTEN // 3, PATIENCE // 2).best(self._small_seeds(part))
                self._best[part] = found.moves
            moves.extend(((*path, *below), proposal) for below, proposal in self._best[part])
        return tuple(moves)

    def _small_seeds(self, start: Expr) -> Iterator[Moves]:
        apart = self.closed(start, taking_apart)
        yield apart
        yield (*apart, *self.closed(self.after(start, apart), finishing))

    # -------------------------------------------------------------- what the kernel grants

    def granted(self, part: Expr) -> tuple[Rewriting, ...]:
        """What may stand in the place of a part."""
        known = self._rewritings.get(part)
        if known is None:
            found: dict[Expr, Proposal] = {}
            for proposal in proposals(part):
                after = self.taken(part, proposal)
                if after is None or after == part or after in found:
                    continue
                found[after] = proposal
                more = self.closed(after, finishing)
                if more:
                    joined = (*proposal, *_joined(more))
                    found.setdefault(self.after(after, more), joined)
            known = self._rewritings[part] = tuple((proposal, after) for after, proposal in found.items())
        return known

    def taken(self, part: Expr, proposal: Proposal) -> Expr | None:
        """What comes out of a proposal, if the kernel grants its steps."""
        try:
            for rule, below, given in proposal:
                part = apply(rule, (_place((), below, given),), part, self.facts).after
            _read(part)
        except (RuleDoesNotApply, SideConditionError, UnsupportedExpression):
            return None
        return part

    def after(self, form: Expr, moves: Moves) -> Expr:
        """What comes out of moves that were granted."""
        for path, proposal in moves:
            part = self.taken(part_at(form, path), proposal)
            assert part is not None
            form = _put(form, path, part)
        return form

    def closed(self, form: Expr, move: Move) -> Moves:
        """A move made wherever it can be, again and again."""
        moves: list[tuple[Path, Proposal]] = []
        refused: set[Expr] = set()
        while len(moves) < MOST_IN_A_ROW:
            for path, part in places(form):
                proposal = None if part in refused else next(move(part), None)
                if proposal is None:
                    continue
                after = self.taken(part, proposal)
                if after is None:
                    refused.add(part)
                    continue
                moves.append((path, proposal))
                form = _put(form, path, after)
                break
            else:
                break
        return tuple(moves)

    def derivation(self, start: Expr, moves: Moves, name: str, title: str) -> Derivation:
        """The steps to a form, taken by the kernel."""
        form = start
        steps: list[Step] = []
        for path, proposal in moves:
            for rule, below, given in proposal:
                steps.append(apply(rule, (_place(path, below, given),), form, self.facts))
                form = steps[-1].after
        return Derivation(name, self.facts.hypotheses, (), start, tuple(steps), title)


class Search:
    """A best-first search for the form with the smallest predicted error."""

    def __init__(self, workshop: Workshop, start: Expr, most: int, patience: int) -> None:
        self.workshop, self.evaluation = workshop, workshop.evaluation
        self.most, self.patience = most, patience
        self.start = start
        self.seen: set[Expr] = set()
        self._vectors: set[bytes] = set()
        self._numbers = count()

    def _reached(self, form: Expr, moves: Moves, depth: int) -> Reached:
        analysis = analysed(form, self.evaluation)
        price = cost(form) + 4 * analysis.bits
        rank = (round(analysis.excess, 1), round(price + sum(len(m) for _, m in moves) / 4, 3))
        vector = np.round(np.minimum(analysis.ulps, 1e200), 3).tobytes()
        priority = analysis.excess + DELAY * depth + price / 50 + (STALE if vector in self._vectors else 0.0)
        self._vectors.add(vector)
        self.seen.add(form)
        return Reached(priority, next(self._numbers), rank, depth, form, moves, analysis)

    def best(self, seeds: Iterable[Moves]) -> Reached:
        """The best form that is reached from the start and from the seeds."""
        best = self._reached(self.start, (), 0)
        if best.rank[0] == 0 and not _improvable(self.start):
            return best
        promising, waiting = [best], deque([best])
        for moves in seeds:
            form = self.workshop.after(self.start, moves)
            if form not in self.seen:
                self.evaluation.equal(form, self.start)
                found = self._reached(form, moves, 1)
                best = min(best, found, key=lambda r: r.rank)
                heapq.heappush(promising, found)
                waiting.append(found)
        idle, done = 0, set[int]()
        while promising and len(done) < self.most and idle <= (CONTENT_AFTER if best.rank[0] == 0 else self.patience):
            here = waiting.popleft() if len(done) % 3 == 2 else heapq.heappop(promising)
            if here.number in done:
                continue
            done.add(here.number)
            idle += 1
            for found in self._rewritten(here):
                heapq.heappush(promising, found)
                waiting.append(found)
                if found.rank < best.rank:
                    best, idle = found, 0
        return best

    def _rewritten(self, here: Reached) -> Iterator[Reached]:
        blamed = self.evaluation.blamed(here.form)
        for path, part in places(here.form):
            if blamed and blamed.isdisjoint(operations(part)):
                continue
            for proposal, after in self.workshop.granted(part):
                form = _put(here.form, path, after)
                if form in self.seen:
                    continue
                for depth in range(len(path) + 1):
                    self.evaluation.equal(part_at(form, path[:depth]), part_at(here.form, path[:depth]))
                yield self._reached(form, (*here.moves, (path, proposal)), here.depth + 1)


def _improvable(e: Expr) -> bool:
    """Whether a form has parts that no library computes by themselves."""
    return any(isinstance(part, (Sigmoid, Softplus)) for _, part in places(e))


def _terms(e: Expr, path: Path = ()) -> Iterator[Path]:
    """Where the terms of a sum are, through sums in it and signs; of anything else, its factors and arguments."""
    if isinstance(e, Add) or (isinstance(e, Mul) and path == ()) or (isinstance(e, Mul) and e.args[0] == -1):
        for k, a in enumerate(e.args):
            if not isinstance(a, Rational):
                yield from _terms(a, (*path, k))
    elif path:
        yield path


def _joined(moves: Moves) -> Proposal:
    """Moves as one proposal."""
    return tuple((rule, (*path, *below), given) for path, proposal in moves for rule, below, given in proposal)


def _place(path: Path, below: Path, given: Mapping[str, Value]) -> Place:
    return Place((*path, *below), tuple(sorted(given.items())))


def _put(e: Expr, path: Path, part: Expr) -> Expr:
    if not path:
        return part
    first, *rest = path
    return rebuild(e, [_put(a, tuple(rest), part) if k == first else a for k, a in enumerate(e.args)])


def _read(e: Expr) -> None:
    """Refuse a form that has parts that no program computes in one go."""
    for _ in operations(e):
        pass


def declared(stable: Stable) -> Iterator[Declared]:
    """What is declared of the symbols of a form."""
    yield from (h for h in stable.derivation.hypotheses if isinstance(h, Declared))
