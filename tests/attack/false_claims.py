"""Wrong claims that are tempting, and who notices: ``python tests/attack false_claims [PART OF A HEADING ...]``.

The kernel must refuse each whatever is tried (`attempts`), and a referee must refute it with numbers
that satisfy its hypotheses (`refuting`).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from attack.attempts import Refusal, Tried, attempts
from attack.claims import Claim
from attack.corpus import CORPUS
from attack.refuting import REFEREES, Witness, refute
from lossproof.notation.plain import written


@dataclass(frozen=True)
class Finding:
    """What came of one claim.

    Attributes:
        claim: the claim.
        tried: every attempt to have it granted.
        witnesses: where it fails, by the name of the referee that found it.
    """

    claim: Claim
    tried: tuple[Tried, ...]
    witnesses: Mapping[str, Witness]

    @property
    def refused(self) -> bool:
        """Whether it was tried, and every attempt refused."""
        return bool(self.tried) and all(t.refusal is not None for t in self.tried)

    @property
    def ok(self) -> bool:
        """Whether it was refused and refuted."""
        return self.refused and bool(self.witnesses)


@dataclass(frozen=True)
class Figures:
    """How many claims there are, and what came of them.

    Attributes:
        total: the claims.
        refused: those of which every attempt was refused.
        attempts: how many attempts there were, by the reason of the refusal; a grant counts under None.
        refuted: the claims refuted, by the name of the referee.
        by_any: the claims refuted by at least one.
    """

    total: int
    refused: int
    attempts: Mapping[Refusal | None, int]
    refuted: Mapping[str, int]
    by_any: int


def found(claim: Claim, referees: Iterable[str] = ()) -> Finding:
    """What comes of a claim; the referees are all, unless some are named."""
    return Finding(claim, tuple(attempts(claim)), refute(claim, referees))


def figures(findings: Sequence[Finding] | None = None) -> Figures:
    """The figures of some findings, by default of the whole corpus."""
    if findings is None:
        findings = [found(claim) for claims in CORPUS.values() for claim in claims]
    return Figures(
        len(findings),
        sum(f.refused for f in findings),
        Counter(t.refusal for f in findings for t in f.tried),
        {name: sum(name in f.witnesses for f in findings) for name in REFEREES},
        sum(bool(f.witnesses) for f in findings),
    )


def table(under: Mapping[str, Sequence[Finding]]) -> str:
    """One row for each heading: claims, attempts, refused, refuted."""
    names = [*REFEREES]
    lines = [_row("heading", "claims", "attempts", "refused", *names, "any")]
    whole = [f for findings in under.values() for f in findings]
    for heading, findings in (*under.items(), ("all", whole)):
        each = figures(findings)
        counts = (each.total, sum(each.attempts.values()), each.refused, *(each.refuted[n] for n in names), each.by_any)
        lines.append(_row(heading, *map(str, counts)))
    return "\n".join(lines)


def _row(heading: str, *cells: str) -> str:
    return f"{heading:<48}" + "".join(f"{cell:>9}" for cell in cells)


def reasons(each: Figures) -> Iterator[str]:
    """Why attempts were refused, the most common reason first."""
    for reason, number in sorted(each.attempts.items(), key=lambda pair: -pair[1]):
        yield f"{number:>6}  {'GRANTED' if reason is None else reason.value}"


def odd(findings: Sequence[Finding]) -> Iterator[str]:
    """Claims that were granted, or that no referee refuted."""
    for f in findings:
        stated = f"{f.claim.name}: {written(f.claim.left)}  {f.claim.kind.name}  {written(f.claim.right)}"
        for t in f.tried:
            if t.refusal is None:
                yield f"GRANTED: {stated}\n    by {t.how}: {t.why}"
        if not f.witnesses:
            yield f"NOT REFUTED: {stated}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; the status is 0 if every claim was refused and refuted."""
    parser = argparse.ArgumentParser(description="False claims, and who notices.")
    parser.add_argument("headings", nargs="*", help="parts of headings; all by default")
    parser.add_argument("--list", action="store_true", help="print every claim with a witness")
    given = parser.parse_args(arguments)
    chosen = {h: c for h, c in CORPUS.items() if not given.headings or any(part in h for part in given.headings)}
    under = {heading: [found(claim) for claim in claims] for heading, claims in chosen.items()}
    whole = [f for findings in under.values() for f in findings]
    if given.list:
        for f in whole:
            witness = next(iter(f.witnesses.values()), "no witness")
            print(
                f"{f.claim.name}: {written(f.claim.left)}  {f.claim.kind.name}  {written(f.claim.right)}\n    {witness}"
            )
    print(table(under))
    print("\nattempts, by why they were refused:\n" + "\n".join(reasons(figures(whole))))
    if any(not f.ok for f in whole):
        print("\n" + "\n".join(odd(whole)))
    return 0 if all(f.ok for f in whole) else 1
