from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import frozen
from engine.errors import LeadError, RecordError
from engine.grid import MAX_SOURCE_HZ, MIN_SOURCE_HZ, WINDOW_S
from engine.leads import LeadMap
from monitor.records.location import find_header
from monitor.records.record import Record
from monitor.records.segments import Segments
from monitor.records.signals import known_unit

_RESAMPLE: Final = "resample it first (WFDB's xform, or wfdb.processing.resample_multichan)"


def read_record(path: str | Path, start_s: float = 0.0, end_s: float | None = None) -> Record:
    """Read the ECG of a recording, or of the stretch from `start_s` to `end_s`; raises `RecordError`."""
    header = find_header(path)
    segments = Segments.open(header)
    lead_map, channels = _ecg_channels(header, segments)
    calibrated = not _unknown_units(segments, channels)
    over = segments.oversampling(channels)
    fs_hz = segments.fs_hz * over
    _check_rate(header, fs_hz)
    start, end = _stretch(header, segments, start_s, end_s)
    samples = segments.read(channels, start, end)
    if not np.isfinite(samples).any():
        raise RecordError(f"{header}: not one valid ECG sample from {start_s:g} s on: choose another stretch")
    return Record(
        name=header.stem,
        path=str(header),
        fs_hz=fs_hz,
        leads=tuple(segments.names[channel] for channel in channels),
        samples=frozen(samples),
        step_uv=tuple(segments.step_uv(channel) for channel in channels),
        start_s=start / segments.fs_hz,
        notes=_notes(segments, lead_map, channels, (end - start) / segments.fs_hz),
        calibrated=calibrated,
    )


def _ecg_channels(header: Path, segments: Segments) -> tuple[LeadMap, list[int]]:
    try:
        lead_map = LeadMap.from_names(segments.names)
    except LeadError as error:
        raise RecordError(f"{header}: {error}") from error
    channels = sorted({channel for terms in lead_map.terms for channel, _ in terms})
    if _unknown_units(segments, channels):
        lead_map = LeadMap.from_names(segments.names, derive=False)
    return lead_map, channels


def _unknown_units(segments: Segments, channels: list[int]) -> list[str]:
    """Units of these channels that are no voltage, each once."""
    units = dict.fromkeys(segments.unit(channel) for channel in channels)
    return [unit for unit in units if not known_unit(unit)]


def _check_rate(header: Path, fs_hz: float) -> None:
    if fs_hz < MIN_SOURCE_HZ:
        raise RecordError(
            f"{header}: {fs_hz:g} Hz is too coarse for ECG; at least {MIN_SOURCE_HZ} Hz are needed: "
            "find the original recording"
        )
    if fs_hz > MAX_SOURCE_HZ:
        raise RecordError(
            f"{header}: {fs_hz:g} Hz is more than the {MAX_SOURCE_HZ} Hz that can be monitored: {_RESAMPLE}"
        )


def _stretch(header: Path, segments: Segments, start_s: float, end_s: float | None) -> tuple[int, int]:
    length_s = segments.n / segments.fs_hz
    readable_n = segments.n - segments.missing_n
    if readable_n <= 0:
        raise RecordError(f"{header}: its signal files are empty: fetch the recording again")
    start = round(start_s * segments.fs_hz)
    end = segments.n if end_s is None else min(segments.n, round(end_s * segments.fs_hz))
    if not 0 <= start < segments.n:
        raise RecordError(f"{header}: it lasts {length_s:g} s, so it cannot start at {start_s:g} s")
    if end <= start:
        raise RecordError(f"{header}: the end at {end_s:g} s is not after the start at {start_s:g} s")
    return start, end


def _notes(segments: Segments, lead_map: LeadMap, channels: list[int], duration_s: float) -> tuple[str, ...]:
    notes = []
    if lead_map.ignored:
        notes.append(f"ignored, no standard leads: {', '.join(lead_map.ignored)}")
    if lead_map.unnamed:
        notes.append(f"unnamed ECG channels stand in the place of {', '.join(lead_map.unnamed)}")
    if lead_map.derived:
        notes.append(f"derived from the other limb leads: {', '.join(lead_map.derived)}")
    if lead_map.absent:
        notes.append(f"absent: {', '.join(lead_map.absent)}")
    if unknown := _unknown_units(segments, channels):
        notes.append(
            f"unit {', '.join(unknown)} is no voltage: amplitude unknown, each lead is judged as if it had "
            "its usual size"
        )
    notes += _length_notes(segments, channels, duration_s)
    return tuple(notes)


def _length_notes(segments: Segments, channels: list[int], duration_s: float) -> list[str]:
    notes = []
    if segments.missing_n:
        there_s, all_s = (segments.n - segments.missing_n) / segments.fs_hz, segments.n / segments.fs_hz
        notes.append(f"cut short: {there_s:.1f} s of the {all_s:.1f} s that its header promises are there")
    if segments.single is None:
        notes.append(f"{len(segments.parts)} segments")
    if segments.oversampling(channels) == 1 and any(max(part.per_frame) > 1 for _, part in segments.parts):
        notes.append(f"signals of several rates: all averaged to {segments.fs_hz:g} Hz")
    if duration_s < WINDOW_S:
        notes.append(f"{duration_s:.1f} s, shorter than the {WINDOW_S} s that an assessment needs")
    return notes
