"""Classes of beats: simulated patients with known beats, invariances, streaming, and annotated records."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.beatclass import BeatClass
from engine.classify.classify import classify
from engine.classify.memory import BeatMemory
from engine.classify.network import load_network
from engine.delineation.delineate import delineation_of
from engine.errors import ModelError
from engine.grid import FS_HZ
from engine.signals import condition
from training.beats.classes import compare
from training.beats.ec57 import gross
from training.beats.live import judge
from training.beats.recordings import read_recording


def classified(window, quality, beats, delineation, memory):
    (found,), (later,) = classify(condition([window]), [quality], [beats], [delineation], [memory])
    return found, later


V, S, N, PACED = BeatClass.VENTRICULAR, BeatClass.SUPRAVENTRICULAR, BeatClass.NORMAL, BeatClass.PACED


def stream(hops_of_signal):
    """(end sample, BeatClasses) at every hop."""
    memory = BeatMemory.empty()
    for window, quality, beats in hops_of_signal:
        delineation = delineation_of(window, quality, beats)
        found, memory = classified(window, quality, beats, delineation, memory)
        yield window.end_sample, found


def judged(hops_of_signal, from_s=10.0):
    """{R peak: class} as of the first window in which the beat is 2 s old."""
    classes = {}
    for end, found in stream(hops_of_signal):
        for r_peak, klass in zip(found.r_peaks.tolist(), found.klass.tolist(), strict=True):
            near = any(abs(r_peak - known) < 25 for known in list(classes)[-30:])
            if from_s * FS_HZ < r_peak <= end - 2 * FS_HZ and not near:
                classes[r_peak] = BeatClass(klass)
    return classes


def right(classes, truth, symbols, klass):
    """Share of the true beats of some kinds that have a class, and of that class's beats that are such."""
    true = np.array([beat.sample for beat in truth.beats if beat.symbol in symbols])
    mine = np.array([r_peak for r_peak, one in classes.items() if one == klass])
    true = true[(true > min(classes) - 37) & (true < max(classes) + 37)]
    near = np.abs(true[:, None] - mine[None]) <= 37
    return near.any(axis=1).mean(), near.any(axis=0).mean()


@pytest.mark.parametrize("preset", ["pvc", "couplets", "runs", "bigeminy"])
def test_ventricular_beats_are_told_from_normal_ones(patient, hops, preset):
    x, truth = patient((preset, 60))
    classes = judged(hops(x))
    assert right(classes, truth, "V", V) == (1, 1)
    sensitivity, predictivity = right(classes, truth, "N", N)
    assert sensitivity > 0.95 and predictivity == 1


@pytest.mark.parametrize("preset", ["lbbb", "rbbb", "tachycardia", "bradycardia", "af", "pac"])
def test_no_beat_is_called_ventricular_without_need(patient, hops, preset):
    x, _ = patient((preset, 45))
    assert V not in judged(hops(x)).values()


def test_premature_atrial_beats_are_supraventricular(patient, hops):
    x, truth = patient(("pac", 60))
    sensitivity, predictivity = right(judged(hops(x)), truth, "A", S)
    assert sensitivity > 0.8 and predictivity > 0.8


def test_a_tachycardia_that_fills_the_window_is_judged_against_the_sinus_beats_before(patient, hops):
    x, truth = patient(("sinus", 30), ("vt", 60))
    sensitivity, predictivity = right(judged(hops(x)), truth, "V", V)
    assert sensitivity > 0.97 and predictivity > 0.97


def test_a_patient_who_comes_with_a_tachycardia_of_wide_beats(patient, hops):
    x, _ = patient(("vt", 20))
    classes = list(judged(hops(x), from_s=1.0).values())
    assert np.mean([klass == V for klass in classes]) > 0.9


def test_sinus_rhythm_after_it_is_normal_again(patient, hops):
    x, _ = patient(("vt", 30), ("sinus", 45))
    late = [klass for r_peak, klass in judged(hops(x)).items() if r_peak > 45 * FS_HZ]
    assert np.mean([klass == N for klass in late]) > 0.95


def test_paced_beats_follow_their_spikes(patient, hops):
    x, truth = patient(("lbbb", 30))
    x = x.copy()
    for beat in truth.beats:
        if beat.sample > 40:
            x[:, beat.sample - 17 : beat.sample - 15] += 2.5
    classes = list(judged(hops(x)).values())
    assert np.mean([klass == PACED for klass in classes]) > 0.95


@settings(max_examples=4, deadline=None)
@given(st.floats(0.4, 3), st.booleans(), st.floats(-100, 100))
def test_gain_polarity_and_offset_change_no_class(patient, hops, gain, flipped, offset_mv):
    x, _ = patient(("pvc", 30))
    changed = np.float32(-gain if flipped else gain) * x + np.float32(offset_mv)
    assert judged(hops(changed, 2)) == judged(hops(x, 2))


@pytest.mark.parametrize("leads", [[1], [6], [1, 6], [0, 1, 2]])
def test_some_leads_are_enough(patient, hops, leads):
    x, truth = patient(("pvc", 60))
    sensitivity, predictivity = right(judged(hops(x, leads=leads)), truth, "V", V)
    assert sensitivity > 0.9 and predictivity > 0.9


def test_a_lead_that_comes_and_goes_changes_nothing(patient, hops):
    x, truth = patient(("pvc", 60))
    x = x.copy()
    x[6:, 20 * FS_HZ : 30 * FS_HZ] = np.nan
    x[1, 40 * FS_HZ : 50 * FS_HZ] = 0.4
    assert right(judged(hops(x)), truth, "V", V) == (1, 1)


@pytest.mark.parametrize("hop_s", [0.4, 2.0])
def test_any_hop_gives_the_same_classes(patient, hops, hop_s):
    x, _ = patient(("runs", 45))
    one, other = judged(hops(x, 1.0)), judged(hops(x, hop_s))
    differ = [
        at for at, klass in one.items() for to, of in other.items() if abs(at - to) < 10 and klass != of
    ]
    assert not differ


def test_the_same_stream_gives_the_same_classes_and_leaves_the_memory_it_was_given(patient, hops):
    x, _ = patient(("bigeminy", 30))
    window, quality, beats = list(hops(x))[-1]
    delineation = delineation_of(window, quality, beats)
    empty = BeatMemory.empty()
    first, memory = classified(window, quality, beats, delineation, empty)
    again, _ = classified(window, quality, beats, delineation, empty)
    np.testing.assert_array_equal(first.klass, again.klass)
    assert not empty.families.weight.any() and memory.families.weight.any()
    once_more, later = classified(window, quality, beats, delineation, memory)
    assert later.until == memory.until, "a beat is remembered once"
    np.testing.assert_array_equal(once_more.klass, first.klass)


def test_a_stream_that_starts_anew_is_another_patient(patient, hops):
    x, _ = patient(("sinus", 20))
    *_, last = hops(x)
    first = next(iter(hops(x)))
    _, memory = classified(*last, delineation_of(*last), BeatMemory.empty())
    _, anew = classified(*first, delineation_of(*first), memory)
    assert anew.until < memory.until
    np.testing.assert_array_equal(
        anew.families.shape, classified(*first, delineation_of(*first), BeatMemory.empty())[1].families.shape
    )


def test_without_beats_or_leads_nothing_is_claimed(ecg, window_of, hops):
    x = ecg([], noise_mv=0.01)
    (one,) = hops(x)
    found, memory = classified(*one, delineation_of(*one), BeatMemory.empty())
    assert found.klass.size == found.qrs_ms.size == found.p_wave.size == 0
    assert memory.own == -1


def test_before_any_beat_is_known_the_class_is_unknown(ecg, hops):
    x = ecg([9.2, 9.6])
    (one,) = hops(x)
    found, _ = classified(*one, delineation_of(*one), BeatMemory.empty())
    assert found.r_peaks.size and (found.klass == BeatClass.UNKNOWN).all()


def test_p_waves_are_evident_in_sinus_rhythm_and_not_in_fibrillation(patient, hops):
    evidence = {}
    for rhythm in ("sinus", "af"):
        x, _ = patient((rhythm, 40))
        evidence[rhythm] = np.nanmedian(np.concatenate([found.p_wave for _, found in stream(hops(x, 5))]))
    assert evidence["sinus"] > 0.85 and evidence["af"] < 0.5


def test_each_record_has_a_member_that_never_saw_it():
    network = load_network()
    names = [name for group in network.left_out.tolist() for name in group.split()]
    assert len(names) == len(set(names)) > 20
    one = network.without(names[0])
    assert one.w1.shape[0] == 1 and names[0] in one.left_out[0]
    assert network.without("nobody") is network


def test_damaged_weights_are_one_sentence(tmp_path):
    (tmp_path / "beats.npz").write_bytes(b"not a zip")
    with pytest.raises(ModelError, match="install the package again"):
        load_network(tmp_path / "beats.npz")


@pytest.mark.data
@pytest.mark.slow
def test_mitdb(data_root):
    network = load_network()
    figures = []
    for name in ("119", "106"):
        recording = read_recording(data_root / "mitdb", name)
        n = 12 * 60 * FS_HZ
        start = 8 * 60 * FS_HZ if name == "106" else 0
        figures.append(compare(*_part(recording, start, start + n, network), 60.0))
    ventricular = gross(one.ventricular for one in figures)
    assert ventricular.hits > 100
    assert ventricular.f1 > 0.92


def _part(recording, start, end, network):
    """A stretch of a record as a record of its own, and its beats as judged."""
    inside = (recording.truth_s >= start / FS_HZ) & (recording.truth_s < end / FS_HZ)
    part = replace(
        recording,
        x=recording.x[:, start:end],
        valid=recording.valid[:, start:end],
        truth_s=recording.truth_s[inside] - start / FS_HZ,
        symbols=recording.symbols[inside],
        flutter_s=(),
    )
    return part, judge(part, network.without(recording.name), hop_s=2)
