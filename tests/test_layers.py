"""The design's promises about the code itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lossproof

PACKAGE = Path(lossproof.__file__).parent

#: From the bottom up; modules of one layer may import each other.
LAYERS = [
    {"errors"},
    {"files"},
    {"notation"},
    {"kernel"},
    {"rulebook"},
    {"losses"},
    {"models"},
    {"strategies"},
    {"numeric"},
    {"stability"},
    {"recovery"},
    {"certificates"},
    {"referees"},
    {"checking"},
    {"render"},
    {"api"},
    {"compiled"},
    {"fitting"},
    {"figures"},
    {"__init__"},
    {"cli"},
    {"__main__"},
]
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}
SOURCES = sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lossproof"):
            parts = node.module.split(".")[1:]
            found |= {parts[0]} if parts else {a.name if a.name in HEIGHT else "__init__" for a in node.names}
        if isinstance(node, ast.Import):
            found |= {[*a.name.split("."), "__init__"][1] for a in node.names if a.name.split(".")[0] == "lossproof"}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_layers_import_downwards_only(path: Path) -> None:
    here = layer_of(path)
    if here == "__init__":
        return  # the package's front door imports lazily from everywhere
    above = {name for name in imports_of(path) if HEIGHT[name] > HEIGHT[here]}
    assert not above, f"{here} imports from above: {above}"


def test_the_layer_check_sees_an_upward_import(tmp_path: Path) -> None:
    source = tmp_path / "x.py"
    source.write_text("from lossproof.render.latex import latex\nimport lossproof.kernel\n")
    assert imports_of(source) == {"render", "kernel"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_unsound_is_called(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword):
            assert node.arg != "force"
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            assert name not in {"eval", "exec", "sympify", "parse_expr", "simplify", "expand_log"}
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None
            assert not (isinstance(node.type, ast.Name) and node.type.id == "Exception")
