"""Tables of observations: read, checked, and whether a hyperplane separates the classes.

Shapes throughout: inputs ``X`` (n, d), observations or labels ``y`` (n,), weights ``w`` (d,).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lossproof.errors import DataError, MissingExtra, UnknownName
from lossproof.kernel.domains import BINARY, REAL, Domain
from lossproof.kernel.presenting import Readable

Floats = npt.NDArray[np.float64]

#: Data sets that scikit-learn ships, with their loader.
SHIPPED = {"breast_cancer": "load_breast_cancer", "diabetes": "load_diabetes"}


@dataclass(frozen=True, repr=False)
class Table(Readable):
    """Inputs and observations.

    Attributes:
        name: where they come from.
        inputs: features, shape (n, d).
        labels: what was observed, shape (n,): labels, counts, real numbers.
        features: their names.
        lines: where each observation stands in a file, if it does.
        standardised: whether each feature was shifted and scaled to mean 0 and standard deviation 1.
    """

    name: str
    inputs: Floats
    labels: Floats
    features: tuple[str, ...]
    lines: tuple[int, ...] = ()
    standardised: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    def _says(self) -> str:
        return f" {self.name}: n = {len(self)}, d = {self.inputs.shape[1]}"

    def columns(self, count: int) -> Table:
        """The first features only."""
        return replace(self, inputs=self.inputs[:, :count], features=self.features[:count])

    def selected(self, features: Sequence[str]) -> Table:
        """Some features, in that order.

        Raises:
            UnknownName: if there is no such feature.
        """
        for name in features:
            if name not in self.features:
                raise UnknownName("column", name, self.features)
        at = [self.features.index(name) for name in features]
        return replace(self, inputs=self.inputs[:, at], features=tuple(features))

    def place(self, row: int) -> str:
        """Of an observation, counted from 0: its line in a file, or its row."""
        return f"line {self.lines[row]}" if self.lines else f"row {row + 1}"

    def check(self, values: Floats, domain: Domain, what: str = "labels") -> None:
        """Refuse values, one for each observation, outside a set.

        Raises:
            DataError: naming the first row that has one.
        """
        wrong = ~inside(values, domain)
        if wrong.any():
            row = int(np.argwhere(wrong)[0][0])
            must = "be 0 or 1" if domain == BINARY else f"be in {domain}"
            raise DataError(f"{self.name}: {what} must {must}, but {self.place(row)} has {values[row]:g}")


def inside(values: Floats, domain: Domain) -> npt.NDArray[np.bool_]:
    """Which values lie in a set."""
    low, high = float(domain.low), float(domain.high)
    found = (values >= low if domain.low_closed else values > low) & np.isfinite(values)
    found &= values <= high if domain.high_closed else values < high
    if domain.integer:
        found &= values == np.round(values)
    return found & (values != 0) if domain.nonzero else found


def table(inputs: object, labels: object, name: str = "data", support: Domain = BINARY) -> Table:
    """Check arrays and make a table of them.

    Args:
        inputs: features, shape (n, d).
        labels: what was observed, shape (n,).
        name: for messages.
        support: where the observations lie; 0 and 1 by default.

    Raises:
        DataError: for shapes that do not fit, values that are not finite, observations outside the support.
    """
    try:
        x, y = np.asarray(inputs, dtype=float), np.asarray(labels, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: inputs and labels must be numbers ({error})") from None
    if x.ndim != 2:
        raise DataError(f"{name}: inputs must have the shape (n, d), not {x.shape}")
    if y.ndim != 1 or len(y) != len(x):
        raise DataError(f"{name}: labels must have the shape ({len(x)},), not {y.shape}")
    found = Table(name, x, y, tuple(f"x{k + 1}" for k in range(x.shape[1])))
    _refuse_infinite(found)
    found.check(y, support)
    return found


def _refuse_infinite(data: Table) -> None:
    for what, values in (("inputs", data.inputs), ("labels", data.labels)):
        if not np.isfinite(values).all():
            row, *column = map(int, np.argwhere(~np.isfinite(values))[0])
            where = data.place(row) + (f", column '{data.features[column[0]]}'" if column else "")
            raise DataError(f"{data.name}: {what} hold NaN or infinity, first in {where}; remove or impute such rows")


def read_data(source: str, target: str | None = None, features: Sequence[str] | None = None) -> Table:
    """A data set by name, or a CSV file with a header.

    Args:
        source: ``breast_cancer`` or ``diabetes`` (from scikit-learn, features standardised), or a path.
        target: the column of observations in a file; the last one by default.
        features: the columns of features; all others by default.  Columns that are not asked for may hold anything.

    Raises:
        DataError: if the file is missing, empty, or not a table of numbers.
        UnknownName: if there is no such data set or column.
    """
    if source in SHIPPED:
        found = _shipped(source)
        return found if features is None else found.selected(features)
    if not source.endswith(".csv") and not Path(source).exists():
        raise UnknownName("data set (or CSV file)", source, SHIPPED)
    return _file(Path(source), target, features)


def _shipped(name: str) -> Table:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise MissingExtra(f"'{name}'", "scikit-learn") from error
    bunch: Any = getattr(datasets, SHIPPED[name])()
    x = np.asarray(bunch.data, dtype=float)
    checked = table((x - x.mean(axis=0)) / x.std(axis=0), bunch.target, name, REAL)
    return replace(checked, features=tuple(map(str, bunch.feature_names)), standardised=True)


def _file(path: Path, target: str | None, features: Sequence[str] | None) -> Table:
    if path.exists() and not path.is_file():
        raise DataError(f"cannot read '{path}': it is not a file")  # a device may have no end
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=first.count))
            rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except UnicodeDecodeError:
        raise DataError(f"cannot read '{path}': it is not text in UTF-8") from None
    except (OSError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"cannot read '{path}': {reason}") from None
    if len(rows) < 2:
        raise DataError(f"'{path}' is empty: a header and at least one row are needed")
    header = [name.strip() for name in rows[0][1]]
    if len(header) < 2 or len(set(header)) < len(header):
        raise DataError(f"'{path}': the header must name at least one feature and the label, each once")
    if all(_is_number(cell) for cell in header):
        raise DataError(f"'{path}' has no header: its first line must name the columns")
    column = header.index(target) if target in header else len(header) - 1
    if target is not None and target not in header:
        raise UnknownName("column", target, header)
    names = tuple(h for k, h in enumerate(header) if k != column) if features is None else tuple(features)
    for name in names:
        if name not in header:
            raise UnknownName("column", name, header)
    wanted = {name: header.index(name) for name in (*names, header[column])}
    values = np.array([_numbers(row, line, len(header), wanted, path) for line, row in rows[1:]])
    lines = tuple(line for line, _ in rows[1:])
    found = Table(str(path), values[:, [list(wanted).index(n) for n in names]], values[:, -1], names, lines)
    _refuse_infinite(found)
    return found


def _numbers(row: list[str], line: int, count: int, wanted: Mapping[str, int], path: Path) -> list[float]:
    """The numbers of a row in the columns that are wanted."""
    if len(row) != count:
        raise DataError(f"'{path}', line {line}: {len(row)} cells, but the header has {count}")
    for name, column in wanted.items():
        if not _is_number(row[column]):
            cell = row[column].strip()
            said = f"{cell[:30]!r} is not a number" if cell else "a value is missing"
            raise DataError(f"'{path}', line {line}: {said}, in column '{name}'")
    return [float(row[column]) for column in wanted.values()]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def separating_weights(data: Table) -> Floats | None:
    """Weights that put no observation on the wrong side and some strictly on the right one, if any.

    Then the likelihood has no maximiser: along these weights it grows for ever (Albert and
    Anderson 1984, theorems 1 and 2).  Found by a linear programme.

    Returns:
        Weights of shape (d,), or None if the classes overlap.
    """
    from scipy.optimize import linprog

    signed = data.inputs * (2 * data.labels - 1)[:, None]
    scale = np.abs(signed).max(axis=0, initial=1.0)
    signed = signed / np.where(scale > 0, scale, 1.0)
    best = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1.0, 1.0))
    return best.x / np.where(scale > 0, scale, 1.0) if best.success and -best.fun > 1e-7 else None
