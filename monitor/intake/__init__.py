"""From messages to samples on the common grid: what arrives is used, or counted and named; nothing raises."""

from monitor.intake.intake import Intake
from monitor.intake.samples import Samples
from monitor.intake.tally import Finding

__all__ = ["Finding", "Intake", "Samples"]
