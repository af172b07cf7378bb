import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.leads import LEADS
from engine.ring import Ring
from monitor.plain import PlainView
from monitor.tui.layout import Layout, arrange
from monitor.tui.marks import Marks
from monitor.tui.raster import PanelRaster, Scale
from monitor.tui.sweep import SCALE_BAR
from monitor.update import Source

UNKNOWN = Source("live", "bedside-1", "P-0042", 500.0, calibrated=False)
END = 10 * 250


def picture(x, gain_mm_per_mv=10.0):
    ring = Ring(75 * 250)
    ring.append(0, x.astype(np.float32), np.ones(x.shape, bool))
    panel = arrange(Layout.STACKED, range(12), 65, 48, 1)[0]
    raster = PanelRaster(panel, Scale(10, gain_mm_per_mv, calibrated=False))
    raster.show(ring, Marks(), END, sweeping=True)
    return raster


@given(power=st.lists(st.integers(-12, 12), min_size=12, max_size=12))
def test_every_lead_is_drawn_alike_whatever_its_gain(power):
    x = np.random.default_rng(1).normal(0, 0.1, (12, END)).cumsum(axis=1).astype(np.float32)
    assert np.array_equal(picture(x).codes, picture(x * 2.0 ** np.array(power)[:, None]).codes)


@pytest.mark.parametrize("level", [0.0, 8000.0])
def test_a_wave_fills_its_lane_and_a_still_lead_is_a_line(level):
    x = np.full((12, END), level)
    x[3, ::50] += 700.0
    raster = picture(x)
    rows = [
        (raster.codes[lane.top : lane.top + lane.rows] != ord(" ")).any(axis=1) for lane in raster.panel.lanes
    ]
    assert rows[3].sum() >= 3 and rows[5].sum() == 1


def test_the_screen_says_it_and_draws_no_millivolt_bar(on_stage):
    async def act(stage, pilot):
        stage.play(range(12))
        assert "25 mm/s · 10 mm/mV" in await stage.picture(pilot)
        sweep = stage.app.query_one("#sweep")
        assert (sweep._kinds == SCALE_BAR).any()
        stage.play(range(12, 14), source=UNKNOWN)
        shown = await stage.picture(pilot)
        assert " AMPLITUDE UNKNOWN " in shown and "25 mm/s · amplitude unknown" in shown
        assert "mm/mV" not in shown and not (sweep._kinds == SCALE_BAR).any()
        assert all(lead in shown for lead in LEADS)

    on_stage(act)


def test_lines_of_text_say_it(scene):
    assert "amplitude unknown" in str(PlainView().line_of(scene.update(3, source=UNKNOWN)))
    assert "amplitude" not in str(PlainView().line_of(scene.update(3)))
