"""The same seed gives the same patient, however the stream is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigurationError
from simulators.patient.act import Act
from simulators.patient.patient import Patient
from simulators.patient.story import Story, load_story, single_rhythm

BUSY = Story(
    (
        Act(2.3, ectopy="bigeminy", motion_per_minute=60, mains_mv=0.05),
        Act(1.9, rhythm="ventricular tachycardia", electrodes_off=("LA", "V2")),
        Act(1.2, rhythm="atrial fibrillation", st_territory="anterior", st_mv=0.3, ramp_s=1),
        Act(1.1, rhythm="ventricular fibrillation"),
    ),
)


@given(
    cuts=st.lists(st.integers(0, 1300), min_size=1, max_size=12), fs_hz=st.sampled_from([250.0, 500.0, 257.3])
)
@settings(max_examples=40, deadline=None)
def test_any_chunking_equals_one_call(cuts, fs_hz):
    whole = Patient(BUSY, seed=5, fs_hz=fs_hz).read(sum(cuts))
    patient = Patient(BUSY, seed=5, fs_hz=fs_hz)
    pieces = [patient.read(n) for n in cuts]
    assert np.array_equal(np.concatenate([p.samples for p in pieces], axis=1), whole.samples)
    assert np.array_equal(np.concatenate([p.lead_off for p in pieces], axis=1), whole.lead_off)
    assert [p.first_sample for p in pieces] == list(np.cumsum([0, *cuts[:-1]]))


def test_same_seed_same_patient_other_seed_another():
    a, b, c = (Patient(BUSY, seed=seed).read(3000).samples for seed in (4, 4, 5))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_chunks_are_read_only_float32_in_standard_order():
    chunk = Patient(single_rhythm("sinus")).read(100)
    assert chunk.samples.shape == (12, 100)
    assert chunk.samples.dtype == np.float32
    assert not chunk.samples.flags.writeable
    assert chunk.caption == "Sinus rhythm"


def test_a_story_that_does_not_loop_ends():
    patient = Patient(Story((Act(1.5), Act(0.5)), loop=False), fs_hz=250)
    assert [patient.read(400).samples.shape[1] for _ in range(3)] == [400, 100, 0]


def test_a_looping_story_goes_on_with_new_beats():
    story = Story((Act(4.0, ectopy="pvc"),))
    x = Patient(story, seed=1, fs_hz=250).read(2000).samples
    assert not np.allclose(x[:, :1000], x[:, 1000:], atol=0.05)


def test_the_rate_does_not_change_the_patient():
    slow = Patient(load_story("demo"), seed=2, fs_hz=250).read(2500).samples
    fast = Patient(load_story("demo"), seed=2, fs_hz=1000).read(10000).samples[:, ::4]
    assert np.abs(slow - fast).max() < 0.08  # muscle noise is drawn per sample


@pytest.mark.parametrize("fs_hz", [50.0, 5000.0])
def test_rates_beyond_the_monitor_are_refused(fs_hz):
    with pytest.raises(ConfigurationError, match="100 to 2000 Hz"):
        Patient(single_rhythm("sinus"), fs_hz=fs_hz)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_jumps_between_acts(seed):
    """At act boundaries the signal goes on; only an electrode that comes off may jump."""
    acts = [Act(3.1, rhythm=r, muscle_mv=0, wander_mv=0) for r in ("sinus", "ventricular tachycardia") * 2]
    acts += [Act(2.2, rhythm=r, muscle_mv=0, wander_mv=0) for r in ("ventricular fibrillation", "asystole")]
    x = Patient(Story(tuple(acts)), seed=seed, fs_hz=500).read(9000).samples
    assert np.abs(np.diff(x, axis=1)).max() < 0.35
