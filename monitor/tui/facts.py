"""What tells whether the monitor itself does its work: coverage, latency, backend, alarm rate, losses."""

from rich.text import Text

from monitor.tui.bedview import BedView
from monitor.tui.palette import Ink
from monitor.tui.picture import Picture
from monitor.update import CoreStatus, Coverage


def coverage_percent(coverage: Coverage) -> float | None:
    """Share of the seconds so far that were assessed."""
    total_s = coverage.assessed_s + coverage.not_assessed_s
    return 100 * coverage.assessed_s / total_s if total_s else None


def facts(bed: BedView | None, core: CoreStatus | None, picture: Picture) -> Text:
    """Five rows."""
    update = bed.update if bed else None
    percent = coverage_percent(update.coverage) if update else None
    rows = [
        ("assessed", "---" if percent is None else f"{percent:.1f} % of the time"),
        ("latency", f"{update.latency_ms:.0f} ms" if update and picture.live else "---"),
        ("alarms", f"{core.alarms_per_bed_hour:.1f} per bed-hour" if core else "---"),
        ("model on", core.backend if core else "---"),
        ("journal", core.journal if core else "---"),
    ]
    text = Text()
    for name, value in rows:
        text.append(f"{name:<10}", Ink.DIM)
        text.append(f"{value}\n", Ink.PLAIN)
    text.right_crop(1)
    return text
