"""What a shell is told of the words that may stand somewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lossproof import referees
from lossproof.cli import judging, main
from lossproof.cli.commands import ASKED
from lossproof.numeric.data import SHIPPED
from lossproof.strategies.record import recorded


def completed(
    line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shell: str = "bash"
) -> list[str]:
    """What may stand for the last word of a line."""
    words = line.split(" ")
    monkeypatch.setenv(ASKED, f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
    assert main([]) == 0
    return [line for line in capsys.readouterr().out.splitlines() if line]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lossproof der", ["plain,derive"]),
        ("lossproof derive logistic-st", ["plain,logistic-stable"]),
        ("lossproof derive --stan", ["plain,--standalone"]),
        ("lossproof derive logistic --format m", ["plain,markdown"]),
        ("lossproof derive ./my", ["file,./my"]),
        ("lossproof derive logistic --out x", ["file,x"]),
        ("lossproof list von-mises-d", ["plain,von-mises-density"]),
        ("lossproof certify logistic von-mises-g", ["plain,von-mises-gradient"]),
        ("lossproof report von-mises-g", ["plain,von-mises-gradient"]),
        ("lossproof verify x --referee fi", ["plain,finite"]),
        ("lossproof verify x --referee finite,ba", ["plain,finite,balls"]),
        ("lossproof verify x --referee finite,fi", []),
        ("lossproof verify x --data bre", ["plain,breast_cancer"]),
        ("lossproof verify x --data mine", ["file,mine"]),
        ("lossproof recover Abs(y-f) --target po", ["plain,positive"]),
        ("lossproof recover Abs(y-f) --prediction real,co", ["plain,real,counts"]),
        ("lossproof recover -y*f --show l", ["plain,likelihood"]),
        ("lossproof atlas --library sc", ["plain,scikit-learn"]),
        ("lossproof completion z", ["plain,zsh"]),
        ("lossproof nonsense x", []),
        ("lossproof list --nonsense", []),
    ],
)
def test_words_are_completed(
    line: str, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completed(line, capsys, monkeypatch) == words


def test_every_result_is_offered_with_its_title_where_the_shell_shows_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completed("lossproof derive ", capsys, monkeypatch) == [f"plain,{name}" for name in recorded()]
    (fish,) = completed("lossproof derive logistic-stable", capsys, monkeypatch, "fish")
    assert fish.split("\t")[1] == recorded()["logistic-stable"].title
    zsh = completed("lossproof derive logistic-stable", capsys, monkeypatch, "zsh")
    assert zsh == ["plain", "logistic-stable", recorded()["logistic-stable"].title]


def test_names_that_are_written_down_for_speed_are_the_names_that_there_are() -> None:
    assert tuple(referees.declared()) == judging.REFEREES
    assert tuple(SHIPPED) == judging.DATA_SETS


def test_asking_imports_nothing_heavy() -> None:
    code = (
        "import sys; from lossproof.cli import main; main([])\n"
        "print([m for m in ('sympy', 'numpy', 'rich') if m in sys.modules], file=sys.stderr)"
    )
    asked = {ASKED: "bash_complete", "COMP_WORDS": "lossproof derive logi", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **asked}
    )
    assert done.stderr.strip() == "[]"
    assert "plain,logistic\n" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_lossproof(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"{ASKED}={shell}_complete" in script


def test_bash_completes_with_the_script(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("bash")
    command = tmp_path / "lossproof"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m lossproof "$@"\n')
    command.chmod(0o755)
    asks = (
        'eval "$(lossproof completion bash)"\n'
        "COMP_WORDS=(lossproof derive logistic-st); COMP_CWORD=2\n"
        '_lossproof_completion lossproof; echo "${COMPREPLY[@]}"\n'
        "complete -p lossproof"
    )
    path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", asks], capture_output=True, text=True, check=True, env=path)
    assert done.stdout.splitlines()[0] == "logistic-stable"
    assert done.stdout.splitlines()[1].endswith("-F _lossproof_completion lossproof")
    assert done.stderr == ""
