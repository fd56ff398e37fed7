"""What there is to say of a rule: its statement and conditions, where to look it up, how it is proved, who uses it.

The pages of the rulebook are made of this.  Mathematics is LaTeX for use between dollar signs; what stands in
for it in words, and references, are plain text.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sympy import Symbol

from lossproof.certificates.statements import lemma_of, lemmas, proved
from lossproof.kernel.conditions import Condition, Differentiable, Member
from lossproof.kernel.derivation import NEED_NO_LEMMA, Derivation
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import Identity, Rule
from lossproof.kernel.schema import Each, instantiate_condition, metas
from lossproof.render import latex as tex
from lossproof.render.standing import proved_at_use
from lossproof.rulebook import CHAPTERS, RULES, SHIPPED

#: The chapter of rules that a user registered.
ADDED = "Added by the user"


@dataclass(frozen=True)
class Sheet:
    """A rule as it stands on the formula sheet.

    Attributes:
        name: of the rule.
        chapter: what it is about.
        statement: the identity, as LaTeX; empty for a rule that no pattern can say.
        words: what the rule says, where there is no identity; what it means for the optima, where the
            identity is not an equation; else empty.
        conditions: what must hold for it, each as LaTeX.
        reference: where it can be looked up.
        lemma: the name of its lemma in ``rules.v``; empty if it has none.
        coq: what the lemma states, in Coq.
        standing: how it is proved, in words.
    """

    name: str
    chapter: str
    statement: str
    words: str
    conditions: tuple[str, ...]
    reference: str
    lemma: str
    coq: str
    standing: str


def sheet(rule: Rule) -> Sheet:
    """The facts about a rule.

    >>> from lossproof.rulebook.logarithms import LOG_OF_FACTORS
    >>> facts = sheet(LOG_OF_FACTORS)
    >>> print(facts.statement)
    \\log(a_{1} \\cdots a_{r}) = \\log a_{1} + \\cdots + \\log a_{r}
    >>> print(*facts.conditions)
    a_{1} > 0, \\dots, a_{r} > 0
    >>> facts.lemma, facts.standing
    ('logarithm_of_factors', 'proved in Coq')
    """
    lemma = lemma_of(rule.name) if proved(rule) else ""
    return Sheet(
        rule.name,
        _chapter(rule),
        tex.statement(rule) if isinstance(rule, Identity) else "",
        _words(rule),
        tuple(_conditions(rule)) if isinstance(rule, Identity) else (),
        rule.reference,
        lemma,
        lemmas()[lemma] if lemma else "",
        _standing(rule, lemma),
    )


def chapters() -> dict[str, tuple[Rule, ...]]:
    """All rules in reading order, under what they are about; what a user registered comes last."""
    known = [rule for chapter in CHAPTERS.values() for rule in chapter]
    added = tuple(rule for rule in RULES.values() if rule not in known)
    return dict(CHAPTERS) | ({ADDED: added} if added else {})


def uses(derivations: Iterable[Derivation]) -> dict[str, tuple[str, ...]]:
    """For the name of every rule in `RULES`, the names of the derivations with a step by that very rule.

    >>> import lossproof
    >>> uses([lossproof.derive("poisson")])["logarithm of a product"]
    ('poisson',)
    """
    found: dict[str, dict[str, None]] = {name: {} for name in RULES}
    for derivation in derivations:
        for rule in {step.rule.name: step.rule for step in derivation}.values():
            if RULES.get(rule.name) == rule:
                found[rule.name][derivation.name] = None
    return {name: tuple(names) for name, names in found.items()}


def _chapter(rule: Rule) -> str:
    return next((title for title, rules in CHAPTERS.items() if rule in rules), ADDED)


#: What a rule that is not an equation means, for ``a --> b``.
_MEANINGS: Mapping[Kind, str] = {
    Kind.UP_TO_CONSTANT: "equal up to a constant",
    Kind.PROPORTIONAL: "equal up to a positive factor",
    Kind.SAME_OPTIMA: "by a strictly monotone map",
}


def _words(rule: Rule) -> str:
    if not isinstance(rule, Identity):
        said, _, _ = (inspect.getdoc(type(rule)) or "").partition("\n\n")
        return " ".join(said.split())
    if rule.kind is Kind.EQUAL:
        return ""
    optima = "a maximum of the one is a minimum of the other" if rule.reverses else "they have the same optima"
    return f"{_MEANINGS[rule.kind]}: {optima}"


def _conditions(rule: Identity) -> Iterator[str]:
    yield from map(_condition, rule.when)
    yield from (rf"{tex.mathematics(c)} \text{{ does not contain the parameters}}" for c in rule.constant)


def _condition(c: Condition) -> str:
    """A condition of a pattern; one on each element of a sequence is written for the first and the last."""
    if isinstance(c, (Member, Differentiable)) and isinstance(c.expression, Each):
        sequence = str(c.expression.args[1])
        parts = metas(c.variable) if isinstance(c, Differentiable) else ()
        ends = tuple(Symbol(f"{sequence}_{k}") for k in "1r")
        return r", \dots, ".join(
            map(tex.condition, instantiate_condition(c, {m.name: m for m in parts} | {sequence: ends}))
        )
    return tex.condition(c)


def _standing(rule: Rule, lemma: str) -> str:
    if type(rule) in NEED_NO_LEMMA:
        return "part of the kernel's logic: there is nothing to prove"
    if SHIPPED.get(rule.name) is not rule:
        return "added by the user, without a machine-checked proof"
    if lemma:
        return "proved in Coq"
    if proved_at_use(rule):
        return "proved in Coq anew at every use, in the certificate of the derivation"
    return "stated with a reference; no machine-checked proof yet"
