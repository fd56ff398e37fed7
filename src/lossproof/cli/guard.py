"""How a command ends: its exit status, and errors in one or two lines."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable

from lossproof.errors import (
    DataError,
    IllPosed,
    LooksAlike,
    LossproofError,
    MissingExtra,
    OutputError,
    ParseError,
    UnknownName,
)

PROVED, NOT_PROVED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
_USAGE_ERRORS = (UnknownName, DataError, OutputError, ParseError, MissingExtra, IllPosed, LooksAlike)


def say(message: str) -> None:
    """A message to standard error, if it is open; never to standard output.  What could steer a terminal is escaped."""
    if sys.stderr is not None:
        print("".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in message), file=sys.stderr)


def guarded(run: Callable[[], int]) -> int:
    """Run a command with errors as one or two lines on standard error, and no traceback.

    A reader that has seen enough (``| head``) is no error; an interruption is quiet.
    """
    try:
        if sys.stdout is None:
            raise OutputError("standard output is closed")
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        status = run()
        sys.stdout.flush()
    except LossproofError as error:
        say(f"lossproof: {error}")
        return WRONG_USAGE if isinstance(error, _USAGE_ERRORS) else NOT_PROVED
    except BrokenPipeError:
        _discard_output()
        return PROVED
    except OSError as error:
        say(f"lossproof: {error.strerror or error}" + (f": '{error.filename}'" if error.filename else ""))
        _discard_output()
        return WRONG_USAGE
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("lossproof"):
            raise
        say(f"lossproof: {error.name} is not installed; 'lossproof doctor' says what is missing")
        return WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _discard_output() -> None:
    """What is still to be written cannot be; Python would complain of that at its end."""
    with contextlib.suppress(io.UnsupportedOperation):  # what is no file has nothing to be complained of
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
