"""Pages of the reference that are written from the code itself when the site is built: rules, catalogue, commands.

They lie in ``docs/reference/``, where git ignores them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from pathlib import Path

import click
from sphinx.application import Sphinx

from lossproof import CATALOGUE
from lossproof.certificates.proofs import TACTICS
from lossproof.certificates.statements import lemma_of, prelude
from lossproof.cli import GROUPS
from lossproof.cli.commands import Argument, Command, Commands
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.rules import Rule
from lossproof.render import latex as tex
from lossproof.render.rules import Sheet, chapters, sheet, uses
from lossproof.rulebook import SHIPPED
from lossproof.strategies.entry import Entry

SCRIPTS = Path(__file__).parents[2] / "derivations"


@cache
def derivations() -> Mapping[str, Derivation]:
    """The whole catalogue, derived."""
    return {name: entry.derive() for name, entry in CATALOGUE.items()}


@cache
def users() -> Mapping[str, tuple[str, ...]]:
    """For each rule, by its name, the derivations with a step by it."""
    return uses(derivations().values())


def plain(text: str) -> str:
    """Text without meaning for Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~^])", r"\\\1", text)


def slug(name: str) -> str:
    """A name as the name of a file."""
    return lemma_of(name).replace("_", "-").lower()


def display(formula: str) -> str:
    """A formula on a line of its own."""
    return f"$$\n{formula}\n$$\n"


# ------------------------------------------------------------------ rules


def rule_page(rule: Rule) -> str:
    """What there is to know of a rule."""
    facts = sheet(rule)
    parts = ["---\norphan: true\n---", f"# {plain(facts.name.capitalize())}"]  # the index has it; the side bar is short
    parts.append("[All rules](index.md)")
    if facts.statement:
        parts.append(display(facts.statement))
    if facts.words:
        parts.append(f"{facts.words[0].upper()}{facts.words[1:].replace('``', '`').rstrip('.')}.")
    parts.append("## Conditions\n\n" + _conditions(facts))
    if facts.reference:
        parts.append(f"## Reference\n\n{plain(facts.reference)}.")
    parts.append("## Proof\n\n" + _proof(facts))
    parts.append("## Used in\n\n" + _used(facts))
    return "\n\n".join(parts) + "\n"


def _conditions(facts: Sheet) -> str:
    if not facts.statement:
        return "They depend on the expression, and stand beside each step that uses the rule."
    return "\n".join(f"- ${c}$" for c in facts.conditions) or "None."


def _proof(facts: Sheet) -> str:
    standing = f"{facts.standing[0].upper()}{facts.standing[1:]}"
    if not facts.lemma:
        tactic = f", by the tactic `{TACTICS[facts.name]}` of `certificates/rules.v`" if facts.name in TACTICS else ""
        return f"{standing}{tactic}."
    text = re.search(rf"^Lemma {facts.lemma} : .*?\bQed\.", prelude(), re.MULTILINE | re.DOTALL)
    assert text is not None, facts.lemma
    return f"{standing}: lemma `{facts.lemma}` of `certificates/rules.v`.\n\n```coq\n{text[0]}\n```"


def _used(facts: Sheet) -> str:
    names = users()[facts.name]
    if not names:
        return "In no derivation of the catalogue. Searches such as `recover`, and derivations of your own, may use it."
    return ", ".join(f"[{plain(n)}](../catalogue.md#{n})" for n in names) + "."


def rules(out: Path) -> dict[Path, str]:
    """A page for each rule, and an index by subject."""
    pages = {out / f"{slug(rule.name)}.md": rule_page(rule) for chapter in chapters().values() for rule in chapter}
    index = ["# The rules", _RULES]
    for title, chapter in chapters().items():
        rows = "\n".join(map(_row, map(sheet, chapter)))
        index.append(f"## {title}\n\n| rule | states |\n|---|---|\n{rows}")
    return {**pages, out / "index.md": "\n\n".join(index) + "\n"}


def _row(facts: Sheet) -> str:
    stated = f"${facts.statement}$" if facts.statement else facts.words.replace("``", "`")
    return f"| [{plain(facts.name)}]({slug(facts.name)}.md) | {stated} |"


_RULES = (
    "Every step of a derivation applies one of these, uses an assumption of the model, or cites a theorem proved "
    "before. Each rule has a page, written from the rule itself: what it states, what must hold for it, where to look "
    "it up, how it is proved, and which derivations use it."
)


# ------------------------------------------------------------------ the catalogue


@cache
def scripts() -> Mapping[str, str]:
    """The scripts that write a derivation out, by the name of the derivation."""
    rows = re.findall(r"^\| \[(\w+\.py)\].*\| ([\w-]+) \|$", (SCRIPTS / "README.md").read_text("utf-8"), re.MULTILINE)
    return {name: script for script, name in rows}


def catalogue(out: Path) -> dict[Path, str]:
    """Every derivation that ships, by families: title, relation, what it states, its rules."""
    parts = [_CATALOGUE.format(count=len(CATALOGUE))]
    for family, entries in groupby(CATALOGUE.values(), lambda entry: entry.family):
        parts.append(f"## {plain(family)}")
        parts += map(_entry, entries)
    return {out / "catalogue.md": "\n\n".join(parts) + "\n"}


_CATALOGUE = """# The catalogue

The {count} derivations that ship, in reading order. `lossproof list` prints them, `lossproof derive NAME` shows the
steps of one, `lossproof verify NAME` has them judged. Those with a script are also written out, as the argument goes,
in a file that runs."""


def _entry(entry: Entry) -> str:
    d = derivations()[entry.name]
    claim = "" if d.claim is None else f" in {d.claim}"
    facts = [f"Relation: {plain(str(d.relation) + claim)}; {len(d)} {'step' if len(d) == 1 else 'steps'}."]
    if entry.peers:
        facts.append("The same as " + ", ".join(f"`{p}`" for p in entry.peers) + ".")
    if entry.name in scripts():
        script = scripts()[entry.name]
        facts.append(f"Script: {{download}}`{script} <../../derivations/{script}>`.")
    used = [r for r in d.theorem.rules if SHIPPED.get(r.name) == r]
    if used:
        facts.append("Rules: " + ", ".join(f"[{plain(r.name)}](rules/{slug(r.name)}.md)" for r in used) + ".")
    stated = "\n".join(display(tex.display(s)) for s in tex.statements(d))
    return f"({entry.name})=\n### {entry.name}\n\n{plain(d.title or entry.name)}\n\n{stated}\n{' '.join(facts)}"


# ------------------------------------------------------------------ the command line


def command_line(out: Path) -> dict[Path, str]:
    """Every command, with its arguments, its options and an example."""
    parts = [_COMMAND_LINE]
    for heading, modules in GROUPS.items():
        commands = Commands({heading: modules})
        context = click.Context(commands, info_name="lossproof")
        parts.append(f"## {heading}")
        parts += [
            _command(found, context)
            for name in commands.list_commands(context)
            if (found := commands.get_command(context, name))
        ]
    return {out / "command-line.md": "\n\n".join(parts) + "\n"}


_COMMAND_LINE = """# The command line

Results go to standard output and nothing else does; progress and messages go to standard error. Exit status: 0
proved, 1 not proved or refuted, 2 wrong usage. `lossproof COMMAND --help` says on a terminal what stands here."""


def _command(command: click.Command, parent: click.Context) -> str:
    context = click.Context(command, info_name=command.name, parent=parent)
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    rows = [
        (p.make_metavar(context), p.about) if isinstance(p, Argument) else p.get_help_record(context)
        for p in command.get_params(context)
    ]
    options = "\n".join(f"| `{name}` | {plain(about)} |" for name, about in filter(None, rows))
    about = " ".join(plain(command.help or "").split())
    parts = [
        f"### {command.name}",
        about,
        f"```text\n{usage}\n```",
        f"| argument or option | meaning |\n|---|---|\n{options}",
    ]
    if isinstance(command, Command) and command.example:
        parts.append(f"For example:\n\n```sh\n{command.example}\n```")
    return "\n\n".join(parts)


# ------------------------------------------------------------------ writing


def write(app: Sphinx) -> None:
    """Write the pages that changed, and remove those of what is gone."""
    out = Path(app.srcdir) / "reference"
    pages = {**rules(out / "rules"), **catalogue(out), **command_line(out)}
    (out / "rules").mkdir(exist_ok=True)
    for old in set((out / "rules").glob("*.md")) - set(pages):
        old.unlink()
    for page, text in pages.items():
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before the sources are read."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
