"""Programs as C99: one file that needs the standard library only, and a compiler to call it from Python."""

from __future__ import annotations

import ast
import ctypes
import inspect
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lossproof.compiled.document import described
from lossproof.compiled.numpy import SUMS
from lossproof.compiled.runtime import added
from lossproof.compiled.scalar import Writer, functions_in
from lossproof.compiled.unit import Unit
from lossproof.errors import LossproofError, MissingExtra

_HEAD = """
#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* How many losses are summed pairwise. */
#define BLOCK 1024
"""

_BITS = """
/* The 64 bits of a double, as an integer. */
static inline int64_t bits(double x)
{
    union { double number; int64_t integer; } u;
    u.number = x;
    return u.integer;
}

/* The double with these 64 bits. */
static inline double of_bits(int64_t n)
{
    union { double number; int64_t integer; } u;
    u.integer = n;
    return u.number;
}
"""

_SUMMING = """
/* The sum of some numbers, which are used up: the second half is added to the first until one is left. */
static double pairwise(double *values, size_t count)
{
    while (count > 1) {
        const size_t half = (count + 1) / 2;
        for (size_t j = 0; j < count - half; j++)
            values[j] += values[half + j];
        count = half;
    }
    return values[0];
}

/* Add a number to a sum; what rounding loses goes to the second part (Knuth, 1969). */
static void add(double sum[2], double value)
{
    const double total = sum[0] + value;
    const double part = total - sum[0];
    if (isfinite(total))
        sum[1] += (sum[0] - (total - part)) + (value - part);
    sum[0] = total;
}
"""

#: What the functions of a written file do.
_WORDS = {
    "pointwise": "The loss of each of n observations.",
    "slope": "The derivative of the loss in the prediction, for each of n observations.",
    "pointwise_and_slope": "Loss and slope of each of n observations, in one pass.",
    "curvature": "The second derivative of the loss in the prediction, for each of n observations.",
    "total": "The sum of n losses, each times its weight; weights may be NULL.",
    "total_and_slope": "The sum of n losses, and the slope of each, both times the weight; weights may be NULL.",
}


# ------------------------------------------------------------------ from Python to C


def _expression(e: ast.expr) -> str:
    match e:
        case ast.Constant(value):
            return repr(value)
        case ast.Name(name):
            return name
        case ast.Attribute(ast.Name("math"), name):
            return {"inf": "INFINITY", "nan": "NAN"}.get(name, name)
        case ast.Subscript(value, index):
            return f"{_expression(value)}[{_expression(index)}]"
        case ast.Call(ast.Attribute(ast.Name("np"), "float64"), [argument]):
            return _expression(argument)
        case ast.Call(ast.Name("abs"), [argument]):
            return f"fabs({_expression(argument)})"
        case ast.Call(function, arguments):
            return f"{_expression(function)}({', '.join(map(_expression, arguments))})"
        case ast.UnaryOp(ast.USub(), operand):
            return f"-{_operand(operand, _UNARY)}"
        case ast.UnaryOp(ast.Not(), operand):
            return f"!{_operand(operand, _UNARY)}"
        case ast.BinOp(left, ast.LShift(), right):
            return f"(int64_t)((uint64_t){_operand(left, _UNARY)} << {_operand(right, _UNARY)})"
        case ast.BinOp(left, operation, right):
            here = _strength(e)
            return f"{_operand(left, here)} {_OPERATORS[type(operation)]} {_operand(right, here + 1)}"
        case ast.Compare(left, [operation], [right]):
            here = _strength(e) + 1
            return f"{_operand(left, here)} {_OPERATORS[type(operation)]} {_operand(right, here)}"
        case ast.IfExp(condition, yes, no):
            here = _strength(e) + 1
            return f"{_operand(condition, here)} ? {_operand(yes, here)} : {_operand(no, here)}"
    raise AssertionError(ast.unparse(e))


_OPERATORS: dict[type[ast.AST], str] = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|"},
    **{ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="},
}
_UNARY = 6


def _strength(e: ast.expr) -> int:
    """How strongly an expression holds together; what acts on bits is put in parentheses wherever it is a part."""
    match e:
        case ast.IfExp():
            return 1
        case ast.Compare():
            return 3
        case ast.BinOp(_, ast.Add() | ast.Sub(), _):
            return 4
        case ast.BinOp(_, ast.Mult() | ast.Div(), _):
            return 5
        case ast.BinOp():
            return 0
        case ast.UnaryOp(ast.USub(), ast.Constant()):
            return _UNARY - 1
        case ast.UnaryOp():
            return 4
    return _UNARY


def _operand(e: ast.expr, least: int) -> str:
    """An expression as part of one that holds together as strongly as this."""
    return _expression(e) if _strength(e) >= least else f"({_expression(e)})"


class _Body:
    """The statements of one function; a variable is declared where it is first set."""

    def __init__(self, integers: Iterable[str] = ()) -> None:
        self.integers = frozenset(integers)
        self._known: set[str] = set()
        self._changed: set[str] = set()

    def lines(self, statements: Sequence[ast.stmt], indent: str = "    ") -> Iterator[str]:
        """The statements as lines of C."""
        targets = [t.id for s in statements for t in ast.walk(s) if isinstance(t, ast.Name) and _is_set(t)]
        self._changed |= {t for t in targets if targets.count(t) > 1}
        for statement in statements:
            for line in self._statement(statement):
                yield indent + line

    def _statement(self, statement: ast.stmt) -> Iterator[str]:
        match statement:
            case ast.Expr(ast.Constant(str())):
                pass
            case ast.Return(ast.expr() as value):
                yield f"return {_expression(value)};"
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                declared = "" if name in self._known else self._declaration(name)
                self._known.add(name)
                yield f"{declared}{name} = {_expression(value)};"
            case ast.Assign([ast.Subscript() as target], value):
                yield f"{_expression(target)} = {_expression(value)};"
            case ast.While(condition, body):
                yield f"while ({_expression(condition)}) {{"
                yield from self.lines(body)
                yield "}"
            case ast.If(condition, body, []):
                yield f"if ({_expression(condition)}) {{"
                yield from self.lines(body)
                yield "}"
            case _:
                raise AssertionError(ast.unparse(statement))

    def _declaration(self, name: str) -> str:
        constant = "" if name in self._changed else "const "
        return f"{constant}{'int64_t' if name in self.integers else 'double'} "


def _is_set(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _function(function: Callable[..., float]) -> str:
    """A function of `elementary`."""
    (tree,) = ast.parse(inspect.getsource(function)).body
    assert isinstance(tree, ast.FunctionDef)
    words = (ast.get_docstring(tree) or "").replace("``", "'")
    comment = "\n".join(f"   {line}".rstrip() for line in words.splitlines())
    integers = {s.target.id for s in ast.walk(tree) if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)}
    body = _Body(integers)
    arguments = ", ".join(f"double {a.arg}" for a in tree.args.args)
    lines = list(body.lines(tree.body))
    return "\n".join([f"/* {comment.strip()} */", f"static inline double {tree.name}({arguments})", "{", *lines, "}"])


# ------------------------------------------------------------------ the file


def _head(unit: Unit, what: str, outs: Iterable[str], *, value: str = "void", weights: bool = False) -> str:
    """The head of a function."""
    given = [*unit.arguments, *(["weights"] if weights else [])]
    parts = ["size_t n", *(f"const double *restrict {a}" for a in given)]
    parts += [*(f"double {p}" for p in unit.parameters), *(f"double *restrict {o}" for o in outs)]
    head = f"{value} {unit.identifier}_{what}("
    lines, line = list[str](), head
    for k, part in enumerate(parts):
        text = f"{part}{',' if k < len(parts) - 1 else ')'}"
        if len(line) + len(text) > 99:
            lines.append(line.rstrip())
            line = "    "
        line += f"{text} "
    return "\n".join([*lines, line.rstrip()])


def _loop(unit: Unit, what: str) -> str:
    program = unit.programs[what]
    written = Writer(program).statements()
    once, each = (ast.parse("\n".join(map(str, some))).body for some in (written.once, written.each))
    body = _Body()
    used = {name.id for s in (*once, *each) for name in ast.walk(s) if isinstance(name, ast.Name)}
    unused = [f"    (void){a};" for a in (*unit.arguments, *unit.parameters) if a not in used]
    lines = [*unused, *body.lines(once), "    for (size_t j = 0; j < n; j++) {", *body.lines(each, " " * 8), "    }"]
    return "\n".join([f"/* {_WORDS[what]} */", _head(unit, what, program.outputs), "{", *lines, "}"])


def _sum(unit: Unit, name: str, what: str) -> str:
    outs = list(unit.programs[what].outputs)
    slopes = outs[1:]
    moved = [*(f"{a} + start" for a in unit.arguments), *unit.parameters, outs[0], *(f"{s} + start" for s in slopes)]
    weighed = [f"{outs[0]}[j] *= weights[start + j];", *(f"{s}[start + j] *= weights[start + j];" for s in slopes)]
    body = f"""
    double {outs[0]}[BLOCK], sum[2] = {{0.0, 0.0}};
    for (size_t start = 0; start < n; start += BLOCK) {{
        const size_t count = n - start < BLOCK ? n - start : BLOCK;
        {unit.identifier}_{what}(count, {", ".join(moved)});
        if (weights != NULL) {{
            for (size_t j = 0; j < count; j++) {{
                {(chr(10) + " " * 16).join(weighed)}
            }}
        }}
        add(sum, pairwise({outs[0]}, count));
    }}
    return sum[0] + sum[1];"""
    head = _head(unit, name, slopes, value="double", weights=True)
    return "\n".join([f"/* {_WORDS[name]} */", head, "{" + body, "}"])


def code(unit: Unit, programs: Iterable[str]) -> str:
    """The functions of some programs, as a file without its head comment."""
    programs = tuple(programs)
    every = [line for what in programs for line in _lines(unit, what)]
    functions = [_function(f) for f in functions_in(every)]
    sums = [_sum(unit, name, what) for name, what, *_ in SUMS if what in programs]
    bits = [_BITS] if any("bits(" in f for f in functions) else []
    parts = [_HEAD, *bits, *functions, *(_loop(unit, what) for what in programs)]
    parts += [_SUMMING, *sums] if sums else []
    declared = [_head(unit, what, unit.programs[what].outputs) + ";" for what in programs]
    declared += [
        _head(unit, name, list(unit.programs[what].outputs)[1:], value="double", weights=True) + ";"
        for name, what, *_ in SUMS
        if what in programs
    ]
    parts[1:1] = ["\n".join(declared)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _lines(unit: Unit, what: str) -> Iterator[str]:
    written = Writer(unit.programs[what]).statements()
    yield from map(str, (*written.once, *written.each))


def source(unit: Unit) -> str:
    """A file on its own that computes the loss."""
    functions = ", ".join(f"{unit.identifier}_{name}" for name in [*unit.programs, *(name for name, *_ in SUMS)])
    lines = f"Functions: {functions}.\nC99; compile it without flags that rearrange floating-point arithmetic."
    comment = described(unit, lines).replace("*/", "* /").replace("/*", "/ *")
    return f"/*\n{comment}*/\n\n{code(unit, unit.programs)}"


# ------------------------------------------------------------------ calling it


#: Flags that change no result: nothing is contracted, and nobody looks at errno or at floating-point exceptions.
_FLAGS = ("-std=c99", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")


@lru_cache(256)
def library(text: str) -> ctypes.CDLL:
    """Compile a file and load it.

    Raises:
        MissingExtra: if there is no C compiler.
        LossproofError: if it refuses the file.
    """
    named = shlex.split(os.environ.get("CC", ""))
    compiler = named or next(([found] for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), [])
    if not compiler or shutil.which(compiler[0]) is None:
        raise MissingExtra("the backend 'c'", "a C compiler", "install one, or name it in the environment variable CC")
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "loss.c").write_text(text, encoding="utf-8")
        for flags in (("-march=native", *_FLAGS), _FLAGS):  # not every compiler knows the first
            command = [*compiler, *flags, "loss.c", "-o", "loss.so", "-lm"]
            run = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
            if run.returncode == 0:
                return ctypes.CDLL(str(Path(directory, "loss.so")))
    said = run.stderr.strip().splitlines() or ["it says nothing"]
    first = next((line for line in said if "error" in line), said[0])
    raise LossproofError(f"'{compiler[0]}' does not compile the loss: {first}")


#: How many observations a call is given.
_ROWS = 16384


class CBackend:
    """Functions of a file in C, compiled when they are first called; each call is about some thousand observations."""

    def __init__(self, unit: Unit, threads: int) -> None:
        self.unit, self.threads = unit, threads
        self._libraries: dict[str, ctypes.CDLL] = {}

    def fill(self, what: str, arrays: Sequence[Any], parameters: Sequence[float], outs: Sequence[Any]) -> None:
        """Fill the outputs of a program."""
        function = self._function(what, what)
        self._mapped(function, arrays, None, parameters, outs)

    def total(
        self, arrays: Sequence[Any], parameters: Sequence[float], weights: Any, slopes: Sequence[Any] | None
    ) -> float:
        """The weighted sum of the losses; fills the weighted slopes, if they are given."""
        name, what = ("total", "pointwise") if slopes is None else ("total_and_slope", "pointwise_and_slope")
        function = self._function(name, what)
        function.restype = ctypes.c_double
        return self._mapped(function, arrays, (weights,), parameters, slopes or ())

    def source(self) -> str:
        """A file on its own."""
        return source(self.unit)

    def _function(self, name: str, what: str) -> Any:
        if what not in self._libraries:
            self._libraries[what] = library(code(self.unit, [what]))
        return self._libraries[what][f"{self.unit.identifier}_{name}"]

    def _mapped(
        self,
        function: Any,
        arrays: Sequence[Any],
        weights: tuple[Any] | None,
        parameters: Sequence[float],
        outs: Sequence[Any],
    ) -> float:
        """Call a function for some rows at a time; what is not an array of doubles is copied."""
        given = [*arrays, *(weights or ())]
        count = max((len(a) for a in (*given, *outs) if a is not None and np.ndim(a)), default=0)
        sums = np.zeros(-(-count // _ROWS))
        numbers = [ctypes.c_double(p) for p in parameters]

        def run(first: int, last: int) -> None:
            spare = [np.empty(_ROWS) for _ in given]
            copies = [np.empty(_ROWS) for _ in outs]
            for call in range(first, last):
                start, stop = call * _ROWS, min((call + 1) * _ROWS, count)
                here = [_doubles(a, start, stop, s) for a, s in zip(given, spare, strict=True)]
                there = [o[start:stop] if o.dtype == np.float64 else c for o, c in zip(outs, copies, strict=True)]
                pointers = [ctypes.c_void_p(None if a is None else a.ctypes.data) for a in here]
                found = function(
                    ctypes.c_size_t(stop - start), *pointers, *numbers, *(ctypes.c_void_p(o.ctypes.data) for o in there)
                )
                for o, c in zip(outs, there, strict=True):
                    if o.dtype != np.float64:
                        o[start:stop] = c[: stop - start]
                if weights is not None:
                    sums[call] = found

        threads = self.threads if len(sums) >= 2 * self.threads else 1
        cuts = [len(sums) * k // threads for k in range(threads + 1)]
        if threads == 1:
            run(0, len(sums))
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run, cuts[:-1], cuts[1:]))
        return added(sums)


def _doubles(a: Any, start: int, stop: int, spare: Any) -> Any:
    """Some rows of what is given as doubles in a row."""
    if a is None or (np.ndim(a) and a.dtype == np.float64):
        return a if a is None else a[start:stop]
    spare[: stop - start] = a[start:stop] if np.ndim(a) else a
    return spare
