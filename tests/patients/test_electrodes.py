import numpy as np
import pytest

from engine.leads import LEADS
from simulators.patient.act import Act
from simulators.patient.lead_field import MONTAGE, leads_fed_by
from simulators.patient.noise import RAIL_MV
from simulators.patient.patient import Patient
from simulators.patient.story import Story


def play(*acts, seed=3, n=None):
    story = Story(acts, loop=False)
    return Patient(story, seed=seed).read(n or round(story.duration_s * 500))


@pytest.mark.parametrize(
    ("electrode", "left"),
    [
        ("RA", {"III"}),
        ("LA", {"II"}),
        ("LL", {"I"}),
        ("V1", set(LEADS) - {"V1"}),
        ("V6", set(LEADS) - {"V6"}),
    ],
)
def test_an_electrode_takes_the_leads_it_feeds(electrode, left):
    chunk = play(Act(4, electrodes_off=(electrode,)), Act(4))
    off = {LEADS[i] for i in range(12) if chunk.lead_off[i, :2000].all()}
    assert off == set(LEADS) - left
    assert not chunk.lead_off[:, 2000:].any()
    assert {LEADS[i] for i in leads_fed_by((electrode,))} == off


def test_a_lost_lead_runs_to_the_rail_and_comes_back():
    with_it = play(Act(3), Act(5, electrodes_off=("V2",)), Act(6))
    without = play(Act(3), Act(5), Act(6))
    v2, rest = LEADS.index("V2"), [i for i, name in enumerate(LEADS) if name != "V2"]
    assert np.array_equal(with_it.samples[rest], without.samples[rest])
    assert with_it.samples[v2, 3500:3900].min() > 0.95 * RAIL_MV
    assert with_it.samples.max() <= RAIL_MV
    assert np.allclose(with_it.samples[v2, 5500:], without.samples[v2, 5500:], atol=0.01)


def test_an_electrode_that_stays_off_does_not_start_again():
    x = play(Act(3, electrodes_off=("V2",)), Act(3, electrodes_off=("V2",))).samples
    assert x[LEADS.index("V2"), 1400:].min() > 0.95 * RAIL_MV


def test_noise_obeys_einthoven_and_has_the_size_asked_for():
    silent = {"rhythm": "asystole", "wander_mv": 0.0, "muscle_mv": 0.0}
    muscle = play(Act(20, **{**silent, "muscle_mv": 0.02})).samples
    assert np.allclose(muscle[2], muscle[1] - muscle[0], atol=1e-6)
    assert np.sqrt((MONTAGE[0] ** 2).sum()) * 0.02 == pytest.approx(muscle[0].std(), rel=0.6)
    mains = play(Act(4, **{**silent, "mains_mv": 0.05, "mains_hz": 60.0})).samples[6]
    power = np.abs(np.fft.rfft(mains)) ** 2
    assert np.fft.rfftfreq(len(mains), 1 / 500)[np.argmax(power)] == pytest.approx(60, abs=0.3)
    wander = play(Act(60, **{**silent, "wander_mv": 0.2})).samples[1]
    power = np.abs(np.fft.rfft(wander)) ** 2
    hz = np.fft.rfftfreq(len(wander), 1 / 500)
    assert power[(hz > 0.03) & (hz < 0.6)].sum() > 0.9 * power[1:].sum()


def test_movements_disturb_and_settle():
    quiet = play(Act(60)).samples
    moved = play(Act(60, motion_per_minute=6)).samples
    apart = np.abs(moved - quiet).max(axis=0)
    assert apart.max() > 0.2
    assert np.median(apart) < 0.01
