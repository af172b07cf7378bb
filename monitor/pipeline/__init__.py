"""From messages to alarms for all beds, without socket, clock or disk.

A recorded stream gives the same alarms at any speed.
"""

from monitor.pipeline.outcome import Hop, Outcome
from monitor.pipeline.pipeline import Pipeline

__all__ = ["Hop", "Outcome", "Pipeline"]
