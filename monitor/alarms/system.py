"""Technical conditions of the link and of the monitor itself."""

from typing import Final

from monitor.alarms.alarm import Priority
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation
from monitor.alarms.wording import against

LATENCY_LIMIT_MS: Final = 1000.0
LATENCY_GRAVE_MS: Final = 5000.0


def always(observation: Observation) -> bool:
    """Every observation, hop or tick, can tell."""
    return True


def source_lost(observation: Observation, limits: Limits) -> Finding | None:
    """The intake has had no sign of life of the device for 3 s."""
    if observation.source.state != "lost":
        return None
    return Finding("SOURCE LOST no signal from the device", observation.end_sample)


def source_ended(observation: Observation, limits: Limits) -> Finding | None:
    """The device took its leave."""
    if observation.source.state != "bye":
        return None
    return Finding("SOURCE ENDED not monitored", observation.end_sample)


def two_publishers(observation: Observation, limits: Limits) -> Finding | None:
    """Two devices claim one bed: whose ECG is it?"""
    if not observation.reports("two_publishers"):
        return None
    return Finding("TWO DEVICES on this bed", observation.end_sample)


def no_samples(observation: Observation, limits: Limits) -> Finding | None:
    """The device lives but sends no ECG."""
    if not observation.reports("no_samples"):
        return None
    return Finding("NO SAMPLES from the device", observation.end_sample)


def clock_step(observation: Observation, limits: Limits) -> Finding | None:
    """The device's clock and its sample count disagree."""
    if not observation.reports("clock_step"):
        return None
    return Finding("CLOCK STEP of the device", observation.end_sample)


def not_keeping_up(observation: Observation, limits: Limits) -> Finding | None:
    """The monitor itself is late."""
    if observation.latency_ms <= LATENCY_LIMIT_MS:
        return None
    text = against("NOT KEEPING UP latency", observation.latency_ms, ">", LATENCY_LIMIT_MS, "ms")
    priority = Priority.HIGH if observation.latency_ms > LATENCY_GRAVE_MS else Priority.MEDIUM
    return Finding(text, observation.end_sample, priority)


def backend_degraded(observation: Observation, limits: Limits) -> Finding | None:
    """The model fell down its ladder of backends."""
    if observation.backend_degraded is None:
        return None
    return Finding(f"BACKEND DEGRADED {observation.backend_degraded}", observation.end_sample)


def rhythm_failing(observation: Observation, limits: Limits) -> Finding | None:
    """Rates are watched, ventricular fibrillation and tachycardia are not."""
    if observation.rhythm_failing is None:
        return None
    return Finding(f"RHYTHM NOT WATCHED {observation.rhythm_failing}", observation.end_sample)


def recording_failing(observation: Observation, limits: Limits) -> Finding | None:
    """Alarms are kept, the waveforms behind them are not."""
    if observation.recording_failing is None:
        return None
    return Finding(f"RECORDING FAILING {observation.recording_failing}", observation.end_sample)


def journal_failing(observation: Observation, limits: Limits) -> Finding | None:
    """Alarms are shown but not kept."""
    if observation.journal_failing is None:
        return None
    return Finding(f"JOURNAL FAILING {observation.journal_failing}", observation.end_sample)
