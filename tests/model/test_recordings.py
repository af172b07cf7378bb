"""The shipped model on real recordings: quality floors."""

import os
from pathlib import Path

import numpy as np
import pytest
import wfdb

from engine.leads import LEADS, LeadMap
from engine.localize import localize
from engine.scorer import load_scorer
from engine.signals import condition
from training.dataset import window_of
from training.evaluation import evaluate, score_entries
from training.ptbxl import read_entries, read_signal

DATA = Path(os.environ.get("ECG_MONITOR_DATA", Path(__file__).parents[2] / "../shared/data"))

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not (DATA / "ptbxl").is_dir(), reason=f"no real recordings in {DATA}"),
]


def entries(normal: bool, n: int | None = None):
    return [one for one in read_entries(DATA / "ptbxl") if one.fold == 9 and one.normal == normal][:n]


def test_abnormal_records_are_told_from_normal_ones():
    scored = list(score_entries(load_scorer(), [*entries(True), *entries(False)]))
    result = evaluate(scored)
    assert not result.not_assessed
    assert result.auc > 0.9
    assert result.normal_records_with_spans < 0.18


@pytest.mark.parametrize("record", ["119", "208"])
def test_premature_beats_are_marked_and_normal_ones_are_not(judged, record):
    path = str(DATA / "mitdb" / record)
    rate, seconds = 360, 100
    signal = wfdb.rdrecord(path, sampto=rate * seconds)
    beats = wfdb.rdann(path, "atr", sampto=rate * seconds)
    lead_map = LeadMap.from_names(signal.sig_name)
    hits: dict[str, list[bool]] = {"V": [], "N": []}
    scorer = load_scorer()
    for start in range(0, seconds, 10):
        piece = signal.p_signal[start * rate : (start + 10) * rate].T.astype(np.float32)
        window, quality, found = judged(window_of(lead_map.apply(piece), rate).x)
        spans = localize(scorer.score(condition([window]), [quality], [found])[0])
        for sample, symbol in zip(beats.sample, beats.symbol, strict=True):
            at = (sample - start * rate) * 250 / rate
            if symbol in hits and 50 <= at < 2450:
                hits[symbol].append(any(one.onset - 30 <= at <= one.offset + 30 for one in spans))
    assert np.mean(hits["V"]) > 0.8
    assert np.mean(hits["N"]) < 0.15


def test_grafted_st_elevation_is_marked_in_its_leads(judged):
    scorer, marked = load_scorer(), []
    for entry in entries(True, 12):
        x, rate = read_signal(entry)
        window, _, beats = judged(window_of(x, rate).x)
        raised = window.x.copy()
        t = (np.arange(raised.shape[1]) - (beats.r_peaks - window.start_sample)[:, None]) / 250
        st = (np.clip((t - 0.03) / 0.03, 0, 1) * np.clip((0.36 - t) / 0.1, 0, 1)).sum(axis=0)
        for lead, mv in (("V2", 0.4), ("V3", 0.4), ("V4", 0.3)):
            raised[LEADS.index(lead)] += np.float32(mv) * st.astype(np.float32)
        window, quality, beats = judged(raised)
        spans = localize(scorer.score(condition([window]), [quality], [beats])[0])
        marked.append({LEADS[one.lead] for one in spans})
    assert np.mean([bool(leads & {"V2", "V3", "V4"}) for leads in marked]) > 0.7
