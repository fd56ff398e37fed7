"""What a pass over data that no machine holds costs, and how much memory it needs.

Logistic regression on generated observations, two workers with little memory: the loss with its gradient, and with
its Hessian, for more and more observations; beside it what generating them costs alone.  Then a fit of a Parquet
file that is larger than the memory of all workers together, what one more chunk costs, and how much a chunk sends.

    python benchmarks/scale.py [--quick] [--most 1e9] [--workers 2] [--memory 512MiB] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine

import lossproof as lp
from lossproof.fitting.chunks import UNIT
from lossproof.fitting.exact import exact_sums

RESULTS = Path(__file__).parent / "results" / "scale.json"

FEATURES = 5

#: Rows of a chunk.
CHUNK = 2**20

#: The Hessian is asked for up to so many observations; its cost per observation is the same for more.
HESSIAN_UP_TO = 10**8


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        what: was computed.
        n: how many observations.
        data: how many MiB they would fill.
        seconds: it took, on the clock.
        processor: seconds that all workers together were at work; on a busy machine the better number.
        memory: the most that any worker had used until then, in MiB.
    """

    what: str
    n: int
    data: float
    seconds: float
    processor: float
    memory: float

    def each(self, seconds: float) -> float:
        """Nanoseconds for each observation."""
        return seconds / self.n * 1e9


def seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def measured(what: str, n: int, data: float, client: Any, job: Callable[[], object]) -> Row:
    """What a job takes on the clock and of the workers, and the most memory that any of them has used until then."""
    before = client.run(_used)
    took = seconds(job)
    after = client.run(_used)
    processor = sum(used[0] - before.get(worker, (0.0, 0))[0] for worker, used in after.items())
    return Row(what, n, data, took, processor, max(used[1] for used in after.values()) / 1024)


def _used() -> tuple[float, int]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def _mebibytes(n: int) -> float:
    return n * (FEATURES + 1) * 8 / 2**20


def passes(client: Any, loss: lp.CompiledLoss, sizes: list[int]) -> Iterator[Row]:
    for n in sizes:
        data = lp.Generated("logistic", n, FEATURES, rows=min(CHUNK, max(UNIT, n // 16)))
        at = data.coefficients
        far = lp.distributed_objective(loss, data, client=client)
        size = _mebibytes(n)
        yield measured("loss and gradient", n, size, client, partial(far.value_and_gradient, at))
        if n <= HESSIAN_UP_TO:
            yield measured("loss, gradient and Hessian", n, size, client, partial(far.hessian, at))


def generating() -> float:
    """Nanoseconds to generate an observation, in one process."""
    data = lp.Generated("logistic", 10**9, FEATURES)
    return min(seconds(partial(data.unit, k)) for k in range(20)) / UNIT * 1e9


def fit_of_a_file(client: Any, n: int) -> Row:
    """Newton's method on a Parquet file, read anew for each pass."""
    import pyarrow
    import pyarrow.parquet

    data = lp.Generated("logistic", n, FEATURES)
    names = [f"x{k}" for k in range(1, FEATURES + 1)]
    with tempfile.TemporaryDirectory() as folder:
        for number, (read, _) in enumerate(data.chunks().chunks):
            pieces = [[*rows.inputs.T, rows.observations] for rows in read()]
            columns = [np.concatenate(c) for c in zip(*pieces, strict=True)]
            table = pyarrow.table(dict(zip([*names, "label"], columns, strict=True)))
            pyarrow.parquet.write_table(
                table, Path(folder) / f"{number:04d}.parquet", compression="none", row_group_size=2**18
            )
        size = sum(p.stat().st_size for p in Path(folder).iterdir()) / 2**20
        fits = list[lp.Fit]()

        def fit() -> None:
            fits.append(lp.fit("logistic", folder, "label", client=client, intercept=False))

        row = measured("fit of a Parquet file", n, size, client, fit)
        near = lp.fit("logistic", data, client=client, intercept=False)
    assert fits[0].coefficients.tobytes() == near.coefficients.tobytes(), "a file and what it was made of differ"
    return replace(row, what=f"{row.what} ({fits[0].steps} steps)")


def overhead(client: Any, loss: lp.CompiledLoss) -> float:
    """Seconds that one more chunk costs, beside its rows."""
    n, times = 2**22, []
    for rows in (2**19, UNIT):
        far = lp.distributed_objective(loss, lp.Generated("logistic", n, 1, rows=rows), client=client)
        times.append(min(seconds(partial(far.value_and_gradient, np.array([k]))) for k in range(3)))
    return max(0.0, times[1] - times[0]) / (n / UNIT - n / 2**19)


def sent(features: int) -> int:
    """Bytes of the sums of a chunk, with the Hessian."""
    numbers = 1 + features + features * (features + 1) // 2 + 2
    terms = np.random.default_rng(0).standard_normal((numbers, 1000))
    return len(pickle.dumps(exact_sums(terms)))


def table(rows: list[Row]) -> str:
    """Clock and processor times are those of an observation, in nanoseconds."""
    lines = [f"{'what':<32}{'n':>14}{'data MiB':>10}{'seconds':>10}{'clock':>8}{'processor':>11}{'peak MiB':>10}"]
    for r in rows:
        times = f"{r.seconds:>10.1f}{r.each(r.seconds):>8.0f}{r.each(r.processor):>11.0f}"
        lines.append(f"{r.what:<32}{r.n:>14,}{r.data:>10,.0f}{times}{r.memory:>10.0f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 10^6 observations")
    parser.add_argument("--most", type=float, default=1e9, help="the most observations")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="512MiB", help="of each worker")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    most = 10**6 if options.quick else int(options.most)
    loss = lp.compile("logistic")
    rows = list[Row]()
    with lp.cluster(workers=options.workers, memory=options.memory) as client:
        lp.distributed_objective(loss, lp.Generated("logistic", UNIT, 1), client=client).hessian([0.0])  # imports
        more = overhead(client, loss)
        sizes = [10**k for k in range(6, 10) if 10**k <= most]
        for row in passes(client, loss, sizes):
            rows.append(row)
            print(table([row]).splitlines()[-1], flush=True)
        rows.append(fit_of_a_file(client, 2**18 if options.quick else 28 * 2**20))
    once = generating()
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    print(f"{options.workers} workers of {options.memory}, {FEATURES} features", "", table(rows), "", sep="\n")
    print(f"generating an observation, in one process: {once:.0f} ns; one more chunk: {more * 1e3:.1f} ms")
    for d in (5, 100, 1000):
        print(f"a chunk sends, with the Hessian of {d} features: {sent(d):,} bytes")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "machine": machine(),
        "workers": options.workers,
        "memory": options.memory,
        "features": FEATURES,
        "rows": [asdict(r) for r in rows],
        "generating_ns": once,
        "chunk_seconds": more,
        "bytes_of_a_chunk": {d: sent(d) for d in (5, 100, 1000)},
    }
    options.out.write_text(json.dumps(data, indent=1), encoding="utf-8")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
