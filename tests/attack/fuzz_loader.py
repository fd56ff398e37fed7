"""Coverage-guided fuzzing of the loader of saved derivations, for a bounded time.

    python tests/attack/fuzz_loader.py --seconds 20

Documents of the catalogue are changed, as bytes and as JSON (parts swapped, dropped, doubled, nested,
made huge), by what atheris (Google's libFuzzer for Python) finds to reach new code.  Whatever comes in,
`lossproof.load` must give a derivation that replays, or raise a `LossproofError`; within a bounded
time and memory; and must execute, import, open, start or send nothing, which an audit hook watches.
Exit status 1, with the document that did it, if it does anything else.  Needs the extra `fuzz`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

#: Entries of the catalogue whose documents are changed: sums, matrices, citations, claims, functions, censoring.
NAMES = (
    *("logistic", "logistic-gradient", "gaussian", "least-squares", "least-squares-minimum", "normal-equations"),
    *(
        "softmax",
        "exponential-family-gradient",
        "weibull-censored",
        "simple-linear-regression",
        "ridge",
        "gamma-density",
    ),
)
#: Kinds of nodes.
KINDS = (
    *("Symbol", "Number", "Constant", "Head", "Array", "Indexed", "Tuple", "Add", "Mul", "Pow", "exp", "log", "Sum"),
    *("Product", "Derivative", "Definition", "Named", "Opaque", "Curve", "Eq", "ProductOver", "Probability", "Matrix"),
    *("Column", "MatrixProduct", "Transpose", "Inverse", "Gradient", "KroneckerDelta", "besseli", "Max", "Nonsense"),
)
#: What must not happen while a document is read.
FORBIDDEN = (
    "exec",
    "compile",
    "import",
    "open",
    "subprocess.",
    "os.",
    "socket.",
    "shutil.",
    "ctypes.",
    "marshal.",
    "pickle.",
)
#: No document takes longer, in seconds, or more memory, in MiB.
LONGEST, MOST_MEMORY = 20, 2048

_TEXTS = (
    "",
    "\0",
    "\ud800",
    "é",
    "inf",
    "nan",
    "-inf",
    "1/0",
    "0x10",
    "1_0",
    "1e999",
    "__import__('os')",
    "a" * 10_000,
)
_LEAVES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 10**30, 1.5, float("inf"), float("nan"), -0.0, [], {}, [[]], {"": None}),
    *_TEXTS,
    *("9" * 999, "9" * 5000, "-1", "1/3", "algebra", "definition", "logarithm of a product", "Symbol", "Add", "Named"),
)


def forbidden(event: str) -> bool:
    """Whether an audit event is one that reading must not cause."""
    return any(event == f or (f.endswith(".") and event.startswith(f)) for f in FORBIDDEN)


def changed(document: Any, chance: random.Random) -> Any:
    """A document with one part, anywhere, swapped, dropped, doubled, moved or wrapped; it is changed in place."""
    spots: list[tuple[Any, Any]] = []
    here = document
    for _ in range(chance.randint(1, 8)):  # down a random path, so that deep and shallow parts are met alike
        if not isinstance(here, (dict, list)) or not here:
            break
        key = chance.choice(list(here)) if isinstance(here, dict) else chance.randrange(len(here))
        spots.append((here, key))
        here = here[key]
    if not spots:
        return chance.choice(_LEAVES)
    where, key = spots[-1]
    match chance.randrange(8):
        case 0 | 1:
            where[key] = chance.choice(_LEAVES)
        case 2:
            del where[key]
        case 3 if isinstance(where, list):
            where.insert(key, where[key])
        case 3:
            where[str(key) + chance.choice(("", " ", "s"))] = where[key]
        case 4:
            where[key] = [where[key]]
        case 5 if isinstance(where[key], int) and not isinstance(where[key], bool):
            where[key] += chance.choice((-1, 1, 2, 10))
        case 5 if isinstance(where[key], str):
            where[key] = where[key][: chance.randint(0, len(where[key]))] + chance.choice(_TEXTS)
        case 6:
            other, at = chance.choice(spots)
            where[key] = json.loads(json.dumps(other[at])) if other is not where else chance.choice(_LEAVES)
        case _ if isinstance(where, list):
            j = chance.randrange(len(where))
            where[key], where[j] = where[j], where[key]
        case _:
            where[key] = {"of": where[key], "body": where[key]}
    return document


def mutated(data: bytes, bytewise: Callable[[bytes], bytes], chance: random.Random) -> bytes:
    """Other bytes: changed as JSON where they are, or as bytes."""
    try:
        document = json.loads(data) if chance.random() < 0.8 else None
    except (ValueError, RecursionError):
        document = None
    if document is None:
        return bytewise(data)
    for _ in range(chance.choice((1, 1, 2, 5))):
        document = changed(document, chance)
    return json.dumps(document).encode()


def fuzz(corpus: Path, options: list[str]) -> None:
    """Fuzz until the time is over, in this process; it ends the process."""
    import atheris

    with atheris.instrument_imports(include=["lossproof"]):
        import lossproof as lp
        from lossproof.errors import LossproofError

        for name in NAMES:  # everything is imported and cached before it is watched
            text = lp.derive(name).to_json(indent=None)
            (corpus / name).write_text(text)
            lp.load(text)

    reading = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if reading and forbidden(event):
            raise AssertionError(f"reading a document caused '{event}' {arguments!r:.200}")

    def one(data: bytes) -> None:
        nonlocal reading
        reading = True
        try:
            loaded = lp.load(data)
        except LossproofError:
            return
        finally:
            reading = False
        assert loaded.theorem  # what is read counts only once it is replayed
        assert lp.load(loaded.to_json()) == loaded

    def mutate(data: bytes, largest: int, seed: int) -> bytes:
        found = mutated(data, lambda b: bytes(atheris.Mutate(b, largest)), random.Random(seed))
        return found if len(found) <= largest else bytes(atheris.Mutate(data, largest))

    one(b"{}")
    sys.addaudithook(watch)
    atheris.Setup([sys.argv[0], str(corpus), *options], one, custom_mutator=mutate)
    atheris.Fuzz()


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    return in_a_process_of_its_own(__file__, __doc__, "document", 200_000, fuzz, arguments)


def in_a_process_of_its_own(
    program: str,
    about: str | None,
    what: str,
    largest: int,
    fuzz: Callable[[Path, list[str]], None],
    arguments: list[str] | None,
) -> int:
    """Run a fuzzer where it may hang or die; what it fails on is kept."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20, help="for how long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", metavar="DIRECTORY", help=argparse.SUPPRESS)
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.inside:
        fuzz(Path(chosen.inside), rest)
    if find_spec("atheris") is None:
        sys.stderr.write(f"fuzzing with a {what} needs atheris: pip install 'lossproof[fuzz]'\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        limits = [
            f"-timeout={LONGEST}",
            f"-rss_limit_mb={MOST_MEMORY}",
            f"-artifact_prefix={folder}/",
            f"-max_len={largest}",
        ]
        inside = ["--inside", str(corpus), f"-max_total_time={chosen.seconds}", f"-seed={chosen.seed}"]
        command = [sys.executable, program, *inside, *limits]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        last = re.findall(r"#(\d+)\s+DONE\s+cov: (\d+)", done.stderr)
        if done.returncode == 0 and last:
            print(f"{last[-1][0]} {what}s in {chosen.seconds} s, {last[-1][1]} places of the code reached, none bad")
            return 0
        print(done.stderr[-4000:])
        for found in sorted(p for p in Path(folder).iterdir() if p.is_file()):
            kept = Path(tempfile.gettempdir()) / f"lossproof-{found.name}"
            kept.write_bytes(found.read_bytes())
            print(f"the {what} is kept in {kept}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
