from dataclasses import replace

import numpy as np
import pytest

from monitor.wire import encode


def test_a_clean_stream_passes_unchanged(desk, new_device):
    device = new_device()
    desk.take(device.hello(), *(device.data() for _ in range(20)))
    assert desk.signal() == [(k, k) for k in range(200)]
    assert desk.source.state == "live" and desk.counters == {} and desk.found == set()
    assert desk.source.absent == ("V1", "V2", "V3", "V4", "V5", "V6")


def test_data_wait_for_their_hello(desk, new_device):
    device = new_device()
    desk.take(device.data())
    assert desk.source.state == "waiting" and desk.found == {"waiting_for_hello"}
    desk.take(device.hello(), device.data())
    assert desk.signal() == [(k, k + 10) for k in range(10)]  # the bed's time begins with what is understood


def test_a_new_layout_waits_for_a_new_hello_and_leaves_no_gap_of_its_own(desk, new_device):
    one, two = new_device(), new_device(leads=("I", "II", "V1"))
    two.session.next_sample, two.session.next_seq = 20, 2
    desk.take(one.hello(), one.data(), one.data(), two.data())
    assert desk.counters == {"waiting_for_hello": 1}
    desk.take(two.hello(), two.data())
    assert desk.pieces[-1].present[6]


def test_loss_is_a_gap_and_nothing_is_interpolated(desk, new_device):
    device = new_device()
    messages = [device.data() for _ in range(12)]
    desk.take(device.hello(), *messages[:3], *messages[4:])
    assert desk.signal() == [(k, k) for k in range(120) if not 30 <= k < 40]
    assert desk.counters == {"messages_lost": 1, "gap": 1} and "gap" in desk.found


def test_a_device_that_skips_samples_makes_a_gap_at_once(desk, new_device):
    device = new_device()
    desk.take(device.hello(), device.data())
    device.session.skip(50)
    desk.take(device.data())
    assert desk.signal() == [(k, k) for k in [*range(10), *range(60, 70)]]
    assert desk.counters == {"gap": 1}


@pytest.mark.parametrize("gap_s", [1, 9, 11, 600])
def test_samples_after_a_gap_of_any_length_lie_where_they_belong(desk, new_device, gap_s):
    device = new_device(fs_hz=500.0)
    desk.take(device.hello(), *(device.data(100) for _ in range(10)))
    device.session.skip(gap_s * 500)
    desk.take(*(device.data(100) for _ in range(10)), device.session.bye())
    index, value = map(np.array, zip(*desk.signal(), strict=True))
    late = index > 500
    assert np.abs(value[late] / 2 - index[late]).max() <= 1
    assert np.all(np.diff(index) > 0)


def test_messages_out_of_order_are_put_in_order(desk, new_device):
    device = new_device()
    m = [device.data() for _ in range(8)]
    desk.take(device.hello(), m[0], m[2], m[1], m[5], m[4], m[3], m[6], m[7])
    assert desk.signal() == [(k, k) for k in range(80)]
    assert desk.counters == {"reordered": 2}


def test_too_late_and_twice_are_told_apart(desk, new_device):
    device = new_device()
    m = [device.data() for _ in range(12)]
    desk.take(device.hello(), *m[:2], *m[3:9], m[2], m[8], *m[9:])
    assert desk.counters == {"messages_lost": 1, "gap": 1, "late": 1, "duplicate": 1}
    assert desk.signal() == [(k, k) for k in range(120) if not 20 <= k < 30]


def test_a_heartbeat_ends_the_waiting_for_a_lost_message(desk, new_device):
    device = new_device()
    m = [device.data() for _ in range(3)]
    desk.take(device.hello(), m[0], m[2])
    assert len(desk.signal()) == 10
    desk.take(device.session.heartbeat())
    assert desk.signal()[-1] == (29, 29)


def test_two_publishers_never_mix_and_the_first_stays(desk, new_device):
    first, second = new_device("a"), new_device("b")
    desk.take(first.hello(), first.data(), second.hello(), second.data())
    assert desk.found == set()  # the first may just have died
    desk.take(first.data(), second.data())
    assert desk.signal() == [(k, k) for k in range(20)]
    assert desk.counters == {"two_publishers": 2} and desk.found == {"two_publishers"}
    desk.take(first.data(), after_s=3.5)
    assert "two_publishers" not in desk.found


def test_a_restarted_publisher_takes_over_after_three_seconds_of_silence(desk, new_device):
    old, new = new_device("a"), new_device("b")
    desk.take(old.hello(), *(old.data() for _ in range(5)))
    desk.wait(1).take(new.hello(), new.data())
    assert desk.source.state == "live" and len(desk.signal()) == 50
    desk.wait(2.5).take(new.data())
    assert desk.counters["restart"] == 1
    index = desk.signal()[50][0]
    assert index == pytest.approx(50 + 3.6 * 250, abs=15)  # the time that has passed is a gap
    assert desk.source.state == "live"


def test_a_rebooted_device_takes_over_at_once_by_its_serial_number(desk, new_device):
    old, new = new_device("a", serial="SN1"), new_device("b", serial="SN1")
    desk.take(old.hello(), old.data(), new.hello(), new.data())
    assert len(desk.signal()) == 20 and desk.counters == {"restart": 1}
    desk.take(old.hello(), old.data(), new.data())  # the old one cannot come back the same way
    assert len(desk.signal()) == 30 and desk.found >= {"two_publishers"}


def test_after_a_bye_the_next_publisher_is_welcome_at_once(desk, new_device):
    old, new = new_device("a"), new_device("b")
    desk.take(old.hello(), old.data(), old.session.bye())
    assert desk.source.state == "bye"
    desk.take(new.hello(), new.data())
    assert desk.source.state == "live" and len(desk.signal()) == 20 and desk.counters == {}


def test_a_bye_gives_out_the_last_samples(desk, new_device):
    device = new_device(fs_hz=1000.0)
    desk.take(device.hello(), *(device.data(40) for _ in range(250)))
    held_back = 2500 - desk.pieces[-1].end_sample
    assert held_back > 0
    desk.take(device.session.bye())
    assert desk.pieces[-1].end_sample == 2500


@pytest.mark.parametrize("lived_s", [5, 200])
def test_a_device_that_counts_anew_under_its_old_name_is_found_out(desk, new_device, lived_s):
    old, new = new_device("same"), new_device("same")
    desk.take(old.hello(), *(old.data(250) for _ in range(lived_s)), after_s=1)
    desk.take(new.hello(), *(new.data(50) for _ in range(10)), after_s=0.2)
    assert desk.counters["restart"] == 1
    index = [k for k, _ in desk.signal()]
    assert index == sorted(set(index)) and len(index) >= lived_s * 250 + 250


def test_duplicates_of_a_whole_connection_are_no_restart(desk, new_device):
    device = new_device()
    m = [device.data(50) for _ in range(40)]
    desk.take(device.hello())
    for message in m:
        desk.take(message, message)
    assert desk.signal() == [(k, k) for k in range(2000)]
    assert desk.counters == {"duplicate": 40}


def test_an_absurd_sample_index_does_not_leave_the_bed_stranded(desk, new_device):
    device = new_device()
    m = [device.data() for _ in range(40)]
    desk.take(device.hello(), *m[:3], replace(m[3], first_sample=2**62), *m[4:])
    assert desk.counters["restart"] >= 1
    assert desk.pieces[-1].end_sample < 10_000 and desk.signal()[-1][1] == 399


def test_silence_is_lost_and_a_live_device_without_samples_is_named(desk, new_device):
    device = new_device()
    desk.take(device.hello(), device.data())
    assert desk.wait(2.5).source.state == "live"
    desk.take(device.session.heartbeat())
    assert desk.wait(1).source.state == "lost" and desk.found == {"no_samples"}
    desk.wait(3)
    assert desk.source.state == "lost" and desk.found == set()
    desk.take(device.data())
    assert desk.source.state == "live"


def test_a_clock_step_and_a_wrong_rate_are_found(desk, new_device):
    device = new_device()
    desk.take(device.hello(), device.data(device_ns=10**18), device.data(device_ns=10**18 + 5 * 10**9))
    assert "clock_step" in desk.found
    desk = type(desk)()
    other = new_device("b")
    desk.take(other.hello())
    for k in range(60):  # the device's second lasts 1.005 of ours
        desk.take(other.data(250, device_ns=10**18 + round(k * 1.005e9)))
    assert desk.found == {"rate_drift"}


def test_samples_that_come_ever_later_are_named_stale(desk, new_device):
    device = new_device()
    desk.take(device.hello())
    for k in range(50):
        desk.take(device.data(sent_ns=10**18 + k * 40_000_000), after_s=0.1)
    assert desk.found == {"stale"}


def test_detached_leads_are_off_and_invalid(desk, new_device):
    device = new_device(leads=("I", "II", "V1"))
    desk.take(device.hello(), device.data(lead_off=0b100))
    assert np.flatnonzero(desk.pieces[-1].lead_off).tolist() == [6]
    assert not desk.pieces[-1].valid[6].any() and desk.pieces[-1].valid[1].all()


def test_beds_are_bounded_and_apart(new_desk, new_device):
    desk = new_desk(max_beds=2)
    devices = [new_device(f"d{k}", bed=f"ward.{k}") for k in (1, 10, 2)]
    for device in devices:
        desk.take(device.hello(), device.data())
    assert desk.intake.beds == ("ward.1", "ward.10")
    assert desk.intake.counters == {"too_many_beds": 2}
    assert {piece.bed for piece in desk.pieces} == {"ward.1", "ward.10"}


def test_an_unknown_major_version_is_named_for_the_operator(desk, new_device):
    parts = encode(new_device().hello())
    desk.intake.accept([b"ecg2c.ward.1.", parts[1]], desk.now_ns)
    (finding,) = desk.intake.findings("", desk.now_ns)
    assert finding.name == "unknown_version" and "ECGM/2" in finding.text and "update" in finding.text


def test_an_unusable_hello_is_named_and_the_former_one_stays(desk, new_device):
    device = new_device()
    bad = replace(device.hello(), unit="mmHg")
    desk.take(device.hello(), device.data(), bad, device.data())
    assert desk.counters == {"bad_unit": 1} and len(desk.signal()) == 20


def test_the_same_samples_give_the_same_signal_whoever_carries_them(new_desk, new_device):
    whole, cut = new_desk(), new_desk()
    for desk, sizes in ((whole, [1800, 1800]), (cut, [18] * 200)):
        device = new_device(fs_hz=360.0)
        desk.take(device.hello(), *(device.data(n) for n in sizes), device.session.bye())
    joined = [np.concatenate([p.x for p in desk.pieces], axis=1) for desk in (whole, cut)]
    assert np.array_equal(*joined) and joined[0].shape == (12, 2500)
