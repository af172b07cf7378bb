"""Backends in order, fastest first: the network runs on the best that works, and steps down when it fails."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.backends.backend import AbsentBackendError, Backend, NetworkOutputs, is_finite
from engine.backends.precisions import precision_of
from engine.errors import EcgMonitorError, ModelError
from engine.preprocess import ModelInput

Say = Callable[[str], None]
Judge = Callable[[Backend, str], str | None]
"""Given a backend and its precision, why it may not serve; None if it may."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One backend that may serve."""

    name: str
    load: Callable[[Say], Backend]
    """Makes it ready, and says what an operator should know of it."""
    precision: str = "fp32"
    slow: bool = False
    """Making it ready may take minutes: it happens while a lower rung serves."""


class Ladder:
    """A backend that consists of backends.

    Results never depend on which rung gave them, within the precision's tolerance: a slow rung is compared
    with the reference before it serves, and the batch in which a rung fails is run again on the next.

    Parameters
    ----------
    rungs : sequence of Rung
        Fastest first; the last is quick to load and float32.
    judge : callable
        Asked before a slow rung serves.
    asked : str, optional
        Name of the rung that the operator asked for; None if the best of this machine was.
    lost : str, optional
        Why the asked one is not among `rungs`.

    Raises
    ------
    ModelError
        If no rung can be loaded.
    """

    def __init__(
        self, rungs: Sequence[Rung], judge: Judge, asked: str | None = None, lost: str | None = None
    ) -> None:
        self._rungs = tuple(rungs)
        self._judge = judge
        self._asked = asked
        self._ready: dict[int, Backend] = {}
        """Quick rungs that were loaded."""
        self._out: dict[str, str] = {}
        """Rung -> why it does not serve any more."""
        self._lost = f"{asked} cannot serve: {lost}" if lost else None
        """Why the model runs on less than it should."""
        self._remarks: list[str] = []
        self._arrived: tuple[int, Backend] | None = None
        self._building: str | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._place, self._backend = self._load_quick(0)
        self._raise_up()

    @property
    def name(self) -> str:
        """The backend that serves."""
        return self._backend.name

    @property
    def degraded(self) -> str | None:
        """Why the model runs on less than was asked for, or than it did; None while it does not."""
        return None if self._lost is None else f"{self._lost}; the model runs on {self.name}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else an operator should know: what this machine lacks, what is being built."""
        with self._lock:
            building = self._building
            said = tuple(self._remarks)
        return said if building is None else (*said, f"{building} is being made ready; {self.name} serves")

    def run(self, batch: ModelInput) -> NetworkOutputs:
        """Score a batch, on the next rung if this one fails in it."""
        self._take_arrival()
        while True:
            try:
                outputs = self._backend.run(batch)
            except Exception as error:  # whatever a runtime raises; the last rung's goes to the caller
                self._step_down(_in_words(error), error)
                continue
            is_built = self._rungs[self._place].slow
            return self._doubt(batch, outputs) if is_built and not is_finite(outputs) else outputs

    def wait(self, timeout_s: float | None = None) -> None:
        """Until nothing is being made ready any more."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._take_arrival()

    def _doubt(self, batch: ModelInput, outputs: NetworkOutputs) -> NetworkOutputs:
        """Numbers are missing: if float32 has them, this rung is at fault, otherwise the signal is."""
        failed = self._rungs[self._place]
        try:
            place, backend = self._load_quick(self._place + 1, "fp32")
        except ModelError:
            return outputs  # nobody to ask
        exact = backend.run(batch)
        if not is_finite(exact):
            return outputs
        for rung in self._rungs:
            if rung.precision == failed.precision and precision_of(rung.precision).reduced:
                self._out[rung.name] = f"{rung.precision} is not enough for this signal"
        sentence = f"{failed.name} gave no numbers in {failed.precision} where float32 does"
        self._serve(place, backend, failed.name, sentence)
        return exact

    def _step_down(self, reason: str, error: Exception) -> None:
        failed = self._rungs[self._place]
        if self._place == len(self._rungs) - 1:
            raise error
        place, backend = self._load_quick(self._place + 1)
        self._serve(place, backend, failed.name, f"{failed.name} failed: {reason}")

    def _serve(self, place: int, backend: Backend, failed: str, sentence: str) -> None:
        self._out[failed] = self._lost = sentence
        self._ready.pop(self._place, None)  # and with it the memory of its device
        self._place, self._backend = place, backend
        self._raise_up()

    def _load_quick(self, first: int, precision: str | None = None) -> tuple[int, Backend]:
        """The best rung from `first` on that serves at once."""
        reasons = []
        for place, rung in enumerate(self._rungs):
            if place < first or rung.slow or rung.name in self._out:
                continue
            if precision is not None and rung.precision != precision:
                continue
            try:
                if place not in self._ready:
                    self._ready[place] = rung.load(self._say)
                return place, self._ready[place]
            except EcgMonitorError as error:
                reasons.append(str(error))
                self._give_up(rung, error)
        raise ModelError("; ".join(reasons) or "no backend is left to run the model")

    def _give_up(self, rung: Rung, error: Exception) -> None:
        """Note why a rung cannot be had; it is a loss unless this machine just lacks it and nobody asked."""
        sentence = f"{rung.name} cannot serve: {_in_words(error)}"
        with self._lock:
            self._out[rung.name] = sentence
            if isinstance(error, AbsentBackendError) and self._asked != rung.name:
                self._remarks.append(sentence)
            else:
                self._lost = sentence

    def _say(self, sentence: str) -> None:
        with self._lock:
            self._remarks.append(sentence)

    def _raise_up(self) -> None:
        """Begin to make ready the slow rungs above the one that serves, best first."""
        if self._thread is not None and self._thread.is_alive():
            return  # it looks at what is left before each rung
        if any(rung.slow and rung.name not in self._out for rung in self._rungs[: self._place]):
            self._thread = threading.Thread(target=self._make_ready, name="backends", daemon=True)
            self._thread.start()

    def _make_ready(self) -> None:
        for place, rung in enumerate(self._rungs):
            if place >= self._place or not rung.slow or rung.name in self._out:
                continue
            with self._lock:
                self._building = rung.name
            try:
                backend = rung.load(self._say)
                if (fault := self._judge(backend, rung.precision)) is not None:
                    raise ModelError(fault)
            except Exception as error:  # a rung that cannot be had never ends the monitor
                self._give_up(rung, error)
                continue
            finally:
                with self._lock:
                    self._building = None
            with self._lock:
                self._arrived = place, backend
            return

    def _take_arrival(self) -> None:
        """Between two batches: let what has become ready serve."""
        with self._lock:
            arrived, self._arrived = self._arrived, None
        if arrived is not None and self._rungs[arrived[0]].name not in self._out:
            self._place, self._backend = arrived


def _in_words(error: Exception) -> str:
    """One line for an operator."""
    if type(error).__name__ == "OutOfMemoryError":
        return "the device is out of memory"
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
