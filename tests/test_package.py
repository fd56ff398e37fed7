"""What is built for users to install: a wheel and a source archive, whole and typed."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import lossproof

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "lossproof"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, needs: Callable[[str], None]) -> Path:
    """A directory with both, built without a network."""
    needs("build")
    needs("hatchling")
    out = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--skip-dependency-check",
        "--outdir",
        str(out),
        str(ROOT),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_wheel_has_every_module_and_every_file_that_is_read(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert wheel.name == f"lossproof-{lossproof.__version__}-py3-none-any.whl"
    there = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("lossproof/")}
    ours = {p.relative_to(PACKAGE.parent).as_posix() for p in PACKAGE.rglob("*") if p.is_file()}
    assert there == {name for name in ours if "__pycache__" not in name and "/.mypy_cache/" not in name}
    assert {"lossproof/py.typed", "lossproof/certificates/rules.v", "lossproof/render/page.css"} <= there


def test_the_wheel_works_elsewhere(built: Path, tmp_path: Path) -> None:
    """Unpacked beside what it depends on, with no sources in sight."""
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    code = "import lossproof; print(lossproof.__file__); print(lossproof.derive('logistic').to('coq'))"
    for command in (["-c", code], ["-m", "lossproof", "derive", "logistic"]):
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
        )
        assert done.returncode == 0, done.stderr
        expected = str(tmp_path) if command[0] == "-c" else "\\begin{align*}"
        assert done.stdout.startswith(expected)


def test_the_source_archive_has_what_builds_tests_and_documents_it(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {
        "pyproject.toml", "README.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE",
        "src/lossproof/py.typed", "tests/conftest.py", "derivations/README.md", "docs/conf.py", "docs/index.md",
    } <= names  # fmt: skip
    assert not [name for name in names if "node_modules" in name or name.startswith(("docs/reference/rules/", "site/"))]


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import lossproof", "sympy numpy mpmath lark flint click rich latex2mathml matplotlib sklearn scipy torch"),
        (
            "import lossproof; lossproof.derive('logistic')",
            "click rich.console latex2mathml matplotlib sklearn scipy torch",
        ),
        ("import lossproof.cli", "sympy numpy mpmath lark flint latex2mathml matplotlib sklearn scipy torch"),
    ],
)
def test_what_is_not_used_is_not_imported(code: str, unwanted: str) -> None:
    script = f"import sys; {code}; print([m for m in {unwanted.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
