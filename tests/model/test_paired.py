"""Differences between two models on the same cases."""

import numpy as np
import pytest

from engine.errors import ConfigurationError
from training.evaluation import Scored
from training.paired import auc_difference, mean_difference
from training.ptbxl import Entry
from training.scorefile import compare_scores, load_scores, save_scores, saved_scores


def test_identical_models_differ_by_nothing_with_certainty():
    scores = np.random.default_rng(0).normal(size=60)
    found = auc_difference(scores, scores.copy(), np.arange(60) < 20)
    assert (found.value, found.low, found.high, found.clear) == (0, 0, 0, False)
    found = mean_difference(list(scores), list(scores), [str(i // 2) for i in range(60)])
    assert (found.value, found.low, found.high, found.n) == (0, 0, 0, 30)


def test_only_the_order_of_scores_counts():
    scores = np.random.default_rng(0).normal(size=60)
    found = auc_difference(scores, np.exp(scores) * 7, np.arange(60) < 20)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_a_perfect_model_against_an_inverted_one():
    abnormal = np.arange(40) < 10
    found = auc_difference(abnormal.astype(float), -abnormal.astype(float), abnormal)
    assert (found.first, found.second, found.low, found.high, found.clear) == (1, 0, 1, 1, True)


def test_interval_of_a_mean_difference_is_the_analytic_one():
    # Pairs share what makes cases hard; the interval knows only what remains: 1.96 sd / sqrt(n).
    rng = np.random.default_rng(5)
    hard, noise = rng.normal(size=400), rng.normal(size=400)
    first, second = hard + 0.1 * noise + 0.02, hard
    found = mean_difference(list(first), list(second), [str(i) for i in range(400)])
    half = 1.96 * (0.1 * noise).std() / 20
    assert found.value == pytest.approx(0.02 + 0.1 * noise.mean())
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.08)


def test_interval_of_an_auc_difference_is_the_analytic_one():
    # The second model is constant: AUC one half, whatever is drawn. What remains is the variance of the first
    # one's AUC, which for uncorrelated placements is that of DeLong, DeLong and Clarke-Pearson 1988.
    rng = np.random.default_rng(7)
    abnormal = np.arange(300) < 100
    scores = rng.normal(size=300) + abnormal
    above = (scores[abnormal][:, None] > scores[~abnormal][None]).astype(float)
    variance = above.mean(axis=1).var(ddof=1) / 100 + above.mean(axis=0).var(ddof=1) / 200
    found = auc_difference(scores, np.zeros(300), abnormal)
    assert found.value == pytest.approx(above.mean() - 0.5)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * variance**0.5, rel=0.1)


def test_records_are_drawn_with_all_their_cases():
    found = mean_difference([1, 1, 0, 0], [0, 0, 0, 0], ["a", "a", "b", "b"])
    assert (found.low, found.high, found.n) == (0, 1, 2)


def test_other_lengths_are_refused():
    with pytest.raises(ConfigurationError, match="same options"):
        auc_difference(np.zeros(3), np.zeros(4), np.zeros(3, np.bool_))


@pytest.fixture
def scored():
    rng = np.random.default_rng(2)
    entries = [Entry(i, 9, frozenset({"NORM"} if i % 2 else {"MI", "CD"}), None) for i in range(1, 41)]
    return [Scored(one, float(rng.normal() + (not one.normal)), None, 0) for one in entries]


def test_scores_on_disk_are_the_scores(tmp_path, scored):
    scored[3] = Scored(scored[3].entry, float("nan"), "gap", 0)
    rows = saved_scores(scored)
    save_scores(tmp_path / "scores.csv", rows)
    back = load_scores(tmp_path / "scores.csv")
    assert [one for one in back if one.ecg_id != 4] == [one for one in rows if one.ecg_id != 4]
    assert np.isnan(back[3].score)
    assert (tmp_path / "scores.csv").read_text().splitlines()[0] == "ecg_id,fold,normal,superclasses,score"
    found = compare_scores(rows, back)
    assert [one.figure for one in found] == ["AUC", "AUC MI against NORM", "AUC CD against NORM"]
    assert all((one.difference.low, one.difference.high) == (0, 0) for one in found)


def test_a_record_that_one_model_could_not_score_counts_against_it(scored):
    rows = saved_scores(scored)
    worse = saved_scores(
        [Scored(one.entry, float("nan"), "gap", 0) if one.entry.ecg_id <= 6 else one for one in scored]
    )
    assert compare_scores(rows, worse)[0].difference.value > 0.1


def test_different_records_are_refused_by_name(tmp_path, scored):
    with pytest.raises(ConfigurationError, match="ecg_id 7"):
        compare_scores(saved_scores(scored), saved_scores([one for one in scored if one.entry.ecg_id != 7]))
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ConfigurationError, match="no file of scores"):
        load_scores(tmp_path / "odd.csv")
