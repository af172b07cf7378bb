"""How the bytes of a payload become millivolts of the 12 standard leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from engine.arrays import F32, F64, Bools, frozen
from engine.errors import LeadError, WireError
from engine.leads import LeadMap
from monitor.frame import Frame
from monitor.wire.fields import BadMessage
from monitor.wire.limits import MAX_MESSAGE_S
from monitor.wire.message import Data, Hello

INVALID_STEP: Final = -32768
"""The int16 that says "no valid sample here"."""
MAX_MV: Final = 5000.0
"""No electrode delivers more: such a sample is invalid."""
UNKNOWN_UNIT: Final = "NU"
"""What WFDB writes, too, where nobody knows how large a step is."""
MAX_UNKNOWN: Final = 1e9
"""The bound of samples in `UNKNOWN_UNIT`, so that arithmetic on them stays finite."""

_INT16: Final = np.dtype("<i2")
_FLOAT32: Final = np.dtype("<f4")
_MV_PER_UNIT: Final = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "nv": 1e-6}


def millivolts_per(unit: str) -> float:
    """Return the factor from `unit` to millivolts."""
    folded = unit.strip().lower().replace("µ", "u").replace("μ", "u")
    factor = _MV_PER_UNIT.get(folded)
    if factor is None:
        raise WireError(
            f"unit {unit!r} is not one of V, mV, uV, nV: set the device to one of these, or to "
            f"{UNKNOWN_UNIT} if it does not know its amplitude"
        )
    return factor


def is_calibrated(unit: str) -> bool:
    """Tell whether `unit` promises an amplitude, whether or not it is one we know."""
    return unit.strip().upper() != UNKNOWN_UNIT


def factor_of(unit: str) -> float:
    """Return the factor from `unit` to millivolts; 1 where the amplitude is unknown."""
    return millivolts_per(unit) if is_calibrated(unit) else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A hello, checked and ready to unpack the data that refers to it."""

    hello: Hello
    lead_map: LeadMap
    scale_mv: F64
    """(n_leads,) millivolts per step, or per unit of a float32 payload."""
    offset_mv: F64
    """(n_leads,) millivolts at 0."""
    calibrated: bool
    """False for `UNKNOWN_UNIT`: the samples are no millivolts, each lead may have a gain of its own."""

    @classmethod
    def of(cls, hello: Hello) -> "Layout":
        """Check `hello`; raises `BadMessage` if its leads, unit or scaling cannot be used."""
        calibrated = is_calibrated(hello.unit)
        try:
            lead_map, per_unit = LeadMap.from_names(hello.leads, derive=calibrated), factor_of(hello.unit)
        except LeadError as error:
            raise BadMessage("bad_leads", f"{hello.bed}: {error}") from error
        except WireError as error:
            raise BadMessage("bad_unit", f"{hello.bed}: {error}") from error
        n = len(hello.leads)
        if hello.payload == "float32":
            return cls(hello, lead_map, np.full(n, per_unit), np.zeros(n), calibrated)
        if any(gain == 0 for gain in hello.gain_uv):
            raise BadMessage(
                "bad_gain", f"{hello.bed}: a lead with a gain of 0 microvolts per step holds no signal"
            )
        gain_mv, offset_mv = np.array(hello.gain_uv) * 1e-3, np.array(hello.offset_uv) * 1e-3
        return cls(hello, lead_map, gain_mv, offset_mv, calibrated)

    def frame(self, data: Data, arrived_ns: int, further: Sequence[bytes] = ()) -> Frame:
        """Unpack a message that passed `check`, and the payloads of those that follow it."""
        samples = self.lead_map.apply(self._millivolts(b"".join((data.payload, *further))))
        off = self._lead_off(data.lead_off)
        valid = np.isfinite(samples)
        valid &= (self.lead_map.present & ~off)[:, None]
        samples[~valid] = 0
        return Frame(
            bed=data.bed,
            publisher=data.publisher,
            seq=data.seq,
            first_sample=data.first_sample,
            fs_hz=data.fs_hz,
            samples=frozen(samples),
            valid=frozen(valid),
            lead_off=frozen(off),
            device_ns=data.device_ns,
            sent_ns=data.sent_ns,
            arrived_ns=arrived_ns,
            calibrated=self.calibrated,
            n_messages=1 + len(further),
        )

    def check(self, data: Data) -> None:
        """Raise `BadMessage` if the size or rate of `data` contradicts the hello."""
        hello, n_leads = self.hello, len(self.hello.leads)
        if data.fs_hz != hello.fs_hz:
            raise BadMessage(
                "bad_rate",
                f"{data.bed}: data at {data.fs_hz:g} Hz under a hello of {hello.fs_hz:g} Hz; say hello anew",
            )
        if not 0 < data.n_samples <= MAX_MESSAGE_S * hello.fs_hz:
            raise BadMessage(
                "bad_size",
                f"{data.bed}: {data.n_samples} samples in a message; send up to {MAX_MESSAGE_S:g} s",
            )
        expected = data.n_samples * n_leads * self._dtype.itemsize
        if len(data.payload) != expected:
            raise BadMessage(
                "bad_size",
                f"{data.bed}: a payload of {len(data.payload)} bytes; {data.n_samples} samples of {n_leads} "
                f"leads in {hello.payload} take {expected}",
            )

    @property
    def _dtype(self) -> np.dtype[Any]:
        return _INT16 if self.hello.payload == "int16" else _FLOAT32

    def _millivolts(self, payload: bytes) -> F32:
        """(n_channels, n) float32, NaN where the source or its amplitude says that there is no sample."""
        raw = np.frombuffer(payload, self._dtype).reshape(-1, len(self.hello.leads)).T
        with np.errstate(invalid="ignore", over="ignore"):
            samples = raw * self.scale_mv[:, None] + self.offset_mv[:, None]
            usable = np.abs(samples) <= (MAX_MV if self.calibrated else MAX_UNKNOWN)
        if self.hello.payload == "int16":
            usable &= raw != INVALID_STEP
        if not usable.all():
            samples[~usable] = np.nan
        return samples.astype(np.float32)

    def _lead_off(self, bits: int) -> Bools:
        source = np.array([bool(bits >> i & 1) for i in range(len(self.hello.leads))])
        return self.lead_map.spread_lead_off(source)
