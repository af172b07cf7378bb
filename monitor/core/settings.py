from dataclasses import dataclass, field
from pathlib import Path

from engine.grid import HOP_S
from monitor.endpoints import COMMANDS, DATA, FEED
from monitor.recording.ring import Keep


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """How a core is run."""

    data: str = DATA
    connect: bool = False
    """Connect to publishers at `data` instead of waiting for them there."""
    feed: str = FEED
    commands: str = COMMANDS
    journal: Path | None = None
    """Folder; None is the user's own."""
    record: Path | None = None
    """Folder for waveforms; None: they are not stored."""
    keep: Keep = field(default_factory=Keep)
    hop_s: float = HOP_S
    threads: int = 1
    """Of the model."""
    backend: str = "auto"
    """What the model runs on; the next that works takes its place if it must."""
    precision: str = "fp32"
    """Of engines that are built for a GPU."""
    readers: int = 2
    """Processes that read windows beside the core, once there are many beds; 0: none."""
    insecure: bool = False
    """Sockets may reach beyond this machine."""
