"""A drawing of a graph without cycles in layers: whatever is used stands to the left of who uses it.

A node's layer is the length of the longest path that leads to it; an edge over several layers gets a bend in
each of them; within a layer, everything stands as near as may be to the mean of its neighbours, so that
few edges cross.

Source: Sugiyama, Tagawa and Toda (1981), Methods for visual understanding of hierarchical system structures,
IEEE Transactions on Systems, Man, and Cybernetics 11(2), in the simplest form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SWEEPS = 24


@dataclass(frozen=True)
class Layout:
    """Where the nodes of a graph stand, in layers from the left and rows from the top.

    Attributes:
        places: the layer and the row of each node; a row need not be a whole number.
        bends: for each edge, the layers and rows that it passes on its way from left to right.
    """

    places: tuple[tuple[int, float], ...]
    bends: tuple[tuple[tuple[int, float], ...], ...]

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return 1 + max((layer for layer, _ in self.places), default=-1)

    @property
    def rows(self) -> float:
        """How many rows the drawing is high."""
        passed = [row for bends in self.bends for _, row in bends]
        return 1 + max([row for _, row in self.places] + passed, default=-1.0)


def layout(count: int, edges: Sequence[tuple[int, int]]) -> Layout:
    """The layers of a graph.

    Args:
        count: of nodes, which are called ``0..count-1``.
        edges: pairs, from left to right.

    Raises:
        ValueError: if the edges go round in a cycle.

    >>> drawn = layout(3, [(0, 1), (1, 2), (0, 2)])
    >>> [layer for layer, _ in drawn.places], [layer for layer, _ in drawn.bends[2]]
    ([0, 1, 2], [1])
    """
    layers = _layers(count, edges)
    at = list(layers)
    through: list[list[int]] = []  # for each edge, the nodes that stand for its bends
    links: list[tuple[int, int]] = []
    for left, right in edges:
        bends = list(range(len(at), len(at) + layers[right] - layers[left] - 1))
        at += range(layers[left] + 1, layers[right])
        links += zip([left, *bends], [*bends, right], strict=True)
        through.append(bends)
    rows = _rows(at, links)
    return Layout(
        tuple((at[k], rows[k]) for k in range(count)),
        tuple(tuple((at[k], rows[k]) for k in bends) for bends in through),
    )


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The length of the longest path to each node; what leads to one node only is drawn close to it."""
    layers = [0] * count
    for _ in range(count + 1):
        longer = [(left, right) for left, right in edges if layers[right] <= layers[left]]
        if not longer:
            break
        for left, right in longer:
            layers[right] = layers[left] + 1
    else:
        raise ValueError("the graph has a cycle")
    for node in sorted(range(count), key=lambda k: -layers[k]):
        after = [layers[right] for left, right in edges if left == node]
        if after and not any(right == node for _, right in edges):
            layers[node] = min(after) - 1
    return layers


def _rows(at: Sequence[int], links: Sequence[tuple[int, int]]) -> list[float]:
    """A row for every node and bend: sweeps over the layers, from the left and from the right in turn."""
    lefts: list[list[int]] = [[] for _ in at]
    rights: list[list[int]] = [[] for _ in at]
    for left, right in links:
        lefts[right].append(left)
        rights[left].append(right)
    layers: list[list[int]] = [[] for _ in range(1 + max(at, default=-1))]
    for node, place in enumerate(at):
        layers[place].append(node)
    rows = [0.0] * len(at)
    for layer in layers:
        for row, node in enumerate(layer):
            rows[node] = float(row)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers if forward else reversed(layers):
            near = lefts if forward else rights
            wanted = {k: sum(rows[n] for n in near[k]) / len(near[k]) if near[k] else rows[k] for k in layer}
            layer.sort(key=lambda k: wanted[k])
            for node, apart in zip(layer, _apart([wanted[k] for k in layer]), strict=True):
                rows[node] = apart
    top = min(rows, default=0.0)
    return [row - top for row in rows]


def _apart(wanted: Sequence[float]) -> list[float]:
    """Rows at least 1 apart, in the given order, with the least sum of squared distances to what is wanted.

    With ``row_k - k`` in place of ``row_k`` that is isotonic regression; neighbours in the wrong order are pooled.
    """
    pools: list[tuple[float, int]] = []  # mean and size
    for k, row in enumerate(wanted):
        mean, size = row - k, 1
        while pools and pools[-1][0] > mean:
            other, many = pools.pop()
            mean, size = (mean * size + other * many) / (size + many), size + many
        pools.append((mean, size))
    means = [mean for mean, size in pools for _ in range(size)]
    return [mean + k for k, mean in enumerate(means)]
