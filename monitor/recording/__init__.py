"""Waveforms of every bed, stored as WFDB segments of a minute, so that any alarm can be looked at again."""

from monitor.recording.recording import Recording
from monitor.recording.strip import Strip

__all__ = ["Recording", "Strip"]
