from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from training.paired import Comparison


def difference_table(model: str, against: Path, comparisons: Sequence[Comparison]) -> Table:
    """Figures of both models and the interval of their difference; a star where it leaves out zero."""
    table = Table(title=f"{model} against {against.name}")
    for i, name in enumerate(("part", "figure", "n", "first", "second", "difference (95 %)")):
        table.add_column(name, justify="left" if i < 2 else "right")
    for one in comparisons:
        d = one.difference
        sign = f"{d.value:+.3f} ({d.low:+.3f} to {d.high:+.3f})" + (" *" if d.clear else "  ")
        table.add_row(one.part, one.figure, str(d.n), f"{d.first:.3f}", f"{d.second:.3f}", sign)
    return table
