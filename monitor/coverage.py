"""How the seconds of a bed ended: each takes the outcome of the window that ends with it."""

from typing import Final

from engine.grid import WINDOW_S
from monitor.update import Coverage

STARTING: Final = "starting"


def extended(coverage: Coverage, seconds: float, reason: str | None) -> Coverage:
    """Add seconds that were assessed (`reason` None) or not (why)."""
    if seconds <= 0:
        return coverage
    if reason is None:
        return Coverage(coverage.assessed_s + seconds, coverage.not_assessed_s, coverage.by_reason)
    by_reason = {**coverage.by_reason, reason: coverage.by_reason.get(reason, 0.0) + seconds}
    return Coverage(coverage.assessed_s, coverage.not_assessed_s + seconds, by_reason)


def start_assessed(coverage: Coverage, seconds: float) -> Coverage:
    """Count what came before the first full window as assessed: the window, ending with `seconds`, saw it."""
    seen_s = min(coverage.by_reason.get(STARTING, 0.0), WINDOW_S - seconds)
    if seen_s <= 0:
        return coverage
    rest_s = coverage.by_reason[STARTING] - seen_s
    by_reason = {reason: s for reason, s in coverage.by_reason.items() if reason != STARTING}
    if rest_s > 0:
        by_reason[STARTING] = rest_s
    return Coverage(coverage.assessed_s + seen_s, coverage.not_assessed_s - seen_s, by_reason)
