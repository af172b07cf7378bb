import mmap
import os
import pickle
import socket
import tempfile
from multiprocessing.connection import Connection
from typing import Any, Final, Self

MEMORY_BYTES: Final = 2 * 2**23
"""Half of it for each direction: a batch of windows, or what was read of them, takes some 6 MB at most."""

ALIGNED_BYTES: Final = 64
"""Arrays begin at multiples of it, as in memory of their own."""


class Post:
    """One end of a line to another process of this machine. Arrays go through memory that both see.

    Both ends trust each other: objects are pickled. One object at a time is on its way in each direction: the
    next may only be sent when the other end has answered the last.
    """

    def __init__(self, line: int, memory: int, first: bool) -> None:
        self._line = Connection(line)
        self._memory = mmap.mmap(memory, MEMORY_BYTES)
        self._shared = memoryview(self._memory).toreadonly()
        os.close(memory)
        self._start = 0 if first else MEMORY_BYTES // 2

    @classmethod
    def pair(cls) -> tuple[Self, tuple[int, int]]:
        """One end, and the descriptors of which another process makes the other one."""
        here, there = socket.socketpair()
        memory = _shared_memory()
        return cls(here.detach(), os.dup(memory), first=True), (there.detach(), memory)

    def send(self, content: Any) -> None:
        """Send an object; BrokenPipeError if the other end is gone."""
        places: list[tuple[int, int]] = []
        end = self._start + MEMORY_BYTES // 2

        def put(buffer: pickle.PickleBuffer) -> bool:
            """Whether the buffer must go with the rest, because the memory is full."""
            raw = buffer.raw()
            at = -(-places[-1][1] // ALIGNED_BYTES) * ALIGNED_BYTES if places else self._start
            if at + raw.nbytes > end:
                return True
            self._memory[at : at + raw.nbytes] = raw
            places.append((at, at + raw.nbytes))
            return False

        body = pickle.dumps(content, protocol=5, buffer_callback=put)
        self._line.send_bytes(pickle.dumps((body, places)))

    def receive(self) -> Any:
        """Wait for an object; EOFError if the other end is gone. Its arrays cannot be written to."""
        return self._received(self._memory)

    def borrow(self) -> Any:
        """The same, but arrays are left where the other end put them: they change when it sends again."""
        return self._received(self._shared)

    def _received(self, memory: Any) -> Any:
        body, places = pickle.loads(self._line.recv_bytes())
        return pickle.loads(body, buffers=[memory[at:end] for at, end in places])

    def has_mail(self) -> bool:
        """Whether `receive` need not wait."""
        return self._line.poll()

    def fileno(self) -> int:
        """To be watched for what comes."""
        return self._line.fileno()

    def close(self) -> None:
        """Hang up."""
        self._line.close()
        self._shared.release()
        self._memory.close()


def _shared_memory() -> int:
    """Memory without a name: it is gone with the last process that has it open."""
    if hasattr(os, "memfd_create"):
        memory = os.memfd_create("windows")
    else:
        with tempfile.TemporaryFile() as file:
            memory = os.dup(file.fileno())
    os.ftruncate(memory, MEMORY_BYTES)
    return memory
