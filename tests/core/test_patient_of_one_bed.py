"""A patient with bundle-branch block through the whole pipeline, with a baseline and without."""

import pytest
from baseline_windows import lbbb
from core_bedside import BED, Device

from engine.grid import FS_HZ
from monitor.pipeline import Pipeline
from simulators.patient.patient import Patient
from simulators.patient.story import Story

HOP_S = 5.0
RUNS_S = (390, 440)
STORY = Story(
    (
        lbbb(330, ectopy="pvc", ectopy_per_minute=6),
        lbbb(60),
        lbbb(40, ectopy="run", ectopy_per_minute=12),
        lbbb(60),
    ),
    loop=False,
)


@pytest.fixture(scope="module")
def signal():
    return Patient(STORY, fs_hz=FS_HZ, seed=3).read(round(STORY.duration_s * FS_HZ)).samples


def watched_over(scorer, signal, learn):
    device = Device(Pipeline(scorer, HOP_S, learn_baselines=learn))
    return device.send(signal, chunk_n=round(HOP_S * FS_HZ))


def raised_at_s(device, name):
    events = [e for o in device.outcomes for e in o.events if e.alarm.name == name]
    return [(e.alarm.raised_sample / FS_HZ) for e in events if e.transition == "raised"]


@pytest.mark.slow
def test_a_block_alarms_all_the_time_without_a_baseline_and_only_its_changes_with_one(scorer, signal):
    without = watched_over(scorer, signal, False)
    scores = [hop.score for hop in without.hops if hop.score.assessed]
    assert sum(score.anomalous for score in scores) > 0.95 * len(scores)
    assert "learned_anomaly" in {alarm.name for alarm in without.outcomes[-1].update.alarms}

    device = watched_over(scorer, signal, True)
    assert raised_at_s(device, "abnormal_baseline") == [40.0]
    assert not [at_s for at_s in raised_at_s(device, "learned_anomaly") if at_s <= RUNS_S[0]]  # said once
    (note,) = [note for outcome in device.outcomes for note in outcome.notes]
    assert note.what == "learned"
    after = [at_s for at_s in raised_at_s(device, "learned_anomaly") if at_s > 300]
    assert after and all(RUNS_S[0] <= at_s <= RUNS_S[1] for at_s in after)
    calm = [h for h in device.hops if 370 * FS_HZ < h.end_sample <= RUNS_S[0] * FS_HZ]
    assert not any(hop.score.anomalous for hop in calm)
    assert all(hop.score.population > 1 for hop in calm)  # never hidden
    last = device.outcomes[-1].update
    assert {alarm.name for alarm in last.alarms} == {"abnormal_baseline"}  # waits to be acknowledged
    assert last.baseline.learned and last.population_score > 1
    device.pipeline.acknowledge(BED, "nurse", None, device.now_ns)
    assert device.pipeline.known(BED).state.alarms == ()
    outcome = device.pipeline.order_baseline(BED, "nurse", "forget", device.now_ns)
    assert (outcome.update.baseline.state, [n.what for n in outcome.notes]) == ("off", ["forgotten"])
