"""How fast compiled losses run, beside the libraries that people use, on the same numbers in turn.

Two questions for each loss: the sum of the losses, and the sum with the gradient in the predictions.  For float64 and
float32, with one thread and with two; times are the least of several rounds, in nanoseconds per number, and each
ratio is a peer's time over ours, so more than 1 means that ours is faster.  JAX cannot be held to one thread; it
stands with two.  Memory is the peak beyond the inputs and the gradient.

    python benchmarks/speed.py [--quick] [--only logistic,poisson] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine

import lossproof as lp
from lossproof.compiled.loss import CompiledLoss

RESULTS = Path(__file__).parent / "results" / "speed.json"

#: A loss is to be computed faster than these compute it.
TO_BEAT = ("scikit-learn", "torch")

Job = Callable[[], object]
#: What a library needs: scores, observations, the number of threads, and whether the gradient is wanted.
Maker = Callable[[Any, Any, int, bool], Job]


@dataclass(frozen=True)
class Case:
    """A loss with those who compute it.

    Attributes:
        name: of the loss.
        what: the name that is compiled.
        parameters: of the noise.
        classes: how many scores an observation has.
        draw: observations for scores, by a random generator.
        peers: makes the job of each peer.
    """

    name: str
    what: str
    draw: Callable[[np.random.Generator, Any], Any]
    peers: Mapping[str, Maker]
    parameters: Mapping[str, float] = field(default_factory=dict)
    classes: int = 0


@dataclass(frozen=True)
class Row:
    """One comparison; times in nanoseconds per number.

    Attributes:
        loss, quantity, dtype, threads: what was computed.
        times: the least time of each, by name.
        memory: the most that ours held beyond the inputs and the gradient, in MiB, by backend.
    """

    loss: str
    quantity: str
    dtype: str
    threads: int
    times: dict[str, float]
    memory: dict[str, float]

    @property
    def best(self) -> str:
        """The faster of our backends."""
        return min((n for n in self.times if n.startswith("lossproof")), key=self.times.__getitem__)

    def ratio(self, peer: str) -> float:
        """A peer's time over that of the faster of our backends."""
        return self.times[peer] / self.times[self.best]

    @property
    def met(self) -> bool:
        """Whether ours is faster than those that are to be beaten."""
        return all(self.ratio(peer) > 1 for peer in TO_BEAT if peer in self.times)


# ------------------------------------------------------------------ the peers


def _scikit(make: Callable[[], Any]) -> Maker:
    def maker(z: Any, y: Any, threads: int, gradient: bool) -> Job:
        loss = make()
        target = np.ascontiguousarray(y, z.dtype)
        out, slope = np.empty(len(z), z.dtype), np.empty_like(z)

        def job() -> object:
            if gradient:
                loss.loss_gradient(target, z, loss_out=out, gradient_out=slope, n_threads=threads)
            else:
                loss.loss(target, z, loss_out=out, n_threads=threads)
            return float(np.sum(out, dtype=np.float64))

        return job

    return maker


def _torch(function: Callable[[Any, Any], Any], *, labels: bool = False) -> Maker:
    def maker(z: Any, y: Any, threads: int, gradient: bool) -> Job:
        import torch

        torch.set_num_threads(threads)
        scores = torch.from_numpy(z).requires_grad_(gradient)
        target = torch.from_numpy(y if labels else np.ascontiguousarray(y, z.dtype))

        def job() -> object:
            torch.set_num_threads(threads)
            value = function(scores, target)
            if gradient:
                scores.grad = None
                value.backward()
            return float(value.detach())

        return job

    return maker


def _jax(function: Callable[[Any, Any], Any], *, labels: bool = False) -> Maker:
    def maker(z: Any, y: Any, threads: int, gradient: bool) -> Job:
        import jax

        jax.config.update("jax_enable_x64", True)
        scores, target = jax.numpy.asarray(z), jax.numpy.asarray(y if labels else np.asarray(y, z.dtype))
        compiled = jax.jit(jax.value_and_grad(function) if gradient else function)
        return lambda: jax.block_until_ready(compiled(scores, target))

    return maker


def _numpy(value: Callable[[Any, Any], Any], slope: Callable[[Any, Any], Any]) -> Maker:
    def maker(z: Any, y: Any, threads: int, gradient: bool) -> Job:
        target = y if y.dtype.kind == "i" and z.ndim == 2 else np.asarray(y, z.dtype)
        if gradient:
            return lambda: (value(z, target).sum(), slope(z, target))
        return lambda: value(z, target).sum()

    return maker


def _softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _softmax_loss(z: Any, y: Any) -> Any:
    m = z.max(axis=1)
    return m + np.log(np.exp(z - m[:, None]).sum(axis=1)) - z[np.arange(len(z)), y]


def _softmax_slope(z: Any, y: Any) -> Any:
    p = _softmax(z)
    p[np.arange(len(z)), y] -= 1
    return p


def _of_torch(name: str, **settings: Any) -> Callable[[Any, Any], Any]:
    def function(z: Any, y: Any) -> Any:
        import torch.nn.functional

        return getattr(torch.nn.functional, name)(z, y, reduction="sum", **settings)

    return function


def _of_optax(name: str, **settings: Any) -> Callable[[Any, Any], Any]:
    def function(z: Any, y: Any) -> Any:
        import optax

        return getattr(optax, name)(z, y, **settings).sum()

    return function


def _of_scikit(name: str, **settings: Any) -> Callable[[], Any]:
    def make() -> Any:
        import sklearn._loss.loss

        return getattr(sklearn._loss.loss, name)(**settings)

    return make


def _torch_pinball(z: Any, y: Any) -> Any:
    import torch

    r = y - z
    return torch.maximum(0.3 * r, -0.7 * r).sum()


def _jax_pinball(z: Any, y: Any) -> Any:
    import jax.numpy as jnp

    r = y - z
    return jnp.maximum(0.3 * r, -0.7 * r).sum()


def _torch_gamma(z: Any, y: Any) -> Any:
    return (z + y * (-z).exp()).sum()


def _jax_gamma(z: Any, y: Any) -> Any:
    import jax.numpy as jnp

    return (z + y * jnp.exp(-z)).sum()


def _jax_poisson(z: Any, y: Any) -> Any:
    import jax.numpy as jnp

    return (jnp.exp(z) - y * z).sum()


def _real(rng: np.random.Generator, z: Any) -> Any:
    return z + rng.normal(size=z.shape)


def _softmax_case(classes: int) -> Case:
    return Case(
        f"softmax, K = {classes}",
        "categorical",
        lambda rng, z: rng.integers(0, classes, len(z)),
        {
            "naive NumPy": _numpy(_softmax_loss, _softmax_slope),
            "scikit-learn": _scikit(_of_scikit("HalfMultinomialLoss", n_classes=classes)),
            "torch": _torch(_of_torch("cross_entropy"), labels=True),
            "jax, optax": _jax(_of_optax("softmax_cross_entropy_with_integer_labels"), labels=True),
        },
        classes=classes,
    )


CASES = (
    Case(
        "logistic",
        "logistic",
        lambda rng, z: rng.random(z.shape) < 1 / (1 + np.exp(-z)),
        {
            "naive NumPy": _numpy(lambda z, y: np.log(1 + np.exp(z)) - y * z, lambda z, y: 1 / (1 + np.exp(-z)) - y),
            "np.logaddexp": _numpy(lambda z, y: np.logaddexp(0, z) - y * z, lambda z, y: 1 / (1 + np.exp(-z)) - y),
            "scikit-learn": _scikit(_of_scikit("HalfBinomialLoss")),
            "torch": _torch(_of_torch("binary_cross_entropy_with_logits")),
            "jax, optax": _jax(_of_optax("sigmoid_binary_cross_entropy")),
        },
    ),
    _softmax_case(10),
    _softmax_case(1000),
    Case(
        "Gaussian",
        "gaussian",
        _real,
        {
            "naive NumPy": _numpy(lambda z, y: (y - z) ** 2, lambda z, y: 2 * (z - y)),
            "scikit-learn": _scikit(_of_scikit("HalfSquaredError")),
            "torch": _torch(_of_torch("mse_loss")),
            "jax, optax": _jax(_of_optax("squared_error")),
        },
    ),
    Case(
        "Poisson",
        "poisson",
        lambda rng, z: rng.poisson(np.exp(z)),
        {
            "naive NumPy": _numpy(lambda z, y: np.exp(z) - y * z, lambda z, y: np.exp(z) - y),
            "scikit-learn": _scikit(_of_scikit("HalfPoissonLoss")),
            "torch": _torch(_of_torch("poisson_nll_loss")),
            "jax, optax": _jax(_jax_poisson),
        },
    ),
    Case(
        "gamma",
        "gamma",
        lambda rng, z: rng.gamma(2.0, np.exp(z) / 2) + 1e-6,
        {
            "naive NumPy": _numpy(lambda z, y: z + y * np.exp(-z), lambda z, y: 1 - y * np.exp(-z)),
            "scikit-learn": _scikit(_of_scikit("HalfGammaLoss")),
            "torch": _torch(_torch_gamma),
            "jax, optax": _jax(_jax_gamma),
        },
    ),
    Case(
        "Huber",
        "huber",
        _real,
        {
            "naive NumPy": _numpy(
                lambda z, y: np.where(np.abs(y - z) <= 1, (y - z) ** 2 / 2, np.abs(y - z) - 0.5),
                lambda z, y: np.clip(z - y, -1, 1),
            ),
            "scikit-learn": _scikit(_of_scikit("HuberLoss", delta=1.0)),
            "torch": _torch(_of_torch("huber_loss")),
            "jax, optax": _jax(_of_optax("huber_loss")),
        },
        {"delta": 1.0},
    ),
    Case(
        "pinball",
        "asymmetric-laplace",
        _real,
        {
            "naive NumPy": _numpy(
                lambda z, y: np.maximum(0.3 * (y - z), -0.7 * (y - z)), lambda z, y: np.where(y > z, -0.3, 0.7)
            ),
            "scikit-learn": _scikit(_of_scikit("PinballLoss", quantile=0.3)),
            "torch": _torch(_torch_pinball),
            "jax, optax": _jax(_jax_pinball),
        },
        {"tau": 0.3},
    ),
)


# ------------------------------------------------------------------ measuring


def ours(loss: CompiledLoss, parameters: Mapping[str, float], gradient: bool, z: Any, y: Any) -> Job:
    """The job of one of our backends."""
    if gradient:
        slope = np.empty_like(z)
        return lambda: loss.total_and_slope(z, y, out=slope, **parameters)
    return lambda: loss.total(z, y, **parameters)


def rows(case: Case, count: int, rounds: int) -> Iterator[Row]:
    """Every comparison of a loss."""
    rng = np.random.default_rng(7)
    shape = (count // case.classes, case.classes) if case.classes else (count,)
    scores = rng.normal(size=shape) * (1 if case.name in {"Poisson", "gamma"} else 3)
    observed = np.asarray(case.draw(rng, scores))
    backends = [b for b in ("numpy", "numba") if importlib.util.find_spec(b)]
    for dtype in (np.float64, np.float32):
        z = scores.astype(dtype)
        y = observed if case.classes else observed.astype(dtype)
        for threads in (1, 2):
            compiled = {f"lossproof, {b}": lp.compile(case.what, b, threads=threads) for b in backends}
            for gradient in (False, True):
                jobs = {n: ours(c, case.parameters, gradient, z, y) for n, c in compiled.items()}
                memory = {name: peak(job) for name, job in jobs.items()}
                for name, make in case.peers.items():
                    if threads == 1 and name.startswith("jax"):
                        continue
                    if threads == 2 and "NumPy" in name:
                        continue
                    jobs[name] = make(z, observed if case.classes else y, threads, gradient)
                quantity = "loss with gradient" if gradient else "loss"
                least = in_turn(jobs, rounds)
                times = {name: seconds / z.size * 1e9 for name, seconds in least.items()}
                yield Row(case.name, quantity, np.dtype(dtype).name, threads, times, memory)


def in_turn(jobs: Mapping[str, Job], rounds: int) -> dict[str, float]:
    """The least seconds of each of some jobs, which run in turn; the first round warms them up."""
    least = dict.fromkeys(jobs, float("inf"))
    for turn in range(rounds + 1):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            if turn:
                least[name] = min(least[name], time.perf_counter() - start)
    return least


def peak(job: Job) -> float:
    """The most memory that Python and NumPy hold during a job, in MiB."""
    job()
    gc.collect()
    tracemalloc.start()
    job()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


# ------------------------------------------------------------------ report


def table(found: Sequence[Row]) -> str:
    """A line for each comparison: our times, and how many times as long each peer takes."""
    peers = list(dict.fromkeys(name for row in found for name in row.times if not name.startswith("lossproof")))
    own = list(dict.fromkeys(name for row in found for name in row.times if name.startswith("lossproof")))
    head = f"{'loss':<17} {'':<18} {'':<7} {'threads':>7}"
    head += "".join(f" {name.removeprefix('lossproof, '):>7}" for name in own) + "  "
    lines = [head + "".join(f" {name:>12}" for name in peers) + "   MiB"]
    for row in found:
        line = f"{row.loss:<17} {row.quantity:<18} {row.dtype:<7} {row.threads:>7}"
        line += "".join(f" {row.times[name]:7.2f}" for name in own if name in row.times) + "  "
        line += "".join(f" {row.ratio(name):11.2f}x" if name in row.times else f" {'':12}" for name in peers)
        lines.append(f"{line} {max(row.memory.values()):5.1f}{'' if row.met else '  not met'}")
    return "\n".join(lines)


def draw(found: Sequence[Row], path: Path, about: str) -> None:
    """The times with float64 and one thread as bars, ours dark: the shorter the better."""
    from matplotlib.figure import Figure

    chosen = [row for row in found if row.dtype == "float64" and row.threads == 1]
    losses = list(dict.fromkeys(row.loss for row in chosen))
    figure = Figure(figsize=(9, 1.2 + 0.85 * len(losses)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, quantity in zip(panels, ("loss", "loss with gradient"), strict=True):
        ticks: list[tuple[float, str]] = []
        place = 0.0
        for row in (r for r in chosen if r.quantity == quantity):
            first = place
            for name, time_ in row.times.items():
                ours_ = name.startswith("lossproof")
                panel.barh(place, time_, color="#1f4e79" if ours_ else "#b8bec6", height=0.8)
                panel.text(time_, place, f" {name} {time_:.1f}", va="center", fontsize=6)
                place += 1
            ticks.append(((first + place - 1) / 2, row.loss))
            place += 1
        panel.set_yticks([t for t, _ in ticks], [label for _, label in ticks])
        panel.set_title(quantity, fontsize=9)
        panel.set_xlabel("nanoseconds per number", fontsize=8)
        panel.margins(x=0.35)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    panels[0].invert_yaxis()
    figure.suptitle(f"Compiled losses, float64, one thread ({about})", fontsize=9)
    figure.savefig(path)


def main() -> None:
    """Measure, print, draw, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer numbers and rounds, under a minute")
    parser.add_argument("--only", default="", metavar="NAMES", help="only losses whose names contain one of these")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FILE.json", help="JSON; beside it a figure")
    options = parser.parse_args()
    count, rounds = (400_000, 2) if options.quick else (4_000_000, 7)
    wanted = [w.casefold() for w in options.only.split(",")]
    chosen = [c for c in CASES if any(w in c.name.casefold() for w in wanted)]
    found = [row for case in chosen for row in rows(case, count, rounds)]
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    print("Nanoseconds per number, ours; a peer's time over that of the faster of ours.", "", table(found), sep="\n")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    draw(found, options.out.with_suffix(".svg"), str(machine()["cpu"]))
    data = {"machine": machine(), "quick": options.quick, "rows": [{**asdict(r), "met": r.met} for r in found]}
    options.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
