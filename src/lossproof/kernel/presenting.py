"""Where the layers above the kernel hang what they can do with its objects.

The kernel prints nothing and judges nothing beyond replay.  Rendering and refereeing are provided
from above, by name; the kernel knows only that such names exist.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from lossproof.errors import UnknownName

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


class Presentable:
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

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def verify(self, referees: str | Sequence[str] = "all", **options: Any) -> Any:
        """Have independent referees judge every step; a `lossproof.referees.Report`."""
        return provided("verify", "service")(self, referees=referees, **options)
