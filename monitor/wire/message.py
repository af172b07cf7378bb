"""The four messages of ECGM/1 as frozen values."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Literal


class Flag(IntFlag):
    """What a receiver should know of the samples; unknown bits are ignored."""

    NONE = 0
    REPLAYED = 1
    """From a recording or a simulator, not from a patient who is there now."""
    SELF_TEST = 2
    PACED = 4
    """The patient has a pacemaker."""
    SIMULATED = 8
    """A synthetic patient; said together with `REPLAYED`, which every monitor knows."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What the samples of a publisher are; sent first, to late joiners and every 5 s."""

    bed: str
    publisher: str
    """Random per boot: a restarted device is a new publisher."""
    leads: tuple[str, ...]
    """Source channels in payload order, as the device spells them."""
    fs_hz: float
    unit: str = "mV"
    """Unit of a float32 payload; int16 payloads are scaled to microvolts by gain and offset."""
    payload: Literal["float32", "int16"] = "float32"
    gain_uv: tuple[float, ...] = ()
    """int16: microvolts per step, one per lead."""
    offset_uv: tuple[float, ...] = ()
    """int16: microvolts at step 0, one per lead."""
    layout: int = 0
    """Ties data to this description; it changes whenever leads, rate, unit or scaling do."""
    flags: Flag = Flag.NONE
    device: str = ""
    serial: str = ""
    """With the serial number of the device in charge, a new publisher takes over at once (a reboot)."""
    patient: str = ""
    """Pseudonym, never a name."""
    filters: str = ""
    """What the device has already done to the signal, for example `0.05-150 Hz, notch 50 Hz`."""
    sent_ns: int = 0


@dataclass(frozen=True, slots=True)
class Data:
    """Some 20 to 50 ms of samples."""

    bed: str
    publisher: str
    seq: int
    """Number of this data message, from 0, without holes."""
    first_sample: int
    """Index of the first sample since the publisher started; a device that loses samples skips indices."""
    n_samples: int
    fs_hz: float
    layout: int
    payload: bytes
    """Little-endian (n_samples, n_leads), C order."""
    lead_off: int = 0
    """Bit i: source lead i is detached."""
    flags: Flag = Flag.NONE
    device_ns: int = 0
    """Device clock at the first sample; 0 if the device has none."""
    sent_ns: int = 0
    """Device clock when the message was sent; 0 if the device has none."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Sent every second, whether or not there are samples."""

    bed: str
    publisher: str
    sent_ns: int = 0


@dataclass(frozen=True, slots=True)
class Bye:
    """The publisher ends on purpose: no alarm for a lost source."""

    bed: str
    publisher: str
    reason: str = ""
    sent_ns: int = 0


Message = Hello | Data | Heartbeat | Bye
