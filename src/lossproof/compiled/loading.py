"""Modules from source text that a backend has written; never from a user's text."""

from __future__ import annotations

import importlib.util
import itertools
import linecache
import sys
from importlib.abc import InspectLoader
from types import CodeType, ModuleType

#: Two modules may be of losses with one name.
_NUMBERS = itertools.count(1)


def _file(name: str) -> str:
    return f"<{name}>"


class _Written(InspectLoader):
    """A loader of text that is in memory."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, fullname: str) -> str:
        return self.text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.text, _file(fullname))

    def is_package(self, fullname: str) -> bool:
        return False


def module(name: str, text: str) -> ModuleType:
    """A module made of text; its lines are known to tracebacks and to `inspect`, and the module by its name."""
    name = f"lossproof.compiled.written.{name}_{next(_NUMBERS)}"
    spec = importlib.util.spec_from_loader(name, _Written(text))
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    made.__file__ = _file(name)
    linecache.cache[made.__file__] = len(text), None, text.splitlines(keepends=True), made.__file__
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made
