"""The command line: ``lossproof COMMAND``; `GROUPS` names the modules in which the commands are declared.

Results go to standard output and nothing else does; progress and messages go to standard error.  Exit status:
0 proved, 1 not proved or refuted, 2 wrong usage.

A command is one function, declared with `@command` in the module of its group; nothing that is heavy is imported
before it runs, so that help, completion and wrong usage are instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from lossproof.cli.guard import guarded

if TYPE_CHECKING:
    from lossproof.kernel.derivation import Derivation

#: The commands by what they are for: a heading of the help, and the modules that declare them.
GROUPS = {
    "From a model to its loss": ("lossproof.cli.listing", "lossproof.cli.deriving", "lossproof.cli.drawing"),
    "Independent checks": ("lossproof.cli.judging",),
    "From a loss to its model": ("lossproof.cli.recovering",),
    "Code and data": ("lossproof.cli.compiling", "lossproof.cli.fitting"),
    "Pages": ("lossproof.cli.reporting",),
    "This installation": ("lossproof.cli.environment",),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, or tell the shell what may stand there; returns the exit status."""
    return guarded(lambda: _run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    from lossproof.cli.commands import ASKED, Commands, run

    commands = Commands(GROUPS)
    if asked := os.environ.get(ASKED):
        from lossproof.cli.completing import answer

        return answer(commands, asked)
    return run(commands, "lossproof", arguments)


def script(derivation: Derivation, description: str | None) -> NoReturn:
    """What a script in ``derivations/`` ends with: print its derivation as its options say."""
    from pathlib import Path

    from lossproof.cli.commands import Command, run
    from lossproof.cli.showing import output_options, show

    def shown(**options: Any) -> int:
        return show(derivation, **options)

    command = Command(None, callback=shown, about=description or "", params=list(output_options))
    sys.exit(guarded(lambda: run(command, Path(sys.argv[0]).name, sys.argv[1:])))
