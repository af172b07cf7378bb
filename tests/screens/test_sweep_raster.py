import numpy as np
import pytest

from engine.ring import Ring
from engine.span import Span
from monitor.tui.braille import pack, runs, text
from monitor.tui.envelope import measure_envelope
from monitor.tui.layout import Layout, arrange
from monitor.tui.marks import Marks
from monitor.tui.raster import HATCH, MARK_ABOVE, MARK_START, MARKED, NO_SIGNAL, PanelRaster, Scale

SCALE = Scale(samples_per_dot=10, gain_mm_per_mv=10.0)
CELL = SCALE.samples_per_cell


def ring_of(x, valid=None):
    ring = Ring(75 * 250)
    ring.append(0, x.astype(np.float32), np.ones(x.shape, bool) if valid is None else valid)
    return ring


def stacked(width=65, rows=48):
    return arrange(Layout.STACKED, range(12), width, rows, 1)[0]


def silence(seconds=10):
    return np.zeros((12, seconds * 250))


def test_braille_bits_are_where_they_belong():
    dots = np.zeros((4, 4), bool)
    dots[0, 0] = dots[3, 1] = dots[2, 2] = True
    assert text(pack(dots)[0]) == "⢁⠄"
    assert text(pack(np.zeros((4, 2), bool))[0]) == " "


@pytest.mark.parametrize("kinds", ["aaaa", "aabb", "abca"])
def test_runs_cover_a_row(kinds):
    row = np.array([ord(c) for c in kinds], np.uint8)
    pieces = [kinds[a:b] for a, b in runs(row)]
    assert "".join(pieces) == kinds
    assert all(len(set(piece)) == 1 for piece in pieces)


def test_an_impulse_lands_in_its_lead_and_column_and_nowhere_else():
    x = silence()
    at = 7 * 250 + 3
    x[4, at] = 0.5
    raster = PanelRaster(stacked(), SCALE)
    raster.show(ring_of(x), Marks(), 10 * 250, sweeping=True)
    flat = PanelRaster(stacked(), SCALE)
    flat.show(ring_of(silence()), Marks(), 10 * 250, sweeping=True)
    rows, columns = np.nonzero(raster.codes != flat.codes)
    lane = raster.panel.lanes[4]
    assert set(columns) <= {(at // CELL + i) % raster.panel.trace_width for i in (0, 1)}
    assert rows.min() >= lane.top and rows.max() < lane.top + lane.rows


def test_a_wave_has_its_height_and_points_up():
    x = silence()
    x[0, 8 * 250 : 8 * 250 + 60] = 1.0
    panel = arrange(Layout.SINGLE, [0], 105, 14, 0)[0]  # 56 dots for 14 mm
    raster = PanelRaster(panel, SCALE)
    raster.show(ring_of(x), Marks(), 10 * 250, sweeping=True)
    column = (8 * 250 + 30) // CELL % panel.trace_width
    lit = [y for y in range(panel.rows) if raster.codes[y, column] != ord(" ")]
    before = [y for y in range(panel.rows) if raster.codes[y, column - 3] != ord(" ")]
    assert before[0] - lit[0] == pytest.approx(10, abs=1)  # 10 mm of 1 mm rows


def test_drawing_bit_by_bit_gives_what_drawing_at_once_gives():
    x = np.random.default_rng(0).normal(0, 0.3, (12, 2500))
    spans = Marks([Span(3, 2000, 2300, 2.0)])
    by_bits, at_once = PanelRaster(stacked(), SCALE), PanelRaster(stacked(), SCALE)
    ring = ring_of(x)
    for end in [1290, 1300, 1307, 1333, 1500, 1501, 2000, 2111, 2399]:
        by_bits.show(ring, spans, end, sweeping=True)
    at_once.show(ring, spans, 2399, sweeping=True)
    by_bits._shift = at_once._shift  # centring is judged once in a pass; compare the rest
    by_bits.forget()
    by_bits.show(ring, spans, 2399, sweeping=True)
    assert np.array_equal(by_bits.codes, at_once.codes)
    assert np.array_equal(by_bits.kinds, at_once.kinds)


def test_only_columns_that_moved_are_drawn_again():
    raster = PanelRaster(stacked(), SCALE)
    ring = ring_of(silence())
    raster.show(ring, Marks(), 2000, sweeping=True)
    changed = raster.show(ring, Marks(), 2000 + CELL, sweeping=True)
    assert 2 <= changed.size <= 4  # the newest, the one before, the edge of the bar
    assert raster.show(ring, Marks(), 2000 + CELL, sweeping=True).size <= 1


def test_a_span_is_marked_on_its_lead_and_columns_and_stays_while_the_sweep_moves():
    raster = PanelRaster(stacked(), SCALE)
    ring, marks = ring_of(silence()), Marks([Span(2, 1600, 1700, 3.0)])
    lane = raster.panel.lanes[2]
    places = []
    for end in (1800, 2000, 2200):
        raster.show(ring, marks, end, sweeping=True)
        rows, columns = np.nonzero(raster.kinds == MARKED)
        assert set(rows) == set(range(lane.top, lane.top + lane.rows))
        places.append((columns.min(), columns.max()))
    assert places == [(1600 // CELL % 60, 1699 // CELL % 60)] * 3
    row = raster.codes[lane.top]
    assert row[places[0][0]] == MARK_START
    assert (row[places[0][0] + 1 : places[0][1]] == MARK_ABOVE).all()


def test_invalid_signal_is_hatched_and_never_a_line():
    valid = np.ones((12, 2500), bool)
    valid[5, 2000:2240] = False
    raster = PanelRaster(stacked(), SCALE)
    raster.show(ring_of(silence(), valid), Marks(), 2500, sweeping=True)
    lane = raster.panel.lanes[5]
    gap = [column % 60 for column in range(2000 // CELL + 1, 2240 // CELL)]
    cells = raster.codes[lane.top : lane.top + lane.rows, gap]
    assert (raster.kinds[lane.top : lane.top + lane.rows, gap] == NO_SIGNAL).all()
    assert set(np.unique(cells)) == {ord(" "), HATCH}


def test_signal_before_the_first_sample_is_not_drawn():
    raster = PanelRaster(stacked(), SCALE)
    raster.show(ring_of(silence(1)), Marks(), 250, sweeping=True)
    assert (raster.codes[:, 20:] == ord(" ")).all()


def test_envelope_spans_its_samples_and_leaves_out_what_is_not_shown_yet():
    x = np.tile(np.arange(2500) % 10 / 10.0, (12, 1))
    envelope = measure_envelope(ring_of(x), 100, 3, 10, end=1020)
    assert envelope.valid.tolist()[0] == [True, True, False]
    assert (envelope.high - envelope.low)[0, 0] == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("layout", [Layout.STACKED, Layout.COLUMNS, Layout.PAGE])
@pytest.mark.parametrize("size", [(80, 18), (87, 35), (163, 45), (213, 65)])
def test_layouts_show_every_lead_inside_the_area(layout, size):
    panels = arrange(layout, range(12), *size, chosen_lead=1)
    assert {lane.lead for panel in panels for lane in panel.lanes} == set(range(12))
    taken = np.zeros((size[1], size[0]), int)
    for panel in panels:
        for lane in panel.lanes:
            top = panel.y + lane.top
            taken[top : top + lane.rows, panel.x : panel.x + panel.width] += 1
    assert taken.max() == 1


def test_two_leads_get_the_whole_area():
    panels = arrange(Layout.AUTO, [1, 6], 160, 40, 1)
    assert [[(lane.lead, lane.rows) for lane in panel.lanes] for panel in panels] == [[(1, 20), (6, 20)]]
