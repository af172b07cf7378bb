"""What a training shows: a moving bar on a terminal, elsewhere one plain line an epoch."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from training.curves import Row

Item = TypeVar("Item")


class Display:
    """Progress of one training; silent if another process speaks."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            _Note(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def say(self, text: str) -> None:
        """One line that stays."""
        self.console.print(text, highlight=False, soft_wrap=True)

    def track(self, items: Iterable[Item], what: str, n: int) -> Iterable[Item]:
        """Show how far a loop over `n` items is; where nothing moves, say that it begins."""
        if not self.console.is_terminal:
            self.say(f"{what}: {n}")
        task = self.progress.add_task(what, total=n)
        for item in items:
            yield item
            self.progress.advance(task)

    def step(self, row: Row) -> None:
        """Show a step, and say how an epoch went."""
        if self._task is None:
            self._task = self.progress.add_task("restoring", total=row.n_steps, completed=row.step - 1)
            if row.step > 1:
                self.say(f"going on after step {row.step - 1} of {row.n_steps}")
        self.progress.advance(self._task)
        speed = self.progress.tasks[self._task].speed
        note = f"loss {row.epoch_loss:.3f}" + (f"  {speed:.1f} steps/s" if speed else "")
        self.progress.update(self._task, note=note)
        if row.validation_auc is not None:
            self.say(
                f"epoch {row.epoch:3d}  loss {row.epoch_loss:7.3f}  validation AUC of the latents "
                f"{row.validation_auc:.4f}  {row.seconds:.0f} s"
            )


class _Note(ProgressColumn):
    """What else there is to say of a task."""

    def render(self, task: Task) -> Text:
        return Text(task.fields.get("note", ""))
