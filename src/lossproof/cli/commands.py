"""How a command is declared, found by its name and described."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from lossproof.cli.guard import WRONG_USAGE, say
from lossproof.cli.terminal import columns, styled
from lossproof.errors import UnknownName

#: What the script that completes words sets in the environment when it asks.
ASKED = "_LOSSPROOF_COMPLETE"

_SETTINGS = {"help_option_names": ["-h", "--help"]}

#: Where `@command` puts what it declares: the commands by their names.
_DECLARED: dict[str, Command] = {}


class Argument(click.Argument):
    """A positional argument that the help explains, as it explains options."""

    def __init__(self, name: str, *, about: str, **settings: Any) -> None:
        super().__init__([name], **settings)
        self.about = about


class Command(click.Command):
    """A command whose help says what it does and takes, and ends with an example.

    Attributes:
        about: what it does; a paragraph that is set in is kept as it is.
        example: a command line that works.
    """

    def __init__(self, name: str | None, *, about: str, example: str = "", **settings: Any) -> None:
        super().__init__(name, help=about, context_settings=_SETTINGS, **settings)
        self.about, self.example = about, example

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _said_briefly(super().get_help_option(ctx))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_usage(ctx, formatter)
        for paragraph in inspect.cleandoc(self.about).split("\n\n"):
            formatter.write_paragraph()
            if paragraph.startswith(" "):
                formatter.write(f"{paragraph}\n")
            else:
                formatter.write_text(paragraph)
        with formatter.section(_heading("Arguments and options")):
            formatter.write_dl([*self._arguments(ctx), *self._options(ctx)])
        _write_example(self.example, formatter)

    def _arguments(self, ctx: click.Context) -> list[tuple[str, str]]:
        return [(p.make_metavar(ctx), p.about) for p in self.get_params(ctx) if isinstance(p, Argument)]

    def _options(self, ctx: click.Context) -> list[tuple[str, str]]:
        records = [p.get_help_record(ctx) for p in self.get_params(ctx) if isinstance(p, click.Option)]
        return [record for record in records if record is not None]


def command(
    name: str, *params: click.Parameter | Iterable[click.Parameter], example: str, cls: type[Command] = Command
) -> Callable[[Callable[..., int]], Command]:
    """Declare a command: a function that takes its parameters by their names, does it, and returns the exit status.

    Args:
        name: what is typed.
        params: arguments and options, or several of them that commands share.
        example: a whole command line that works.
        cls: a kind of `Command`.
    """

    def declare(run: Callable[..., int]) -> Command:
        flat = [p for some in params for p in ([some] if isinstance(some, click.Parameter) else some)]
        made = cls(name, callback=run, about=run.__doc__ or "", example=example, params=flat)
        _DECLARED[name] = made
        return made

    return declare


class Commands(click.Group):
    """All commands; a module is imported when a name is not among those of the modules before it."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        version = click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version)
        version.help = "show the version and exit"
        super().__init__(
            "lossproof",
            context_settings=_SETTINGS,
            params=[version],
            subcommand_metavar="COMMAND ...",
            no_args_is_help=False,
        )
        self._modules = groups

    def _import(self) -> Iterable[tuple[str, list[str]]]:
        for heading, modules in self._modules.items():
            names = []
            for module in modules:
                names += [c.name for c in vars(importlib.import_module(module)).values() if isinstance(c, Command)]
            yield heading, [name for name in names if name]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _said_briefly(super().get_help_option(ctx))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for _, names in self._import() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return next((_DECLARED[cmd_name] for _, names in self._import() if cmd_name in names), None)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            ctx.fail(str(UnknownName("command", args[0], self.list_commands(ctx))))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(
            "Prove that your loss is a likelihood: derive it step by step, check every step, typeset it."
        )
        for heading, names in self._import():
            with formatter.section(_heading(heading)):
                formatter.write_dl([(name, _DECLARED[name].get_short_help_str(200)) for name in names])
        with formatter.section(_heading("Options")):
            formatter.write_dl([r for p in self.get_params(ctx) if (r := p.get_help_record(ctx)) is not None])
        formatter.write("\n'lossproof COMMAND --help' says more of a command.\n")
        _write_example("lossproof derive logistic --format text", formatter)


def _heading(words: str) -> str:
    return click.style(words, bold=True) if columns() is not None and styled() else words


def _write_example(example: str, formatter: click.HelpFormatter) -> None:
    if example:
        with formatter.section(_heading("Example")):
            formatter.write(f"  {example}\n")


def _said_briefly(option: click.Option | None) -> click.Option | None:
    """The option that asks for help, explained as the other options are."""
    if option is not None:
        option.help = "show this and exit"
    return option


def _version(ctx: click.Context, param: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from lossproof import __version__

        print(f"lossproof {__version__}")
        ctx.exit()


def run(command: click.Command, name: str, arguments: Sequence[str]) -> int:
    """Run a command with its arguments; wrong usage is said in one line.  Returns the exit status."""
    try:
        with command.make_context(name, list(arguments)) as context:
            return int(command.invoke(context))
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        say(" ".join(f"{path}: {_said(error)}; see '{path} --help'".split()))
        return WRONG_USAGE


def _said(error: click.UsageError) -> str:
    """What is wrong, in one line that goes on."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        known = [name for p in error.ctx.command.get_params(error.ctx) for name in p.opts if name.startswith("-")]
        return str(UnknownName("option", error.option_name, known))
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        return error.message
    said = error.format_message().rstrip(".")
    return said[:1].lower() + said[1:]
