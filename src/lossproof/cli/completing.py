"""What a shell is told of the words that a command takes, and the script that makes it ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import click
from click.shell_completion import CompletionItem, get_completion_class, shell_complete

from lossproof.cli.commands import ASKED

#: The words that a parameter may take, for the beginning of one.
Completer: TypeAlias = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def answer(commands: click.Command, asked: str) -> int:
    """Tell the shell what may stand there; what it asks is in the environment."""
    return shell_complete(commands, {}, "lossproof", ASKED, asked)


def script_for(commands: click.Command, shell: str) -> str:
    """The script for a shell.

    Raises:
        KeyError: for a shell that click does not know.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise KeyError(shell)
    return kind(commands, {}, "lossproof", ASKED).source()


def results(ctx: click.Context, param: click.Parameter, beginning: str) -> list[CompletionItem]:
    """The names of the catalogue, with their titles; files where none begins like that."""
    from lossproof.strategies.record import recorded

    named = [CompletionItem(name, help=one.title) for name, one in recorded().items() if name.startswith(beginning)]
    return named or files(ctx, param, beginning)


def files(ctx: click.Context, param: click.Parameter, beginning: str) -> list[CompletionItem]:
    """Whatever files there are: the shell knows."""
    return [CompletionItem(beginning, type="file")]


def some_of(words: Iterable[str]) -> Completer:
    """Some words with commas between them."""

    def complete(ctx: click.Context, param: click.Parameter, beginning: str) -> list[CompletionItem]:
        *before, last = beginning.split(",")
        rest = [word for word in words if word.startswith(last) and word not in before]
        return [CompletionItem(",".join((*before, word))) for word in rest]

    return complete


def words_or_files(*words: str) -> Completer:
    """Some words, and files where none begins like that."""

    def complete(ctx: click.Context, param: click.Parameter, beginning: str) -> list[CompletionItem]:
        found = [CompletionItem(word) for word in words if word.startswith(beginning)]
        return found or files(ctx, param, beginning)

    return complete
