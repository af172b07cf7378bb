"""`evaluate rhythm`: how alarms are held against annotations, and what is said where there are none."""

import numpy as np
import pytest

from monitor.cli import main
from monitor.evaluation.marks import Marks
from monitor.evaluation.parts import CHOSEN_ON, records_of
from monitor.evaluation.rhythm_figures import compare
from monitor.evaluation.rhythm_report import rhythm_document
from monitor.evaluation.rhythm_truth import Episode, RhythmTruth, rhythm_truth
from monitor.evaluation.sounds import Sound


def marks_of(*entries):
    at_s, symbols, notes = zip(*entries, strict=True)
    return Marks(np.array(at_s, float), tuple(symbols), tuple(notes))


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


def test_refusals_are_one_sentence(tmp_path, capsys):
    assert main(["evaluate", "rhythm", "--data", str(tmp_path)]) == 2
    assert "no records of vfdb" in capsys.readouterr().err
    assert main(["evaluate", "rhythm", "--data", str(tmp_path / "none")]) == 2
    assert main(["evaluate", "rhythm", "--data", str(tmp_path), "--jobs", "0"]) == 2
