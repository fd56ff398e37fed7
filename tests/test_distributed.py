"""Loss, derivatives and fits on data in chunks, here and on a cluster of processes of which one is killed."""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossproof as lp
from lossproof.cli import main
from lossproof.errors import DataError, LossproofError, NoMinimiser, UnknownName
from lossproof.fitting import distributed
from lossproof.fitting.chunks import UNIT, Generated, Rows
from lossproof.fitting.distributed import distributed_objective
from lossproof.fitting.exact import ExactSum

# ------------------------------------------------------------------ sums


def hostile(seed: int) -> np.ndarray[Any, Any]:
    """Numbers of all sizes, most of which cancel."""
    random = np.random.default_rng(seed)
    sizes = random.integers(-1074, 900, size=(4, 501)) if seed % 2 else random.integers(-1074, -1010, size=(4, 501))
    numbers = np.ldexp(random.standard_normal((4, 501)), sizes)
    return np.concatenate([numbers, -numbers[:, ::2]], axis=1)


@pytest.mark.parametrize("seed", range(6))
def test_sums_of_parts_are_rounded_once_whatever_the_parts(seed: int) -> None:
    numbers = hostile(seed)
    expected = [math.fsum(row) for row in numbers]
    for parts in (1, 2, 37):
        sums = [ExactSum.of(part.copy()) for part in np.array_split(numbers, parts, axis=1)]
        assert ExactSum.together(*sums).rounded().tolist() == expected
        assert ExactSum.together(*reversed(sums)).rounded().tolist() == expected


def test_sums_that_are_not_finite_stay_so_and_leave_the_others_alone() -> None:
    numbers = np.array([[1.0, np.inf], [np.nan, 2.0], [np.inf, -np.inf], [1e308, 1e308], [1.0, 2.0]])
    assert ExactSum.of(numbers).rounded().tolist() == pytest.approx([np.inf, np.nan, np.nan, np.inf, 3], nan_ok=True)


# ------------------------------------------------------------------ chunks, without a cluster


@pytest.fixture(scope="module")
def logistic() -> lp.CompiledLoss:
    return lp.compile("logistic")


def data(n: int, d: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    random = np.random.default_rng(n)
    x = random.standard_normal((n, d)) * np.array([1.0, 100.0, 1e-3])[:d]
    y = (random.random(n) < 0.5).astype(float)
    return x, y, random.integers(0, 3, n).astype(float)


def sums(loss: lp.CompiledLoss, what: str, cuts: list[int]) -> np.ndarray[Any, Any]:
    x, y, weights = data(5000, 3)
    nothing = loss.objective(np.empty((0, 3)), np.empty(0), intercept=True)
    w = np.array([0.3, -1.2, 0.04, 300.0])
    asked = distributed._Asked(what, w, w[::-1] if what == "product" else None)
    parts = []
    for number, part in enumerate(np.split(np.arange(5000), cuts)):
        rows = Rows(x[part], y[part], (), weights[part])
        parts.append(distributed._summed(nothing, asked, number, lambda rows=rows: iter([rows])))
    return ExactSum.together(*parts).rounded()


@pytest.mark.parametrize("what", ["value", "gradient", "hessian", "product"])
def test_any_chunking_gives_the_same_bits(what: str, logistic: lp.CompiledLoss) -> None:
    whole = sums(logistic, what, [])
    for cuts in ([1], [2500], [7, 7, 8, 4999], list(range(0, 5000, 613))):
        assert sums(logistic, what, cuts).tobytes() == whole.tobytes()


def test_sums_are_those_of_the_objective_on_one_machine(logistic: lp.CompiledLoss) -> None:
    x, y, weights = data(5000, 3)
    one = logistic.objective(x, y, weights=weights, intercept=True)
    w = np.array([0.3, -1.2, 0.04, 300.0])
    value, gradient = one.value_and_gradient(w)
    found = sums(logistic, "hessian", [1000, 1234])
    assert found[0] == pytest.approx(value, rel=4e-16)
    scale = np.abs(np.column_stack([np.ones(5000), x])).T @ weights
    assert np.all(np.abs(found[1:5] - gradient) <= 1e-15 * scale)
    hessian = one.hessian(w)
    assert found[5:-2] == pytest.approx(hessian[np.triu_indices(4)], rel=1e-13, abs=1e-13 * np.abs(hessian).max())
    assert found[-1] == weights.sum()
    assert sums(logistic, "product", [77]) == pytest.approx(hessian @ w[::-1], rel=1e-12)


def pieces(data: Generated) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rows = [piece for read, _ in data.chunks().chunks for piece in read()]
    return np.concatenate([r.inputs for r in rows]), np.concatenate([r.observations for r in rows])


@pytest.mark.parametrize("model", ["logistic", "linear-regression", "poisson"])
def test_generated_rows_depend_on_the_seed_and_not_on_the_chunks(model: str) -> None:
    n = UNIT + 1000
    x, y = pieces(Generated(model, n, 2, seed=3))
    again, labels = pieces(Generated(model, n, 2, seed=3, rows=10))
    assert x.shape == (n, 2)
    assert np.array_equal(x, again)
    assert np.array_equal(y, labels)
    assert not np.array_equal(x, pieces(Generated(model, n, 2, seed=4))[0])
    assert not np.array_equal(x[:1000], x[UNIT:])


def test_what_cannot_be_generated_is_refused() -> None:
    with pytest.raises(UnknownName, match="logistic"):
        Generated("logistc", 10, 2)
    with pytest.raises(DataError, match="at least 1"):
        Generated("logistic", 0, 2)


# ------------------------------------------------------------------ a cluster


@pytest.fixture(scope="module")
def client(needs: Callable[[str], None]) -> Iterator[Any]:
    needs("distributed")
    with lp.cluster(workers=2, memory="1GiB") as started:
        yield started


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory, needs: Callable[[str], None]) -> Any:
    needs("pyarrow")
    import pandas

    x, y, weights = data(4000, 2)
    return pandas.DataFrame({"a": x[:, 0], "b": x[:, 1] / 100, "label": y, "times": weights})


def by_bits(found: lp.Fit) -> tuple[Any, ...]:
    assert found.covariance is not None
    return found.coefficients.tobytes(), found.covariance.tobytes(), found.loss, found.log_likelihood


def test_a_worker_that_is_killed_does_not_change_the_answer(client: Any) -> None:
    generated = lp.Generated("logistic", 6 * UNIT, 2, seed=5, rows=UNIT)
    undisturbed = lp.fit("logistic", generated, client=client, intercept=False)
    killed, told = list[int](), []

    def tell(now: str, done: int, total: int | None) -> None:
        told.append((now, done, total))
        if not killed and now.startswith("pass 2"):
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    other = lp.Generated("logistic", 6 * UNIT, 2, seed=5, rows=2 * UNIT)
    disturbed = lp.fit_in_chunks("logistic", other, client=client, intercept=False, tell=tell)
    assert killed
    assert by_bits(disturbed) == by_bits(undisturbed)
    assert told[-1][1:] == (3, 3)
    assert "before: loss" in told[-1][0]
    assert undisturbed.standard_errors is not None
    assert np.abs(undisturbed.coefficients - generated.coefficients).max() < 5 * undisturbed.standard_errors.max()


def test_frames_arrays_and_files_give_the_same_bits(
    client: Any, frame: Any, logistic: lp.CompiledLoss, tmp_path: Path
) -> None:
    import dask.array
    import dask.dataframe

    parts = dask.dataframe.from_pandas(frame, npartitions=3)
    (tmp_path / "data.parquet").mkdir()
    for k in range(2):
        frame[2000 * k : 2000 * (k + 1)].to_parquet(tmp_path / "data.parquet" / f"{k}.parquet")
    frame.to_csv(tmp_path / "data.csv", index=False)
    x = dask.array.from_array(frame[["a", "b"]].to_numpy(), chunks=(1500, 1))
    y, times = frame["label"].to_numpy(), dask.array.from_array(frame["times"].to_numpy(), chunks=70)
    given: list[tuple[Any, ...]] = [(parts, "label"), (str(tmp_path / "data.parquet"), "label")]
    given.append((str(tmp_path / "data.csv"), "label"))
    w = [0.1, 0.2, -0.3]
    found = {
        distributed_objective(logistic, *some, client=client, weights="times", intercept=True).value(w)
        for some in given
    }
    objective = distributed_objective(logistic, x, y, client=client, weights=times, intercept=True)
    assert found == {objective.value(w)}
    one = logistic.objective(frame[["a", "b"]].to_numpy(), y, weights=frame["times"].to_numpy(), intercept=True)
    assert objective.value(w) == pytest.approx(one.value(w), rel=4e-16)
    assert distributed_objective(logistic, x, y, weights=times, intercept=True).value(w) == objective.value(w)


@pytest.mark.parametrize("model", ["linear-regression", "gamma", "ridge"])
def test_a_fit_in_chunks_is_the_fit_on_one_machine(model: str, needs: Callable[[str], None]) -> None:
    needs("dask")
    import dask.array

    x, _, weights = data(1000, 2)
    x[:, 1] /= 100
    random = np.random.default_rng(1)
    scores = 0.2 + 0.5 * x[:, 0] - 0.3 * x[:, 1]
    y = {"gamma": lambda mean: random.gamma(2, mean / 2)}.get(model, random.normal)(np.exp(scores))
    known = {"sigma": 1.5, "tau": 0.7} if model == "ridge" else {}
    one = lp.fit(model, x, y, weights=weights, **known)
    chunks, times = dask.array.from_array(x, chunks=(600, 1)), dask.array.from_array(weights, chunks=999)
    many = lp.fit(model, chunks, y, weights=times, **known)
    assert many.coefficients == pytest.approx(one.coefficients, rel=1e-13)
    assert many.covariance == pytest.approx(one.covariance, rel=1e-12)
    assert many.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)
    assert many.parameters == pytest.approx(one.parameters, rel=1e-12)
    assert (many.features, many.kind, many.observations) == (one.features, one.kind, one.observations)


def test_newton_and_l_bfgs_find_the_same_minimum(needs: Callable[[str], None]) -> None:
    needs("dask")
    import dask.array

    x, y, _ = data(900, 1)
    chunks = dask.array.from_array(x, chunks=(600, 1))
    newton = lp.fit_in_chunks("logistic", chunks, y)
    l_bfgs = lp.fit_in_chunks("logistic", chunks, y, method="l-bfgs")
    assert l_bfgs.coefficients == pytest.approx(newton.coefficients, abs=1e-7)
    with pytest.raises(UnknownName, match="newton"):
        lp.fit_in_chunks("logistic", chunks, y, method="newtown")


def test_a_penalty_is_added_once(needs: Callable[[str], None]) -> None:
    needs("dask")
    import dask.array

    x, y, _ = data(300, 1)
    ridge, cuts = lp.compile("ridge"), dask.array.from_array(x, chunks=(100, 1))
    far = distributed_objective(ridge, cuts, y, sigma=1.0, tau=0.1)
    here = ridge.objective(x, y, sigma=1.0, tau=0.1)
    assert far.value([2.0]) == pytest.approx(here.value([2.0]), rel=4e-16)
    assert far.gradient([2.0]) == pytest.approx(here.gradient([2.0]), rel=1e-14)
    assert far.hessian([2.0]) == pytest.approx(here.hessian([2.0]), rel=1e-14)
    assert far.hessian_vector_product([2.0], [3.0]) == pytest.approx(3 * here.hessian([2.0])[0], rel=1e-14)


def test_wrong_data_are_said_with_chunk_and_row(client: Any, frame: Any, logistic: lp.CompiledLoss) -> None:
    import dask.array
    import dask.dataframe

    x, y, _ = data(40, 2)
    x[33, 1] = np.nan
    broken = distributed_objective(logistic, dask.array.from_array(x, chunks=(20, 2)), y, client=client)
    with pytest.raises(DataError, match=r"chunk 2, row 14: the inputs hold NaN"):
        broken.value([0.0, 1.0])
    odd = distributed_objective(logistic, dask.array.from_array(x[:20]), 3 * y[:20])
    with pytest.raises(DataError, match=r"chunk 1, row 1 and after: y = 3\.0 at \[\d+\] does not lie in"):
        odd.value([0.0, 1.0])
    parts = dask.dataframe.from_pandas(frame.assign(name="x"), npartitions=1)
    with pytest.raises(UnknownName, match="'label'"):
        distributed_objective(logistic, parts, "labl")
    with pytest.raises(DataError, match="'name' does not hold numbers"):
        distributed_objective(logistic, parts, "label")
    with pytest.raises(DataError, match="shape"):
        distributed_objective(logistic, dask.array.zeros((40, 2)), y[:39])
    with pytest.raises(DataError, match=r"cannot read 'nowhere\.parquet'"):
        distributed_objective(logistic, "nowhere.parquet", "label")
    with pytest.raises(DataError, match="needs y beside"):
        distributed_objective(logistic, dask.array.zeros((40, 2)), y, y)


def test_data_without_a_minimum_are_said(needs: Callable[[str], None]) -> None:
    needs("dask")
    import dask.array

    x, y, _ = data(200, 2)
    for columns, labels, why in (
        (np.column_stack([x[:, 0], 2 * x[:, 0]]), y, "the columns x1, x2 depend on each other"),
        (np.column_stack([x[:, 0], 0 * y]), y, "'x2'"),
        (x, (x[:, 0] > 0).astype(float), "separable"),
    ):
        with pytest.raises(NoMinimiser, match=why):
            lp.fit("logistic", dask.array.from_array(columns), labels, intercept=False)


def test_the_command_reads_parquet_in_chunks(
    frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    frame[:1500].to_parquet("1.parquet")
    frame[1500:].to_parquet("2.parquet")
    settings = ["--target", "label", "--weights", "times", "--format", "json"]
    assert main(["fit", "logistic", "*.parquet", *settings]) == 0
    found = json.loads(capsys.readouterr().out)
    one = lp.fit("logistic", frame[["a", "b"]], frame["label"], weights=frame["times"])
    assert found["features"] == ["(intercept)", "a", "b"]
    assert found["method"] == "Newton's method, 2 chunks"
    assert found["coefficients"] == pytest.approx(one.coefficients, rel=1e-12)
    for wrong, said in (
        (["nowhere.parquet"], "there is no such file"),
        (["1.parquet", "--target", "lable"], "did you mean 'label'"),
        (["1.parquet", "--workers", "1", "--memory", "lots"], "'lots' is no amount of memory"),
        (["data.csv", "--memory", "1GiB"], "--memory goes with --workers"),
    ):
        assert main(["fit", "logistic", *wrong]) > 0
        assert said in capsys.readouterr().err


def test_a_scheduler_that_does_not_answer_is_said(needs: Callable[[str], None]) -> None:
    needs("distributed")
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
        pytest.raises(LossproofError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1"),
        lp.cluster("tcp://127.0.0.1:1"),
    ):
        pass
