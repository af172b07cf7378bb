"""From a source that does not know its amplitude to alarms, stored and exported signal."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import wfdb
from core_bedside import BED, Device, signal
from rich.console import Console
from stored_alarm import store
from svg_ruler import groups
from test_analyze import record_of
from waveform_desk import pieces

from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.quality import LeadState
from monitor.analysis import analyze, print_report
from monitor.cli import main
from monitor.pipeline import Pipeline
from monitor.records import read_record
from monitor.update import Source
from monitor.wire import UNKNOWN_UNIT, Hello, Session

GAINS = np.geomspace(0.02, 900, 12)[::-1, None].astype(np.float32)
SOURCE = Source("live", device="monitor 3", fs_hz=250, calibrated=False)


def unscaled(x):
    return (GAINS * x).astype(np.float32)


@pytest.mark.parametrize("rhythms", [("sinus", "asystole", "sinus"), ("sinus", "vf"), ("tachycardia",)])
def test_alarms_of_rhythm_are_those_of_the_same_signal_in_millivolts(scorer, rhythms):
    x = signal(*rhythms, seconds=13.0)
    known = analyze(record_of(x), scorer)
    unknown = analyze(replace(record_of(unscaled(x)), calibrated=False), scorer)

    def of_rhythm(found):
        return [(alarm.name, alarm.raised_sample) for alarm in found.alarms if alarm.name != "anomaly"]

    assert of_rhythm(known) and of_rhythm(unknown) == of_rhythm(known)


def test_a_record_without_unit_is_noted_and_its_gain_moves_no_score(scorer, tmp_path):
    x = signal("sinus", seconds=12.0)
    scores = []
    for name, gain in (("one", 1.0), ("far", 37.0)):
        wfdb.wrsamp(
            name,
            FS_HZ,
            ["NU"] * 12,
            list(LEADS),
            gain * x.T.astype(float),
            fmt=["16"] * 12,
            write_dir=tmp_path,
        )
        analysis = analyze(read_record(tmp_path / name), scorer)
        said = io.StringIO()
        print_report(name, analysis, Console(file=said, width=200))
        assert "unit NU is no voltage: amplitude unknown" in said.getvalue()
        scores.append([window.score for window in analysis.windows])
    assert scores[0] == pytest.approx(scores[1], abs=0.02)


def test_signal_of_another_unit_is_never_in_one_window(scorer):
    device = Device(Pipeline(scorer))
    device.send(signal("sinus")[:, : 12 * FS_HZ])
    device.session = Session(Hello(BED, "boot-1", LEADS, 250.0, unit=UNKNOWN_UNIT))
    device.pipeline.receive_message(device.session.announce(), device.now_ns)
    device.send(unscaled(signal("sinus"))[:, : 12 * FS_HZ])
    of_sources = [outcome.update.source.calibrated for outcome in device.outcomes]
    assert of_sources[0] and not of_sources[-1] and sorted(of_sources, reverse=True) == of_sources
    first = device.outcomes[of_sources.index(False)].hop
    assert not first.score.assessed and set(first.quality.state) == {LeadState.GAP}
    window, _ = device.pipeline.known(BED).stream.cut(first.end_sample + 4 * FS_HZ, 1)
    assert (
        not window.calibrated and window.valid[:, : 5 * FS_HZ].sum() == 0 and window.valid[:, -FS_HZ:].all()
    )
    assert device.hops[-1].score.assessed


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unscaled")
    return store(folder, pieces(unscaled(signal("sinus", seconds=40.0))), source=SOURCE)


def test_what_is_stored_and_exported_says_so(journal, tmp_path, capsys):
    headers = [path.read_text() for path in (journal / "waveforms").rglob("*.hea")]
    assert headers and all("# amplitude: unknown" in text and "/mV" not in text for text in headers)
    out = tmp_path / "strip"
    for form in ("json", "fhir", "wfdb"):
        words = ["export", "ward.1/7", "--journal", str(journal), "--format", form, "--out", f"{out}-{form}"]
        assert main(words) == 0
    assert json.loads(out.with_name("strip-json").read_text())["unit"] == "NU"
    observed = json.loads(out.with_name("strip-fhir").read_text())
    assert {part["valueSampledData"]["origin"]["code"] for part in observed["component"]} == {"[arb'U]"}
    assert set(wfdb.rdheader(str(tmp_path / "strip-wfdb")).units) == {"NU"}


def test_paper_has_no_calibration_pulse_and_shows_every_lead(journal, tmp_path):
    out = tmp_path / "strip.svg"
    words = ["export", "ward.1/7", "--journal", str(journal), "--format", "svg", "--layout", "12x1"]
    assert main([*words, "--out", str(out)]) == 0
    assert "AMPLITUDE UNKNOWN" in out.read_text() and "10 mm/mV" not in out.read_text()
    _, found = groups(out)
    assert not [name for name in found if name.startswith("pulse-")]
    heights = [np.ptp(points[:, 1]) for name, points in found.items() if name.startswith("trace-")]
    assert len(heights) >= 12 and min(heights) > 5
