"""The command line: what is printed, on which stream, with which exit status."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import lossproof as lp
from lossproof import referees
from lossproof.cli import GROUPS, main
from lossproof.cli.commands import Commands

ROOT = Path(__file__).resolve().parent.parent


def process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command does as a user runs it."""
    command = [sys.executable, "-m", "lossproof", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The same in this process, which has imported everything."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


@pytest.mark.parametrize("arguments", [["derive", "logistic-stable"], ["derive", "logistik"], ["derve"]])
def test_a_process_prints_and_ends_as_the_command_does(arguments: list[str]) -> None:
    alone, here = process(*arguments), run(*arguments)
    assert (alone.returncode, alone.stdout, alone.stderr) == (here.returncode, here.stdout, here.stderr)


def test_derive_prints_latex_and_nothing_else() -> None:
    done = run("derive", "logistic")
    assert done.returncode == 0
    assert done.stdout == lp.derive("logistic").latex() + "\n"
    assert done.stderr == ""


@pytest.mark.parametrize(("form", "start"), [("text", "Logistic regression"), ("markdown", "## "), ("json", "{")])
def test_derive_prints_other_formats(form: str, start: str) -> None:
    done = run("derive", "logistic", "--format", form)
    assert done.returncode == 0
    assert done.stdout.startswith(start)


def test_derive_prints_some_steps() -> None:
    done = run("derive", "logistic", "--steps", "3-5")
    assert done.stdout == lp.derive("logistic")[2:5].latex() + "\n"
    assert run("derive", "logistic", "--steps", "7").stdout == lp.derive("logistic")[6:7].latex() + "\n"


def test_list_names_every_result() -> None:
    rows = json.loads(run("list", "--format", "json").stdout)
    logistic = rows[0]
    assert {"name", "relation", "steps", "peers", "proved"} <= logistic.keys()
    assert (logistic["name"], logistic["relation"], logistic["steps"]) == ("logistic", "same optima", 16)
    text = run("list").stdout
    assert all(row["name"] in text for row in rows)
    assert max(map(len, text.splitlines())) <= 80


def test_verify_prints_a_row_per_step_and_referee() -> None:
    done = run("verify", "logistic")
    assert done.returncode == 0
    assert done.stdout.rstrip().endswith("logistic: every step holds")
    assert max(map(len, done.stdout.splitlines())) <= 80
    report = json.loads(run("verify", "logistic", "--format", "json", "--referee", "replay").stdout)
    assert report["ok"]
    assert [row["step"] for row in report["rows"]] == list(range(1, 17))


def test_verify_asks_the_named_referees_and_says_which_there_are() -> None:
    report = json.loads(run("verify", "logistic", "--format", "json", "--referee", "finite,replay").stdout)
    assert report["counts"] == {"replay": {"held": 16}, "finite": {"held": 16}}
    names = run("verify", "--help").stdout.replace("\n", " ")
    assert all(name in names for name in referees.declared())


def test_verify_is_reproducible_from_its_seed() -> None:
    again = ("verify", "logistic-stable", "--seed", "5", "--referee", "finite,balls")
    assert run(*again).stdout == run(*again).stdout


def test_a_saved_derivation_is_verified_and_a_tampered_one_is_not(tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    assert run("derive", "logistic", "--format", "json", "--out", str(saved)).returncode == 0
    assert run("verify", str(saved), "--referee", "replay").returncode == 0
    saved.write_text(saved.read_text().replace('"rule": "logarithm of a product"', '"rule": "merge the products"'))
    done = run("verify", str(saved), "--referee", "replay")
    assert done.returncode == 1
    assert "step 11" in done.stderr


def test_data_agree(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    done = run("verify", "logistic", "--data", "breast_cancer")
    assert done.returncode == 0
    assert "underflows" in done.stdout
    assert "sklearn.metrics.log_loss" in done.stdout
    assert "all agree" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_regression_data_agree(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    needs("statsmodels")
    done = run("verify", "linear-regression", "--data", "diabetes")
    assert done.returncode == 0
    assert "weights drawn at random (seed 0; largest score 346), no intercept, features" in done.stdout
    assert "other parameters, chosen inside their sets: sigma = 1.5" in done.stdout
    for part in ("scipy.stats.norm", "approx_fprime", "sklearn LinearRegression", "statsmodels OLS", "all agree"):
        assert part in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_counts_in_a_file_are_compared_with_other_libraries(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("sklearn")
    (tmp_path / "data.csv").write_text(COUNTS)
    done = run("verify", "poisson", "--data", "data.csv", "--target", "visits", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "scipy.stats.poisson" in done.stdout
    assert "PoissonRegressor" in done.stdout


COUNTS = "age,visits,dose\n1,2,0.5\n2,0,-1\n-1,3,1\n0,1,0\n2,5,1.5\n-2,1,0\n1,0,-1\n"
CSV = "a,b,label\n1,2,0\n2,-1,1\n-1,0.5,1\n0,1,0\n2,2,1\n-2,1,0\n1,-1,0\n"

SETS = ("--target", "real", "--prediction", "real")
WRONG: dict[str, tuple[list[str], str | None, int, str]] = {
    "unknown name": (["derive", "logistik"], None, 2, "did you mean 'logistic'?"),
    "unknown command": (["derve"], None, 2, "unknown command 'derve'; did you mean 'derive'?"),
    "unknown option": (["derive", "logistic", "--fromat", "json"], None, 2, "did you mean '--format'?"),
    "no command": ([], None, 2, "missing command; see"),
    "no name": (["derive"], None, 2, "missing argument 'NAME'; see 'lossproof derive --help'"),
    "too many names": (["derive", "logistic", "ridge"], None, 2, "unexpected extra argument (ridge)"),
    "no value": (["derive", "logistic", "--format"], None, 2, "'--format' requires an argument"),
    "a value for a flag": (["derive", "logistic", "--remarks=1"], None, 2, "'--remarks' does not take a value"),
    "unknown format": (["derive", "logistic", "--format", "pdf"], None, 2, "unknown format 'pdf'; there are"),
    "steps in reverse": (["derive", "logistic", "--steps", "9-3"], None, 2, "first comes before the last"),
    "steps that are none": (["derive", "logistic", "--steps", "a-b"], None, 2, "not of the form A-B"),
    "steps from 0": (["derive", "logistic", "--steps", "0-3"], None, 2, "count from 1"),
    "steps beyond the end": (["derive", "logistic", "--steps", "3-99"], None, 2, "has 16 steps"),
    "standalone text": (["derive", "logistic", "--format", "text", "--standalone"], None, 2, "--format latex"),
    "unknown referee": (["verify", "logistic", "--referee", "coqq"], None, 2, "unknown referee"),
    "one unknown referee": (["verify", "logistic", "--referee", "finite,repay"], None, 2, "did you mean 'replay'"),
    "a step that is no number": (["derive", "logistic", "--steps", "²"], None, 2, "not of the form A-B"),
    "words that steer a terminal": (["derive", "a\x1b[31m"], None, 2, "unknown derivation 'a\\x1b[31m'"),
    "a format that steers a terminal": (["derive", "logistic", "--format", "a\x1b[31m\nb"], None, 2, "unknown format"),
    "an option that steers a terminal": (["derive", "logistic", "--a\x1b[31m"], None, 2, "unknown option"),
    "a value that steers a terminal": (["derive", "logistic", "--steps", "a\x1b[31m\nb"], None, 2, "of the form A-B"),
    "one more that steers a terminal": (["derive", "logistic", "x\x1b[31m\nb"], None, 2, "unexpected extra"),
    "an empty name": (["derive", ""], None, 2, "unknown derivation ''"),
    "nothing like it": (["list", "zzzzzz"], None, 2, "unknown derivation with"),
    "an unknown shell": (["completion", "tcsh"], None, 2, "unknown shell 'tcsh'"),
    "seconds that are none": (["recover", "y", *SETS, "--timeout", "nan"], None, 2, "not a number of seconds"),
    "an unknown set": (["recover", "Abs(y - f)", "--target", "rael", "--prediction", "real"], None, 2, "rael"),
    "no target": (["recover", "Abs(y - f)", "--prediction", "real"], None, 2, "missing option '--target'"),
    "an unknown part": (["recover", "y", *SETS, "--show", "masss"], None, 2, "did you mean 'mass'?"),
    "no such file": (["verify", "missing.json"], None, 2, "cannot read"),
    "not a derivation": (["verify", "data.json"], "{}", 1, "replay failed"),
    "unknown data": (["verify", "logistic", "--data", "breast_cancr"], None, 2, "breast_cancer"),
    "missing data": (["verify", "logistic", "--data", "missing.csv"], None, 2, "cannot read"),
    "empty data": (["verify", "logistic", "--data", "data.csv"], "", 2, "is empty"),
    "only a header": (["verify", "logistic", "--data", "data.csv"], "a,label\n", 2, "is empty"),
    "no header": (["verify", "logistic", "--data", "data.csv"], "1,0\n2,1\n", 2, "no header"),
    "a label of 2": (["verify", "logistic", "--data", "data.csv"], "a,y\n1,0\n2,2\n", 2, "line 3 has 2"),
    "NaN": (["verify", "logistic", "--data", "data.csv"], "a,y\n1,0\nnan,1\n", 2, "NaN or infinity, first in line 3"),
    "a ragged row": (["verify", "logistic", "--data", "data.csv"], "a,y\n1,0\n2\n", 2, "line 3: 1 cells"),
    "a word": (["verify", "logistic", "--data", "data.csv"], "a,y\n1,0\nx,1\n", 2, "line 3: 'x' is not a number"),
    "an unknown column": (["verify", "logistic", "--data", "data.csv", "--target", "labl"], CSV, 2, "label"),
    "a count of 2.5": (["verify", "poisson", "--data", "data.csv"], "a,y\n1,0\n\n2,2.5\n", 2, "line 4 has 2.5"),
    "a scale that is missing": (["verify", "weighted-least-squares", "--data", "data.csv"], CSV, 2, "needs 's'"),
    "a network": (["verify", "gaussian", "--data", "data.csv"], CSV, 2, "put into: logistic, linear-regression, "),
    "a prior": (["verify", "ridge", "--data", "data.csv"], CSV, 2, "data cannot be put into 'ridge'"),
    "classes": (["verify", "softmax", "--data", "data.csv"], CSV, 2, "data can be put into: logistic, "),
    "no features": (["verify", "poisson", "--data", "data.csv", "--features", "0"], CSV, 2, "at least one feature"),
    "data for a file": (["verify", "mine.py:model", "--data", "data.csv"], CSV, 2, "a name of 'lossproof list'"),
    "no weights": (["verify", "bernoulli", "--data", "data.csv"], CSV, 2, "data cannot be put into 'bernoulli'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_input_is_said_in_two_lines_with_the_right_status(what: str, tmp_path: Path) -> None:
    arguments, content, status, message = WRONG[what]
    if content is not None:
        for name in ("data.csv", "data.json"):
            (tmp_path / name).write_text(content)
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == status
    assert message in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) <= 2
    assert all(c.isprintable() or c == "\n" for c in done.stderr)


def test_a_csv_file_is_compared_too(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("sklearn")
    (tmp_path / "data.csv").write_text(CSV)
    done = run("verify", "logistic", "--data", "data.csv", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["ok"]


def test_separable_data_are_reported(tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("scipy")
    (tmp_path / "data.csv").write_text("a,label\n1,1\n2,1\n-1,0\n-3,0\n")
    done = run("verify", "logistic", "--data", "data.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "hyperplane separates" in " ".join(done.stdout.split())


def test_an_unwritable_file_leaves_nothing_behind(tmp_path: Path) -> None:
    for target in (tmp_path / "no" / "such" / "folder.tex", tmp_path):
        done = run("derive", "logistic", "--out", str(target))
        assert done.returncode == 2
        assert "cannot write" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_failed_derivation_does_not_touch_the_file(tmp_path: Path) -> None:
    target = tmp_path / "out.tex"
    target.write_text("kept")
    assert run("derive", "logistik", "--out", str(target)).returncode == 2
    assert target.read_text() == "kept"
    assert run("derive", "logistic", "--out", str(target)).returncode == 0
    assert target.read_text().startswith("\\begin{align*}")
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask()
    assert [p.name for p in tmp_path.iterdir()] == ["out.tex"]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -m lossproof derive logistic --format html | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


COMMANDS = Commands(GROUPS).list_commands(click.Context(Commands(GROUPS)))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_80_columns_and_ends_with_an_example(command: str) -> None:
    lines = run(command, "--help").stdout.splitlines()
    assert max(map(len, lines)) <= 82
    assert lines[-2] == "Example:"
    assert lines[-1].split()[:2] == ["lossproof", command]


#: Of the others, the tests of the atlas, of Coq, of pages and of the doctor are examples enough.
QUICK = ("list", "derive", "verify", "recover", "equivalent", "completion")


@pytest.mark.parametrize("command", QUICK)
def test_the_example_of_the_help_works(command: str, tmp_path: Path, needs: Callable[[str], None]) -> None:
    needs("sklearn")
    example = shlex.split(run(command, "--help").stdout.splitlines()[-1])
    refuted = "max(0, 1 - y*f)" in example
    assert run(*example[1:], cwd=tmp_path).returncode == (1 if refuted else 0)


@pytest.mark.parametrize("script", ["logistic_cross_entropy", "poisson_gradient", "least_squares_minimum"])
def test_a_script_runs_from_a_clone(script: str) -> None:
    path = ROOT / "derivations" / f"{script}.py"
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("\\begin{align*}")


def test_a_script_takes_the_options_of_derive(tmp_path: Path) -> None:
    script = ROOT / "derivations" / "logistic_cross_entropy.py"
    out = tmp_path / "x.tex"
    options = ["--standalone", "--steps", "1-2", "--out", str(out)]
    assert subprocess.run([sys.executable, str(script), *options], check=False).returncode == 0
    assert out.read_text().startswith("\\documentclass")
    wrong = subprocess.run([sys.executable, str(script), "--steps", "9-3"], capture_output=True, check=False)
    assert wrong.returncode == 2
