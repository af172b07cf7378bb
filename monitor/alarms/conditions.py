"""The table of alarm conditions, gravest first; small pure functions, a file per family, judge them."""

from typing import Final

from monitor.alarms import (
    baseline,
    electrodes,
    fibrillation,
    irregular,
    ischemia,
    rate,
    signal,
    system,
    ventricular,
)
from monitor.alarms.alarm import Kind, Priority
from monitor.alarms.anomaly import has_score, learned_anomaly
from monitor.alarms.condition import Condition, Persistence

PATIENT, TECHNICAL = Kind.PATIENT, Kind.TECHNICAL
LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH

CONDITIONS: Final = (
    Condition(
        "asystole", PATIENT, HIGH, True, rate.asystole, rate.can_see_asystole,
        "no QRS in 4 s of received signal on any assessable lead; or 3 s of flat line on every attached one",
        Persistence(clear_s=2.0), measurement_s=4.0,
    ),
    Condition(
        "ventricular_fibrillation", PATIENT, HIGH, True, fibrillation.ventricular_fibrillation,
        fibrillation.sees_waves, "4 s of ventricular waves without beats: fibrillation, flutter, torsades",
        Persistence(clear_s=3.0), measurement_s=4.0,
    ),
    Condition(
        "ventricular_tachycardia", PATIENT, HIGH, True, ventricular.ventricular_tachycardia,
        ventricular.sees_rhythm,
        "5 or more ventricular beats in a row at over 100/min; or 4 s of regular wide waves at over 120/min",
        Persistence(clear_s=3.0), measurement_s=4.0, yields_to=("ventricular_fibrillation",),
    ),
    Condition(
        "extreme_bradycardia", PATIENT, HIGH, True, rate.extreme_bradycardia, rate.has_beats,
        "median rate under 40/min over 5 beats (fewer if slower still, over at least 6 s)",
        Persistence(clear_s=2.0), measurement_s=7.0, yields_to=("asystole", "ventricular_fibrillation"),
    ),
    Condition(
        "extreme_tachycardia", PATIENT, HIGH, True, rate.extreme_tachycardia, rate.has_beats,
        "median rate over 140/min over 17 beats",
        Persistence(clear_s=2.0), measurement_s=5.0,
        yields_to=("ventricular_fibrillation", "ventricular_tachycardia"),
    ),
    Condition(
        "heart_rate_low", PATIENT, MEDIUM, False, rate.heart_rate_low, rate.has_rate,
        "heart rate under the limit (50/min)",
        Persistence(hold_s=1.0, clear_s=6.0), measurement_s=7.0,
        yields_to=("asystole", "ventricular_fibrillation", "extreme_bradycardia"),
    ),
    Condition(
        "heart_rate_high", PATIENT, MEDIUM, False, rate.heart_rate_high, rate.has_rate,
        "heart rate over the limit (120/min)",
        Persistence(hold_s=2.0, clear_s=6.0), measurement_s=3.0,
        yields_to=("ventricular_fibrillation", "ventricular_tachycardia", "extreme_tachycardia"),
    ),
    Condition(
        "pause", PATIENT, MEDIUM, False, irregular.pause, ventricular.sees_rhythm,
        "2 s or more between two beats", measurement_s=2.0,
        yields_to=("asystole", "ventricular_fibrillation", "extreme_bradycardia"),
    ),
    Condition(
        "pvc_run", PATIENT, MEDIUM, False, ventricular.pvc_run, ventricular.sees_rhythm,
        "3 or 4 ventricular beats in a row at over 100/min", measurement_s=3.0,
        yields_to=("ventricular_fibrillation", "ventricular_tachycardia"),
    ),
    Condition(
        "atrial_fibrillation", PATIENT, MEDIUM, False, irregular.atrial_fibrillation,
        irregular.can_judge_irregularity, "irregular RR intervals without P waves, over 30 s",
        Persistence(hold_s=5.0, clear_s=15.0), measurement_s=30.0,
        yields_to=("ventricular_fibrillation", "ventricular_tachycardia"),
    ),
    Condition(
        "frequent_pvc", PATIENT, LOW, False, ventricular.frequent_pvc, ventricular.sees_rhythm,
        "more than 10 ventricular beats in the last minute", Persistence(clear_s=10.0), measurement_s=60.0,
        yields_to=("ventricular_fibrillation", "ventricular_tachycardia"),
    ),
    Condition(
        "st_deviation", PATIENT, MEDIUM, False, ischemia.st_deviation, ischemia.sees_st,
        "ST level 0.1 mV from the patient's own in two neighbouring leads, over 60 s",
        Persistence(hold_s=60.0, clear_s=20.0), measurement_s=10.0,
        yields_to=("ventricular_fibrillation", "ventricular_tachycardia"),
    ),
    Condition(
        "learned_anomaly", PATIENT, MEDIUM, False, learned_anomaly, has_score,
        "score above the threshold in 3 of the last 5 assessed windows; low when under a quarter above it, "
        "and then in 6 of the last 8; a lasting change, for most of a minute",
        Persistence(needs=3, of=5, clear_s=4.0), measurement_s=None,
    ),
    Condition(
        "abnormal_baseline", PATIENT, MEDIUM, True, baseline.abnormal_from_start, baseline.can_see_usual,
        "the patient's usual ECG, over a minute at first and as it is learned, lies above the threshold of "
        "normal ECG; low when under a quarter above it",
        Persistence(clear_s=30.0), measurement_s=30.0,
    ),
    Condition(
        "baseline_drift", PATIENT, LOW, False, baseline.baseline_drift, baseline.has_baseline,
        "the median of the last 10 min lies beyond a bound from the learned baseline",
        Persistence(clear_s=60.0), measurement_s=None,
    ),
    Condition(
        "no_signal", TECHNICAL, HIGH, False, signal.no_signal, signal.is_hop,
        "no lead assessable though leads are attached: flat, saturated or noise",
        Persistence(hold_s=2.0, clear_s=2.0),
    ),
    Condition(
        "lead_off", TECHNICAL, LOW, False, signal.lead_off, signal.is_hop,
        "the device reports leads as detached; medium when most leads are lost, high when none is assessable",
        Persistence(clear_s=1.0),
    ),
    Condition(
        "source_lost", TECHNICAL, HIGH, False, system.source_lost, system.always,
        "no message and no heartbeat from the device for 3 s", measurement_s=3.0, clock="wall",
    ),
    Condition(
        "no_samples", TECHNICAL, HIGH, False, system.no_samples, system.always,
        "the device lives but has sent no samples for 3 s", measurement_s=3.0, clock="wall",
    ),
    Condition(
        "journal_failing", TECHNICAL, HIGH, False, system.journal_failing, system.always,
        "alarms cannot be written to the journal", Persistence(clear_s=5.0), clock="wall",
    ),
    Condition(
        "rhythm_failing", TECHNICAL, HIGH, False, system.rhythm_failing, signal.is_hop,
        "beats cannot be classed and the rhythm cannot be judged: VF, VT and AF are not watched",
        Persistence(clear_s=5.0),
    ),
    Condition(
        "recording_failing", TECHNICAL, MEDIUM, False, system.recording_failing, system.always,
        "waveforms cannot be stored", Persistence(clear_s=5.0), clock="wall",
    ),
    Condition(
        "not_assessed", TECHNICAL, MEDIUM, False, signal.not_assessed, signal.is_hop,
        "no window of this bed could be assessed for 30 s; low before its first valid ECG",
        Persistence(hold_s=30.0), yields_to=("no_signal",),
    ),
    Condition(
        "two_publishers", TECHNICAL, HIGH, False, system.two_publishers, system.always,
        "two devices send as the same bed", clock="wall",
    ),
    Condition(
        "not_keeping_up", TECHNICAL, MEDIUM, False, system.not_keeping_up, signal.is_hop,
        "sample-to-alarm latency over 1 s; high over 5 s", Persistence(hold_s=3.0, clear_s=10.0),
        clock="wall",
    ),
    Condition(
        "clock_step", TECHNICAL, MEDIUM, False, system.clock_step, system.always,
        "the device's clock jumped against its sample count", clock="wall",
    ),
    Condition(
        "backend_degraded", TECHNICAL, MEDIUM, False, system.backend_degraded, system.always,
        "the model runs on a fallback backend, or not at all", clock="wall",
    ),
    Condition(
        "gap", TECHNICAL, LOW, False, signal.gap, signal.is_hop,
        "half a second or more without signal in the window, in all leads; medium from 3 s on",
    ),
    Condition(
        "silent_leads", TECHNICAL, LOW, False, signal.silent_leads, signal.is_whole,
        "samples of a lead are missing though it is attached", Persistence(hold_s=4.0, clear_s=2.0),
        yields_to=("gap",),
    ),
    Condition(
        "saturated_leads", TECHNICAL, LOW, False, signal.saturated_leads, signal.is_hop,
        "a lead stands at the converter's rail", Persistence(hold_s=4.0, clear_s=4.0),
        yields_to=("no_signal",),
    ),
    Condition(
        "flat_leads", TECHNICAL, LOW, False, signal.flat_leads, signal.is_hop,
        "a lead is exactly constant though attached", Persistence(hold_s=4.0, clear_s=4.0),
        yields_to=("no_signal",),
    ),
    Condition(
        "noisy_leads", TECHNICAL, LOW, False, signal.noisy_leads, signal.is_hop,
        "a lead is too noisy to assess", Persistence(hold_s=9.0, clear_s=4.0), yields_to=("no_signal",),
    ),
    Condition(
        "swapped_electrodes", TECHNICAL, MEDIUM, False, electrodes.swapped_electrodes,
        electrodes.can_judge_electrodes,
        "12 leads contradict each other, or fit better with electrodes exchanged; low for chest leads",
        Persistence(hold_s=20.0, clear_s=20.0), measurement_s=10.0,
        yields_to=("no_signal", "ventricular_fibrillation", "ventricular_tachycardia"),
    ),
    Condition(
        "source_ended", TECHNICAL, LOW, False, system.source_ended, system.always,
        "the device said goodbye; nobody watches this bed any more", clock="wall",
    ),
)  # fmt: skip
"""Order is the order of evaluation and of events within a step."""

BY_NAME: Final = {condition.name: condition for condition in CONDITIONS}
