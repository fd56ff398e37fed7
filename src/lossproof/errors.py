"""What can go wrong, as types a caller can act on.

Every message says what was wrong, where, and what to do.  The command line prints the message
in one or two lines and maps the type to an exit status; it never shows a traceback for these.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LossproofError(Exception):
    """Base of every error that lossproof raises on purpose."""


def _short(text: str, most: int = 300) -> str:
    """Text for a message; an expression may fill pages."""
    return text if len(text) <= most else f"{text[:most]}..."


class SideConditionError(LossproofError):
    """A rule was not applied because a side condition could not be shown.

    Attributes:
        rule: name of the rule.
        condition: the condition, as text.
        missing: the fact that would have to be known, as text.
    """

    def __init__(self, rule: str, condition: str, missing: str) -> None:
        self.rule, self.condition, self.missing = rule, condition, missing
        super().__init__(f"rule '{rule}' needs {_short(condition)}; missing: {_short(missing)}")


class RuleDoesNotApply(LossproofError):
    """A rule was tried at a place whose expression does not have its form.

    Attributes:
        rule: name of the rule.
        where: the expression or place, as text.
        why: what does not fit.
    """

    def __init__(self, rule: str, where: str, why: str) -> None:
        self.rule, self.where, self.why = rule, where, why
        super().__init__(f"rule '{rule}' does not apply to {_short(where)}: {_short(why)}")


#: How many names an error lists at most.
FEW = 5


class UnknownName(LossproofError):
    """A name is not in a catalogue.

    Attributes:
        name: what was asked for.
        nearest: the most similar known name, or None if there are none.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
        alike = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        self.name = name
        self.nearest: str | None = close[0] if close else None
        few = difflib.get_close_matches(name, names, n=FEW, cutoff=0.0) if len(names) > FEW else names
        others = f"there are {f'{len(names)}, such as ' if len(names) > FEW else ''}{', '.join(few)}"
        hint = f"did you mean '{alike[0]}'?" if alike else others if names else ""
        super().__init__(f"unknown {kind} {name!r:.60}" + (f"; {hint}" if hint else ""))


class ParseError(LossproofError):
    """Text from a user does not follow its grammar.

    Attributes:
        text: the text as given.
        position: 0-based offset of the first character that does not fit.
        expected: what would have been accepted there.
    """

    def __init__(self, text: str, position: int, expected: str) -> None:
        self.text, self.position, self.expected = text, position, expected
        super().__init__(f"cannot read '{_short(text)}' at character {position + 1}: expected {expected}")


class ReplayError(LossproofError):
    """A derivation, re-checked from nothing, does not hold.

    Attributes:
        step: 1-based number of the first step that fails; 0 for what surrounds the steps.
        why: what differs.
    """

    def __init__(self, step: int, why: str) -> None:
        self.step, self.why = step, why
        where = f"step {step}" if step else "the derivation"
        super().__init__(f"replay failed at {where}: {_short(why, 1000)}")


class UnsupportedExpression(LossproofError):
    """An expression contains something that a part of lossproof does not handle.

    Attributes:
        node: the offending part, as text.
        by: who cannot handle it.
    """

    def __init__(self, node: str, by: str) -> None:
        self.node, self.by = node, by
        super().__init__(f"{by} does not handle {_short(node)}")


class DataError(LossproofError):
    """Numbers given for a model do not fit it: shape, range, NaN, or no data at all."""


class NoFiniteValue(LossproofError):
    """An expression has no finite real value at the numbers it was evaluated at."""


class Undefined(NoFiniteValue):
    """An expression is shown to have no real value there: ``log 0``, ``1/0``, a root of a negative number."""


class NotADensity(LossproofError):
    """What a noise model declares as its density is negative somewhere, or its total mass is not one."""


class LooksAlike(LossproofError):
    """A notation would have two different things written alike.

    Attributes:
        one, other: the two, as text.
        written: how both would be written.
    """

    def __init__(self, one: str, other: str, written: str) -> None:
        self.one, self.other, self.written = one, other, written
        super().__init__(f"{_short(one)} and {_short(other)} would both be written {_short(written)}")


class OutputError(LossproofError):
    """A result could not be written where it was asked for."""


class IllPosed(LossproofError):
    """A question about a loss that has no answer as it is put: it lacks the observation, say."""


class TracingError(LossproofError):
    """A Python function cannot be turned into an expression, or does not do what the expression says."""


class MissingExtra(LossproofError):
    """Something needs an optional library or program that is not installed; the message says how to get it."""

    def __init__(self, what: str, library: str, how: str = "") -> None:
        how = how or f"pip install {library}, or install lossproof with its extra 'all'"
        super().__init__(f"{what} needs {library}: {how}")


class NoMinimiser(LossproofError):
    """The loss has no minimiser on the given data (for instance, separable classes)."""
