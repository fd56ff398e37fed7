"""How many digits compiled losses have, beside the libraries that people use, at the same points.

For each loss and its derivatives: the worst error and the 99 % quantile in units in the last place, against Arb.  The
points cover the range of doubles (to 1e300, subnormal numbers, labels at both ends, counts to 1e15), moderate
sizes, and both neighbours of each zero of the function.  An error that is infinite is a result that is
not a number, or infinite where the value is not.  `as derived` is the formula of the theorem in NumPy;
`unguarded` is the program that sums use.  Libraries whose loss is ours up to a factor are multiplied by it.

    python benchmarks/accuracy.py [--only logistic,poisson] [--points 200] [--quick] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine

import lossproof as lp
from lossproof.compiled.accuracy import Measured, Sample, as_derived, measured
from lossproof.compiled.loss import CompiledLoss
from lossproof.strategies.pointwise import models_by_name

RESULTS = Path(__file__).parent / "results" / "accuracy.json"

#: The aim, in units in the last place.
AIM = 4.0

#: The losses that are measured when there is little time.
QUICK = ("logistic", "poisson")

#: A function of arrays and parameters.
Function = Callable[..., Any]


@dataclass(frozen=True)
class Peer:
    """What a library computes for a loss; the arguments are those of the compiled loss.

    Attributes:
        library: its name.
        loss: the pointwise loss, the same as ours.
        slope: its derivative; None to have the library differentiate.
    """

    library: str
    loss: Function
    slope: Function | None = None


def sklearn(name: str, factor: float = 1.0, **settings: str) -> Peer:
    """A loss of ``sklearn._loss``; ``settings`` name the parameters that it takes by the names of ours."""

    def made(parameters: Mapping[str, float]) -> Any:
        module = importlib.import_module("sklearn._loss.loss")
        return getattr(module, name)(**{theirs: parameters[ours] for theirs, ours in settings.items()})

    def loss(z: Any, y: Any, **parameters: float) -> Any:
        return factor * made(parameters).loss(np.ascontiguousarray(y), np.ascontiguousarray(z))

    def slope(z: Any, y: Any, **parameters: float) -> Any:
        return factor * made(parameters).gradient(np.ascontiguousarray(y), np.ascontiguousarray(z))

    return Peer("scikit-learn", loss, slope)


def torch(function: Function) -> Peer:
    """A function of PyTorch's tensors, differentiated by autograd; its first argument is the module."""

    def loss(*arguments: Any, **parameters: float) -> Any:
        library = importlib.import_module("torch")
        return function(library, *map(library.from_numpy, arguments), **parameters).numpy()

    def slope(*arguments: Any, **parameters: float) -> Any:
        library = importlib.import_module("torch")
        first, *others = map(library.from_numpy, arguments)
        first = first.clone().requires_grad_()
        (found,) = library.autograd.grad(function(library, first, *others, **parameters).sum(), first)
        return found.numpy()

    return Peer("torch", loss, slope)


def jax(function: Function, library: str = "optax") -> Peer:
    """A function of JAX's arrays, differentiated by `jax.grad`; its first argument is the library."""

    def prepared() -> tuple[Any, Any]:
        made = importlib.import_module("jax")
        made.config.update("jax_enable_x64", True)
        return made, importlib.import_module(library)

    def loss(*arguments: Any, **parameters: float) -> Any:
        _, module = prepared()
        return np.asarray(function(module, *arguments, **parameters))

    def slope(*arguments: Any, **parameters: float) -> Any:
        made, module = prepared()
        first, *others = arguments
        found = made.grad(lambda z: function(module, z, *others, **parameters).sum())(made.numpy.asarray(first))
        return np.asarray(found)

    return Peer(library, loss, slope)


def scipy(loss: Function, slope: Function | None = None) -> Peer:
    """Functions whose first argument is ``scipy.special``."""

    def bound(function: Function) -> Function:
        return lambda *arguments, **parameters: function(
            importlib.import_module("scipy.special"), *arguments, **parameters
        )

    return Peer("scipy", bound(loss), bound(slope) if slope else None)


#: The peers of each loss, by the names of the catalogue.
PEERS: Mapping[str, Sequence[Peer]] = {
    "logistic": (
        sklearn("HalfBinomialLoss"),
        torch(lambda t, z, y: t.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")),
        jax(lambda o, z, y: o.sigmoid_binary_cross_entropy(z, y)),
        scipy(lambda s, z, y: -(y * s.log_expit(z) + (1 - y) * s.log_expit(-z)), lambda s, z, y: s.expit(z) - y),
    ),
    "gaussian": (
        sklearn("HalfSquaredError", 2.0),
        torch(lambda t, z, y: t.nn.functional.mse_loss(z, y, reduction="none")),
        jax(lambda o, z, y: o.squared_error(z, y)),
    ),
    "heteroscedastic": (
        torch(lambda t, f, v, y: 2 * t.nn.functional.gaussian_nll_loss(f, y, v, reduction="none", eps=5e-324)),
    ),
    "laplace": (
        sklearn("AbsoluteError"),
        torch(lambda t, z, y: t.nn.functional.l1_loss(z, y, reduction="none")),
    ),
    "asymmetric-laplace": (sklearn("PinballLoss", quantile="tau"),),
    "poisson": (
        sklearn("HalfPoissonLoss"),
        torch(lambda t, z, y: t.nn.functional.poisson_nll_loss(z, y, reduction="none")),
        jax(lambda n, z, y: n.exp(z) - y * z, "jax.numpy"),
    ),
    "gamma": (sklearn("HalfGammaLoss"),),
    "exponential": (torch(lambda t, z, y: -t.distributions.Exponential(t.exp(-z)).log_prob(y)),),
    "probit": (
        torch(lambda t, z, y: -(y * t.special.log_ndtr(z) + (1 - y) * t.special.log_ndtr(-z))),
        jax(lambda s, z, y: -(y * s.log_ndtr(z) + (1 - y) * s.log_ndtr(-z)), "jax.scipy.special"),
        scipy(lambda s, z, y: -(y * s.log_ndtr(z) + (1 - y) * s.log_ndtr(-z))),
    ),
    "binomial": (scipy(lambda s, z, y, m: -(y * s.log_expit(z) + (m - y) * s.log_expit(-z))),),
    "von-mises": (),
}


@dataclass(frozen=True)
class Row:
    """The errors of one function.

    Attributes:
        loss: the name of the loss.
        function: ``pointwise``, ``slope`` or ``curvature``.
        points: how many.
        worst: the largest error of each who computes it.
        most: the 99 % quantile.
        where: the point of our largest error.
    """

    loss: str
    function: str
    points: int
    worst: Mapping[str, float]
    most: Mapping[str, float]
    where: Mapping[str, float]


def rows(name: str, points: int) -> Iterator[Row]:
    """The errors of every function of a loss."""
    loss = lp.compile(name)
    for found in measured(loss, points):
        every = {"lossproof": found.ulps, "unguarded": found.of(unguarded(loss, found.what))}
        every["as derived"] = found.of(as_derived(loss, found.what))
        for peer in PEERS.get(name, ()):
            function = {"pointwise": peer.loss, "slope": peer.slope}.get(found.what.partition("_")[0])
            if function is not None and importlib.util.find_spec(_module(peer.library)) and "_2" not in found.what:
                every[peer.library] = _of_peer(found, function)
        worst = {who: float(ulps.max()) for who, ulps in every.items()}
        most = {who: float(np.quantile(ulps, 0.99, method="higher")) for who, ulps in every.items()}
        yield Row(name, found.what, len(found.ulps), worst, most, found.where)


def unguarded(loss: CompiledLoss, what: str) -> Callable[[Sample], Any]:
    """The fast program."""
    program, _, number = what.partition("_")

    def run(sample: Sample) -> Any:
        outs = [np.empty(len(sample.arguments[0])) for _ in loss.unit.programs[program].outputs]
        loss.backend.fill(program, list(sample.arguments), list(sample.parameters.values()), outs)
        return outs[int(number) - 1 if number else 0]

    return run


def _of_peer(found: Measured, function: Function) -> Any:
    return found.of(lambda sample: function(*sample.arguments, **sample.parameters))


def _module(library: str) -> str:
    return {"scikit-learn": "sklearn"}.get(library, library.partition(".")[0])


# ------------------------------------------------------------------ report


def shown(value: float) -> str:
    """An error in few characters."""
    if math.isinf(value):
        return "inf"
    return f"{value:.1f}" if value < 100 else f"{value:.0e}".replace("e+", "e")


def table(found: Sequence[Row], markdown: bool) -> str:
    """A line for each function: the worst error, and in brackets the 99 % quantile."""
    who = list(dict.fromkeys(name for row in found for name in row.worst))
    head = ["loss", "", "points", *who]
    lines = [
        [row.loss, row.function, str(row.points)]
        + [f"{shown(row.worst[w])} ({shown(row.most[w])})" if w in row.worst else "" for w in who]
        for row in found
    ]
    if markdown:
        return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines])
    widths = [max(len(line[k]) for line in [head, *lines]) for k in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in [head, *lines])


def losses() -> list[str]:
    """A name for each loss of one or several predictions."""
    return [name for name, model in models_by_name().items() if model.prior is None]


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="NAMES", help="only these losses, separated by commas")
    parser.add_argument("--points", type=int, default=200, metavar="N", help="of each kind, for each setting")
    parser.add_argument("--quick", action="store_true", help="two losses at fewer points")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FILE.json", help="JSON; beside it Markdown")
    options = parser.parse_args()
    found: list[Row] = []
    chosen = QUICK if options.quick else options.only.split(",") if options.only else losses()
    for name in chosen:
        here = list(rows(name, 50 if options.quick else options.points))
        print(table(here, markdown=False), flush=True)
        found += here
    options.out.parent.mkdir(parents=True, exist_ok=True)
    missed = [row for row in found if row.worst["lossproof"] > AIM]
    print(f"\n{len(found)} functions, {len(found) - len(missed)} within {AIM:g} units in the last place")
    for row in missed:
        print(f"  {row.loss} {row.function}: {shown(row.worst['lossproof'])} at {dict(row.where)}")
    data = {"machine": machine(), "points": options.points, "rows": [asdict(row) for row in found]}
    options.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    options.out.with_suffix(".md").write_text(table(found, markdown=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
