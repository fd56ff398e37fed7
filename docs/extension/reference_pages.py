"""Pages of the reference that are written from the code itself when the site is built: rules, catalogue.

They lie in ``docs/reference/``, where git ignores them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from sphinx.application import Sphinx

from lossproof import CATALOGUE, rulebook
from lossproof.certificates.proofs import TACTICS
from lossproof.certificates.statements import lemma_of, prelude, proved
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.relations import Kind
from lossproof.kernel.rules import Identity, Rule
from lossproof.render import latex as tex
from lossproof.rulebook import SHIPPED

SCRIPTS = Path(__file__).parents[2] / "derivations"


@cache
def derivations() -> Mapping[str, Derivation]:
    """The whole catalogue, derived."""
    return {name: entry.derive() for name, entry in CATALOGUE.items()}


@cache
def uses() -> Mapping[str, tuple[str, ...]]:
    """For each rule, by its name, the derivations with a step by it."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, derivation in derivations().items():
        for rule in derivation.theorem.rules:
            found[rule.name].append(name)
    return {rule: tuple(names) for rule, names in found.items()}


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


def modules() -> list[ModuleType]:
    """The modules of the rulebook that hold rules, as they stand in it."""
    return [m for m in vars(rulebook).values() if isinstance(m, ModuleType) and rules_of(m)]


def rules_of(module: ModuleType) -> list[Rule]:
    """The rules of a module that ship."""
    return [r for r in vars(module).values() if isinstance(r, Rule) and SHIPPED.get(r.name) is r]


def rule_page(rule: Rule) -> str:
    """What there is to know of a rule."""
    parts = [f"# {plain(rule.name.capitalize())}"]
    parts.append(_stated(rule))
    parts.append("## Conditions\n\n" + _conditions(rule))
    parts.append(f"## Reference\n\n{plain(rule.reference)}." if rule.reference else "")
    parts.append("## Proof\n\n" + _proof(rule))
    parts.append("## Used in\n\n" + _used(rule))
    return "\n\n".join(part for part in parts if part) + "\n"


def _stated(rule: Rule) -> str:
    if not isinstance(rule, Identity):
        return _sentence(type(rule)) + " No pattern can say this, so it is a small program of the rulebook."
    left, right = tex.mathematics(rule.left), tex.mathematics(rule.right)
    if rule.kind is Kind.EQUAL:
        return display(f"{left} = {right}")
    turned = ", and a maximum of the one is a minimum of the other" if rule.reverses else ""
    return display(f"{left} \\longrightarrow {right}") + (
        f"\nThis is no equation: the two have the same optima{turned}. It holds of the whole expression only."
    )


def _sentence(kind: type) -> str:
    first = (kind.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(first.replace("``", "`").split())


def _conditions(rule: Rule) -> str:
    if not isinstance(rule, Identity):
        return "They depend on the expression, and stand beside each step that uses the rule."
    lines = [f"- ${tex.condition(c)}$" for c in rule.when]
    lines += [f"- ${tex.mathematics(c)}$ does not contain the parameters" for c in rule.constant]
    return "\n".join(lines) or "None."


def _proof(rule: Rule) -> str:
    if rule.name in TACTICS:
        return (
            f"Each use is proved anew in the certificate of its derivation, by the tactic `{TACTICS[rule.name]}` of "
            "`certificates/rules.v`."
        )
    name = lemma_of(rule.name)
    if not proved(rule):
        return "No lemma yet: every theorem that uses this rule says so."
    found = re.search(rf"^Lemma {name} : .*?^(?:Proof\..*?)?(?:Qed|Defined)\.", prelude(), re.MULTILINE | re.DOTALL)
    assert found, name
    return f"Lemma `{name}` in `certificates/rules.v`, proved once in Coq:\n\n```coq\n{found[0]}\n```"


def _used(rule: Rule) -> str:
    names = uses().get(rule.name, ())
    if not names:
        return "In no derivation of the catalogue; searches such as `recover` and your own derivations may use it."
    return "\n".join(f"- [{plain(n)}](../catalogue.md#{n})" for n in names)


def rules(out: Path) -> dict[Path, str]:
    """A page for each rule, and an index by subject."""
    pages = {out / f"{slug(rule.name)}.md": rule_page(rule) for module in modules() for rule in rules_of(module)}
    index = ["# The rules", _RULES]
    for module in modules():
        title = module.__name__.rpartition(".")[2].replace("_", " ").capitalize()
        index.append(f"## {title}\n\n{_sentence_of(module)}")
        index.append("\n".join(f"- [{plain(r.name)}]({slug(r.name)}.md)" for r in rules_of(module)))
    toc = "\n".join(page.stem for page in pages)
    index.append(f"```{{toctree}}\n:hidden:\n\n{toc}\n```")
    return {**pages, out / "index.md": "\n\n".join(index) + "\n"}


_RULES = (
    "Every step of a derivation applies one of these, and every page here is written from the rule itself: what it "
    "states, what must hold for it, where to look it up, how it is proved, and which derivations use it. Besides "
    "them there are three kinds of step that need no rulebook: a definition is unfolded or folded, an assumption of "
    "the model is used, a theorem proved before is cited."
)


def _sentence_of(module: ModuleType) -> str:
    return " ".join((module.__doc__ or "").strip().split("\n\n")[0].replace("``", "`").split())


# ------------------------------------------------------------------ the catalogue


@cache
def scripts() -> Mapping[str, str]:
    """The scripts that write a derivation out, by the name of the derivation."""
    rows = re.findall(r"^\| \[(\w+\.py)\].*\| ([\w-]+) \|$", (SCRIPTS / "README.md").read_text("utf-8"), re.MULTILINE)
    return {name: script for script, name in rows}


def catalogue(out: Path) -> dict[Path, str]:
    """Every derivation that ships: title, relation, what it states, its rules."""
    parts = [_CATALOGUE.format(count=len(CATALOGUE))]
    parts += [_entry(name, d) for name, d in derivations().items()]
    return {out / "catalogue.md": "\n\n".join(parts) + "\n"}


_CATALOGUE = """# The catalogue

The {count} derivations that ship, in reading order. `lossproof list` prints them, `lossproof derive NAME` shows one
whole, `lossproof report NAME --out page.html` as a page. Those with a script are written out, as the argument goes,
in a file that runs."""


def _entry(name: str, d: Derivation) -> str:
    facts = [f"relation: {d.relation}", f"{len(d)} steps"]
    if peers := CATALOGUE[name].peers:
        facts.append("the same as " + ", ".join(f"`{p}`" for p in peers))
    if name in scripts():
        facts.append(f"script: {{download}}`{scripts()[name]} <../../derivations/{scripts()[name]}>`")
    used = [r for r in d.theorem.rules if SHIPPED.get(r.name) is r and any(r in rules_of(m) for m in modules())]
    stated = "\n".join(display(tex.finished(s)) for s in tex.statements(d))
    linked = ", ".join(f"[{plain(r.name)}](rules/{slug(r.name)}.md)" for r in used)
    return (
        f"({name})=\n## {name}\n\n{plain(d.title or name)}\n\n{stated}\n{'; '.join(facts)}."
        + (f"\n\nRules: {linked}." if linked else "")
    )


# ------------------------------------------------------------------ writing


def write(app: Sphinx) -> None:
    """Write the pages that changed, and remove those of what is gone."""
    out = Path(app.srcdir) / "reference"
    pages = {**rules(out / "rules"), **catalogue(out)}
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
