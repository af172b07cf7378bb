"""Several synthetic patients in one process, each at its own bed, sent in step with one clock."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Bools
from engine.leads import LEADS
from monitor.wire import Flag
from monitor.wire.limits import CHUNK_S
from monitor.wire.topic import DEFAULT_UNIT, bed_name
from simulators.pace import Pace
from simulators.patient.patient import Patient
from simulators.patient.story import Story
from simulators.publisher import Publisher


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who lies in a bed."""

    bed: str
    seed: int
    story: Story


def occupants(first_bed: str, n_beds: int, seed: int, story: Story) -> list[Occupant]:
    """One patient at `first_bed`, or a ward of them, each with another seed and place in the story."""
    if n_beds == 1:
        return [Occupant(bed_name(first_bed), seed, story)]
    unit = bed_name(first_bed).partition(".")[0] if "." in first_bed else DEFAULT_UNIT
    turns = [k % len(story.acts) for k in range(n_beds)]
    stories = [replace(story, acts=story.acts[turn:] + story.acts[:turn]) for turn in turns]
    return [Occupant(f"{unit}.{k + 1}", seed + k, each) for k, each in enumerate(stories)]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the ward has come."""

    n_samples: int
    """Samples sent per bed."""
    caption: str
    """What the first bed's patient has now."""
    late_s: float
    """By how much the last chunk missed its deadline."""
    monitors: int


def play(
    ward: list[Occupant],
    endpoint: str,
    *,
    fs_hz: float,
    n_samples: int | None,
    pace: Pace,
    bind: bool = False,
    insecure: bool = False,
    opened: Callable[[str], None] = lambda endpoint: None,
) -> Iterator[Progress]:
    """Send every patient's signal, chunk by chunk; stops after `n_samples` or when all stories end."""
    n_chunk = max(1, round(CHUNK_S * fs_hz))
    with ExitStack() as stack:
        beds = [
            (
                Patient(who.story, seed=who.seed, fs_hz=fs_hz),
                stack.enter_context(_publisher(who, endpoint, fs_hz, bind, insecure)),
            )
            for who in ward
        ]
        for _, publisher in beds:
            stack.callback(publisher.close, "the simulation ended")
        opened(beds[0][1].endpoint)
        sent = 0
        while n_samples is None or sent < n_samples:
            n = n_chunk if n_samples is None else min(n_chunk, n_samples - sent)
            late_s = pace.wait_until((sent + n) / fs_hz)  # a device sends when the last sample is there
            chunks = [patient.read(n) for patient, _ in beds]
            longest = max(chunk.samples.shape[1] for chunk in chunks)
            if longest == 0:
                return
            for chunk, (_, publisher) in zip(chunks, beds, strict=True):
                if chunk.samples.shape[1]:
                    publisher.send(chunk.samples, lead_off=lead_bits(chunk.lead_off))
            sent += longest
            yield Progress(sent, chunks[0].caption, late_s, beds[0][1].monitors)


def lead_bits(lead_off: Bools) -> int:
    """Bit i: lead i was off at some sample of (12, n) `lead_off`."""
    return sum(1 << int(lead) for lead in np.flatnonzero(lead_off.any(axis=1)))


def _publisher(who: Occupant, endpoint: str, fs_hz: float, bind: bool, insecure: bool) -> Publisher:
    return Publisher(
        endpoint,
        who.bed,
        leads=LEADS,
        fs_hz=fs_hz,
        flags=Flag.REPLAYED | Flag.SIMULATED,
        device="ecg-monitor simulate",
        patient=f"synthetic-{who.seed}",
        bind=bind,
        insecure=insecure,
    )
