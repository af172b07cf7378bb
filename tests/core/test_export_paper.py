"""Strips measured in the files themselves, and the other forms read by other programs."""

import re
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from core_bedside import signal
from PIL import Image
from stored_alarm import store
from svg_ruler import POINT_MM, SVG, groups
from waveform_desk import pieces

from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.cli import main


def square(n=40 * FS_HZ):
    """1 mV for one second, every three seconds, in all leads: what a ruler can measure."""
    t = np.arange(n) / FS_HZ
    return np.tile(((t % 3) < 1).astype(np.float32), (12, 1))


@pytest.fixture(scope="module")
def ruler(tmp_path_factory):
    return store(tmp_path_factory.mktemp("ruler"), pieces(square()))


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    return store(tmp_path_factory.mktemp("patient"), pieces(signal("sinus", seconds=40.0)))


def export(journal, *words, alarm="ward.1/7"):
    return main(["export", alarm, "--journal", str(journal), *map(str, words)])


@pytest.mark.parametrize("layout", ["3x4", "12x1"])
def test_svg_a_second_is_25_mm_and_a_millivolt_10_mm(ruler, tmp_path, layout):
    out = tmp_path / "strip.svg"
    assert export(ruler, "--format", "svg", "--layout", layout, "--out", out, "--after", 0) == 0
    root, found = groups(out)
    width, height = (float(root.get(name).removesuffix("pt")) * POINT_MM for name in ("width", "height"))
    assert (width, height) == (pytest.approx(297, abs=0.01), pytest.approx(210, abs=0.01))
    name = "trace-II-500-rhythm"
    trace = found[name]
    ups = trace[1:][np.diff(trace[:, 1]) > 5][:, 0]
    downs = trace[1:][np.diff(trace[:, 1]) < -5][:, 0]
    assert np.allclose(np.diff(ups), 75, atol=0.01)  # three seconds
    assert np.allclose([downs[downs > up][0] - up for up in ups[:-1]], 25, atol=0.01)  # one second
    assert np.ptp(trace[:, 1]) == pytest.approx(10, abs=0.02)
    assert np.ptp(trace[:, 0]) == pytest.approx(250 - 25 / FS_HZ, abs=0.01)


def test_svg_calibration_pulse_and_grid(ruler, tmp_path):
    out = tmp_path / "strip.svg"
    export(ruler, "--format", "svg", "--out", out, "--before", 0, "--after", 10)
    root, found = groups(out)
    pulses = [points for name, points in found.items() if name.startswith("pulse-")]
    assert len(pulses) == 4
    for points in pulses:
        top = points[points[:, 1] > points[:, 1].max() - 0.01]
        assert np.ptp(top[:, 0]) == pytest.approx(5, abs=0.01)  # 200 ms
        assert np.ptp(points[:, 1]) == pytest.approx(10, abs=0.01)  # 1 mV
    for name, step in (("grid-1mm", 1.0), ("grid-5mm", 5.0)):
        (group,) = [g for g in root.iter(f"{SVG}g") if g.get("id") == name]
        lines = [re.findall(r"-?\d+\.?\d*", path.get("d")) for path in group.iter(f"{SVG}path")]
        xs = sorted({round(float(a) * POINT_MM, 3) for a, b, c, d in lines if a == c})
        assert np.allclose(np.diff(xs), step, atol=0.002) and len(xs) > 50


def test_svg_says_what_a_reader_must_know(patient, tmp_path):
    out = tmp_path / "strip.svg"
    assert export(patient, "--format", "svg", "--out", out) == 0
    text = " ".join(ElementTree.parse(out).getroot().itertext())
    for words in (
        "HR 134 &gt; 120".replace("&gt;", ">"),
        "MEDIUM priority",
        "bed ward.1",
        "patient p-17",
        "device monitor 3",
        "25 mm/s",
        "10 mm/mV",
        "calibration pulse 1 mV, 200 ms",
        "filter: none added",
        "received at 500 Hz, stored at 250 Hz (flat up to 85 Hz)",
        "not a medical device",
        "score 1.80 (threshold 1.00)",
        "limits 50-120/min",
        "NOT ACKNOWLEDGED",
        "V6 off",
        "page 3 of 3",
        *LEADS,
    ):
        assert words in text, words


def test_spans_lie_where_they_were_marked_and_are_named_where_hidden(patient, tmp_path):
    out = tmp_path / "strip.svg"
    export(patient, "--format", "svg", "--layout", "12x1", "--out", out, "--before", 0, "--after", 10)
    _, found = groups(out)
    (name,) = [name for name in found if name.startswith("span-V3")]
    trace = found["trace-V3-3000"]
    assert found[name][:, 0].min() == pytest.approx(trace[0, 0], abs=0.01)
    assert np.ptp(found[name][:, 0]) == pytest.approx(100 / FS_HZ * 25, abs=0.01)
    assert abs(found[name][:, 1].mean() - np.median(trace[:, 1])) < 5
    export(patient, "--format", "svg", "--out", out, "--before", 0, "--after", 10)
    assert "at times not shown: V3 (see 12x1)" in " ".join(ElementTree.parse(out).getroot().itertext())


def test_r_peaks_stand_at_the_beats(patient, tmp_path):
    out = tmp_path / "strip.svg"
    export(patient, "--format", "svg", "--layout", "12x1", "--out", out, "--before", 0, "--after", 10)
    root, found = groups(out)
    (group,) = [g for g in root.iter(f"{SVG}g") if g.get("id") == "r-peaks-3000"]
    ticks = [float(re.findall(r"-?\d+\.?\d*", p.get("d"))[0]) * POINT_MM for p in group.iter(f"{SVG}path")]
    trace = found["trace-II-3000-rhythm"]
    assert 8 <= len(ticks) <= 20
    for tick in ticks:
        near = trace[np.abs(trace[:, 0] - tick) < 1.5]
        assert near[:, 1].max() - np.median(trace[:, 1]) > 3


def test_png_has_ten_dots_per_millimetre(ruler, tmp_path):
    png = tmp_path / "a.png"
    assert export(ruler, "--format", "png", "--out", png, "--before", 0, "--after", 10) == 0
    with Image.open(png) as image:
        dots_per_mm = image.info["dpi"][0] / 25.4
        assert dots_per_mm == pytest.approx(10, abs=0.01) and image.size == (2970, 2100)
        dark = np.asarray(image.convert("L"))[1650:1860, 60:150] < 80  # the rhythm row's pulse
    columns, rows = np.flatnonzero(dark.any(axis=0)), np.flatnonzero(dark.any(axis=1))
    assert rows[-1] - rows[0] == pytest.approx(100, abs=6)  # 10 mm and the pen's width
    high = np.flatnonzero(dark[rows[0] : rows[0] + 5].any(axis=0))
    assert columns.size and high[-1] - high[0] == pytest.approx(50, abs=6)


def test_pdf_pages_are_a4_and_their_lines_true(ruler, tmp_path):
    pdf = tmp_path / "a.pdf"
    assert export(ruler, "--format", "pdf", "--out", pdf, "--before", 5, "--after", 10) == 0
    content = pdf.read_bytes()
    boxes = re.findall(rb"/MediaBox \[ ?([\d. ]+)\]", content)
    assert len(boxes) == 2
    for box in boxes:
        _, _, width, height = (float(v) * POINT_MM for v in box.split())
        assert (width, height) == (pytest.approx(297, abs=0.05), pytest.approx(210, abs=0.05))
    drawn = b"".join(
        zlib.decompress(stream)
        for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
        if stream[:1] == b"x"
    )
    pulse = re.search(rb"((?:[\d.]+ [\d.]+ [ml]\n){6})\s*S", drawn)
    points = np.array([line.split()[:2] for line in pulse[1].splitlines()], float) * POINT_MM
    assert np.ptp(points[:, 1]) == pytest.approx(10, abs=0.01)
    assert points[3, 0] - points[2, 0] == pytest.approx(5, abs=0.01)
