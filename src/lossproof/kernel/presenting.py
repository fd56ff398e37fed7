"""Where the layers above the kernel hang what they can do with its objects, and how these write themselves.

The kernel prints nothing and judges nothing beyond replay.  Rendering and refereeing are provided
from above, by name; the kernel knows only that such names exist.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from lossproof.errors import LossproofError, UnknownName

_PROVIDED: dict[str, dict[str, str]] = {"output format": {}, "service": {}}


def provide(kind: str, **functions: str) -> None:
    """Declare functions of a kernel object by name, each as ``module:function``.

    A module is imported when its function is first asked for.

    Args:
        kind: ``output format`` for what `Presentable.to` gives, ``service`` for the rest.
        functions: where each is found.
    """
    _PROVIDED[kind].update(functions)


def provided(name: str, kind: str) -> Callable[..., Any]:
    """The function under a name.

    Raises:
        UnknownName: if nothing has that name; it says the nearest.
    """
    if name not in _PROVIDED[kind]:
        raise UnknownName(kind, name, _PROVIDED[kind])
    module, _, function = _PROVIDED[kind][name].partition(":")
    return getattr(importlib.import_module(module), function)


#: What writing an object may end in that somebody made by hand, of parts that are not what they should be.
UNWRITABLE = (LossproofError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
#: The longest text of a part of a ``repr``.
MOST_IN_REPR = 120


def brief(text: str) -> str:
    """Text for a ``repr``: cut off, with an ellipsis, where it is long."""
    return text if len(text) <= MOST_IN_REPR else f"{text[: MOST_IN_REPR - 1]}…"


class Readable:
    """An object whose ``repr`` is one or two lines to read: its kind, and what it says; it never fails."""

    __slots__ = ()

    def _says(self) -> str:
        """What the object says, after its kind."""
        return f": {brief(str(self))}"

    def __repr__(self) -> str:
        try:
            says = self._says()
        except UNWRITABLE as error:
            says = f" that cannot be written: {brief(str(error))}"
        return f"<{type(self).__name__}{says}>"


class Shown(Readable):
    """What a notebook shows; in which forms, `lossproof.render.notebook` says."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return dict(provided("notebook", "service")(self, include, exclude))

    def _repr_html_(self) -> str | None:
        return self._repr_mimebundle_({"text/html"}).get("text/html")

    def _repr_markdown_(self) -> str | None:
        return self._repr_mimebundle_({"text/markdown"}).get("text/markdown")

    def _repr_latex_(self) -> str | None:
        return self._repr_mimebundle_({"text/latex"}).get("text/latex")


class Presentable(Shown):
    """What steps, derivations and theorems can be turned into."""

    __slots__ = ()

    def to(self, form: str, **options: Any) -> str:
        """This object in an output format: ``latex``, ``markdown``, ``text``, ``json``, ``html``."""
        return str(provided(form, "output format")(self, **options))

    def latex(self, **options: Any) -> str:
        """As LaTeX: an ``align*`` for a derivation, one line for a step or a theorem."""
        return self.to("latex", **options)

    def markdown(self, **options: Any) -> str:
        """As Markdown with ``$$`` mathematics."""
        return self.to("markdown", **options)

    def html(self, **options: Any) -> str:
        """As a self-contained HTML page with MathML."""
        return self.to("html", **options)

    def text(self, **options: Any) -> str:
        """As plain text."""
        return self.to("text", **options)

    def to_json(self, **options: Any) -> str:
        """As JSON; `lossproof.load` reads and replays it."""
        return self.to("json", **options)

    def verify(self, referees: str | Sequence[str] = "all", **options: Any) -> Any:
        """Have independent referees judge every step; a `lossproof.referees.Report`."""
        return provided("verify", "service")(self, referees=referees, **options)
