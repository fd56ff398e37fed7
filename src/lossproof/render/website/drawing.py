"""The map of results as drawings: inline SVG whose nodes are links, readable by eye, keyboard and screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lossproof.render.website.layered import Layout, layout

_LETTER, _BOX, _STEP, _GAP, _MARGIN, _TIP = 7.3, 26.0, 38.0, 70.0, 12.0, 7.0  # pixels, for letters of 12


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
    width, height = lefts[-1] + widths[-1] + _MARGIN, 2 * _MARGIN + _BOX + (where.rows - 1) * _STEP

    def level(row: float) -> float:
        return _MARGIN + _BOX / 2 + row * _STEP

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
    return _LETTER * len(node.label) + 16


def _box(node: Node, left: float, middle: float) -> str:
    return (
        f'<a href="{node.href}" class="{node.kind}"><title>{escape(node.title)}</title>'
        f'<rect x="{left:.1f}" y="{middle - _BOX / 2:.1f}" width="{_wide(node):.1f}" height="{_BOX}" rx="5"/>'
        f'<text x="{left + 8:.1f}" y="{middle + 4:.1f}">{escape(node.label)}</text></a>'
    )
