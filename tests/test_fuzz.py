"""Random attacks, the same ones in every run: on the kernel, on what the facts affirm, on files.

More of each by ``python tests/attack/fuzz_rules.py``, ``fuzz_facts.py`` and ``fuzz_loader.py``; `.ci/run` has each
rule compared eight times by the first of them.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attack import fuzz_facts, fuzz_loader, fuzz_rules
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import lossproof as lp
from lossproof.cli import main
from lossproof.errors import LossproofError
from lossproof.kernel.conditions import Member
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import TWO, mul
from lossproof.rulebook import SHIPPED, calculus, logarithms, sigmoids, sums

# ------------------------------------------------------------------ the kernel

APPLICATIONS, LEAST, QUESTIONS = 1500, 2, 3000


def test_no_application_of_a_rule_is_wrong(needs: Any) -> None:
    needs("flint")
    figures = fuzz_rules.attack(APPLICATIONS, seed=0)
    assert figures.wrong == []
    assert sum(figures.granted.values()) >= APPLICATIONS
    reached = {name: figures.compared[name] for name in fuzz_rules.RULES}
    assert min(reached.values()) >= LEAST, min(reached.items(), key=lambda item: item[1])
    assert set(reached) | fuzz_rules.NOT_HERE == set(SHIPPED)


def _without_conditions(rule: Identity, kind: type[Any]) -> Identity:
    kept = tuple(c for c in rule.when if not isinstance(getattr(c, "condition", c), kind))
    assert kept != rule.when
    return Identity(rule.name, rule.left, rule.right, kept)


@pytest.mark.parametrize(
    ("rule", "lost"),
    [
        (logarithms.LOG_OF_POWER, Member),
        (logarithms.LOG_OF_FACTORS, Member),
        (logarithms.LOG_OF_PRODUCT, Member),
        (logarithms.EXP_OF_LOG, Member),
        (sums.CONSTANT_OUT_OF_SUM, Member),
    ],
    ids=lambda v: getattr(v, "name", None) or v.__name__,
)
def test_the_attack_sees_a_rule_that_lost_a_condition(rule: Identity, lost: type[Any], needs: Any) -> None:
    needs("flint")
    wrong = _without_conditions(rule, lost)
    figures = fuzz_rules.attack(600, seed=3, rules={rule.name: wrong}, sloppy=0.4)
    assert figures.wrong


@pytest.mark.parametrize(
    "rule",
    [calculus.DERIVATIVE_OF_COSINE, calculus.PRODUCT_RULE, calculus.DERIVATIVE_OF_PRODUCT, sums.SIFT, sigmoids.SIGMOID],
    ids=lambda rule: rule.name,
)
def test_the_attack_sees_a_rule_with_a_wrong_side(rule: Identity, needs: Any) -> None:
    needs("flint")
    wrong = Identity(rule.name, rule.left, mul(TWO, rule.right), rule.when)
    assert fuzz_rules.attack(100, seed=4, rules={rule.name: wrong}).wrong


def test_what_the_facts_affirm_is_true(needs: Any) -> None:
    needs("flint")
    answers = fuzz_facts.ask(QUESTIONS, seed=0)
    assert answers.wrong == []
    assert all(answers.affirmed[kind] >= 50 for kind in fuzz_facts.QUESTIONS), answers.table()
    assert all(answers.confirmed[kind] >= 50 for kind in fuzz_facts.QUESTIONS), answers.table()


# ------------------------------------------------------------------ files

DOCUMENTS = {name: lp.derive(name).to_json(indent=None) for name in fuzz_loader.NAMES}


def loads_or_refuses(data: str | bytes) -> bool:
    """Whether a document is read; then it has been replayed, and reads the same when it is written again."""
    try:
        loaded = lp.load(data)
    except LossproofError:
        return False
    assert loaded.theorem
    assert lp.load(loaded.to_json()) == loaded
    return True


@settings(max_examples=250)
@given(st.sampled_from(sorted(DOCUMENTS)), st.integers(0, 2**32), st.integers(1, 4))
def test_a_changed_document_is_refused_or_holds(name: str, seed: int, changes: int) -> None:
    chance, document = random.Random(seed), json.loads(DOCUMENTS[name])
    for _ in range(changes):
        document = fuzz_loader.changed(document, chance)
    loads_or_refuses(json.dumps(document))


_SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    st.sampled_from(
        [10**4000, -(10**30), "9" * 5000, "\ud800", "\0", "Symbol", "Number", "Add", "Sum", "Named", "Curve"]
    ),
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.lists(st.lists(_JSON, max_size=4), max_size=6), _JSON, _JSON)
def test_a_document_of_anything_is_refused(nodes: list[Any], lemmas: Any, derivation: Any) -> None:
    document = {
        "format": "lossproof derivation",
        "version": 1,
        "nodes": nodes,
        "lemmas": lemmas,
        "derivation": derivation,
    }
    assert not loads_or_refuses(json.dumps(document))


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(fuzz_loader.KINDS)), st.lists(st.integers(-1, 8), max_size=4)), max_size=12
    )
)
def test_a_table_of_any_nodes_is_refused_or_read(rows: list[tuple[str, list[int]]]) -> None:
    atoms = [
        ["Symbol", "a", {}],
        ["Number", "2"],
        ["Head", "f", 0],
        ["Symbol", "i", {"integer": True}],
        ["Number", "-1"],
    ]
    nodes = [*atoms, *([kind, *below] for kind, below in rows)]
    derivation = {"name": "a", "title": "", "hypotheses": [], "parameters": [], "start": len(nodes) - 1, "steps": []}
    document = {"format": "lossproof derivation", "version": 1, "nodes": nodes, "lemmas": [], "derivation": derivation}
    loads_or_refuses(json.dumps(document))


LOGISTIC = DOCUMENTS["logistic"]
BYTES: dict[str, bytes] = {
    "nothing": b"",
    "zeros": b"\0" * 1000,
    "a zero inside": LOGISTIC[:500].encode() + b"\0" + LOGISTIC[500:].encode(),
    "UTF-16": LOGISTIC.encode("utf-16"),
    "UTF-32": LOGISTIC.encode("utf-32"),
    "Latin-1": LOGISTIC.replace("logistic", "logistiqué").encode("latin-1"),
    "a mark in front": b"\xef\xbb\xbf" + LOGISTIC.encode(),
    "half a character": LOGISTIC.encode()[:-1] + b"\xe2\x88",
    "a lone surrogate": LOGISTIC.replace('"logistic"', '"\\ud800"').encode(),
    "lists 10^6 deep": b"[" * 10**6,
    "objects 10^5 deep": b'{"a":' * 10**5,
    "an integer of 10^6 digits": b"9" * 10**6,
    "a version of 10^5 digits": b'{"format": "lossproof derivation", "version": ' + b"9" * 10**5 + b"}",
    "a version out of range": b'{"format": "lossproof derivation", "version": 1e999}',
    "a version that is no number": b'{"format": "lossproof derivation", "version": NaN}',
    "a version that is a list": b'{"format": "lossproof derivation", "version": [' + b"1," * 1000 + b"1]}",
    "30 million spaces": b" " * 30_000_000,
    "a later version": LOGISTIC.replace('"version": 1', '"version": 2', 1).encode(),
    "two versions, the later last": LOGISTIC.replace('"version": 1', '"version": 1, "version": 2', 1).encode(),
}


@pytest.mark.parametrize("what", BYTES)
def test_hostile_bytes_are_refused(what: str) -> None:
    assert not loads_or_refuses(BYTES[what])


def test_of_doubled_keys_the_last_counts() -> None:
    assert loads_or_refuses(LOGISTIC.replace('"version": 1', '"version": 2, "version": 1', 1))
    assert not loads_or_refuses(
        LOGISTIC.replace('"start": ', '"start": 0, "start": ', 1).replace('"steps": [', '"steps": 0, "steps": [0, ', 1)
    )


@pytest.mark.parametrize("cut", range(0, len(LOGISTIC), len(LOGISTIC) // 40))
def test_a_part_of_a_document_is_refused(cut: int) -> None:
    assert not loads_or_refuses(LOGISTIC[:cut])


_WATCHED = """
import json, random, sys
sys.path.insert(0, sys.argv[1])
from attack import fuzz_loader
import lossproof as lp

documents = [json.loads(lp.derive(name).to_json()) for name in fuzz_loader.NAMES[:4]]
for document in documents:
    lp.load(json.dumps(document))
chance, seen, reading = random.Random(0), [], False
sys.addaudithook(lambda event, _: seen.append(event) if reading and fuzz_loader.forbidden(event) else None)
texts = [json.dumps(fuzz_loader.changed(json.loads(json.dumps(chance.choice(documents))), chance)) for _ in range(150)]
texts += ['{"nodes": [["Symbol", "__import__(\\'os\\')", {}]]}', "__import__('os').system('true')"]
read = 0
for text in texts:
    reading = True
    try:
        lp.load(text.encode())
        read += 1
    except lp.LossproofError:
        pass
    finally:
        reading = False
reading = True
compile("1", "", "eval")
reading = False
print(read, len(texts), seen)
"""


def test_reading_a_document_executes_imports_and_opens_nothing() -> None:
    command = [sys.executable, "-c", _WATCHED, str(ROOT / "tests")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    read, every, seen = done.stdout.split(maxsplit=2)
    assert 0 < int(read) < int(every)
    assert seen.strip() == "['compile']"  # the one that shows that the hook sees


# ------------------------------------------------------------------ files on the command line


@pytest.mark.parametrize("command", ["derive", "verify"])
@pytest.mark.parametrize("what", BYTES)
def test_a_hostile_file_is_refused_in_a_line(
    command: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "saved.json"
    path.write_bytes(BYTES[what])
    assert main([command, str(path)]) in (1, 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert len(printed.err) < 1500


TABLES: dict[str, bytes] = {
    "nothing": b"",
    "a header": b"x,y\n",
    "a zero": b"x,y\n\0,1\n",
    "all bytes": bytes(range(256)) * 10,
    "UTF-16": "x,y\n1,1\n".encode("utf-16"),
    "no number": b"x,y\nnan,1\n",
    "infinity": b"x,y\n1e999,1\n",
    "10^6 digits": b"x,y\n" + b"9" * 10**6 + b",1\n",
    "an open quote": b'x,y\n"1,1\n',
    "ragged rows": b"x,y\n1\n1,2,3\n",
    "the same name twice": b"x,x\n1,1\n",
    "underscores": b"x,y\n1_0,1\n2,0\n",
    "numbers too large": b"x,y\n1e308,1\n-1e308,0\n1e308,0\n",
    "one column": b"y\n1\n0\n",
}


@pytest.mark.parametrize("what", TABLES)
def test_a_hostile_table_is_refused_in_a_line(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(TABLES[what])
    assert main(["verify", "logistic", "--data", str(path)]) in (1, 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")
def test_a_file_without_an_end_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, arguments in (("saved.json", ["derive"]), ("data.csv", ["verify", "logistic", "--data"])):
        (tmp_path / name).symlink_to("/dev/zero")
        assert main([*arguments, str(tmp_path / name)]) in (1, 2)
        assert len(capsys.readouterr().err.splitlines()) == 1
