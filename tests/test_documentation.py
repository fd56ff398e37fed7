"""What the documentation shows is what happens."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import os
import pkgutil
import re
import runpy
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import lossproof
from lossproof.cli import main
from lossproof.render.rules import chapters, sheet
from lossproof.strategies.record import CERTIFIED, CERTIFIED_GIVEN, recorded

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
GENERATED = re.compile(r"reference/(rules/|catalogue\.md|command-line\.md)")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
MODULES = [m.name for m in pkgutil.walk_packages(lossproof.__path__, "lossproof.") if "__main__" not in m.name]

#: Pages that a person wrote and that show something.
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "derivations/README.md")),
    *(p for p in sorted(DOCS.rglob("*.md")) if "```" in p.read_text(encoding="utf-8") and not GENERATED.search(str(p))),
]

#: What a command needs that may not be there.
NEEDED = (
    (r"--data\b|\batlas\b", "sklearn"),
    (r"--data\b", "statsmodels"),
    (r"\batlas\b", "torch"),
    (r"\bcoq\b|\bcertify\b", "coqc"),
    (r"\bhtml\b|\breport\b", "latex2mathml"),
    (r"--plot|\bfigure\b", "matplotlib"),
)


@pytest.mark.parametrize("name", ["lossproof", *MODULES])
def test_examples_in_docstrings_run(name: str, needs: Callable[[str], None]) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        needs(str(error.name))
        raise
    assert doctest.testmod(module, optionflags=FLAGS).failed == 0


# ------------------------------------------------------------------ pages


@dataclass(frozen=True)
class Block:
    """A piece of code on a page: its language, its text, and the line of the page before it."""

    language: str
    text: str
    line: int


def blocks(page: str) -> list[Block]:
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [Block(f[1], f[2], page.count("\n", 0, f.start()) + 1) for f in found]


def commands(block: Block) -> list[tuple[str, str | None]]:
    """The commands of a block, each with what it is to print, if the page shows it."""
    if block.language == "console":
        parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
        return [(command, output) for command, _, output in (p.partition("\n") for p in parts)]
    return [(line, None) for line in block.text.replace("\\\n", " ").splitlines()]


def ours(command: str) -> list[str]:
    """The words of a command that is run here: one of ``lossproof``, or a script of ``derivations/``."""
    words = shlex.split(command, comments=True)
    script = words[:1] == ["python"] and words[1:2] and words[1].startswith("derivations/")
    return words if words[:1] == ["lossproof"] or script else []


def run(words: list[str]) -> tuple[int, str]:
    """The exit status of a command, and all that it prints."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        if words[0] == "lossproof":
            status = main(words[1:])
        else:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("sys.argv", words[1:])
                with pytest.raises(SystemExit) as ended:
                    runpy.run_path(words[1], run_name="__main__")
            status = int(ended.value.code or 0)
    stream.seek(0)
    return status, stream.read()


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A directory of one's own with the scripts, 80 columns, and the catalogue as before when all is done."""
    (tmp_path / "derivations").symlink_to(ROOT / "derivations")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(os, "environ", {**os.environ, "NO_COLOR": "1"})
    before = set(lossproof.CATALOGUE)
    yield
    for name in set(lossproof.CATALOGUE) - before:
        del lossproof.CATALOGUE[name]


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_a_page_shows_happens(path: Path, needs: Callable[[str], None]) -> None:
    """Examples in Python are run and compared; so are commands, whose output is compared where it is shown.

    A block whose first line is a comment with a file's name is that file.
    """
    examples = doctest.DocTestParser()
    names: dict[str, object] = {}
    for block in blocks(path.read_text(encoding="utf-8")):
        where = f"{path.name}:{block.line}"
        named = re.match(r"# (\w[\w.-]*\.\w+)\n", block.text)
        if named:
            Path(named[1]).write_text(block.text, encoding="utf-8")
        elif block.language == "python" and ">>>" in block.text:
            test = examples.get_doctest(block.text, names, path.name, str(path), block.line)
            said: list[str] = []
            assert doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False).failed == 0, (
                "".join(said)
            )
            names = test.globs
        elif block.language in ("sh", "console"):
            status = 0
            for command, expected in commands(block):
                if command == "echo $?":
                    assert f"{status}\n" == expected, where
                if not (words := ours(command)):
                    continue
                for pattern, what in NEEDED:
                    if re.search(pattern, command):
                        needs(what)
                status, printed = run(words)
                assert status in (0, 1) or expected is not None, f"{where}: {command}\n{printed}"
                if expected is not None:
                    matches = doctest.OutputChecker().check_output(expected, printed, FLAGS)
                    assert matches, f"{where}: {command}\n{printed}"


def test_a_page_that_shows_something_else_is_noticed(tmp_path: Path) -> None:
    block = blocks("text\n```console\n$ lossproof list logistic-stable   # one\nname ...\n$ echo $?\n0\n```\n")[0]
    assert commands(block) == [("lossproof list logistic-stable   # one", "name ...\n"), ("echo $?", "0\n")]
    assert ours("lossproof list logistic-stable   # one") == ["lossproof", "list", "logistic-stable"]
    assert ours("pip install lossproof") == []


# ------------------------------------------------------------------ what pages say


def test_the_readme_counts_right() -> None:
    assert set(re.findall(r"(\d+) derivations", README)) == {str(len(lossproof.CATALOGUE))}
    assert f"all {len(lossproof.derive('logistic'))} steps" in README


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_a_page_links_to_is_there(path: Path) -> None:
    """In the sources, as they are read without the site; what is only written when the site is built, is seen then."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    there = [(path.parent / t).exists() or GENERATED.search((path.parent / t).resolve().as_posix()) for t in targets]
    assert all(there), targets


def test_the_page_on_trust_counts_right() -> None:
    page = (DOCS / "explanation" / "trust.md").read_text(encoding="utf-8")
    status = Counter(one.status for one in recorded().values())
    assert set(status) == {CERTIFIED, CERTIFIED_GIVEN}
    assert f"all {len(recorded())} derivations of the catalogue: {status[CERTIFIED]} outright" in page
    assert f"and {status[CERTIFIED_GIVEN]} given facts about" in page
    proved = Counter(bool(sheet(rule).lemma) for rules in chapters().values() for rule in rules)
    assert f"The lemma of each of the {proved[True]} rules" in " ".join(page.split())


def test_the_picture_of_the_layers_names_all() -> None:
    page = (DOCS / "explanation" / "kernel.md").read_text(encoding="utf-8")
    layers = {path.name for path in Path(lossproof.__file__).parent.iterdir() if (path / "__init__.py").exists()}
    assert layers == set(re.findall(r"\b(\w+)/(?=\s)", blocks(page)[0].text)) - {"derivations"} | {"cli"}


def test_the_error_on_a_page_is_the_error_that_is_raised() -> None:
    """Doctest looks at the type of an error only."""
    page = (DOCS / "explanation" / "logarithms.md").read_text(encoding="utf-8")
    model = lossproof.Model("network", lossproof.Bernoulli(), lossproof.OpaqueNetwork(values=lossproof.CLOSED_UNIT))
    with pytest.raises(lossproof.SideConditionError) as caught:
        lossproof.derive(model)
    assert f"SideConditionError: {caught.value}" in page


def test_the_version_is_the_same_everywhere() -> None:
    assert f"## {lossproof.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f'version: "{lossproof.__version__}"' in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_every_public_name_can_be_imported() -> None:
    for name in lossproof.__all__:
        assert getattr(lossproof, name) is not None
    with pytest.raises(AttributeError):
        _ = lossproof.nonsense


def test_every_public_name_has_its_place_in_the_reference() -> None:
    pages = "\n".join(p.read_text(encoding="utf-8") for p in sorted((DOCS / "reference").glob("*.md")))
    documented = re.findall(r"^\.\. (?:auto\w+|py:data):: lossproof\.(\w+)", pages, re.MULTILINE)
    assert sorted({*documented, "__version__"}) == sorted(lossproof.__all__)
