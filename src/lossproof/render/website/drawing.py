"""The map of results as drawings: inline SVG whose nodes are links, readable by eye, keyboard and screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lossproof.render.website.layered import Layout, layout

_LETTER, _LINE, _STEP, _GAP, _MARGIN, _TIP = 7.3, 14.0, 50.0, 54.0, 12.0, 7.0  # pixels, for letters of 12
_LONG = 18  # a longer name is written on two lines


@dataclass(frozen=True)
class Node:
    """A result in a drawing.

    Attributes:
        label: what is written in its box.
        title: what it is, in words.
        href: where its link leads.
        kind: a class for its look: ``result`` or ``lemma``.
    """

    label: str
    title: str
    href: str
    kind: str = "result"


def drawing(nodes: Sequence[Node], edges: Sequence[tuple[int, int]], name: str) -> str:
    """A graph without cycles as SVG; arrows lead from what is used, on the left, to who uses it.

    Args:
        nodes: the results.
        edges: pairs of places, ``(what is used, who uses it)``.
        name: what the drawing shows, for those who do not see it.

    >>> "<path" in drawing([Node("a", "A", "a.html"), Node("b", "B", "b.html")], [(0, 1)], "two")
    True
    """
    where = layout(len(nodes), edges)
    lefts, widths = _columns(nodes, where)
    width, height = lefts[-1] + widths[-1] + _MARGIN, _MARGIN + where.rows * _STEP

    def level(row: float) -> float:
        return _MARGIN / 2 + (row + 0.5) * _STEP

    lines: list[str] = []
    for (start, end), bends in zip(edges, where.bends, strict=True):
        layer, row = where.places[start]
        x, y = lefts[layer] + widths[layer], level(row)
        path = f"M {lefts[layer] + _wide(nodes[start]):.1f} {y:.1f} H {x:.1f}"
        for layer, row in (*bends, where.places[end]):
            left, there = lefts[layer] - _TIP * ((layer, row) == where.places[end]), level(row)
            half = (x + left) / 2
            path += f" C {half:.1f} {y:.1f} {half:.1f} {there:.1f} {left:.1f} {there:.1f}"
            x, y = lefts[layer] + widths[layer], there
            path += f" H {x:.1f}" if (layer, row) != where.places[end] else ""
        tip = f"M {left:.1f} {y - 4:.1f} L {left + _TIP:.1f} {y:.1f} L {left:.1f} {y + 4:.1f} Z"
        lines.append(f'<g data-from="{start}" data-to="{end}"><path d="{path}"/><path class="tip" d="{tip}"/></g>')
    boxes = [_box(node, lefts[layer], level(row)) for node, (layer, row) in zip(nodes, where.places, strict=True)]
    return (
        f'<svg class="map" role="group" aria-label="{escape(name)}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}">\n'
        '<g class="edges" aria-hidden="true">\n' + "\n".join(lines) + "\n</g>\n" + "\n".join(boxes) + "\n</svg>"
    )


def _columns(nodes: Sequence[Node], where: Layout) -> tuple[list[float], list[float]]:
    """Where each layer begins, and how wide it is."""
    widths = [0.0] * where.layers
    for node, (layer, _) in zip(nodes, where.places, strict=True):
        widths[layer] = max(widths[layer], _wide(node))
    lefts = [_MARGIN]
    for width in widths[:-1]:
        lefts.append(lefts[-1] + width + _GAP)
    return lefts, widths


def _wide(node: Node) -> float:
    return _LETTER * max(map(len, _lines(node))) + 16


def _lines(node: Node) -> list[str]:
    """The label on one line, or, if it is long, on two, parted as near to the middle as may be."""
    label = node.label
    parts = [k + 1 for k, c in enumerate(label[:-1]) if c in "- "]
    if len(label) <= _LONG or not parts:
        return [label]
    middle = min(parts, key=lambda k: abs(2 * k - len(label)))
    return [label[:middle], label[middle:]]


def _box(node: Node, left: float, middle: float) -> str:
    lines = _lines(node)
    high = _LINE * len(lines) + 10
    first = middle + 4 - _LINE / 2 * (len(lines) - 1)
    spans = "".join(
        f'<tspan x="{left + 8:.1f}" y="{first + _LINE * k:.1f}">{escape(line)}</tspan>' for k, line in enumerate(lines)
    )
    return (
        f'<a href="{node.href}" class="{node.kind}"><title>{escape(node.title)}</title>'
        f'<rect x="{left:.1f}" y="{middle - high / 2:.1f}" width="{_wide(node):.1f}" height="{high:.1f}" rx="5"/>'
        f"<text>{spans}</text></a>"
    )
