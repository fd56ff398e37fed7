"""Every step of the catalogue made wrong, and who notices: ``python tests/attack mutants [NAME ...]``.

A mutant is one step of a derivation with one mistake in it (`mutations`).  It is put to three judges.

*replay* must reject each: as it stands, and forged, with everything that the step gives to its rule
made to fit the mistake.

A mutant may happen to be true.  That counts only if it is *proved*: the kernel's own rules show that
what is reached is what should have been reached, or replay accepts the step without the hypothesis
that was taken away.

Every other must be *refuted* by a referee that knows no rule.  One that is neither is undecided, and
is printed with its reason.  One that is both proved and refuted is a hole in the kernel.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import Pool

from attack.by_cases import proved_by_cases
from attack.by_theorems import proved_equal_by_theorems
from attack.equivalence import proved_equal, proved_equal_by_all_means
from attack.judges import Judge
from attack.mutations import MUTATIONS, Claim, at
from attack.with_less import proved_without
from lossproof.api import derive
from lossproof.errors import LossproofError, ReplayError, UnsupportedExpression
from lossproof.kernel.derivation import Derivation, replay
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import EQUAL
from lossproof.kernel.rules import Identity
from lossproof.kernel.steps import Place, Step, apply
from lossproof.notation.nodes import Name
from lossproof.notation.plain import written
from lossproof.notation.shapes import check_term
from lossproof.strategies.catalogue import CATALOGUE
from lossproof.strategies.matching import find

CAP = 1
ILL_FORMED, EQUIVALENT, REFUTED, UNDECIDED, HOLE = "ill-formed", "equivalent", "refuted", "undecided", "HOLE"
_PARTS = frozenset(MUTATIONS) - {
    "relation upgraded",
    "direction reversed",
    "lost side condition",
    "weakened side condition",
}


@dataclass(frozen=True)
class Finding:
    """What the judges said of one mutant.

    Attributes:
        entry, step, operator: which mutant; the step counts from 1.
        rejected: whether replay rejected it, as it stands and forged.
        verdict: `REFUTED`, `EQUIVALENT`, `ILL_FORMED`, `UNDECIDED`, or `HOLE`.
        claim: the mutant in words.
        reason: the witness, the proof, or why there is neither.
        finite: what the finite referee said, nothing where it does not apply.
    """

    entry: str
    step: int
    operator: str
    rejected: bool
    verdict: str
    claim: str
    reason: str
    finite: str = ""


def mutants(derivation: Derivation, number: int, cap: int = CAP) -> Iterator[tuple[str, Claim]]:
    """The wrong versions of one step, at most so many for each mutation, spread over where it fits."""
    step = derivation.steps[number - 1]
    truth = Claim(derivation.hypotheses, step)
    seen = {truth}
    for name, wrong in MUTATIONS.items():
        fresh = list(dict.fromkeys(claim for claim in wrong(truth) if claim not in seen))
        chosen = fresh if len(fresh) <= cap else [fresh[k * len(fresh) // cap] for k in range(cap)]
        seen.update(chosen)
        yield from ((name, claim) for claim in chosen)


# ------------------------------------------------------------------ replay


def rejected(derivation: Derivation, claim: Claim) -> str | None:
    """Why replay rejects a mutant, as it stands and forged; None if it accepts either.

    The steps before it are as they were and are not replayed again.
    """
    alone = replace(derivation, hypotheses=claim.hypotheses, start=claim.step.before, steps=(claim.step,), claim=None)
    why = _refusal(alone)
    if why is None:
        return why
    forged = _forged(claim, alone.facts)
    return why if forged is None else _refusal(replace(alone, steps=(forged,)))


def _refusal(derivation: Derivation) -> str | None:
    try:
        replay(derivation)
    except ReplayError as error:
        return error.why
    return None


def _forged(claim: Claim, facts: Facts) -> Step | None:
    """The same mistake in what the step gives to its rule, if the kernel lets that through."""
    step = claim.step
    try:
        places = tuple(Place(p.path, tuple(sorted(_fitting(step, p).items()))) for p in step.places)
        made = apply(step.rule, places, step.before, facts)
    except (LossproofError, IndexError):
        return None
    return made if (made.after, made.relation) == (step.after, step.relation) else None


def _fitting(step: Step, place: Place) -> dict[str, object]:
    """What a place is given, made to fit what is reached."""
    given, reached = dict(place.given), at(step.after, place.path)
    if "to" in given:
        return {**given, "to": reached}
    if "named" in given and isinstance(reached, Name):
        return {**given, "named": reached}
    if isinstance(step.rule, Identity):
        return {**given, **(find(step.rule.right, reached, {}) or {})}
    return given


# ------------------------------------------------------------------ all judges


def examine(derivation: Derivation, number: int, operator: str, claim: Claim, judge: Judge) -> Finding:
    """Put one mutant to every judge but the finite referee."""
    truth = derivation.steps[number - 1]
    refusal = rejected(derivation, claim)

    def finding(verdict: str, reason: str) -> Finding:
        return Finding(derivation.name, number, operator, refusal is not None, verdict, _said(claim), reason)

    try:
        check_term(claim.step.after)
    except UnsupportedExpression as error:
        return finding(ILL_FORMED, str(error))
    if claim.lost is not None:
        proof = "the same step replays without it" if refusal is None else proved_without(claim, derivation.parameters)
        proof = proved_by_cases(claim, derivation.parameters) if proof is None else proof
        if proof is not None:
            return finding(EQUIVALENT, proof)
    else:
        proof = proved_equal(truth.after, claim.step.after, derivation) if operator in _PARTS else None
        proof = "replay accepts it" if refusal is None and proof is None else proof
    witness, reason = judge.refute(claim, patient=proof is None)
    if proof is None and witness is None and operator in _PARTS:
        rest = derivation[number:]
        end = rest.rhs if rest.relation == EQUAL else None
        proof = proved_equal_by_all_means(truth.after, claim.step.after, derivation, end=end)
        proof = proved_equal_by_theorems(derivation, number, claim.step.after) if proof is None else proof
    if proof is not None:
        return finding(HOLE if witness else EQUIVALENT, f"{proof} / {witness}" if witness else proof)
    return finding(REFUTED if witness else UNDECIDED, witness or reason)


def _said(claim: Claim) -> str:
    step = claim.step
    turned = ", reversing" if step.relation.reverses else ""
    lost = f"  without  {claim.lost}" if claim.lost is not None else ""
    lost += f"  but  {claim.weaker}" if claim.weaker is not None else ""
    return f"{written(step.before)}  {step.relation}{turned}  {written(step.after)}{lost}  [{step.rule.name}]"


def attack(name: str, cap: int = CAP) -> list[Finding]:
    """Every mutant of one derivation, judged."""
    derivation = derive(name)
    judge, found = Judge(derivation), []
    for number in range(1, len(derivation) + 1):
        judge.forget()
        made = list(mutants(derivation, number, cap))
        findings = [examine(derivation, number, operator, claim, judge) for operator, claim in made]
        asked = [k for k, f in enumerate(findings) if f.verdict not in (ILL_FORMED, EQUIVALENT)]
        for k, said in zip(asked, judge.finite([made[k][1] for k in asked]), strict=True):
            findings[k] = replace(findings[k], finite=said)
        found += findings
    return found


def attack_all(
    names: Iterable[str], cap: int = CAP, processes: int = 2, report: Callable[[str], object] = lambda _: None
) -> list[Finding]:
    """The same for several, in several processes; the order is that of the names."""
    found: list[Finding] = []
    asked = [(name, cap) for name in names]
    with Pool(processes) as pool:
        for (name, _), part in zip(asked, pool.imap(_attack, asked), strict=True):
            found += part
            report(f"{name}: {len(part)} mutants\n" + "".join(f"{told}\n" for told in listed(part)))
    return found


def _attack(asked: tuple[str, int]) -> list[Finding]:
    return attack(*asked)


# ------------------------------------------------------------------ figures


def table(findings: Sequence[Finding]) -> str:
    """Killed of total for each judge and mutation."""
    head = ("mutation", "mutants", "ill-formed", "replay", "equivalent", "balls", "undecided", "finite", "n.a.")
    rows = [head]
    operators = [name for name in MUTATIONS if any(f.operator == name for f in findings)]
    for name in (*operators, "all"):
        rows.append((name, *_figures([f for f in findings if name in (f.operator, "all")])))
    widths = [max(len(row[k]) for row in rows) for k in range(len(head))]
    lines = [
        "  ".join(c.ljust(w) if k == 0 else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    return "\n".join(lines)


def _figures(of: Sequence[Finding]) -> tuple[str, ...]:
    verdicts = Counter(f.verdict for f in of)
    wrong = [f for f in of if f.verdict != EQUIVALENT]
    false = [f for f in of if f.verdict not in (EQUIVALENT, ILL_FORMED)]
    finite = Counter(f.finite for f in false)
    return (
        str(len(of)),
        str(verdicts[ILL_FORMED]),
        f"{sum(f.rejected for f in wrong)}/{len(wrong)}",
        str(verdicts[EQUIVALENT]),
        f"{verdicts[REFUTED]}/{len(false)}",
        str(verdicts[UNDECIDED]),
        f"{finite['refuted']}/{finite['refuted'] + finite['held']}",
        str(finite[""]),
    )


def listed(findings: Sequence[Finding]) -> list[str]:
    """What is undecided, accepted, or a hole."""
    odd = [f for f in findings if f.verdict in (UNDECIDED, HOLE) or (not f.rejected and f.verdict != EQUIVALENT)]
    return [
        f"{f.verdict}{'' if f.rejected else ' ACCEPTED'}: {f.entry}, step {f.step}, {f.operator}\n"
        f"    {f.claim}\n    {f.reason}"
        for f in odd
    ]


def ok(findings: Sequence[Finding]) -> bool:
    """Whether replay rejected every mutant that is not proved true, and none is a hole."""
    return all(f.verdict != HOLE and (f.rejected or f.verdict == EQUIVALENT) for f in findings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; the status is 0 if replay rejected all."""
    parser = argparse.ArgumentParser(description="Mutants of the catalogue, and who notices.")
    parser.add_argument("names", nargs="*", help="derivations; all by default")
    parser.add_argument("--cap", type=int, default=CAP, help="mutants for each step and mutation")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print every mutant")
    given = parser.parse_args(arguments)
    findings = attack_all(given.names or CATALOGUE, given.cap, given.processes, sys.stderr.write)
    if given.list:
        for f in findings:
            print(f"{f.entry} {f.step} {f.operator}: {f.verdict}: {f.claim}: {f.reason}")
    print(table(findings))
    print("", *listed(findings), sep="\n")
    return 0 if ok(findings) else 1
