"""Coverage-guided fuzzing of the text of losses, sets and conditions, for a bounded time.

    python tests/attack/fuzz_text.py --seconds 20

Texts are changed by what atheris (Google's libFuzzer for Python) finds to reach new code.  Whatever comes
in, reading must give an expression, sets or conditions, or raise a `ParseError` that points into the text;
an expression must be written so that it is read again; within a bounded time and memory; and nothing must be
executed, imported, opened, started or sent, which an audit hook watches.  Exit status 1, with the text that
did it, if anything else happens.  Needs the extra `fuzz`.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from fuzz_loader import forbidden, in_a_process_of_its_own

#: What the texts are made of at first.
TEXTS = (
    "max(0, 1 - y*f)",
    "log(1 + exp(-y*f))",
    "where(abs(y - f) <= d, (y - f)^2/2, d*abs(y - f) - d^2/2)",
    "-f[y] + log(sum(exp(f[k]), k, 1, K))",
    "where(0 < f < 1 and y == 1 or f != 2, tanh(f)!, min(a, b, 1e-8))",
    "e^f - 2**-1.5*pi/3/f + lgamma(y + 1)",
    "{0,1}, {1..K}, simplex(K), interval(-pi, oo), real^3, (0, 1], counts",
    "tau in (0,1), a >= 2 and 0 < b <= 1/2, s in {-1,1}",
)
#: What is put into them.
PARTS = (
    *("y", "f", "k", "K", "(", ")", "[", "]", "{", "}", ",", "+", "-", "*", "/", "^", "**", "!", "<", "<=", "==", "!="),
    *("..", "where(", "sum(", "max(", "exp(", "in", "and", "or", "oo", "1", "0", "2.5", "1e9", ".", "e", "pi", "real"),
    *("interval(", "'", "__import__('os')", "\\", "\0", "é", "f.__class__", "9" * 50, "(" * 40, "-" * 90, "tanh(" * 9),
)


def mutated(text: str, chance: random.Random) -> str:
    """Another text: a part put in, taken out, doubled, or put for another."""
    at = chance.randint(0, len(text))
    to = min(len(text), at + chance.randint(0, 8))
    new = chance.choice((chance.choice(PARTS), "", text[at:to] * 2, chance.choice(TEXTS)))
    return text[:at] + new + text[to:]


def inside_of(error: Any, text: str) -> None:
    """An error points into the text, or at its end."""
    assert 0 <= error.position <= len(text)


def fuzz(corpus: Path, options: list[str]) -> None:
    """Fuzz until the time is over, in this process; it ends the process."""
    import atheris

    with atheris.instrument_imports(include=["lossproof", "lark"]):
        from sympy import IndexedBase, Symbol

        from lossproof.errors import ParseError
        from lossproof.recovery.text import Names, read_expression, read_sets, read_where
        from lossproof.recovery.writing import as_text

    y, f = Symbol("y", real=True), Symbol("f", real=True)
    numbers, vectors = Names({"y": y, "f": f}), Names({"y": y}, {"f": IndexedBase("f", real=True)})
    readers: dict[str, Any] = {
        "expression": lambda text: read_expression(text, numbers),
        "expression of vectors": lambda text: read_expression(text, vectors),
        "sets": read_sets,
        "conditions": read_where,
    }
    for number, text in enumerate(TEXTS):
        (corpus / str(number)).write_text(text)
    reading = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if reading and forbidden(event):
            raise AssertionError(f"reading a text caused '{event}' {arguments!r:.200}")

    def one(data: bytes) -> None:
        nonlocal reading
        text = data.decode("utf-8", errors="surrogateescape")
        for what, read in readers.items():
            reading = True
            try:
                found = read(text)
            except ParseError as error:
                inside_of(error, text)
                continue
            finally:
                reading = False
            if what == "expression":
                assert read(as_text(found)) == found

    def mutate(data: bytes, largest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return bytes(atheris.Mutate(data, largest))
        text = mutated(data.decode("utf-8", errors="replace"), chance)
        return text.encode("utf-8", errors="replace")[:largest]

    for text in TEXTS:
        one(text.encode())
    sys.addaudithook(watch)
    atheris.Setup([sys.argv[0], str(corpus), *options], one, custom_mutator=mutate)
    atheris.Fuzz()


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    return in_a_process_of_its_own(__file__, __doc__, "text", 6000, fuzz, arguments)


if __name__ == "__main__":
    sys.exit(main())
