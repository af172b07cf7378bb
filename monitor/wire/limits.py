"""The sizes a receiver accepts; whatever is larger is refused before anything is allocated for it."""

from typing import Final

VERSION: Final = (1, 0)
"""Protocol version spoken here: another major is refused, another minor accepted."""

MAX_MESSAGE_BYTES: Final = 4 * 2**20
"""Set on receiving sockets (ZMQ_MAXMSGSIZE); above 5 s of 64 leads at 2000 Hz in float32."""
MAX_HEADER_BYTES: Final = 16 * 2**10
MAX_LEADS: Final = 64
MAX_MESSAGE_S: Final = 5.0
"""Longest stretch of signal in one message."""
MAX_TEXT: Final = 200
"""Characters in any text field."""
MAX_INDEX: Final = 2**63 - 1
MAX_BEDS: Final = 512

HELLO_PERIOD_S: Final = 5.0
HEARTBEAT_PERIOD_S: Final = 1.0
LOST_AFTER_S: Final = 3.0
"""A source that was silent for so long is lost."""
QUEUE_S: Final = 1.0
"""High-water mark of each end, in seconds of signal: older samples are worth less than fresh ones. With the
kernel's buffers, a monitor that stalls finds 2 to 3 s waiting (12 leads at 500 Hz)."""
CHUNK_S: Final = 0.04
"""Signal per message that this project's own publishers send."""
