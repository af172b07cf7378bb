"""What is recorded comes back: through the reader, and through the wfdb package as other programs see it."""

from datetime import UTC

import numpy as np
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st
from waveform_desk import RUN, START_NS, S, noise, pieces, writer_of

from engine.grid import FS_HZ
from engine.leads import LEADS, N_LEADS
from monitor.journal.entry import EntryKind
from monitor.recording import Recording
from monitor.recording.header import MASK
from monitor.recording.sealing import digest_of
from monitor.records import read_record

STEP_MV = 0.001


def record(folder, *parts, close=True):
    writer = writer_of(folder)
    for number, part in enumerate(parts):
        writer.write(part, START_NS + number * S)
        assert writer.failing is None
    if close:
        writer.close(START_NS + len(parts) * S)
    return writer


def test_minutes_become_segments_that_wfdb_reads(tmp_path):
    x = noise(70 * FS_HZ)
    valid = np.ones(x.shape, bool)
    valid[3, 100:200] = False
    writer = record(tmp_path, pieces(x, valid=valid))
    first, second = Recording(tmp_path).segments("ward.1")
    assert (first.first_sample, second.first_sample) == (0, 60 * FS_HZ)
    path = first.header(tmp_path)
    direct = wfdb.rdrecord(str(path.with_suffix("")))
    assert direct.sig_name == [*LEADS[:12], MASK] and direct.fs == FS_HZ
    assert (direct.base_counter, direct.sig_len) == (0, 60 * FS_HZ)
    assert direct.base_datetime.replace(tzinfo=UTC).timestamp() == START_NS / S
    expected = np.where(valid, x, np.nan)[:, : 60 * FS_HZ]
    assert np.allclose(direct.p_signal.T[:12], expected, atol=STEP_MV / 2 + 1e-6, equal_nan=True)
    digital = wfdb.rdrecord(str(path.with_suffix("")), physical=False)
    assert digital.checksum == digital.calc_checksum()
    body = [e.body for e in writer.entries if e.kind is EntryKind.SEGMENT]
    assert [b["segment"] for b in body] == [first.place, second.place]
    assert body[0]["sha256"] == digest_of(tmp_path, first)
    assert sum(f.stat().st_size for f in path.parent.glob(first.name + "*")) == body[0]["bytes"]


def test_a_segment_is_a_recording_for_this_program_too(tmp_path):
    x = noise(5 * FS_HZ)
    record(tmp_path, pieces(x))
    (segment,) = Recording(tmp_path).segments("ward.1")
    again = read_record(segment.header(tmp_path))
    assert again.leads == LEADS and np.allclose(again.samples, x, atol=STEP_MV)


def test_an_open_segment_can_be_read_while_it_is_written_even_with_a_torn_sample(tmp_path):
    x = noise(3 * FS_HZ)
    writer = record(tmp_path, pieces(x), close=False)
    (segment,) = Recording(tmp_path).segments("ward.1")
    strip = Recording(tmp_path).read("ward.1", 0, 4 * FS_HZ)
    assert np.allclose(strip.x[:, : x.shape[1]], x, atol=STEP_MV)
    assert strip.stored.sum() == x.shape[1] and not np.isfinite(strip.x[:, x.shape[1] :]).any()
    direct = wfdb.rdrecord(str(segment.header(tmp_path).with_suffix("")))
    assert np.allclose(direct.p_signal.T[:12], x, atol=STEP_MV)
    with segment.data(tmp_path).open("ab") as file:
        file.write(b"\1\2\3")
    assert Recording(tmp_path).read("ward.1", 0, 4 * FS_HZ).stored.sum() == x.shape[1]
    writer.close(START_NS)


def test_lead_off_gaps_and_absent_leads_are_told_apart(tmp_path):
    x, present = noise(500), np.arange(N_LEADS) < 8
    valid = np.tile(present[:, None], (1, 500))
    off = valid.copy()
    off[6] = False
    record(
        tmp_path,
        pieces(x, valid=valid, present=present),
        pieces(x, 500, valid=off, present=present, lead_off=[6]),
        pieces(x, 1200, valid=valid, present=present),
    )
    strip = Recording(tmp_path).read("ward.1", 0, 1700)
    assert strip.present.tolist() == present.tolist()
    assert (
        strip.lead_off[6].tolist() == [False] * 500 + [True] * 500 + [False] * 700
        and not strip.lead_off[:6].any()
    )
    assert not strip.valid[:8, 1000:1200].any() and strip.stored.all()
    assert strip.valid[6].sum() == 1000 and strip.valid[5].sum() == 1500 and not strip.valid[8:].any()
    assert strip.start_ns == START_NS and strip.time_ns(250) == START_NS + S


def test_a_long_gap_a_new_layout_and_the_minute_turn_the_page(tmp_path):
    x, few = noise(500), np.arange(N_LEADS) < 2
    record(
        tmp_path,
        pieces(x),
        pieces(x, 500 + 11 * FS_HZ),
        pieces(x, 1000 + 11 * FS_HZ, present=few, valid=np.tile(few[:, None], (1, 500))),
        pieces(x, 15_000 - 250),
    )
    assert [s.first_sample for s in Recording(tmp_path).segments("ward.1")] == [
        0,
        500 + 11 * FS_HZ,
        1000 + 11 * FS_HZ,
        14_750,
        15_000,
    ]
    strip = Recording(tmp_path).read("ward.1", 400, 3500)
    assert strip.stored.sum() == 100 + 250  # nothing is stored of the long gap


@pytest.mark.parametrize("offset_mv", [0.0, 300.0, -2500.0, 4999.0])
def test_an_electrode_offset_costs_no_resolution(tmp_path, offset_mv):
    x = noise(500) + np.float32(offset_mv)
    record(tmp_path, pieces(x))
    strip = Recording(tmp_path).read("ward.1", 0, 500)
    assert np.abs(strip.x - x).max() <= STEP_MV / 2 + 3e-4 * (abs(offset_mv) > 1000) + 2e-5


def test_a_range_beyond_16_bits_turns_few_pages_and_clips_nothing(tmp_path):
    x = noise(10 * FS_HZ)
    x[2] += np.float32(4000) * np.sin(np.arange(x.shape[1]) / 200).astype(np.float32)
    record(tmp_path, *(pieces(x[:, at : at + 250], at) for at in range(0, x.shape[1], 250)))
    recording = Recording(tmp_path)
    strip = recording.read("ward.1", 0, x.shape[1])
    assert np.abs(strip.x[2] - x[2]).max() < 0.2
    assert np.abs(strip.x[[0, 1, 3]] - x[[0, 1, 3]]).max() <= STEP_MV
    assert len(recording.segments("ward.1")) < 12


def test_runs_are_kept_apart_though_their_samples_have_the_same_numbers(tmp_path):
    one, other = noise(300, 1), noise(300, 2)
    record(tmp_path, pieces(one))
    later = writer_of(tmp_path, run="abcdef0123456")
    later.write(pieces(other), START_NS + 60 * S)
    later.close(START_NS + 61 * S)
    recording = Recording(tmp_path)
    assert set(recording.runs("ward.1")) == {RUN, "abcdef0123456"}
    assert np.allclose(recording.read("ward.1", 0, 300, RUN).x, one, atol=STEP_MV)
    assert np.allclose(recording.read("ward.1", 0, 300, "abcdef0123456").x, other, atol=STEP_MV)
    assert not recording.read("ward.9", 0, 300).stored.any()


def test_a_time_is_found_again(tmp_path):
    record(tmp_path, pieces(noise(70 * FS_HZ)))
    recording = Recording(tmp_path)
    assert recording.locate("ward.1", START_NS + 65 * S) == (RUN, 65 * FS_HZ)
    assert recording.locate("ward.1", START_NS - 5 * S) is None


plans = st.lists(
    st.tuples(
        st.integers(1, 700),
        st.sampled_from([0, 0, 0, 1, 400, 2600]),
        st.sampled_from([0.0, 0.0, 40.0, -400.0]),
        st.booleans(),
        st.integers(1, 200),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=12)
@given(plan=plans, first=st.sampled_from([0, 14_800, 29_990]), killed=st.booleans())
def test_whatever_comes_in_comes_back(tmp_path_factory, plan, first, killed):
    """Any cuts, gaps, offsets and layouts; closed in order, or killed and taken up again."""
    folder = tmp_path_factory.mktemp("waveforms")
    writer, at, expected = writer_of(folder), first, {}
    for number, (n, gap, offset_mv, all_leads, chunk_n) in enumerate(plan):
        at += gap
        present = np.arange(N_LEADS) < (N_LEADS if all_leads else 3)
        valid = np.random.default_rng(number).random((N_LEADS, n)) > 0.1
        x = noise(n, number) + np.float32(offset_mv)
        valid &= present[:, None]
        writer.write(pieces(x, at, chunk_n, valid=valid, present=present), START_NS + number * S)
        expected[at] = np.where(valid, x, np.nan)
        at += n
    assert writer.failing is None
    if killed:
        for pen in writer._pens.values():
            pen._open.close()  # what the system does with a killed program's files
        writer._lock.close()
        writer = writer_of(folder, journalled=frozenset(_places(writer)))
        writer.write([], START_NS + 99 * S)
    writer.close(START_NS + 100 * S)
    recording = Recording(folder)
    strip = recording.read("ward.1", first, at)
    assert strip.damage == ()
    n_stored = 0
    for start, x in expected.items():
        piece = strip.x[:, start - first : start - first + x.shape[1]]
        assert np.allclose(piece, x, atol=0.01, equal_nan=True)
        n_stored += x.shape[1]
    assert n_stored <= strip.stored.sum() <= strip.n
    for segment in recording.segments("ward.1"):
        header = recording.header(segment)
        assert header.n is not None and segment.first_sample // 15_000 == (
            (segment.first_sample + header.n - 1) // 15_000
        )


def _places(writer):
    return [entry.body["segment"] for entry in writer.entries if entry.kind is EntryKind.SEGMENT]
