"""The page about a fold: complete, in true millimetres, and with the right records on it."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from engine.errors import ConfigurationError
from engine.scoremap import ScoreMap
from engine.scorer import THRESHOLD, load_scorer
from monitor.cli import main
from training.evaluation import UNREADABLE, Scored, auc, evaluate, score_entries
from training.ptbxl import read_entries
from training.report import check_report, write_report
from training.report.paper import LEFT_MM, MM_PER_MV, ROW_MM, TOP_MM, draw_record
from training.report.plots import _found, roc_band, share_interval
from training.report.report import choose_records
from training.report.statements import read_statements

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def scorer():
    return load_scorer()


@pytest.fixture(scope="module")
def page(scorer, mini_ptbxl, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("report") / "page.html"
    entries = [entry for entry in read_entries(mini_ptbxl) if entry.fold == 9]
    scored = list(score_entries(scorer, entries))
    abnormal = next(entry for entry in entries if not entry.normal)
    scored.append(Scored(abnormal, float("nan"), UNREADABLE, 0, "<gone> cannot be read"))
    write_report(path, scored, scorer, evaluate(scored))
    return path.read_text(encoding="utf-8")


def test_page_needs_nothing_else_and_holds_its_plots(page):
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    plots = [base64.b64decode(data) for data in re.findall(r"data:image/svg\+xml;base64,([^\"]*)", page)]
    assert len(plots) == 3
    for plot in plots:
        ElementTree.fromstring(plot)


def test_every_drawn_record_names_its_statements(page):
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert captions
    assert all("NORM" in one or "NDT" in one for one in captions)
    assert len(re.findall(r'<svg class="paper"', page)) == len(captions) - 1  # one cannot be read


def test_record_that_cannot_be_read_is_a_miss_with_its_sentence(page):
    misses = page.split("<h2>Worst misses")[1].split("<h2>")[0]
    assert "&lt;gone&gt; cannot be read" in misses
    assert "not assessed: unreadable" in misses


def test_worst_and_best_are_chosen_by_score(mini_ptbxl):
    entries = read_entries(mini_ptbxl)[:40]
    scores = np.random.default_rng(0).normal(THRESHOLD, 1, len(entries))
    scores[3] = np.nan
    abnormal = np.array([not entry.normal for entry in entries])
    scored = [Scored(entry, score, None, 0) for entry, score in zip(entries, scores, strict=True)]
    ranked = np.where(np.isnan(scores), np.where(abnormal, -np.inf, np.inf), scores)
    misses, false, found, quiet = (chapter.records for chapter in choose_records(scored, ranked, abnormal))
    assert misses[0].entry is entries[3]  # no score: an error like any other
    for chapter, is_abnormal, falls in ((misses[1:], 1, 0), (false, 0, 1), (found, 1, 1), (quiet, 0, 0)):
        values = np.array([one.score for one in chapter])
        assert len(values) > 2
        assert all(one.entry.normal != is_abnormal for one in chapter)
        assert ((values > THRESHOLD) == falls).all()
        assert (np.diff(values) * (-1 if falls else 1) >= 0).all()


def test_paper_is_true_to_scale(judged):
    x = np.zeros((12, 2500), np.float32)
    x[1, 1000:1010] = 1.0  # 1 mV in lead II, 4 s after the start
    window, _, _ = judged(x)
    score = np.zeros((12, 1000), np.float32)
    score[2, 500:600] = 1.5
    drawing = ElementTree.fromstring(
        draw_record(window, score_map(score)).replace("<svg", f'<svg xmlns="{SVG[1:-1]}"')
    )
    paths = [path.get("d") for path in drawing.findall(f"{SVG}path")]
    assert len(paths) == 12
    at, values = pen(paths[1])
    middle = TOP_MM + ROW_MM
    top = values < middle - 0.5
    assert values.min() == pytest.approx(middle - MM_PER_MV)
    assert at[top].min() == pytest.approx(LEFT_MM + 4 * 25)
    assert at.max() == pytest.approx(LEFT_MM + 10 * 25, abs=0.25)
    (shade,) = drawing.findall(f"{SVG}g/{SVG}rect")
    assert (float(shade.get("x")) / 10, float(shade.get("width")) / 10) == (LEFT_MM + 125, 25)
    assert shade.get("class") == "s2"


def test_a_gap_lifts_the_pen(judged):
    x = np.zeros((12, 2500), np.float32)
    valid = np.ones((12, 2500), np.bool_)
    valid[0, 1000:1500] = False
    valid[1] = False
    window, _, _ = judged(x, valid)
    paths = re.findall(
        r'<path class="trace" d="([^"]*)"', draw_record(window, score_map(np.zeros((12, 1000))))
    )
    assert [path.count("M") - 1 for path in paths[:3]] == [2, 0, 1]  # beside the calibration pulse


def pen(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Where the last stroke of a path goes, in mm."""
    start, moves = path.rsplit("M", 1)[1].split("l")
    points = np.array([[int(v) for v in start.split()], *np.array(moves.split(), int).reshape(-1, 2)])
    at, values = points.cumsum(axis=0).T / 10
    return at, values


def score_map(score: np.ndarray) -> ScoreMap:
    return ScoreMap("ward.1", 2500, score, 1.2, 1.0, None)


def test_roc_curve_has_the_auc_of_the_evaluation_and_lies_in_its_band():
    rng = np.random.default_rng(3)
    normal, abnormal = rng.normal(0, 1, 300).round(1), rng.normal(1.2, 1, 250).round(1)
    curve = _found(normal, abnormal)
    expected = auc(np.concatenate((normal, abnormal)), np.arange(550) >= 300)
    assert np.trapezoid(curve, np.linspace(0, 1, len(curve))) == pytest.approx(expected, abs=0.005)
    low, high = roc_band(normal, abnormal, rng)
    assert (low <= curve + 0.02).all()
    assert (curve <= high + 0.02).all()
    assert 0.02 < (high - low)[20] < 0.3


def test_share_interval_is_wilsons():
    assert share_interval(0.05, 200) == pytest.approx((0.0274, 0.0896), abs=2e-4)
    assert share_interval(0.0, 10)[0] == 0


def test_statements_are_read_from_the_official_table(mini_ptbxl):
    entries = read_entries(mini_ptbxl)[:2]
    assert read_statements(entries) == {1: "NORM; SR", 2: "NDT"}
    assert read_statements([]) == {}


def test_report_that_could_not_be_written_is_refused_before_scoring(tmp_path, mini_ptbxl, capsys):
    with pytest.raises(ConfigurationError, match=r"ends in \.html"):
        check_report(tmp_path / "page.docx")
    words = ["evaluate", "--data", str(mini_ptbxl), "--report", str(tmp_path / "none" / "page.html")]
    assert main(words) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_evaluate_writes_the_report(tmp_path, mini_ptbxl, capsys):
    path = tmp_path / "page.html"
    assert main(["evaluate", "--data", str(mini_ptbxl), "--json", "--report", str(path)]) == 0
    assert "on fold 9 of PTB-XL" in path.read_text(encoding="utf-8")
