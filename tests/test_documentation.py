"""What the documentation shows is what happens."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lossproof

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
MODULES = [m.name for m in pkgutil.walk_packages(lossproof.__path__, "lossproof.") if "__main__" not in m.name]


@pytest.mark.parametrize("name", ["lossproof", *MODULES])
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name), optionflags=FLAGS).failed == 0


@pytest.fixture
def _catalogue() -> Iterator[None]:
    """What an example registers is gone after it."""
    before = dict(lossproof.CATALOGUE)
    yield
    lossproof.CATALOGUE.clear()
    lossproof.CATALOGUE.update(before)


@pytest.mark.usefixtures("_catalogue")
def test_examples_in_the_readme_run() -> None:
    examples = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, "README.md", None, 0)
    assert len(test.examples) > 15
    report: list[str] = []
    assert doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append).failed == 0, "".join(report)


def test_the_error_in_the_readme_is_the_error_that_is_raised() -> None:
    model = lossproof.Model("network", lossproof.Bernoulli(), lossproof.OpaqueNetwork(values=lossproof.CLOSED_UNIT))
    with pytest.raises(lossproof.SideConditionError) as caught:
        lossproof.derive(model)
    assert f"SideConditionError: {caught.value}" in README


def test_the_readme_counts_right() -> None:
    assert f"{len(lossproof.CATALOGUE)} derivations" in README
    assert f"all {len(lossproof.derive('logistic'))} steps" in README


def test_the_version_is_the_same_everywhere() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{lossproof.__version__}"' in project
    assert f"## {lossproof.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_public_name_can_be_imported() -> None:
    for name in lossproof.__all__:
        assert getattr(lossproof, name) is not None
    with pytest.raises(AttributeError):
        _ = lossproof.nonsense
