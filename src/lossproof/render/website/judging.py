"""Referees for many derivations, on all cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal

from lossproof.errors import LossproofError
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.serial import from_json
from lossproof.referees import Report, verify
from lossproof.rulebook import RULES


class Judging:
    """Reports that are being made while the caller does something else."""

    def __init__(
        self, derivations: Sequence[Derivation], referees: str, seed: int, pool: ProcessPoolExecutor | None
    ) -> None:
        self._derivations, self._referees, self._seed = derivations, referees, seed
        self._waiting: list[Future[Report | None]] = []
        if pool is not None:
            with suppress(BrokenProcessPool):  # then the rest is judged here
                self._waiting.extend(pool.submit(_judge, d.to_json(), referees, seed) for d in derivations)

    def __iter__(self) -> Iterator[Report]:
        """The reports, in the order of the derivations."""
        for place, derivation in enumerate(self._derivations):
            yield self._elsewhere(place) or verify(derivation, referees=self._referees, seed=self._seed)

    def _elsewhere(self, place: int) -> Report | None:
        """The report of a worker, if there is one and it could be made."""
        try:
            return self._waiting[place].result() if place < len(self._waiting) else None
        except BrokenProcessPool:
            return None


@contextmanager
def judging(derivations: Sequence[Derivation], referees: str, workers: int, seed: int = 0) -> Iterator[Judging]:
    """Ask referees about derivations, in processes of their own if there are to be several workers.

    Raises:
        UnknownName: if there is no such referee.
    """
    if workers <= 1 or len(derivations) <= 1:
        yield Judging(derivations, referees, seed, None)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), signal, (SIGINT, SIG_IGN))  # the caller is interrupted
    try:
        yield Judging(derivations, referees, seed, pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _judge(saved: str, referees: str, seed: int) -> Report | None:
    """In a process of its own: the derivation is loaded, and so replayed; None leaves it to the caller.

    It may need a rule that only the caller's process knows, and an error is best raised there.
    """
    try:
        return verify(from_json(saved, RULES), referees=referees, seed=seed)
    except LossproofError:
        return None
