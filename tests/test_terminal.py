"""The command line on a real terminal, in a pipe, interrupted and in a hurry: real processes, most of them short."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import pytest

from lossproof.referees import coq

LOSSPROOF = (sys.executable, "-m", "lossproof")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
SHOWN, HIDDEN = "\x1b[?25h", "\x1b[?25l"


class Terminal:
    """A process on a terminal of its own, in which its output, its messages and what is typed meet."""

    def __init__(self, *command: str, columns: int = 80, **environment: str) -> None:
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "FORCE_COLOR", "CI")}
        self._end, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        everywhere: Mapping[str, int] = {"stdin": other, "stdout": other, "stderr": other}
        variables = {**kept, "TERM": "xterm-256color", **environment}
        self.process = subprocess.Popen(command, env=variables, start_new_session=True, preexec_fn=_own, **everywhere)
        os.close(other)
        self.printed = ""

    def read(self, until: str | None = None, seconds: float = 120) -> str:
        """What is printed, until some words or the end."""
        deadline = time.monotonic() + seconds
        while (until is None or until not in self.printed) and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if part := os.read(self._end, 65536):
                    self.printed += part.decode(errors="replace")
                    continue
            break  # the other end is closed
        assert until is None or until in self.printed, self.printed
        return self.printed

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def end(self) -> int:
        """The exit status, when all is read."""
        self.read()
        os.close(self._end)
        return self.process.wait(timeout=120)


def _own() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def lines(printed: str) -> list[str]:
    """What stands on the screen."""
    plain = ESCAPES.sub("", printed).replace("\r\n", "\n")
    return [line.rpartition("\r")[2] for line in plain.split("\n")]


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_the_list_is_never_wider_than_the_terminal(columns: int) -> None:
    terminal = Terminal(*LOSSPROOF, "list", columns=columns)
    assert terminal.end() == 0
    shown = lines(terminal.printed)
    assert columns - 12 < max(map(len, shown)) <= columns
    assert "\x1b[36m" in terminal.printed
    assert "certified" in terminal.printed


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.parametrize(
    "arguments", [("list", "softmax"), ("--help",), ("verify", "logistic-stable", "--referee", "replay")]
)
def test_a_terminal_that_wants_no_colours_gets_no_escape_codes(
    arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    terminal = Terminal(*LOSSPROOF, *arguments, **environment)
    assert terminal.end() == 0
    assert len(terminal.printed) > 200
    assert "\x1b" not in terminal.printed


def test_progress_is_shown_on_a_terminal_and_gone_at_the_end() -> None:
    terminal = Terminal(*LOSSPROOF, "verify", "logistic", "--referee", "finite", columns=97)
    assert terminal.end() == 0
    assert "finite is judging (2 of 2 referees)" in terminal.printed
    assert terminal.printed.rfind(SHOWN) > terminal.printed.rfind(HIDDEN) >= 0
    assert "\x1b[32mheld" in terminal.printed
    screen = lines(terminal.printed)
    table = screen[next(k for k, line in enumerate(screen) if line.endswith("detail")) :]
    assert max(map(len, table)) <= 97
    assert "is judging" not in "".join(table)


SLEEPY = (
    "import time\nfrom lossproof.recovery import recover as r\n"
    "r._findings = lambda question: print('asked', flush=True) or time.sleep(120)\n"
    "from lossproof.cli import main\n"
    "raise SystemExit(main(['recover', 'Abs(y - f)', '--target', 'real', '--prediction', 'real']))"
)


def test_control_c_is_quiet_and_gives_the_terminal_back() -> None:
    terminal = Terminal(sys.executable, "-c", SLEEPY)
    terminal.read(until="asked")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert "for 20 s at most" in terminal.printed
    assert "Traceback" not in terminal.printed
    assert terminal.printed.rfind(SHOWN) > terminal.printed.rfind(HIDDEN) >= 0


def test_what_coq_reads_is_left_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "coqc"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with ThreadPoolExecutor(max_workers=1) as pool:
        with coq._Runs() as runs:
            reading = pool.submit(runs.of, "", tmp_path)
            while not runs._running and not reading.done():
                time.sleep(0.01)
        assert reading.result(timeout=30).returncode == -signal.SIGKILL
    with pytest.raises(CancelledError):
        runs.of("", tmp_path)


@pytest.mark.parametrize("first", ["list", "--help", "derive logistic", "doctor --format json", "completion bash"])
def test_who_reads_the_first_line_only_is_no_error(first: str) -> None:
    command = f"{sys.executable} -m lossproof {first} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("redirection", "status", "message"),
    [
        (">&-", 2, "lossproof: standard output is closed\n"),
        ("> /dev/full", 2, "lossproof: No space left on device\n"),
        ("2>&-", 0, ""),
    ],
)
def test_where_nothing_can_be_written_that_is_said(redirection: str, status: int, message: str) -> None:
    command = f"{sys.executable} -m lossproof list softmax {redirection}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, message)


def test_a_message_is_not_printed_where_results_go() -> None:
    command = f"{sys.executable} -m lossproof lisst 2>&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_without_the_letters_of_mathematics_there_is_ascii() -> None:
    command = [*LOSSPROOF, "derive", "logistic", "--format", "text", "--steps", "1"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert b"prod_{i=1}^n" in done.stdout
    assert b"\\u" not in done.stdout


HEAVY = ("sympy", "numpy", "mpmath", "flint", "lark", "rich", "matplotlib")
LIGHT = (
    *(["--version"], ["--help"], [], ["derive", "--help"], ["recover", "-h"], ["nonsense"], ["derive", "--nonsense"]),
    *(["derive", "logistic", "--format", "nonsense"], ["verify", "x", "--seed", "-1"], ["list"], ["list", "softmax"]),
    *(["completion", "zsh"], ["list", "--format", "json"]),
)


def test_what_computes_nothing_imports_nothing_heavy() -> None:
    code = (
        "import sys, io, contextlib; from lossproof.cli import main\n"
        f"for arguments in {LIGHT!r}:\n"
        "    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):\n"
        "        main(arguments)\n"
        f"    print(arguments, [m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{arguments} []" for arguments in LIGHT]


def test_a_derivation_imports_only_what_it_needs() -> None:
    code = (
        "import sys; from lossproof.cli import main; main(['derive', 'logistic'])\n"
        "print([m for m in ('numpy', 'lark', 'rich.console', 'matplotlib', 'lossproof.recovery', 'lossproof.referees')"
        " if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
