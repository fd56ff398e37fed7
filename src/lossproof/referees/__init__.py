"""Independent judges of a finished derivation.

`verify` gives a row per step and judge; a judge that cannot tell says so, and never counts as
having agreed; one whose optional part is not installed is reported as absent.

================  ===========================================================================
replay            the kernel itself: every rule applied again, every condition shown again
finite            sums and products written out at small sizes, the sides compared exactly
balls             a referee that shares no code with the rules: both sides of every step, enclosed in
                  real balls at instances of the hypotheses (sizes from 0, saturated sigmoids)
coq               a certificate is written and Coq accepts it: every step, for every value
================  ===========================================================================

All but `replay` share no code with the rules.  A referee is a function ``(derivation, *, seed)`` that
returns a row for every step, declared with `@referee` in a module that `MODULES` lists.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from lossproof.errors import MissingExtra, ReplayError, UnknownName
from lossproof.kernel.derivation import Derivation, replay
from lossproof.kernel.presenting import Shown
from lossproof.notation.plain import written
from lossproof.notation.shapes import check_bulk

#: Where the referees beside `replay` declare themselves; adding one is one line.
MODULES = (
    "lossproof.referees.finite",
    "lossproof.referees.balls",
    "lossproof.referees.coq",
)

HELD, REFUTED, NOT_APPLICABLE, ABSENT = "held", "refuted", "not applicable", "absent"
FINDINGS = (HELD, REFUTED, NOT_APPLICABLE, ABSENT)


@dataclass(frozen=True)
class Row:
    """One referee's finding on one step.

    Attributes:
        step: its number, from 1; in a part, its number in the whole.
        rule: the rule of the step.
        referee: who judged.
        finding: ``held``, ``refuted``, ``not applicable`` or ``absent``.
        detail: what was checked, the witness of a refutation, why it does not apply, or what to install.
    """

    step: int
    rule: str
    referee: str
    finding: str
    detail: str = ""


@dataclass(frozen=True, repr=False)
class Report(Shown):
    """What the referees say of a derivation.

    Attributes:
        name: of the derivation.
        theorem: what it claims.
        rows: the findings, by step.
        required: the referees that were asked for by name; none of them may be absent.
    """

    name: str
    theorem: str
    rows: tuple[Row, ...]
    required: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every step was replayed, no referee refuted any, and none that was asked for by name is absent."""
        replayed = [r for r in self.rows if r.referee == "replay"]
        refuted = any(r.finding == REFUTED for r in self.rows)
        return all(r.finding == HELD for r in replayed) and not refuted and not self.absent.keys() & set(self.required)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How often each referee found what, leaving out what it never found."""
        counted = Counter((r.referee, r.finding) for r in self.rows)
        referees = dict.fromkeys(r.referee for r in self.rows)
        return {who: {f: counted[who, f] for f in FINDINGS if counted[who, f]} for who in referees}

    @property
    def absent(self) -> dict[str, str]:
        """The referees that are not installed, and how to install them."""
        return {r.referee: r.detail for r in self.rows if r.finding == ABSENT}

    @property
    def verdict(self) -> str:
        """The outcome in one line."""
        missing = ", ".join(f"{who} ({how})" for who, how in self.absent.items())
        return (
            f"{self.name}: "
            + ("every step holds" if self.ok else "NOT verified")
            + (missing and f"; absent: {missing}")
        )

    def _says(self) -> str:
        return f" {self.verdict}"

    def to_json(self) -> str:
        """The report as JSON."""
        rows = [asdict(row) for row in self.rows]
        summary = {"name": self.name, "theorem": self.theorem, "ok": self.ok, "counts": self.counts}
        return json.dumps({**summary, "absent": self.absent, "rows": rows}, indent=1)

    def text(self, width: int = 80, *, colour: bool = False) -> str:
        """The report as a table with the whole of every refutation below it.

        Args:
            width: columns; no line is longer.
            colour: with the escape codes of a terminal, if the library for that is installed.
        """
        from lossproof.referees import table

        return table.coloured(self, width) if colour else table.plain(self, width)


Referee = Callable[..., list[Row]]
REFEREES: dict[str, Referee] = {}


def referee(name: str) -> Callable[[Referee], Referee]:
    """Declare a referee under a name."""

    def register(judge: Referee) -> Referee:
        REFEREES[name] = judge
        return judge

    return register


def absent(derivation: Derivation, name: str, how: str) -> list[Row]:
    """The rows of a referee that is not installed, with how to install it."""
    return [
        Row(number, step.rule.name, name, ABSENT, how)
        for number, step in zip(derivation.numbers, derivation, strict=True)
    ]


@referee("replay")
def _replayed(derivation: Derivation, *, seed: int) -> list[Row]:
    """The kernel's own check, from nothing."""
    failed, why = 0, ""
    try:
        replay(derivation)
    except ReplayError as error:
        failed, why = max(error.step, derivation.numbers.start), error.why
    rows = [] if len(derivation) or not failed else [Row(failed, "", "replay", REFUTED, why)]
    for number, step in zip(derivation.numbers, derivation, strict=True):
        if failed and number >= failed:
            finding = REFUTED if number == failed else NOT_APPLICABLE
            rows.append(Row(number, step.rule.name, "replay", finding, why if number == failed else "follows it"))
        else:
            rows.append(Row(number, step.rule.name, "replay", HELD, _counted(len(step.conditions))))
    return rows


def _counted(conditions: int) -> str:
    return f"{conditions} condition{'' if conditions == 1 else 's'} shown"


def declared() -> dict[str, Referee]:
    """Every referee by its name, in the order of `MODULES`."""
    for module in MODULES:
        importlib.import_module(module)
    places = {module: place for place, module in enumerate(MODULES)}
    return dict(sorted(REFEREES.items(), key=lambda named: places.get(named[1].__module__, -1)))


def verify(
    derivation: Derivation,
    *,
    referees: str | Sequence[str] = "all",
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Ask referees about every step.

    Args:
        derivation: what to judge.
        referees: ``all``, or names, in a sequence or with commas between them; a derivation is
            replayed in any case.  One that is named must be installed; of ``all``, some may be absent.
        seed: for the referees that sample; the same seed gives the same report.
        progress: called before each referee begins, with its name, how many have judged and how many will.

    Raises:
        UnknownName: if there is no such referee.
        UnsupportedExpression: for an expression that is too large to judge.
    """
    for e in (derivation.start, *(step.after for step in derivation)):
        check_bulk(e)
    known = declared()
    names = [name.strip() for name in (referees.split(",") if isinstance(referees, str) else referees)]
    for name in names:
        if name != "all" and name not in known:
            raise UnknownName("referee", name, [*known, "all"])
    chosen = [name for name in known if name == "replay" or name in names or "all" in names]
    found = []
    for done, name in enumerate(chosen):
        if progress is not None:
            progress(name, done, len(chosen))
        found.extend(_asked(derivation, name, seed))
    rows = sorted(found, key=lambda r: (r.step, chosen.index(r.referee)))
    stated = f"{written(derivation.lhs)}  {derivation.relation}  {written(derivation.rhs)}"
    return Report(derivation.name, stated, tuple(rows), tuple(name for name in names if name != "all"))


def _asked(derivation: Derivation, name: str, seed: int) -> list[Row]:
    try:
        return REFEREES[name](derivation, seed=seed)
    except MissingExtra as error:
        return absent(derivation, name, str(error))
