"""Random questions under random hypotheses: what the facts affirm is asked of a referee at random instances.

    python tests/attack/fuzz_facts.py --questions 100000 --seed 7

prints how many questions of each kind were asked and affirmed, and every wrong answer with its
witness; exit status 1 if there is one.  Silence is no answer.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sympy import Expr, Integer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attack.fuzz_rules import sample_of
from attack.worlds import (
    DESIGN,
    DOMAINS,
    FREE_COLUMN,
    FREE_ROW,
    INDICES,
    LABEL,
    ROW,
    VALUES,
    D,
    Maker,
    N,
    World,
)
from lossproof.errors import LossproofError, SideConditionError
from lossproof.kernel.conditions import Condition, Differentiable, ForAll, Has, Member, Property, Range, Within
from lossproof.kernel.facts import Facts
from lossproof.notation.inert import ONE, ZERO, add
from lossproof.notation.matrices import MatrixProduct, Transpose
from lossproof.referees.balls import Point, holds


@dataclass
class Answers:
    """What came of it."""

    asked: Counter[str] = field(default_factory=Counter)
    affirmed: Counter[str] = field(default_factory=Counter)
    confirmed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        """One row per kind of question."""
        lines = [f"{'question':<20} {'asked':>7} {'affirmed':>8} {'confirmed':>9}"]
        lines += [f"{n:<20} {self.asked[n]:>7} {self.affirmed[n]:>8} {self.confirmed[n]:>9}" for n in QUESTIONS]
        return "\n".join([*lines, *self.wrong, f"{len(self.wrong)} wrong answers"])


def _member(maker: Maker) -> Condition:
    domain = maker.chance.choice(DOMAINS)
    return Member(maker.number(maker.chance.choice(DOMAINS), 3), domain)


def _within(maker: Maker) -> Condition:
    places: list[Expr] = [FREE_ROW, FREE_COLUMN, ROW, LABEL[ROW], ONE, Integer(2), add(FREE_ROW, ONE), N, ZERO]
    return Within(
        maker.chance.choice(places), maker.chance.choice((ONE, ZERO)), maker.chance.choice((N, D, Integer(2)))
    )


def _differentiable(maker: Maker) -> Condition:
    v = maker.variable()
    inside = maker.differentiable(v) if maker.chance.random() < 0.7 else maker
    return Differentiable(inside.number(maker.chance.choice(DOMAINS), 3), v)


def _has(maker: Maker) -> Condition:
    kinds: tuple[Callable[[], object], ...] = (
        lambda: maker.square(3),
        lambda: maker.square(2),
        lambda: maker.column(2),
        lambda: MatrixProduct(Transpose(DESIGN), DESIGN),
        lambda: maker.chance.choice((DESIGN, VALUES)),
    )
    return Has(maker.chance.choice(kinds)(), maker.chance.choice(list(Property)))


QUESTIONS: dict[str, Callable[[Maker], Condition]] = {
    "Member": _member,
    "Within": _within,
    "Differentiable": _differentiable,
    "Has": _has,
}


def ask(questions: int, seed: int, each_world: int = 60) -> Answers:
    """So many questions; what the facts affirm is compared with the instances of a world."""
    chance, answers = random.Random(seed), Answers()
    while sum(answers.asked.values()) < questions and len(answers.wrong) < 20:
        world = World.random(chance)
        points = sample_of(world, chance.randrange(10**9)).points
        facts = Facts(world.hypotheses, world.parameters)
        for _ in range(each_world):
            kind = chance.choice(list(QUESTIONS))
            answers.asked[kind] += 1
            maker = Maker(world, chance)
            everywhere = chance.random() < 0.5 and kind in ("Member", "Has", "Differentiable")
            over = Range(INDICES[0], ONE, chance.choice((N, D)))
            if everywhere:
                maker = maker.inside(over.index, over.high)
            claim = QUESTIONS[kind](maker)
            if everywhere:
                claim = ForAll(over, claim)
            try:
                facts.discharge("question", claim)
            except SideConditionError:
                continue
            except LossproofError:
                continue
            answers.affirmed[kind] += 1
            _check(kind, claim, points, answers)
    return answers


def _check(kind: str, claim: Condition, points: list[Point], answers: Answers) -> None:
    confirmed = False
    for point in points:
        found = holds(claim, point)
        confirmed |= found is True
        if found is False:
            answers.wrong.append(f"{claim} is affirmed, and wrong at {point}")
            return
    answers.confirmed[kind] += confirmed


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    answers = ask(options.questions, options.seed)
    print(answers.table())
    return 1 if answers.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
