"""Looking for a proof that one expression equals another; untrusted: the kernel grants each step or refuses.

Tried in turn: what the writer names as the reason; one rule, from left to right or back; the field axioms; the laws
of powers and logarithms; the same inside the parts in which the two sides differ; and both sides with logarithms,
derivatives and definitions written out.  A proof from the far side is turned round by citing it in reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sympy import Basic, Expr

from lossproof.checking.regrouping import slopes_apart, sums_apart
from lossproof.errors import LossproofError, RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Meta
from lossproof.notation.inert import alpha_equal, is_leaf, limits_of
from lossproof.rulebook import absolute_values, algebra, calculus, cases, logarithms, sigmoids, special, sums
from lossproof.rulebook.direct import Direct
from lossproof.strategies.chain import Chain

#: The rules that may make one line of the one before.
RULES: dict[str, Identity] = {
    rule.name: rule
    for module in (logarithms, sums, sigmoids, calculus, special, cases, absolute_values)
    for rule in vars(module).values()
    if isinstance(rule, Identity) and not isinstance(rule.left, Meta)
}

#: What writes logarithms, derivatives and definitions out; each makes what is left to do smaller.
_LOGARITHMS = (
    logarithms.LOG_OF_PRODUCT,
    logarithms.LOG_OF_FACTORS,
    logarithms.LOG_OF_INVERSE,
    logarithms.LOG_OF_POWER,
    logarithms.LOG_OF_EXP,
    logarithms.EXP_OF_LOG,
)
_SUMS = (sums.SUM_OF_TERMS, sums.MERGE_PRODUCTS, sums.DOUBLE_NEGATION)
_DERIVATIVES = (
    calculus.DERIVATIVE_OF_CONSTANT,
    calculus.DERIVATIVE_OF_VARIABLE,
    calculus.DERIVATIVE_OF_COORDINATE,
    calculus.DERIVATIVE_OF_ENTRY,
    calculus.DERIVATIVE_OF_TERMS,
    calculus.DERIVATIVE_OF_SUM,
    calculus.DERIVATIVE_OF_MULTIPLE,
    calculus.DERIVATIVE_OF_LINEAR_TERM,
    calculus.DERIVATIVE_OF_LOG,
    calculus.DERIVATIVE_OF_EXP,
    calculus.DERIVATIVE_OF_SQUARE,
    calculus.DERIVATIVE_OF_POWER,
    calculus.DERIVATIVE_OF_INVERSE,
    calculus.DERIVATIVE_OF_SIGMOID,
    calculus.DERIVATIVE_OF_SOFTPLUS,
    calculus.PRODUCT_RULE,
)
_DEFINITIONS = (sigmoids.SIGMOID, sigmoids.SOFTPLUS)
_SIGMOIDS = (sigmoids.LOG_OF_SIGMOID, sigmoids.LOG_OF_SIGMOID_COMPLEMENT)
_ABSOLUTE_VALUES = (absolute_values.ROOT_OF_SQUARE, cases.ABSOLUTE_VALUE, cases.ABSOLUTE_VALUE_OF_NEGATIVE)
#: How both sides are written out, the gentlest first.
EXPANSIONS: tuple[tuple[Identity | Direct, ...], ...] = (
    _LOGARITHMS,
    _SUMS,
    (*_LOGARITHMS, *_SUMS),
    _DERIVATIVES,
    (*_DERIVATIVES, *_LOGARITHMS),
    (*_DERIVATIVES, *_LOGARITHMS, *_SUMS),
    _ABSOLUTE_VALUES,
    _SIGMOIDS,
    (*_SIGMOIDS, *_SUMS),
    _DEFINITIONS,
    (*_DERIVATIVES, *_DEFINITIONS, *_LOGARITHMS),
    (*_DERIVATIVES, *_DEFINITIONS, *_LOGARITHMS, *_SUMS),
)
#: The most steps by which a side is written out.
MOST_STEPS = 60

Attempt = Callable[[Chain, Expr], Chain]


def proof(
    before: Expr, after: Expr, hypotheses: Sequence[Hypothesis], reason: str = "", name: str = "line"
) -> Derivation | str:
    """A derivation of the one from the other, replayed; or what would have to be known for one, if that was found.

    Args:
        before, after: the two sides.
        hypotheses: what is known.
        reason: what the writer says; if it names a rule, that is tried first.
        name: of the derivation.

    >>> from lossproof.checking.reading import read_steps
    >>> steps = read_steps("given a > 0 and b > 0\\n log(a*b) \\n = log(a) + log(b)")
    >>> found = proof(*(line.expression for line in steps.lines), steps.hypotheses)
    >>> [step.rule.name for step in found]
    ['logarithm of factors']
    """
    missing = ""
    for attempt in _attempts(reason):
        chain = Chain(name, hypotheses, (), before, name)
        try:
            found = attempt(chain, after).done()
            theorem = found.theorem
        except SideConditionError as error:
            if attempt is _rearranged:
                missing = f"{error.rule} would prove it if it were known that {error.condition}"
            continue
        except LossproofError:
            continue
        if alpha_equal(theorem.left, before) and alpha_equal(theorem.right, after):
            return found
    return missing


def _attempts(reason: str) -> Iterator[Attempt]:
    named = [rule for name, rule in RULES.items() if reason and name in reason.lower()]
    yield _nothing
    for rule in (*named, *RULES.values()):
        yield _by(rule)
        yield _back_by(rule)
    yield _rearranged
    for rule in (*named, *RULES.values()):
        yield _by_and_rearranged(rule)
    for rules in EXPANSIONS:
        yield _written_out(rules)


def _nothing(chain: Chain, after: Expr) -> Chain:
    return _reached(chain, after)


def _reached(chain: Chain, after: Expr) -> Chain:
    if not alpha_equal(chain.here, after):
        raise RuleDoesNotApply("the rules tried", "the line", "they lead elsewhere")
    return chain


def _by(rule: Identity) -> Attempt:
    return lambda chain, after: _reached(chain.rewrite(rule), after)


def _back_by(rule: Identity) -> Attempt:
    def attempt(chain: Chain, after: Expr) -> Chain:
        back = _reached(_from(chain, after).rewrite(rule), chain.here)
        return chain.cite(back.done(), reverse=True)

    return attempt


def _by_and_rearranged(rule: Identity) -> Attempt:
    return lambda chain, after: _rearranged(chain.rewrite(rule), after)


def _from(chain: Chain, start: Expr) -> Chain:
    return Chain(f"{chain.name} from its end", chain.hypotheses, chain.parameters, start, chain.title)


def _written_out(rules: Sequence[Identity | Direct]) -> Attempt:
    def attempt(chain: Chain, after: Expr) -> Chain:
        back = _from(chain, after)
        for one in (chain, back):
            _exhausted(one, rules)
        if not chain.steps and not back.steps:
            raise RuleDoesNotApply("the rules tried", "the line", "there is nothing to write out")
        if not alpha_equal(chain.here, back.here):
            _rearranged(chain, back.here)
        return chain.cite(back.done(), reverse=True) if back.steps else chain

    return attempt


def _exhausted(chain: Chain, rules: Sequence[Identity | Direct]) -> None:
    """The rules as often as they fit, derivatives of products regrouped between, and sums apart at the end."""
    while len(chain.steps) <= MOST_STEPS:
        chain.exhaust(*rules)
        if not (calculus.PRODUCT_RULE in rules and slopes_apart(chain)):
            break
    if sums.SUM_OF_TERMS in rules:
        sums_apart(chain)
    if len(chain.steps) > MOST_STEPS:
        raise RuleDoesNotApply("the rules tried", "the line", "they take too many steps")


def _rearranged(chain: Chain, after: Expr) -> Chain:
    """By the field axioms or the laws, at the root or in the parts in which the sides differ."""
    refused: SideConditionError | None = None
    for rule in (algebra.ALGEBRA, algebra.LAWS):
        try:
            return chain.at_places(rule, [()], to=after)
        except SideConditionError as error:
            refused = refused or error
        except LossproofError:
            continue
    try:
        for path, target in _apart(chain.here, after):
            _rearranged_at(chain, path, target)
        return _reached(chain, after)
    except LossproofError:
        raise refused or RuleDoesNotApply("the rules tried", "the line", "they lead elsewhere") from None


def _rearranged_at(chain: Chain, path: tuple[int, ...], target: Expr) -> None:
    for rule in (algebra.ALGEBRA, algebra.LAWS):
        try:
            chain.at_places(rule, [path], to=target)
            return
        except LossproofError:
            continue
    raise RuleDoesNotApply("the rules tried", "a part", "they lead elsewhere")


def _apart(a: Basic, b: Basic, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Expr]]:
    """The parts in which two expressions of one form differ, with what stands there in the other."""
    if a == b:
        return
    limits, others = limits_of(a), limits_of(b)
    if is_leaf(a) or a.func is not b.func or len(a.args) != len(b.args) or limits != others:
        yield path, b
        return
    if limits is not None:
        inner = _apart(a.args[0], b.args[0])
        parts = list(inner)
        whole = [((0,), b.args[0])] if len(parts) != 1 else parts
        yield from (((*path, *p), t) for p, t in whole)
        return
    for k, (x, y) in enumerate(zip(a.args, b.args, strict=True)):
        yield from _apart(x, y, (*path, k))
