import numpy as np
import pytest

from engine.leads import LEADS

ELEVATED = {
    "anterior": ("V2", "V3", "V4"),
    "inferior": ("II", "III", "aVF"),
    "lateral": ("I", "aVL", "V5", "V6"),
}
RECIPROCAL = {"anterior": ("III",), "inferior": ("aVL", "V2"), "lateral": ("III", "aVF")}


@pytest.mark.parametrize("territory", ELEVATED)
@pytest.mark.parametrize("sign", [1, -1])
def test_st_level_by_territory(clean, territory, sign):
    normal = clean("sinus", 20).st_mv()
    kind = "elevation" if sign > 0 else "depression"
    changed = clean(f"st-{kind}-{territory}", 20, st_mv=0.3 * sign).st_mv()
    change = {name: sign * (changed[name] - normal[name]) for name in LEADS}
    assert all(change[name] > 0.1 for name in ELEVATED[territory])
    assert all(change[name] < -0.03 for name in RECIPROCAL[territory])
    assert max(change.values()) == pytest.approx(0.3, abs=0.1)


def test_inferior_elevation_is_largest_in_iii(clean):
    level = clean("st-elevation-inferior", 20).st_mv()
    assert level["III"] > level["II"] > 0.1


def test_st_ramps_in_and_out_over_seconds(story_of):
    recording = story_of(
        {"duration_s": 20},
        {"duration_s": 30, "st_territory": "inferior", "st_mv": 0.3, "ramp_s": 10},
        {"duration_s": 30, "ramp_s": 10},
    )
    peaks = recording.peaks()
    three = recording.lead("III")
    level = np.array([three[k + 50] - three[k - 25] for k in peaks])
    t = peaks / 500
    assert np.abs(level[t < 19]).max() < 0.06
    assert level[(t > 22) & (t < 26)].max() < 0.25
    assert level[(t > 31) & (t < 49)].min() > 0.2
    assert level[t > 61].max() < 0.06
    assert np.abs(np.diff(level)).max() < 0.08


@pytest.mark.parametrize(
    ("territory", "leads"),
    [("anterior", ("V2", "V3", "V4")), ("inferior", ("III", "aVF")), ("lateral", ("I", "aVL", "V5", "V6"))],
)
def test_t_waves_turn_over(clean, territory, leads):
    beat = clean(f"t-inversion-{territory}", 20).median_beat("N")
    for name in leads:
        t = beat[LEADS.index(name), 150 + 90 : 150 + 160]
        assert t.min() < -0.08, name
