"""One bed of 12 leads at 500 Hz, live: what the core costs, and how late its results are.

Latency runs from the moment a window's last sample is due at the electrode to the moment a viewer holds the
result: chunking on the wire, resampling, detection, the model, the journal and the feed are all inside.
"""

import math
from time import monotonic

from bench_tools import Meter, RunningCore, finish, running_core, seconds, spread

from engine.arrays import F32
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.feed import FeedReader
from monitor.update import BedUpdate, WaveChunk
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story
from simulators.publisher import Publisher

SOURCE_HZ = 500
CHUNK_N = 20
"""40 ms a message."""
WARM_UP_S = 13.0
"""Until whole windows have been scored a few times."""


def patient_signal(duration_s: float) -> F32:
    """Make the signal beforehand, so that the core alone is measured; (12, n) mV."""
    patient = Patient(Story((PRESETS["pvc"],), loop=True), fs_hz=SOURCE_HZ)
    return patient.read(round(duration_s * SOURCE_HZ)).samples


class LiveRun:
    """Feeds one core and watches its feed, in one thread, by absolute deadlines."""

    def __init__(self, core: RunningCore, duration_s: float) -> None:
        self._core = core
        self._duration_s = duration_s
        self._signal = patient_signal(WARM_UP_S + duration_s)
        self.latency_ms: list[float] = []
        self.first_waveform_s = math.nan
        self.meter = Meter(core.process)
        self.measured_s = 0.0

    def run(self) -> None:
        """Play the signal once."""
        with (
            FeedReader(self._core.feed) as feed,
            Publisher(self._core.data, "bench.1", leads=LEADS, fs_hz=SOURCE_HZ) as publisher,
        ):
            publisher.wait_for_monitor(10)
            start_s, warm_s = monotonic(), math.nan
            for first in range(0, self._signal.shape[1] - CHUNK_N, CHUNK_N):
                due_s = start_s + (first + CHUNK_N) / SOURCE_HZ
                self._watch(feed, start_s, due_s)
                publisher.send(self._signal[:, first : first + CHUNK_N])
                if math.isnan(warm_s) and due_s - start_s > WARM_UP_S:
                    warm_s, self.meter, self.latency_ms = monotonic(), Meter(self._core.process), []
            self.measured_s = monotonic() - warm_s

    def _watch(self, feed: FeedReader, start_s: float, until_s: float) -> None:
        while (left_s := until_s - monotonic()) > 0:
            for value in feed.poll(left_s):
                now_s = monotonic() - start_s
                if isinstance(value, WaveChunk) and math.isnan(self.first_waveform_s):
                    self.first_waveform_s = now_s
                if isinstance(value, BedUpdate):
                    self.latency_ms.append(1000 * (now_s - value.end_sample / FS_HZ))
                    self.meter.look()


if __name__ == "__main__":
    duration_s = seconds(60.0)
    with running_core() as core:
        live = LiveRun(core, duration_s)
        live.run()
        result = {
            "core_cpu_percent_of_one_core": live.meter.cpu_percent(live.measured_s),
            "limit_cpu_percent": 25,
            "core_rss_mb": round(live.meter.peak_rss_mb, 1),
            "limit_rss_mb": 400,
            "sample_to_result_ms": spread(live.latency_ms),
            "limit_latency_p99_ms": 300,
            "first_waveform_s": round(live.first_waveform_s, 3),
            "limit_first_waveform_s": 2.0,
        }
    finish({"beds": 1, "leads": 12, "source_hz": SOURCE_HZ, "hop_s": 1.0, **result})
