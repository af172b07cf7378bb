from dataclasses import replace

import numpy as np
import pytest

from monitor.wire import UNKNOWN_UNIT, Hello, Session, decode, encode
from monitor.wire.layout import MAX_MV


@pytest.mark.parametrize("payload", ["float32", "int16"])
@pytest.mark.parametrize("unit", [UNKNOWN_UNIT, "nu", "mV"])
def test_the_unit_goes_over_the_wire_to_the_samples(new_desk, payload, unit):
    scaling = {"gain_uv": (1000.0, 1000.0), "offset_uv": (0.0, 0.0)} if payload == "int16" else {}
    session = Session(Hello("ward.1", "boot-1", ("I", "II"), 250.0, unit=unit, payload=payload, **scaling))
    rows = np.tile(np.arange(500, dtype=np.float32), (2, 1))
    desk = new_desk()
    for message in (session.announce(), session.data(rows), session.bye()):
        desk.take(decode(encode(message)))
    known = unit == "mV"
    assert desk.pieces and {piece.calibrated for piece in desk.pieces} == {known}
    assert desk.source.calibrated == known
    assert desk.signal(lead=0)[100:103] == [(100, 100_000), (101, 101_000), (102, 102_000)]
    assert desk.pieces[0].present.sum() == (6 if known else 2)  # leads of unknown gain derive no others


@pytest.mark.parametrize("unit", [UNKNOWN_UNIT, "mV"])
def test_only_millivolts_have_a_bound_of_what_electrodes_deliver(new_device, new_desk, unit):
    device = new_device(unit=unit)
    far = np.full((2, 250), 3 * MAX_MV, np.float32)
    desk = new_desk().take(device.hello(), device.session.data(far), device.session.bye())
    assert any(piece.valid.any() for piece in desk.pieces) == (unit == UNKNOWN_UNIT)


def test_another_unit_is_refused_with_the_way_out(new_device, new_desk):
    desk = new_desk().take(replace(new_device().hello(), unit="mmHg"))
    assert "bad_unit" in desk.counters
    (finding,) = desk.intake.findings("ward.1", desk.now_ns)
    assert "NU if it does not know its amplitude" in finding.text
