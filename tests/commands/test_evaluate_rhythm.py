"""`evaluate rhythm`: how alarms are held against annotations, and what is said where there are none."""

import numpy as np
import pytest

from engine.leads import LEADS
from monitor.cli import main
from monitor.evaluation.marks import Marks
from monitor.evaluation.normal import NormalHours, normal_document, normal_stretches, rate_confirmed
from monitor.evaluation.parts import CHOSEN_ON, records_of
from monitor.evaluation.rhythm_figures import LETHAL, compare
from monitor.evaluation.rhythm_report import rhythm_document
from monitor.evaluation.rhythm_truth import Episode, RhythmTruth, rhythm_truth
from monitor.evaluation.sounds import Sound, listen, listen_all
from monitor.records import Record
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story


def marks_of(*entries):
    at_s, symbols, notes = zip(*entries, strict=True)
    return Marks(np.array(at_s, float), tuple(symbols), tuple(notes))


def recording(preset, seconds):
    samples = Patient(Story((PRESETS[preset],)), seed=3, fs_hz=250).read(seconds * 250).samples
    return Record(preset, "made.hea", 250.0, LEADS, samples.astype(np.float32), (0.0,) * 12, 0.0, ())


def sound(name, start_s, end_s):
    return Sound(name, start_s, end_s, start_s - 3.0, "words")


def test_rhythm_marks_become_episodes():
    truth = rhythm_truth(
        marks_of(
            (0, "+", "(N"), (100, "+", "(VT"), (103, "+", "(N"), (200, "+", "(VFL"), (204, "+", "(N"),
            (206, "+", "(VFL"), (220, "+", "(ASYS"), (230, "+", "(AFIB"),
        ),
        300.0,
    )  # fmt: skip
    assert truth.lethal == (Episode("VF", 200, 220), Episode("asystole", 220, 230))
    assert truth.neutral == (Episode("VT", 100, 103),)
    assert truth.af == (Episode("AF", 230, 300),)


def test_where_beats_are_marked_tachycardia_is_five_in_a_row_over_100():
    beats = [(k, "N", "") for k in range(10)]
    beats += [(10 + 0.4 * k, "V", "") for k in range(6)] + [(20, "N", "")]
    beats += [(21 + 0.4 * k, "V", "") for k in range(3)] + [(30, "N", "")]
    beats += [(31 + 0.8 * k, "V", "") for k in range(8)] + [(40, "N", "")]
    truth = rhythm_truth(marks_of((0, "+", "(N"), *beats, (50, "[", ""), (60, "]", "")), 70.0)
    assert [(e.kind, e.start_s, e.end_s) for e in truth.lethal] == [("VT", 10, 12), ("VF", 50, 60)]
    assert [e.start_s for e in truth.neutral] == [10, 21, 31]


def test_found_missed_false_and_times():
    truth = RhythmTruth(
        (Episode("VF", 100, 120), Episode("VT", 200, 210), Episode("asystole", 300, 320)), (), ()
    )
    figures = compare(
        "vfdb/1",
        0.2,
        truth,
        [
            sound("ventricular_fibrillation", 104, 125),
            sound("ventricular_fibrillation", 190, 230),
            sound("asystole", 500, 505),
        ],
    )
    first, second, third = figures.outcomes
    assert (first.alarms, first.after_s, first.as_own_kind) == (("ventricular_fibrillation",), 4.0, True)
    assert (second.found, second.as_own_kind, second.after_s) == (True, False, None)  # stood before
    assert not third.found
    assert [one.start_s for one in figures.false] == [500]
    document = rhythm_document([figures], "all")
    everything = document["lethal"]["all"]
    assert (everything["episodes"], everything["found"], everything["already_sounding"]) == (3, 2, 1)
    assert everything["time_to_alarm_s"]["median"] == 4.0
    assert document["false_lethal"]["mitdb_without_lethal_rhythms"]["per_10_h"] is None


def test_atrial_fibrillation_counts_episodes_and_time():
    truth = RhythmTruth((), (), (Episode("AF", 100, 400), Episode("AF", 600, 610)))
    figures = compare(
        "mitdb/1",
        0.5,
        truth,
        [sound("atrial_fibrillation", 140, 420), sound("atrial_fibrillation", 1000, 1060)],
    )
    assert [found for _, found in figures.af] == [True]
    assert [one.start_s for one in figures.af_false] == [1000]
    assert figures.af_false_h == pytest.approx(60 / 3600, abs=1e-3)
    calm = rhythm_document([figures], "all")["false_lethal"]["mitdb_without_lethal_rhythms"]
    assert (calm["alarms"], calm["per_10_h"]) == (0, 0.0)


def test_parts_divide_the_records(tmp_path):
    for name in ("101", "106"):
        (tmp_path / "mitdb").mkdir(exist_ok=True)
        (tmp_path / "mitdb" / f"{name}.hea").touch()
    assert "101" in CHOSEN_ON["mitdb"]
    assert [path.name for path in records_of(tmp_path, "chosen-on")] == ["101"]
    assert [path.name for path in records_of(tmp_path, "held-out")] == ["106"]
    assert len(records_of(tmp_path, "all")) == 2


def test_all_records_are_reported_by_part_too():
    nothing = RhythmTruth((), (), ())
    figures = [compare(f"mitdb/{name}", 0.5, nothing, [sound("asystole", 5, 9)]) for name in ("101", "106")]
    document = rhythm_document([*figures, compare("vfdb/609", 0.5, nothing, [])], "all")
    parts = document["by_part"]
    assert {name: part["records"] for name, part in parts.items()} == {
        "chosen-on": ["mitdb/101"],
        "held-out": ["mitdb/106", "vfdb/609"],
    }
    assert document["false_lethal"]["mitdb_without_lethal_rhythms"]["alarms"] == 2
    assert document["atrial_fibrillation"]["hours_without"] == 1.0  # VFDB does not mark it


def test_recordings_side_by_side_are_alarmed_as_alone():
    records = [recording("vf", 30), recording("sinus", 24), recording("asystole", 20)]
    together = listen_all(records, LETHAL)
    assert together == [listen(record, LETHAL) for record in records]
    assert [{sound.name for sound in sounds} for sounds in together] == [
        {"ventricular_fibrillation"},
        set(),
        {"asystole"},
    ]


def test_normal_stretches_lie_a_minute_after_anything_abnormal():
    beats = [(float(k), "V" if k == 200 else "N", "") for k in range(600)]
    marks = marks_of((0, "+", "(N"), *beats[:400], (400, "+", "(AFIB"), *beats[400:450], (450, "+", "(N"),
                     *beats[450:])  # fmt: skip
    assert normal_stretches(marks, 600.0) == [(0.0, 198.0), (260.0, 398.0), (510.0, 600.0)]
    assert normal_stretches(marks_of(*beats), 600.0) == []  # no rhythm is marked


def test_normal_hours_count_alarms_by_kind():
    found = [
        NormalHours("101", 1.5, 1.0, (sound("heart_rate_high", 5, 9), sound("noisy_leads", 50, 60))),
        NormalHours("106", 0.5, 0.0, (sound("heart_rate_high", 400, 409),)),
    ]
    document = normal_document(found)
    assert (document["patient_alarms"], document["patient_alarms_per_bed_hour"]) == (2, 1.0)
    assert document["technical_alarms_per_bed_hour"] == 0.5
    assert (document["learned_patient_alarms"], document["learned_patient_alarms_per_bed_hour"]) == (1, 1.0)
    assert document["by_alarm"] == {"heart_rate_high": 2, "noisy_leads": 1}
    assert normal_document([])["patient_alarms_per_bed_hour"] is None


@pytest.mark.parametrize(
    ("name", "rr_s", "confirmed"),
    [
        ("heart_rate_low", 1.25, True), ("heart_rate_low", 1.2, False), ("heart_rate_high", 0.45, True),
        ("heart_rate_high", 1.25, False), ("extreme_bradycardia", 1.25, False),
        ("learned_anomaly", 1.25, False), ("extreme_bradycardia", 1.6, True),
        ("extreme_tachycardia", 0.4, True),
    ],
)  # fmt: skip
def test_alarms_of_the_rate_are_held_against_annotated_beats(name, rr_s, confirmed):
    before = [(20.0 + k * rr_s, "N", "") for k in range(int(40 / rr_s))]
    later = [(61.0 + k, "N", "") for k in range(5)]
    marks = marks_of((0, "+", "(N"), *before, (50.01, "~", ""), *later)
    alarm = sound(name, 60.0, 70.0)
    assert rate_confirmed(alarm, marks) is confirmed
    document = normal_document([NormalHours("101", 1.0, 1.0, (alarm,), (alarm,) if confirmed else ())])
    assert document["confirmed_rate_alarms"] == confirmed
    assert document["records"][0]["alarms"][0]["confirmed"] is confirmed
    assert not rate_confirmed(sound(name, 10.0, 20.0), marks)  # no beats before it


def test_refusals_are_one_sentence(tmp_path, capsys):
    assert main(["evaluate", "rhythm", "--data", str(tmp_path)]) == 2
    assert "no records of vfdb" in capsys.readouterr().err
    assert main(["evaluate", "rhythm", "--data", str(tmp_path / "none")]) == 2
    assert main(["evaluate", "rhythm", "--data", str(tmp_path), "--jobs", "0"]) == 2
