"""Programs with a number for each class, as loops over a few rows at a time, for languages with loops.

The rows of a tile are behind the classes: what belongs to a class of all rows lies side by side, so that compilers
compute several rows at once, and sums over classes are sums of such parts.  As in `scalar`, the statements are
Python in which names are numbers and arrays of numbers in a row.  Numbers of classes are doubles, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import NumberSymbol, Rational

from lossproof.compiled.program import Level, Node, Program
from lossproof.compiled.scalar import EXPRESSIONS, applied, grouped

#: What is done with one more class in a sum, and where it begins: of the value ``{v}`` for the sum ``{t}``.
_REDUCTIONS = {
    "largest": (("{t} = -math.inf",), ("{t} = maximum({t}, {v})",), ()),
    "sum": (("{t} = 0.0",), ("{t} = {t} + {v}",), ()),
    # the larger one waits; what the additions lose is added up beside (Knuth 1998, section 4.2.2, theorem B)
    "sum_but_largest": (
        ("{t} = 0.0", "{w} = 0.0", "{u} = 0.0"),
        (
            "{n}1 = {w}",
            "{n}2 = {n}1 if {n}1 <= {v} else {v}",
            "{w} = {n}1 if {n}1 > {v} else {v}",
            "{n}3 = {t}",
            "{n}4 = {n}3 + {n}2",
            "{n}5 = {n}4 - {n}3",
            "{u} = {u} + (({n}3 - ({n}4 - {n}5)) + ({n}2 - {n}5))",
            "{t} = {n}4",
        ),
        ("{t} = {t} + {u}",),
    ),
}


@dataclass(frozen=True)
class Tile:
    """The statements for one tile, and the arrays that they need beside what is given.

    Attributes:
        lines: of the function's body; they know ``classes``, ``rows``, what is given, and the arrays.
        of_rows: names of arrays with a number for each row.
        of_classes: names of arrays with a number for each class of each row.
    """

    lines: tuple[str, ...]
    of_rows: tuple[str, ...]
    of_classes: tuple[str, ...]


class TileWriter:
    """Writes the statements of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._stage = [0] * len(program.nodes)
        for number, node in enumerate(program.nodes):
            before = max((self._stage[a] for a in node.arguments), default=0)
            waits = node.operation == "gather" and self._computed(node.arguments[0])
            self._stage[number] = before + (node.operation in _REDUCTIONS or waits)
        self._outputs = {number: name for name, number in program.outputs.items()}
        self._rows, self._classes = list[str](), list[str]()

    def tile(self) -> Tile:
        """All of them, in order."""
        last = max(self._stage, default=0)
        lines = [line for stage in range(last + 1) for line in self._of_stage(stage)]
        return Tile(tuple(lines), tuple(dict.fromkeys(self._rows)), tuple(dict.fromkeys(self._classes)))

    def _computed(self, number: int) -> bool:
        return self.program.nodes[number].operation not in ("input", "constant", "class")

    def _loop(self, number: int) -> tuple[int, Level]:
        """In which loop a value is made: of which stage, over rows or over the classes of rows."""
        node = self.program.nodes[number]
        if node.operation in _REDUCTIONS:
            return self._stage[number] - 1, Level.CLASS
        return self._stage[number], node.level

    def _of_stage(self, stage: int) -> Iterator[str]:
        nodes = [(number, node) for number, node in enumerate(self.program.nodes) if self._computed(number)]
        once = [n for n in nodes if n[1].level is Level.ALL and self._stage[n[0]] == stage]
        assert not once, "parameters of losses of classes"
        rows = [n for n in nodes if self._loop(n[0]) == (stage, Level.ROW)]
        if rows:
            yield "for r in range(rows):"
            for number, node in rows:
                yield from (f"    {line}" for line in self._statements(number, node))
        classes = [n for n in nodes if self._loop(n[0]) == (stage, Level.CLASS)]
        if not classes:
            return
        reductions = [n for n in classes if n[1].operation in _REDUCTIONS]
        yield from self._beside(reductions, 0)
        yield from ("for k in range(classes):", "    c = 1.0 * k", "    base = k * rows", "    for r in range(rows):")
        for number, node in classes:
            yield from (f"        {line}" for line in self._statements(number, node))
        yield from self._beside(reductions, 2)

    def _beside(self, reductions: list[tuple[int, Node]], part: int) -> Iterator[str]:
        """What is done for each row before or after the loop over the classes."""
        lines = [line for n, node in reductions for line in self._reduced(n, _REDUCTIONS[node.operation][part], "")]
        if lines:
            yield "for r in range(rows):"
            yield from (f"    {line}" for line in lines)

    def _reduced(self, number: int, lines: tuple[str, ...], value: str) -> Iterator[str]:
        names = {"t": f"t{number}[r]", "w": f"w{number}[r]", "u": f"u{number}[r]", "n": f"n{number}_"}
        for line in lines:
            self._rows += [f"{key}{number}" for key in "twu" if f"{{{key}}}" in line]
            yield line.format(v=value, **names)

    def _statements(self, number: int, node: Node) -> Iterator[str]:
        here = self._loop(number)
        arguments = [self._value(a, here) for a in node.arguments]
        if node.operation in _REDUCTIONS:
            yield from self._reduced(number, _REDUCTIONS[node.operation][1], arguments[0])
            return
        if node.operation == "gather":
            array, index = node.arguments
            text = f"{self._array(array)}[int({self._value(index, here)}) * rows + r]"
        else:
            text = applied(EXPRESSIONS[node.operation], arguments)
        yield f"v{number} = {text}"
        places = [self._outputs[number]] if number in self._outputs else []
        if not places and any(self._needed_later(number, user) for user in range(number, len(self.program.nodes))):
            (self._classes if node.level is Level.CLASS else self._rows).append(f"t{number}")
            places.append(f"t{number}")
        for place in places:
            yield f"{place}[{'base + r' if node.level is Level.CLASS else 'r'}] = v{number}"

    def _needed_later(self, number: int, user: int) -> bool:
        return number in self.program.nodes[user].arguments and self._loop(user) != self._loop(number)

    def _array(self, number: int) -> str:
        node = self.program.nodes[number]
        return str(node.what) if node.operation == "input" else self._outputs.get(number, f"t{number}")

    def _value(self, number: int, here: tuple[int, Level]) -> str:
        """What a value is called inside a loop."""
        node = self.program.nodes[number]
        match node.operation:
            case "constant":
                assert isinstance(node.what, (Rational, NumberSymbol))
                return grouped(repr(float(node.what)))
            case "class":
                return "c"
        made = self._computed(number) and node.operation not in _REDUCTIONS and self._loop(number) == here
        if made:
            return f"v{number}"
        name = f"t{number}" if node.operation in _REDUCTIONS else self._array(number)
        return f"{name}[{'base + r' if node.level is Level.CLASS else 'r'}]"
