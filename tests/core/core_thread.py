import threading
from contextlib import contextmanager
from queue import Queue

from monitor.core import Core, CoreSettings

FREE = "tcp://127.0.0.1:0"


@contextmanager
def core_running(scorer, journal, **settings):
    """A core on free ports in a thread of this process; what kills it is raised here."""
    born, died, stop = Queue(), [], threading.Event()

    def body():
        try:
            with Core(CoreSettings(data=FREE, feed=FREE, commands=FREE, journal=journal, **settings)) as core:
                born.put(core)
                core.run(scorer, stop.is_set)
        except BaseException as error:
            died.append(error)
            born.put(None)

    thread = threading.Thread(target=body)
    thread.start()
    try:
        if (core := born.get(timeout=20)) is not None:
            yield core
    finally:
        stop.set()
        thread.join(20)
        if died:
            raise died[0]
