"""The benchmark's parts from end to end on miniature data, with models whose figures are known beforehand."""

import json
from pathlib import Path

import numpy as np
import pytest
import wfdb

from engine.grid import FS_HZ, WINDOW_N
from engine.leads import LEADS
from engine.preprocess import MAP_N
from engine.scoremap import ScoreMap
from monitor.cli import main
from training.dataset import window_of
from training.localization.case import ARTEFACT
from training.localization.graftpart import run_grafts
from training.localization.graftplan import make_cases, plan
from training.localization.ludb import read_ludb, wall_leads
from training.localization.ludbpart import run_ludb
from training.localization.measures import on_map
from training.localization.mitdb import CHOOSE, REPORT, read_recording
from training.localization.mitdbpart import run_mitdb, stitched
from training.localization.normalrecord import normal_record
from training.localization.outcome import load_outcomes, save_outcomes
from training.localization.versus import compare

RATE, SECONDS = 360, 42
BEATS_S = np.arange(0.5, SECONDS - 0.5, 0.8)
PREMATURE = range(4, len(BEATS_S) - 2, 4)
"""Every fourth beat is ventricular, and early."""


class Mapped:
    """A model that gives each window the map that a function of the window says."""

    def __init__(self, map_of):
        self.map_of = map_of

    def score(self, signals, qualities, beats):
        windows = signals.windows
        return [ScoreMap(one.bed, one.end_sample, self.map_of(one), 0.0, 1.0, None) for one in windows]


def constant(window):
    return np.full((12, MAP_N), 0.5, np.float32)


@pytest.fixture(scope="module")
def records(ecg):
    return [normal_record(f"{seed}", window_of(ecg(seed), FS_HZ)) for seed in range(1, 6)]


@pytest.fixture(scope="module")
def mini_mitdb(tmp_path_factory) -> Path:
    """Records of both halves with two leads: small beats, and large wide ones that are ventricular."""
    folder = tmp_path_factory.mktemp("data") / "mitdb"
    folder.mkdir()
    t = np.arange(SECONDS * RATE) / RATE
    for seed, name in enumerate((*CHOOSE, *REPORT)):
        rng = np.random.default_rng(seed)
        at = BEATS_S - 0.25 * np.isin(np.arange(len(BEATS_S)), PREMATURE)
        x = rng.normal(0, 0.01, (t.size, 2))
        for k, r in enumerate(at):
            height, width = (1.4, 0.04) if k in PREMATURE else (1.0, 0.012)
            wave = height * np.exp(-0.5 * ((t - r) / width) ** 2)
            x += wave[:, None] * np.array([1.0, -0.7])
        wfdb.wrsamp(
            name, RATE, ["mV"] * 2, ["MLII", "V1"], x, fmt=["16"] * 2, adc_gain=[200.0] * 2, baseline=[0, 0],
            write_dir=str(folder),
        )  # fmt: skip
        symbols = ["V" if k in PREMATURE else "N" for k in range(len(at))]
        wfdb.wrann(name, "atr", np.rint(at * RATE).astype(int), symbols, write_dir=str(folder))
    return folder


@pytest.fixture(scope="module")
def data(mini_ptbxl, mini_mitdb) -> Path:
    (mini_mitdb.parent / "ptbxl").symlink_to(mini_ptbxl)
    return mini_mitdb.parent


def grafts_with(records, map_of_case, n=2):
    cases = {case.window.x.tobytes(): case for case in make_cases(plan([]), records, n)}

    def map_of(window):
        case = cases.get(window.x.tobytes())
        return np.zeros((12, MAP_N), np.float32) if case is None else map_of_case(case)

    return run_grafts(Mapped(map_of), plan([]), records, n, lambda: None)


def test_a_perfect_map_gets_everything_right(records):
    figures, outcomes = grafts_with(records, lambda case: 2 * on_map(case.truth).astype(np.float32))
    assert figures.auc == figures.pooled_auc == 1
    assert figures.auc_interval == figures.pooled_interval == (1, 1)
    assert figures.recall > 0.9  # the shortest truths make no span
    assert all(one.lead_precision == 1 for one in figures.kinds)
    assert max(one.onset_ms[0] for one in figures.kinds) <= 12
    assert figures.spans_per_minute_normal == 0
    assert all(one.untouched == 0 for one in figures.kinds)
    assert all(one.marked_records == 0 for one in figures.artefacts)
    assert figures.told_apart_auc == 1
    assert len(outcomes) == figures.n_cases == sum(one.n for one in (*figures.kinds, *figures.artefacts))


def test_a_constant_map_knows_nothing(records):
    figures, _ = grafts_with(records, lambda case: constant(case.window))
    assert figures.auc == figures.pooled_auc == figures.told_apart_auc == 0.5
    assert figures.recall == 0


def test_a_map_of_artefacts_alone_is_worse_than_none(records):
    figures, outcomes = grafts_with(records, lambda case: 2 * on_map(case.disturbed).astype(np.float32))
    assert figures.auc == 0.5
    assert figures.told_apart_auc == 0
    assert np.mean([one.marked_records for one in figures.artefacts]) > 0.7
    assert all(np.isnan(one.auc) for one in outcomes if one.lasting == ARTEFACT)


def test_mitdb_halves_are_disjoint_and_whole():
    assert not set(CHOOSE) & set(REPORT)
    assert len(CHOOSE) == len(REPORT) == 11
    assert {"119", "208"} <= set(CHOOSE)


def test_two_leads_take_their_places_at_the_engines_rate(mini_mitdb):
    recording = read_recording(mini_mitdb, "101", 0.5)
    assert recording.x.shape == (12, 30 * FS_HZ)
    assert [LEADS[lead] for lead in np.flatnonzero(recording.present)] == ["II", "V1"]
    r = recording.samples[1]
    assert recording.x[1, r - 5 : r + 6].argmax() == 5
    assert set(recording.kinds) == {"N", "V"}


def test_windows_are_stitched_without_gap_or_overlap(mini_mitdb):
    recording = read_recording(mini_mitdb, "101", 30)

    def clock(window):
        return np.tile(window.start_sample / FS_HZ * 100 + np.arange(MAP_N, dtype=np.float32), (12, 1))

    whole = stitched(Mapped(clock), recording)
    np.testing.assert_array_equal(whole[0], np.arange(whole.shape[1]))
    assert whole.shape[1] == 4200


def test_beats_of_a_map_that_follows_the_signal(mini_mitdb):
    follow = Mapped(lambda window: np.abs(window.x[:, np.arange(MAP_N) * 5 // 2]))
    figures, outcomes = run_mitdb(follow, mini_mitdb, CHOOSE[:3], 2, lambda: None)
    assert figures.beat_auc == figures.beat_auc_per_record == 1
    assert figures.beat_auc_by_class["V"] == 1 and np.isnan(figures.beat_auc_by_class["S"])
    assert 0.5 < figures.sample_auc < 1
    assert figures.abnormal_marked == 1
    assert [one.record for one in outcomes if one.kind == "beats"] == list(CHOOSE[:3])
    nothing, _ = run_mitdb(Mapped(constant), mini_mitdb, CHOOSE[:3], 2, lambda: None)
    assert nothing.beat_auc == nothing.sample_auc == 0.5


@pytest.fixture(scope="module")
def mini_ludb(tmp_path_factory, ecg) -> Path:
    """One normal record and one with an inferior infarct; one beat of each lead is annotated."""
    folder = tmp_path_factory.mktemp("ludb")
    (folder / "data").mkdir()
    columns = (
        "ID,Sex,Age,Rhythms,Electric axis of the heart,Conduction abnormalities,Extrasystolies,Hypertrophies,"
        "Cardiac pacing,Ischemia,Non-specific repolarization abnormalities,Other states"
    )
    rows = ["1,M,40,Sinus rhythm,,,,,,,,", '2,F,70,Sinus rhythm,,,,,,"Scar formation: inferior wall\n",,']
    (folder / "ludb.csv").write_text("\n".join([columns, *rows]))
    for name in ("1", "2"):
        x, names = ecg(int(name), 500).T.astype(np.float64), [lead.lower() for lead in LEADS]
        where = str(folder / "data")
        wfdb.wrsamp(name, 500, ["mV"] * 12, names, x, fmt=["16"] * 12, write_dir=where)
        for lead in names:
            at = np.array([1000, 1030, 1060, 1100, 1120, 1140, 1200, 1240, 1300])
            wfdb.wrann(name, "x", at, list("(p)(N)(t)"), write_dir=where)
            Path(where, f"{name}.x").rename(Path(where, f"{name}.{lead}"))  # wfdb writes no digits here
    return folder


def test_waves_and_walls_of_ludb(mini_ludb):
    normal, infarct = read_ludb(mini_ludb)
    assert normal.normal and not infarct.normal
    assert not normal.wall_leads.any()
    assert [LEADS[lead] for lead in np.flatnonzero(infarct.wall_leads)] == ["II", "III", "aVF"]
    assert np.flatnonzero(infarct.waves["P"][4])[[0, -1]].tolist() == [500, 529]
    # ST belongs to what follows the QRS complex.
    assert np.flatnonzero(infarct.waves["ST-T"][4])[[0, -1]].tolist() == [570, 649]
    assert not wall_leads("Scar formation: posterior wall").any()


def test_right_lead_and_right_wave(mini_ludb):
    records = read_ludb(mini_ludb)

    def right(window):
        marks = np.zeros((12, WINDOW_N), np.bool_)
        if window.x is records[1].window.x:
            marks[[1, 2, 5], 570:650] = True
        return 2 * on_map(marks).astype(np.float32)

    figures, _ = run_ludb(Mapped(right), records, lambda: None)
    assert figures.lead_auc == figures.right_leads == 1
    assert figures.right_leads_by_chance == 0.25
    assert figures.waves["infarct or ischemia"]["ST-T"] == 1
    assert (figures.n_normal, figures.n_walls) == (1, 1)


def test_cases_on_disk_are_the_cases_and_differ_by_nothing(records, tmp_path):
    _, outcomes = grafts_with(
        records, lambda case: np.abs(case.window.x[:, ::5][:, :MAP_N].repeat(2, axis=1))
    )
    save_outcomes(tmp_path / "cases.csv", outcomes)
    again = load_outcomes(tmp_path / "cases.csv")
    assert [one.key for one in again] == [one.key for one in outcomes]
    found = compare(outcomes, again)
    assert found[0].figure == "AUC of all anomalies"
    assert all((one.difference.value, one.difference.low, one.difference.high) == (0, 0, 0) for one in found)


def test_better_and_worse_are_told_with_their_sign(records):
    _, perfect = grafts_with(records, lambda case: 2 * on_map(case.truth).astype(np.float32))
    _, nothing = grafts_with(records, lambda case: constant(case.window))
    found = {one.figure: one.difference for one in compare(perfect, nothing)}
    assert (found["AUC of all anomalies"].value, found["AUC of all anomalies"].clear) == (0.5, True)
    assert found["marked, pause transient"].value == 1
    assert compare(nothing, perfect)[0].difference.value == -0.5


def test_command_saves_and_compares(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    words = ["evaluate", "localization", "--fold", "8", "--data", str(data)]
    words += ["--cases", "1", "--minutes", "0.7"]
    saved = str(tmp_path / "cases.csv")
    assert main([*words, "--part", "grafts", "--part", "mitdb", "--json", "--save", saved]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["model"], report["fold"], report["ludb"]) == ("mcr", 8, None)
    assert report["grafts"]["n_normal"] == 5
    assert len(report["mitdb"]["records"]) == 11
    assert main([*words, "--part", "mitdb", "--against", saved]) == 0
    shown = capsys.readouterr().out
    assert "beat AUC" in shown and "+0.000 (+0.000 to +0.000)" in shown


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (["--cases", "0"], "at least 1"),
        (["--minutes", "0.1"], "at least 0.2"),
        (["--against", "/dev/null/none.csv"], "--save"),
        (["--part", "ludb"], "ludb/ludb.csv"),
        (["--part", "grafts", "--fold", "77"], "--fold"),
    ],
)
def test_what_cannot_be_run_is_one_sentence_with_its_cure(data, capsys, words, cure):
    assert main(["evaluate", "localization", "--data", str(data), *words]) == 2
    error = capsys.readouterr().err
    assert cure in error and len(error.splitlines()) == 1


def test_other_cases_cannot_be_compared(data, tmp_path, capsys, records):
    _, outcomes = grafts_with(records, lambda case: constant(case.window))
    save_outcomes(tmp_path / "odd.csv", outcomes)
    words = ["evaluate", "localization", "--data", str(data), "--part", "mitdb", "--minutes", "0.2"]
    assert main([*words, "--against", str(tmp_path / "odd.csv")]) == 2
    assert "different cases" in capsys.readouterr().err


def test_detection_saves_and_compares(data, tmp_path, capsys):
    saved = tmp_path / "scores.csv"
    words = ["evaluate", "--data", str(data / "ptbxl"), "--fold", "8"]
    assert main([*words, "--json", "--save", str(saved)]) == 0
    assert json.loads(capsys.readouterr().out)["n_records"] == 10
    assert len(saved.read_text().splitlines()) == 11
    assert main([*words, "--json", "--against", str(saved)]) == 0
    (overall, *_) = json.loads(capsys.readouterr().out)["against"]
    assert (overall["figure"], overall["value"], overall["difference"]["n"]) == ("AUC", 0, 10)
