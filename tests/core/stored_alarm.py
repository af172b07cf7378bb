"""A journal with one alarm and the waveform around it, as a core would leave them."""

from waveform_desk import ROOMY, RUN, START_NS, S, nothing_known

from monitor.alarms.alarm import Alarm, AlarmEvent, Kind, Phase, Priority, Transition
from monitor.journal.entry import Entry, EntryKind, alarm_entry
from monitor.journal.journal import Journal
from monitor.recording.recorder import WaveformRecorder
from monitor.update import Source

SPANS = [{"lead": "V3", "onset": 3000, "offset": 3100, "strength": 2.5}]
LIMITS = {"low_bpm": 50, "high_bpm": 120, "extreme_low_bpm": 40, "extreme_high_bpm": 140}
EVIDENCE = {
    "score": {"score": 1.8, "threshold": 1.0, "reason": None},
    "vitals": {"heart_rate_bpm": 134.0},
    "limits": LIMITS,
    "lead_states": {"V6": "off", "I": "ok"},
    "spans": SPANS,
}


def alarm_of(onset=3000, raised=4000, bed="ward.1", number=7, phase=Phase.ACTIVE):
    raised_ns = START_NS + raised * S // 250
    name, text = "heart_rate_high", "HR 134 > 120"
    return Alarm(number, bed, name, Kind.PATIENT, Priority.MEDIUM, phase, text, onset, raised, raised_ns)


def store(folder, *batches, alarms=None, evidence=EVIDENCE, source=None):
    """Record batches of pieces, enter alarms and segments; returns the journal's folder."""
    source = source or Source("live", device="monitor 3", patient="p-17", fs_hz=500)
    with Journal(folder) as journal:
        journal.append([Entry(EntryKind.START, START_NS, {"version": "0.1.0", "run": RUN})])
        recorder = WaveformRecorder(folder / "waveforms", RUN, ROOMY, nothing_known, START_NS)
        entries = []
        for second, batch in enumerate(batches):
            recorder.take(batch)
            entries += recorder.turn(START_NS + second * S, {"ward.1": source}, ())
        entries += recorder.close(START_NS + len(batches) * S)
        journal.append(entries)
        for alarm in [alarm_of()] if alarms is None else alarms:
            journal.append([alarm_entry(AlarmEvent(Transition.RAISED, alarm, alarm.raised_ns), evidence)])
    return folder
