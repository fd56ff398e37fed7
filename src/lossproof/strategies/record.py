"""What is known of the catalogue without deriving it: the record that ships beside this module.

The record is written by `REWRITE` and held to the truth by the tests, which derive
every entry, and by ``lossproof certify``, which asks Coq.  Nothing of SymPy is imported to read it, so that a list of
two hundred results is there at once.  What others put into the catalogue is derived.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lossproof.strategies.catalogue import CATALOGUE

#: Where the record is kept: JSON, a line for each entry.
PATH = Path(__file__).with_name("catalogue.json")

#: The command that writes the record anew, in a clone; with ``certify NAME...`` for ``list``, Coq is asked of those.
REWRITE = "lossproof list --format record --out src/lossproof/strategies/catalogue.json"

CERTIFIED, CERTIFIED_GIVEN, PROVED, UNPROVED_RULES = "certified", "certified given", "proved", "unproved rules"

#: How far a theorem is proved, and what that means.
STATUSES = {
    CERTIFIED: "Coq accepts the theorem, on nothing but the axioms of its real numbers",
    CERTIFIED_GIVEN: "Coq accepts it, given facts about functions that its library does not have",
    PROVED: "by the kernel; Coq was not asked, or does not accept it",
    UNPROVED_RULES: "by the kernel, with rules whose lemma in Coq is missing",
}


@dataclass(frozen=True)
class Recorded:
    """What is known of one result.

    Attributes:
        name: in the catalogue.
        family: what it is about; empty for what was registered.
        title: of its derivation.
        relation: what is proved between both sides, in words.
        claim: the set that the left side is shown to be in, if the theorem says so.
        steps: how many.
        peers: functions of other libraries that compute the same.
        cites: the theorems that its steps cite, by name.
        data: whether data can be put into it.
        unproved: the rules in use whose lemma is missing.
        given: if Coq accepts the theorem, what is assumed of functions that Coq's library does not have;
            None if it does not, or was not asked.
    """

    name: str
    family: str
    title: str
    relation: str
    claim: str | None
    steps: int
    peers: tuple[str, ...]
    cites: tuple[str, ...]
    data: bool
    unproved: tuple[str, ...]
    given: tuple[str, ...] | None

    @property
    def status(self) -> str:
        """How far the theorem is proved: one of the `STATUSES`."""
        if self.given is not None:
            return CERTIFIED_GIVEN if self.given else CERTIFIED
        return UNPROVED_RULES if self.unproved else PROVED

    @property
    def says(self) -> str:
        """The relation, and the claim if there is one."""
        return self.relation if self.claim is None else f"{self.relation} in {self.claim}"

    def mentions(self, part: str) -> bool:
        """Whether the name, or that of a peer, has this in it."""
        return _named_in(part, self.name, self.peers)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with what follows from the rest."""
        return {**asdict(self), "status": self.status, "proved": not self.unproved}


def listed(part: str = "") -> list[Recorded]:
    """Every result whose name, or that of a peer, has a part in it: from the record, or derived if it is not in there.

    >>> [result.name for result in listed("multinomial-")]
    ['multinomial-gradient']
    """
    kept = {name: found for name, found in recorded().items() if name not in CATALOGUE.changed}
    others = [describe(name) for name in CATALOGUE.changed if name in CATALOGUE]
    found = [one for one in (*kept.values(), *others) if one.mentions(part)]
    if not found:  # a result that was added since the record was written
        found = [describe(name) for name, entry in CATALOGUE.items() if _named_in(part, name, entry.peers)]
    return found


def _named_in(part: str, name: str, peers: tuple[str, ...]) -> bool:
    return part.lower() in " ".join((name, *peers)).lower()


@cache
def recorded() -> dict[str, Recorded]:
    """The record, by name."""
    rows = [_read(row) for row in json.loads(PATH.read_text(encoding="utf-8"))]
    return {row.name: row for row in rows}


def _read(row: dict[str, Any]) -> Recorded:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Recorded(**fields)


def describe(name: str) -> Recorded:
    """What is found by deriving a result; whether Coq accepts it is not asked.

    Raises:
        UnknownName: if the catalogue does not have it.
    """
    from lossproof.kernel.derivation import Cite
    from lossproof.strategies.catalogue import entry

    one = entry(name)
    d = one.derive()
    return Recorded(
        name=name,
        family=one.family,
        title=d.title,
        relation=str(d.relation),
        claim=None if d.claim is None else str(d.claim),
        steps=len(d),
        peers=one.peers,
        cites=tuple(dict.fromkeys(s.rule.derivation.name for s in d if isinstance(s.rule, Cite))),
        data=one.model is not None and one.model.prior is None,
        unproved=d.theorem.unproved,
        given=None,
    )


def rewritten(certified: Mapping[str, tuple[str, ...] | None]) -> str:
    """The record as it should be now.

    Args:
        certified: of those that Coq was asked about, what their theorem is given, or None where Coq does not accept it;
            of the others the old record is believed.
    """
    old = {name: one.given for name, one in recorded().items()} if PATH.exists() else {}
    known = {**old, **certified}
    rows = [{**asdict(describe(name)), "given": known.get(name)} for name in CATALOGUE]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"
