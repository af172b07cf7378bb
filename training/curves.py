"""How a training went, for people: one line of CSV a step, a picture, TensorBoard if asked for."""

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from engine.errors import ConfigurationError
from training.wholefile import write_whole

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

COLUMNS: Final = ("epoch", "step", "loss", "validation_auc", "learning_rate", "seconds")


@dataclass(frozen=True, slots=True)
class Row:
    """What is known after a step."""

    epoch: int
    """From 1."""
    step: int
    """From 1, counted over the whole training."""
    loss: float
    validation_auc: float | None
    """After the last step of an epoch."""
    learning_rate: float
    """Of this step."""
    seconds: float
    """Spent learning: neither validation nor interruptions are counted."""
    epoch_loss: float
    """Mean over the epoch so far."""
    n_steps: int
    """Steps of the whole training."""

    def line(self) -> str:
        """As CSV; numbers are as short as they can be and still exact, but for the seconds."""
        value = "" if self.validation_auc is None else repr(self.validation_auc)
        return f"{self.epoch},{self.step},{self.loss!r},{value},{self.learning_rate!r},{self.seconds:.2f}\n"


class Curves:
    """`losses.csv` and `losses.png` in a folder, and event files below `tensorboard/`.

    A training that goes on after a kill may repeat steps: the first row that arrives takes the place of all
    that were written from its step on.
    """

    def __init__(self, folder: Path, say: Callable[[str], None], tensorboard: bool = False) -> None:
        self._table, self._picture, self._events_folder = (
            folder / name for name in ("losses.csv", "losses.png", "tensorboard")
        )
        self._say = say
        self._file: io.TextIOWrapper | None = None
        self._events: SummaryWriter | None = None
        self._writer = _find_tensorboard() if tensorboard else None
        self._can_draw = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            with suppress(OSError):  # a full disk was reported when it was met
                self._file.close()
        if self._events:
            self._events.close()

    def add(self, row: Row) -> None:
        """Append a row, out of this process's hands before the state of the training is saved."""
        if self._file is None:
            self._file = self._open(row.step)
        try:
            self._file.write(row.line())
            self._file.flush()
        except OSError as error:
            raise ConfigurationError(
                f"{self._table} cannot be written ({error.strerror}): free some space, go on with --resume"
            ) from error
        if self._events:
            self._events.add_scalar("loss", row.loss, row.step)
            self._events.add_scalar("learning rate", row.learning_rate, row.step)
        if row.validation_auc is not None:
            if self._events:
                self._events.add_scalar("validation AUC", row.validation_auc, row.step)
                self._events.flush()
            self.draw()

    def draw(self) -> None:
        """Draw what the table holds; without matplotlib, say so once."""
        if not self._can_draw or not self._table.is_file():
            return
        try:
            from training.curvepicture import draw_curves
        except ModuleNotFoundError as error:
            self._can_draw = False
            self._say(f"no {self._picture.name}: it needs {error.name}, pip install 'ecg-monitor[train]'")
            return
        write_whole(self._picture, draw_curves(read_curves(self._table)))

    def _open(self, step: int) -> io.TextIOWrapper:
        if self._writer:
            self._events = self._writer(str(self._events_folder), purge_step=step)
        before = [line for line in _whole_lines(self._table) if int(line.split(",")[1]) < step]
        write_whole(self._table, "".join([",".join(COLUMNS) + "\n", *before]).encode())
        return self._table.open("a", encoding="utf-8", newline="")


def read_curves(table: Path) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """(n,) float64 for each column; NaN where a cell is empty."""
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in COLUMNS}


def _whole_lines(table: Path) -> list[str]:
    """Lines below the header; a kill may have torn the last one."""
    if not table.is_file():
        return []
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)[1:]
    whole = (line for line in lines if line.endswith("\n") and line.count(",") == len(COLUMNS) - 1)
    return [line for line in whole if line.split(",")[1].isdigit()]


def _find_tensorboard() -> "type[SummaryWriter]":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ConfigurationError(
            "--tensorboard needs tensorboard: pip install 'ecg-monitor[tensorboard]'"
        ) from error
    return SummaryWriter
