"""The forms in which a loss and its derivatives are computed, and their programs, each found when first asked for.

The calculus gives a slope; the error analysis gives the form of it that keeps its digits.  Both are derivations,
so what a program computes is proved equal to the derivative of the loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from sympy import Expr

from lossproof.compiled.program import Program, build
from lossproof.errors import LossproofError, UnsupportedExpression
from lossproof.kernel.derivation import Derivation
from lossproof.stability.record import recorded
from lossproof.stability.search import stabilise
from lossproof.strategies.pointwise import Pointwise


class Forms:
    """What is computed for one observation, by the names of the outputs: ``loss``, ``slope``, ``curvature``.

    Of several predictions the slopes are ``slope_1``, ``slope_2``, ..., and there is no curvature.

    Args:
        one: one observation of a model.
        search_anew: search also for what is recorded.
    """

    def __init__(self, one: Pointwise, *, search_anew: bool = False) -> None:
        self.one, self._anew = one, search_anew
        self._found: dict[str, tuple[Expr, tuple[Derivation, ...]]] = {}
        #: What the search gave for each output that was asked for, or the record; it may have no steps.
        self.searched: dict[str, Derivation] = {}

    @cached_property
    def slopes(self) -> tuple[str, ...]:
        """The names of the slopes."""
        count = len(self.one.predictions)
        return ("slope",) if count == 1 else tuple(f"slope_{k}" for k in range(1, count + 1))

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The names of all outputs that can be derived."""
        try:
            _ = self["curvature"]
        except LossproofError:
            return ("loss", *self.slopes)
        return ("loss", *self.slopes, "curvature")

    def __getitem__(self, output: str) -> Expr:
        """The form of an output.

        Raises:
            LossproofError: if it cannot be derived, or has no operation in a program.
        """
        return self._of(output)[0]

    def derivations(self, output: str) -> tuple[Derivation, ...]:
        """What proves that the form is the loss, or a derivative of it; the calculus before the digits."""
        return self._of(output)[1]

    def _of(self, output: str) -> tuple[Expr, tuple[Derivation, ...]]:
        if output not in self._found:
            self._found[output] = self._stable(output, *self._derived(output))
        return self._found[output]

    def _derived(self, output: str) -> tuple[Expr, tuple[Derivation, ...]]:
        if output == "loss":
            return self.one.loss, ()
        if output == "curvature":
            if len(self.slopes) > 1:
                raise LossproofError(f"'{self.one.name}' has several predictions, and no one curvature")
            found = self.one.curvature()
        else:
            found = self.one.slope(self.slopes.index(output))
        return found.rhs, (found,)

    def _stable(self, output: str, form: Expr, before: tuple[Derivation, ...]) -> tuple[Expr, tuple[Derivation, ...]]:
        one, hypotheses = self.one, (*self.one.hypotheses, *self.one.smooth_if)
        name, title = (
            f"{one.name}-{output}-form",
            f"{one.name}: {output.replace('_', ' ')}, in the form that is computed",
        )
        found = None if self._anew else recorded(name, form, hypotheses)
        if found is None:
            try:
                found = stabilise(form, hypotheses, one.arguments, name=name, title=title).derivation
            except UnsupportedExpression:
                _ = build({output: form}, one.arguments, one.parameters)  # what has no program has no form either
                return form, before
        self.searched[output] = found
        return found.rhs, (*before, found) if found.steps else before


class Programs(Mapping[str, Program]):
    """The programs of a loss: ``pointwise``, ``slope``, ``pointwise_and_slope``, and ``curvature`` if there is one."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        self._built: dict[str, Program] = {}

    def _outputs(self, what: str) -> tuple[str, ...]:
        every = {
            "pointwise": ("loss",),
            "slope": self.forms.slopes,
            "pointwise_and_slope": ("loss", *self.forms.slopes),
            "curvature": ("curvature",),
        }
        return every[what]

    def __getitem__(self, what: str) -> Program:
        if what not in self._built:
            outputs = {name: self.forms[name] for name in self._outputs(what)}
            self._built[what] = build(outputs, self.forms.one.arguments, self.forms.one.parameters)
        return self._built[what]

    def __contains__(self, what: object) -> bool:
        return what in ("pointwise", "slope", "pointwise_and_slope") or what in self.forms.outputs

    def __iter__(self) -> Iterator[str]:
        yield from ("pointwise", "slope", "pointwise_and_slope")
        if "curvature" in self.forms.outputs:
            yield "curvature"

    def __len__(self) -> int:
        return len(list(iter(self)))
