import numpy as np
import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.errors import ConfigurationError, WireError
from engine.quality import LeadState
from engine.span import Span
from engine.vitals import Vitals
from monitor.alarms.alarm import Alarm, AlarmEvent, Kind, Phase, Priority, Transition
from monitor.core.speaker import Speaker
from monitor.endpoints import bind
from monitor.feed import CommandClient, FeedReader, decode, encode
from monitor.intake import Samples
from monitor.update import BedUpdate, CoreStatus, Coverage, Source, WaveChunk

ALARM = Alarm(7, "ward.1", "asystole", Kind.PATIENT, Priority.HIGH, Phase.ACTIVE, "ASYSTOLE", 1, 2, 3)
UPDATE = BedUpdate(
    bed="ward.1",
    end_sample=2500,
    source=Source("live", "device", "patient", 500.0, ("V6",), True, {"gap": 2}),
    vitals=Vitals(61.5, 975.0, None, 0.4, 11),
    lead_states=(LeadState.OK,) * 11 + (LeadState.OFF,),
    quality=(0.5,) * 12,
    score=None,
    threshold=1.0,
    reason="lead off",
    spans=(Span(3, 10, 20, 1.5),),
    r_peaks=(100, 350),
    alarms=(ALARM,),
    coverage=Coverage(9.0, 1.0, {"gap": 1.0}),
    latency_ms=12.5,
    time_ns=2**60,
)
STATUS = CoreStatus(1, "0.1.0", "onnx", ("ward.1",), "ok", 1.0, 2.0, 0.0, ("INSECURE",))
VALUES = [UPDATE, STATUS, AlarmEvent(Transition.RAISED, ALARM, 5)]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_come_back_as_they_were(value):
    assert decode(encode(value, 3)) == (value, 3)


@given(hnp.arrays(np.float32, st.tuples(st.just(12), st.integers(0, 60))), st.integers(0, 2**40), st.data())
def test_waveform_comes_back_bit_for_bit(x, first, data):
    valid = data.draw(hnp.arrays(np.bool_, x.shape))
    chunk, _ = decode(encode(WaveChunk("icu.2", first, x, valid)))
    assert (chunk.bed, chunk.first_sample) == ("icu.2", first)
    assert chunk.x.tobytes() == x.tobytes()
    assert np.array_equal(chunk.valid, valid)


@given(
    st.lists(st.binary(max_size=60), max_size=4),
    st.sampled_from([b"", b"wave.", b"bed.", b"core.", b"alarm."]),
)
def test_no_bytes_break_the_decoder(parts, prefix):
    parts = [prefix + parts[0], *parts[1:]] if parts else parts
    with pytest.raises(WireError):
        decode(parts)


def test_fields_of_a_newer_version_are_ignored():
    import msgpack

    topic, body = encode(STATUS)
    newer = msgpack.packb({**msgpack.unpackb(body), "hologram": True})
    assert decode([topic, newer])[0] == STATUS


@pytest.fixture
def feed():
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        yield socket, bind(socket, "tcp://127.0.0.1:0")


def attached(socket, reader):
    """Wait until the reader's subscriptions have arrived."""
    assert socket.poll(5000)
    return reader


def test_a_reader_counts_what_it_missed_and_what_it_cannot_read(feed):
    socket, endpoint = feed
    with FeedReader(endpoint) as reader:
        attached(socket, reader)
        for seq in (5, 6, 9):
            socket.send_multipart(encode(STATUS, seq))
        socket.send_multipart([b"core.", b"\xff\x00"])
        socket.send_multipart(encode(UPDATE, 0))
        got = []
        while len(got) < 4:
            got += reader.poll(5.0)
        assert got == [STATUS, STATUS, STATUS, UPDATE]
        assert (reader.n_dropped, reader.n_bad) == (2, 1)
        assert list(reader.poll(0.0)) == []


def test_a_reader_of_one_bed_hears_no_other(feed):
    socket, endpoint = feed
    with FeedReader(endpoint, beds=["ward.1"]) as reader:
        for _ in range(4):  # core, wave, bed, alarm
            attached(socket, reader)
            socket.recv()
        chunk = np.zeros((12, 1), np.float32), np.ones((12, 1), bool)
        socket.send_multipart(encode(WaveChunk("ward.10", 0, *chunk)))
        socket.send_multipart(encode(WaveChunk("ward.1", 0, *chunk)))
        socket.send_multipart(encode(STATUS))
        got = []
        while len(got) < 2:
            got += reader.poll(5.0)
        assert [getattr(value, "bed", "core") for value in got] == ["ward.1", "core"]


def test_the_speaker_joins_waveform_and_keeps_gaps(feed):
    socket, endpoint = feed
    none = np.zeros(12, bool)

    def piece(first, n):
        return Samples(
            "ward.1", first, np.full((12, n), first, np.float32), np.ones((12, n), bool), none, none, 0
        )

    with FeedReader(endpoint) as reader:
        attached(socket, reader)
        speaker = Speaker(socket)
        speaker.listen()
        speaker.collect([piece(0, 10), piece(10, 10), piece(50, 5)])
        speaker.flush()
        speaker.flush()
        got = []
        while len(got) < 2:
            got += reader.poll(5.0)
    assert [(chunk.first_sample, chunk.x.shape[1]) for chunk in got] == [(0, 20), (50, 5)]


def test_a_core_that_is_not_there_is_said_and_no_command_waits_for_it():
    with (
        CommandClient("tcp://127.0.0.1:9", operator="me", timeout_s=0.1) as client,
        pytest.raises(ConfigurationError, match=r"no answer to 'acknowledge'.*127\.0\.0\.1:9.*running"),
    ):
        client.acknowledge("ward.1")


def test_a_command_waits_as_long_as_its_client_says_now():
    with CommandClient("tcp://127.0.0.1:9", operator="me", timeout_s=1e3) as client:
        client.timeout_s = 0.1
        with pytest.raises(ConfigurationError, match=r"within 0\.1 s"):
            client.acknowledge("ward.1")


@pytest.mark.parametrize("attach", [FeedReader, CommandClient])
def test_viewers_stay_on_this_machine_unless_told(attach):
    with pytest.raises(ConfigurationError, match="--insecure"):
        attach("tcp://192.0.2.1:7311")


def test_what_nobody_listens_to_is_not_sent_and_counts_as_nothing_missed(feed):
    socket, endpoint = feed
    speaker = Speaker(socket)
    speaker.say(STATUS)
    with FeedReader(endpoint, beds=["ward.2"]) as reader:
        attached(socket, reader)
        speaker.listen()
        assert speaker.shows_waves("ward.2") and not speaker.shows_waves("ward.22")
        speaker.say(UPDATE)  # of ward.1
        speaker.say(STATUS)
        assert list(reader.poll(5.0)) == [STATUS]
        assert reader.n_dropped == 0
    assert socket.poll(5000)
    while speaker.shows_waves("ward.2"):
        socket.poll(5000)
        speaker.listen()
    assert not speaker.is_heard(b"core.")
