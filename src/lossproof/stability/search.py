"""From an expression to the form to be computed, by rules, led by the error analysis.

A best-first search: the form that is predicted to lose the fewest bits is rewritten next, at every part of
it, by every move.  What is found is a derivation: each step is a rule that the kernel has applied and whose
conditions it has shown, so that the search needs no trust.  The work is bounded and the same on every run.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import count
from typing import TypeAlias

import numpy as np
from sympy import Add, Expr, Mul, Rational

from lossproof.errors import RuleDoesNotApply, SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Value
from lossproof.kernel.steps import Path, Place, Step, apply
from lossproof.notation.inert import absolute, rebuild, sub
from lossproof.notation.nodes import Sigmoid, Softplus, Where
from lossproof.rulebook.cases import EITHER_CASE
from lossproof.stability.analysis import Analysis, Evaluation, Numbers, Remaining, analysed, cost, operations
from lossproof.stability.inputs import NEAR, NEAREST, inputs
from lossproof.stability.moves import (
    Move,
    Proposal,
    by_multiplying_out,
    by_reflecting,
    finishing,
    proposals,
    registered,
    taking_apart,
    unfolding,
)
from lossproof.stability.points import Points
from lossproof.strategies.matching import part_at, places

#: How many points lead the search, and how many judge its result.
LEADING, JUDGING = 160, 900
#: How many forms are rewritten at most, how many are looked at, and how often one move is repeated.
MOST_REWRITTEN, MOST_SEEN, MOST_IN_A_ROW = 60, 600, 40
#: How many forms are compared in the end, at more points.
FINALISTS = 6
#: How many places are looked at where one of two forms may take over from the other.
MOST_CUTS = 8
#: Between the inverse of this and this is no place for that: too few data come near it.
LEAST_CUT = Rational(1, 10**30)
#: How many bits have to be gained on average for that; at least a quarter of what is lost.
WORTH_CASES = 0.3
#: After how many more forms that are no better the search is content with one that is good.
CONTENT_AFTER = 8
PATIENCE = 35
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
        remaining: the operations by which it may still lose more digits than are aimed at, the worst first.
    """

    derivation: Derivation
    before: Analysis
    after: Analysis
    remaining: tuple[Remaining, ...]

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
    moves: Moves = field(compare=False)
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
    return _stabilised(start, tuple(hypotheses), tuple(variables), name, title, registered())


@lru_cache(maxsize=256)
def _stabilised(
    start: Expr,
    hypotheses: tuple[Hypothesis, ...],
    variables: tuple[Expr, ...],
    name: str,
    title: str,
    rules: tuple[Identity, ...],
) -> Stable:
    """What was found before is found again, unless there are other rules now."""
    workshop = Workshop(hypotheses, inputs(start, hypotheses, variables, LEADING, NEAR))
    judge = Evaluation(inputs(start, hypotheses, variables, JUDGING, NEAREST))
    whole, by_cases = workshop.finalists(start)
    for found in (*whole, *by_cases):
        judge.truth(found.form)
        judge.equal(start, found.form)
    best = min(whole, key=lambda found: _judged(found, judge))
    for found in by_cases:
        if _judged(found, judge)[0] <= _judged(best, judge)[0] - WORTH_CASES:
            best = found
    derivation = workshop.derivation(start, best.moves, name, title)
    _ = derivation.theorem
    return Stable(derivation, analysed(start, judge), analysed(best.form, judge), judge.remaining(best.form))


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

    def finalists(self, start: Expr) -> tuple[list[Reached], list[Reached]]:
        """The best forms that are reached from an expression, with the expression; and the best by cases."""
        search = Search(self, start, MOST_REWRITTEN, PATIENCE)
        best = search.best(self._seeds(start))
        return search.finalists(), list(search.by_regimes(best))

    def _seeds(self, start: Expr) -> Iterator[Moves]:
        """Where else to begin: with logarithms taken apart, and with the terms of a sum each made stable."""
        plain = self.closed(start, unfolding)
        yield plain
        apart = (*plain, *self.closed(self.after(start, plain), taking_apart))
        yield apart
        for seed in (plain, apart):
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
        self._all: list[Reached] = []
        self._vectors: set[bytes] = set()
        self._numbers = count()

    def _reached(self, form: Expr, moves: Moves, depth: int) -> Reached:
        analysis = analysed(form, self.evaluation)
        rank = _rank(form, moves, analysis)
        vector = np.round(np.minimum(analysis.ulps, 1e200), 3).tobytes()
        priority = analysis.excess + DELAY * depth + rank[1] / 50 + (STALE if vector in self._vectors else 0.0)
        self._vectors.add(vector)
        self.seen.add(form)
        found = Reached(priority, next(self._numbers), rank, depth, form, moves, analysis)
        self._all.append(found)
        return found

    def finalists(self) -> list[Reached]:
        """The best of the forms that were reached, and the first."""
        return [*sorted(self._all, key=lambda found: found.rank)[:FINALISTS], self._all[0]]

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
        while (
            promising
            and len(done) < self.most
            and len(self.seen) < MOST_SEEN
            and idle <= (CONTENT_AFTER if best.rank[0] == 0 else self.patience)
        ):
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

    def by_regimes(self, best: Reached) -> Iterator[Reached]:
        """Two forms, one on either side of a number, if together they lose fewer bits than the best by itself."""
        forms = sorted(self._all, key=lambda found: found.rank)
        bits = np.array([found.analysis.beyond for found in forms])
        worth = best.analysis.excess - max(WORTH_CASES, best.analysis.excess / 4)
        for gap, size in self._gaps():
            order = np.argsort(size, kind="stable")
            ahead = np.concatenate([np.zeros((len(forms), 1)), np.cumsum(bits[:, order], axis=1)], axis=1)
            behind = ahead[:, -1:] - ahead
            both = (ahead.min(axis=0) + behind.min(axis=0)) / len(order)
            values = size[order]
            for cut in np.argsort(both, kind="stable")[:MOST_CUTS].tolist():
                if both[cut] >= worth or not 0 < cut < len(values) or values[cut - 1] == values[cut]:
                    continue
                limit = _between(values[cut - 1], values[cut])
                if not LEAST_CUT < abs(limit) < 1 / LEAST_CUT:
                    continue
                pair = forms[int(ahead[:, cut].argmin())], forms[int(behind[:, cut].argmin())]
                split: Proposal = ((EITHER_CASE, (), {"a": self.start, "c": sub(limit, gap)}),)
                moves: list[tuple[Path, Proposal]] = [((), split)]
                moves += [((k, *path), p) for k, found in enumerate(pair, 1) for path, p in found.moves]
                form = Where(sub(limit, gap), pair[0].form, pair[1].form)
                self.evaluation.equal(form, self.start)
                found = self._reached(form, tuple(moves), best.depth)
                if found.rank < best.rank:
                    yield found
                break

    def _gaps(self) -> Iterator[tuple[Expr, Numbers]]:
        """What may be compared with a number, with its values at the points: inputs, and their sizes."""
        for leaf, column in self.evaluation.points.columns.items():
            values = np.array(column)
            if len(set(column)) > MOST_CUTS:
                yield leaf, values
                if values.min() < 0 < values.max():
                    yield absolute(leaf), np.abs(values)

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


def _judged(found: Reached, judge: Evaluation) -> tuple[float, float]:
    return _rank(found.form, found.moves, analysed(found.form, judge))


def _rank(form: Expr, moves: Moves, analysis: Analysis) -> tuple[float, float]:
    """What makes one form better than another: bits beyond the aim, and then digits, work, and steps of the proof."""
    price = cost(form) + 4 * analysis.bits + sum(len(proposal) for _, proposal in moves) / 4
    return round(analysis.excess, 1), round(price, 3)


def _between(low: float, high: float) -> Rational:
    """A short number between two, in the middle of their logarithms if they have one sign."""
    middle = math.copysign(math.sqrt(abs(low)) * math.sqrt(abs(high)), low) if low * high > 0 else (low + high) / 2
    for digits in range(1, 17):
        short = Fraction(f"{middle:.{digits}g}")
        if low < short < high:
            return Rational(short.numerator, short.denominator)
    return Rational(*middle.as_integer_ratio())


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
