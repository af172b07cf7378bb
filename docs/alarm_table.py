"""Write the table of conditions into docs/alarms.md from the program's own: `python docs/alarm_table.py`."""

from pathlib import Path

from monitor.alarms.condition import Condition
from monitor.alarms.conditions import CONDITIONS
from monitor.alarms.limits import MAY_BE_OFF

PAGE = Path(__file__).with_name("alarms.md")
BEGIN, END = "<!-- table: docs/alarm_table.py -->\n", "<!-- end of table -->\n"
SYSTEM_S = 1.3
"""Up to one hop (1 s) until the next window, and 0.3 s from its last sample to the alarm."""

HEAD = (
    "| alarm | kind | priority | latching | condition "
    "| measurement s | configured s | system s | to alarm s |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)


def row(condition: Condition) -> str:
    """One condition as a line of the table."""
    if condition.measurement_s is None:
        measured, total = "the model's", "the sum"
    else:
        measured = f"{condition.measurement_s:g}"
        total = f"{condition.measurement_s + condition.configured_s + SYSTEM_S:.1f}"
    cells = (
        f"`{condition.name}`" + (" (may be off)" if condition.name in MAY_BE_OFF else ""),
        condition.kind.value,
        condition.priority.name.lower(),
        "yes" if condition.latching else "no",
        condition.says,
        measured,
        f"{condition.configured_s:g}",
        f"{SYSTEM_S:g}",
        total,
    )
    return "| " + " | ".join(cells) + " |\n"


def table() -> str:
    """The whole table."""
    return HEAD + "".join(map(row, CONDITIONS))


def page(text: str) -> str:
    """Return the page with its table renewed."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
