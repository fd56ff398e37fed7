"""Independent judges of a finished derivation.

`verify` gives a row per step and judge; a judge that cannot tell says so, and never counts as
having agreed.

================  ===========================================================================
replay            the kernel itself: every rule applied again, every condition shown again
balls             a referee that shares no code with the rules: both sides of every step, enclosed in
                  real balls at instances of the hypotheses (sizes from 0, saturated sigmoids)
================  ===========================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from lossproof.errors import ReplayError, UnknownName
from lossproof.kernel.derivation import Derivation, replay
from lossproof.notation.plain import written

HELD, REFUTED, NOT_APPLICABLE, ABSENT = "held", "refuted", "not applicable", "absent"


@dataclass(frozen=True)
class Row:
    """One referee's finding on one step.

    Attributes:
        step: its number, from 1.
        rule: the rule of the step.
        referee: who judged.
        finding: ``held``, ``refuted``, ``not applicable`` or, of a referee that is not installed, ``absent``.
        detail: at how many points it holds, the witness of a refutation, or why it does not apply.
    """

    step: int
    rule: str
    referee: str
    finding: str
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """What the referees say of a derivation."""

    name: str
    theorem: str
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every step was replayed and no referee refuted any."""
        replayed = [r for r in self.rows if r.referee == "replay"]
        return all(r.finding == HELD for r in replayed) and not any(r.finding == REFUTED for r in self.rows)

    def to_json(self) -> str:
        """The report as JSON."""
        rows = [asdict(row) for row in self.rows]
        return json.dumps({"name": self.name, "theorem": self.theorem, "ok": self.ok, "rows": rows}, indent=1)

    def text(self) -> str:
        """The report as a table, at most 80 columns wide."""
        lines = [f"{'step':>4}  {'rule':<36} {'referee':<8} {'finding':<9} detail"]
        for row in self.rows:
            head = f"{row.step:>4}  {row.rule[:36]:<36} {row.referee:<8} "
            lines.append((head + f"{row.finding:<9} {row.detail}")[:80].rstrip())
        lines.append("")
        lines.append(f"{self.name}: " + ("every step holds" if self.ok else "NOT verified"))
        return "\n".join(lines)


Referee = Callable[..., list[Row]]
REFEREES: dict[str, Referee] = {}


def referee(name: str) -> Callable[[Referee], Referee]:
    """Declare a referee under a name."""

    def register(judge: Referee) -> Referee:
        REFEREES[name] = judge
        return judge

    return register


@referee("replay")
def _replayed(derivation: Derivation, **_: object) -> list[Row]:
    """The kernel's own check, from nothing."""
    failed, why = 0, ""
    try:
        replay(derivation)
    except ReplayError as error:
        failed, why = max(error.step, 1), error.why
    rows = []
    for number, step in enumerate(derivation, start=1):
        if failed and number >= failed:
            finding = REFUTED if number == failed else NOT_APPLICABLE
            rows.append(Row(number, step.rule.name, "replay", finding, why if number == failed else "follows it"))
        else:
            rows.append(Row(number, step.rule.name, "replay", HELD, _counted(len(step.conditions))))
    return rows


def _counted(conditions: int) -> str:
    return f"{conditions} condition{'' if conditions == 1 else 's'} shown"


def verify(derivation: Derivation, *, referees: str = "all", seed: int = 0) -> Report:
    """Ask referees about every step.

    Args:
        derivation: what to judge.
        referees: ``all`` or the name of one; a derivation is replayed in any case.
        seed: for the referees that sample; the same seed gives the same report.

    Raises:
        UnknownName: if there is no such referee.
    """
    from lossproof.referees import balls  # noqa: F401  (declares itself)

    if referees != "all" and referees not in REFEREES:
        raise UnknownName("referee", referees, [*REFEREES, "all"])
    chosen = list(REFEREES) if referees == "all" else list(dict.fromkeys(["replay", referees]))
    found = [REFEREES[name](derivation, seed=seed) for name in chosen]
    rows = sorted((row for rows in found for row in rows), key=lambda r: (r.step, chosen.index(r.referee)))
    stated = f"{written(derivation.lhs)}  {derivation.relation}  {written(derivation.rhs)}"
    return Report(derivation.name, stated, tuple(rows))
