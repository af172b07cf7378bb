"""From one place of a recording to another, across the ends of runs."""

from dataclasses import replace

from engine.grid import FS_HZ
from monitor.recording import Recording
from monitor.recording.segment import SEGMENT_N, Segment
from monitor.review.spot import S_NS, Spot

SEGMENT_NS = SEGMENT_N * S_NS // FS_HZ


def moved_along(recording: Recording, spot: Spot, seconds: float) -> Spot | None:
    """A later or earlier moment of the run, or where the next one begins or the one before ended; None where
    nothing more is stored.
    """
    moved = spot.moved(seconds)
    segments = recording.segments(spot.bed)
    mine = [segment for segment in segments if segment.run == spot.run]
    if not mine or mine[0].first_sample <= moved.sample < mine[-1].first_sample + SEGMENT_N:
        return moved
    others = [segment for segment in segments if segment.run != spot.run]
    if seconds > 0:
        after = [segment for segment in others if segment > mine[-1]]
        return _at_start(after[0]) if after else None
    before = [segment for segment in others if segment < mine[0]]
    return _at_end(before[-1]) if before else None


def relocated(recording: Recording, spot: Spot) -> Spot:
    """The same wall-clock moment in the run that was under way then."""
    before = [segment for segment in recording.segments(spot.bed) if segment.started_ns <= spot.time_ns]
    if not before:
        return spot
    header = recording.header(before[-1])
    sample = header.first_sample + (spot.time_ns - header.start_ns) * FS_HZ // S_NS
    return replace(spot, run=before[-1].run, sample=sample)


def newest_spot(recording: Recording, bed: str) -> Spot | None:
    """Near the end of what is stored of a bed."""
    segments = recording.segments(bed)
    return _at_start(segments[-1]) if segments else None


def _at_start(segment: Segment) -> Spot:
    return Spot(segment.bed, segment.run, segment.first_sample, segment.started_ns)


def _at_end(segment: Segment) -> Spot:
    return Spot(
        segment.bed, segment.run, segment.first_sample + SEGMENT_N - 1, segment.started_ns + SEGMENT_NS
    )
