"""The baseline of each bed: learning, adopting, watching for drift, letting go; nothing of it is silent."""

from monitor.baseline.note import CARRIES_ON, Note, Recalled
from monitor.baseline.status import BaselineStatus
from monitor.baseline.watch import BaselineWatch

__all__ = ["CARRIES_ON", "BaselineStatus", "BaselineWatch", "Note", "Recalled"]
