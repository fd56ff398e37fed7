"""Does the corpus ask for every side condition of the rulebook?  A rule without one must grant a false claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from attack.attempts import IDENTITIES, one_step, steps_by
from attack.claims import Claim
from lossproof.kernel.facts import Facts
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import Identity


def weakened() -> Iterator[tuple[str, str, Identity]]:
    """Every rule without one of its conditions: the name of the rule, the condition, what is left of the rule."""
    for rule in IDENTITIES:
        for k, condition in enumerate(rule.when):
            yield rule.name, str(condition), replace(rule, when=(*rule.when[:k], *rule.when[k + 1 :]))
        if rule.constant:
            yield rule.name, "constant", replace(rule, constant=())


def grants(rule: Identity, claims: Iterable[Claim]) -> str | None:
    """The name of a claim that a rule grants."""
    for claim in claims:
        if (claim.kind is Kind.EQUAL) is not (rule.kind is Kind.EQUAL):
            continue
        facts = Facts(claim.hypotheses, claim.over)
        for path, values, left, right in steps_by(rule, claim):
            if one_step(claim, rule, path, values, left, right, facts).refusal is None:
                return claim.name
    return None


#: Conditions that no false claim asks for by itself, with the reason.
SILENT: dict[str, dict[str, tuple[str, ...]]] = {
    "where it fails, both sides are undefined, or equal all the same": {
        "a matrix times its inverse": ("b has real entries",),
        "logarithm of a power": ("b in R",),
        "logarithm of an inverse": ("0 < a",),
        "logarithm of an exponential": ("a in R",),
        "exponential of a sum": ("a_i in R for i = m..n",),
        "exponential of terms": ("Each(a, a) in R",),
        "definition of the real power": ("b in R",),
        "constant factor": ("c in R",),
        "derivative of a constant": ("v is differentiable in v",),
        "derivative of the exponential": ("u is differentiable in v",),
        "derivative of the absolute value": ("u is differentiable in v",),
        "derivative of the softplus": ("u is differentiable in v",),
        "derivative of a complement": ("u is differentiable in v",),
        "derivative of the logarithm": ("u is differentiable in v",),
        "derivative of a power": ("b in R",),
        "power less one": ("b in R",),
        "derivative of the sigmoid": ("z is differentiable in v",),
        "derivative of a coordinate": ("w_i is differentiable in w_k",),
        "derivative of an entry": ("w_ij is differentiable in w_km",),
        "derivative of a linear term": ("c in R",),
        "derivative of the variable": ("v is differentiable in v",),
        "derivative of an inverse": ("u in R without 0", "u is differentiable in v"),
        "definition of the sigmoid": ("z in R",),
        "complement of the sigmoid": ("z in R",),
        "by definition of the sigmoid": ("z in R",),
        "definition of the softplus": ("z in R",),
        "logarithm of the sigmoid": ("z in R",),
        "logarithm of 1 minus the sigmoid": ("z in R",),
        "softplus without overflow": ("z in R",),
        "reflection of the sigmoid": ("z in R",),
        "sigmoid without overflow": ("z in R",),
        "reflection of the softplus": ("z in R",),
        "by definition of the softplus": ("z in R",),
        "sigmoid times its complement": ("z in R",),
        "logarithm of the gamma function by the next": ("0 < a",),
        "share of an exponential": ("a in R",),
        "share beside an exponential": ("a in R",),
        "logarithm of two exponentials": ("a in R", "b in R"),
        "logarithm of a constant and an exponential": ("a in R",),
        "logarithm of 1 minus an exponential": ("0 < a",),
        "logarithm of 1 plus a square": ("u in R",),
        "exponential by halves": ("a in R",),
        "product of exponentials": ("a in R", "b in R"),
        "difference of exponentials": ("a in R", "b in R"),
        "1 minus the cosine": ("a in R",),
        "reflection of the error function": ("a in R",),
        "derivative of the error function": ("u is differentiable in v",),
        "derivative of a function by cases": tuple(f"{e} is differentiable in v" for e in "ab"),
        "factorial as gamma function": ("a in {0, 1, 2, ...}",),
        "a constant has no gradient": ("u is differentiable in w",),
        "gradient of a multiple": ("c in R",),
        "integral of an exponential": ("c in R",),
        "Gaussian tail": ("c in R",),
        "reflection": ("c in R",),
        "split the half-line": ("m in R",),
        "integral of von Mises' density": ("a in R",),
        "exponential series": ("a in R",),
        "maximum by cases": ("a in R", "b in R"),
        "absolute value by cases": ("a in R",),
        "sum by cases": tuple(f"{e} in R" for e in "abcu"),
        "product by cases": tuple(f"{e} in R" for e in "abcu"),
        "the same in either case": ("a in R",),
        "maximum by the absolute value": ("a in R", "b in R"),
        "root of a square": ("a in R",),
        "factor in front of the absolute value": ("a in R",),
        "twice the positive part": ("a in R",),
        "positive part by the negative part": ("a in R",),
        "gradient of a linear form": ("b has real entries", "w^T b is differentiable in w"),
        "gradient of a quadratic form": ("w^T A w is differentiable in w",),
    },
    "another condition of the rule, or the relation, leaves nothing false": {
        "difference of logarithms": ("0 < a", "0 < b"),
        "split the half-line": ("c in R",),
        "derivative of the digamma function": ("0 < u", "u is differentiable in v"),
        "derivative of the gamma function": ("0 < u", "u is differentiable in v"),
        "minus log is strictly decreasing": ("0 < a",),
        "drop a constant term": ("a in R", "c in R"),
        "scale by a positive constant": ("a in R",),
        "drop a positive constant factor": ("a in R",),
    },
    "where it fails, an integral or a series has no value, which no referee shows; see test_integrals.py": {
        "constant factor in front of the integral": ("c in R without 0",),
        "constant factor in front of the series": ("c in R without 0",),
        "integral of terms": tuple(f"{e}_x in [0, oo) for x between m and n" for e in "ab"),
        "integral of an exponential": ("0 < a",),
        "Gaussian integral": ("0 < a",),
        "Gaussian tail": ("0 < a",),
        "Euler's integral for the gamma function": ("0 < a", "0 < b"),
        "Euler's integral for the beta function": ("0 < a", "0 < b"),
        "integral of the generalised gamma density": ("0 < a", "0 < b", "0 < c"),
        "integral of Student's density": ("0 < a", "0 < b - 1/2"),
        "integral of the logistic density": ("0 < a", "0 < c", "0 < b - a/c"),
        "integral of Gumbel's density": ("0 < a", "0 < b", "0 < c"),
        "integral of the inverse Gaussian density": ("a in [0, oo)", "0 < b"),
        "integral of the reciprocal inverse Gaussian density": ("0 < a", "b in [0, oo)"),
        "geometric series": ("a in (-1, 1)",),
        "negative binomial series": ("a in (-1, 1)", "0 < b"),
    },
    "no referee takes bounds that are no integers; the attack is in test_attacks.py": {
        "linearity of the derivative": ("m does not contain v", "n does not contain v"),
        "product rule under the product": ("m does not contain v", "n does not contain v"),
    },
}
