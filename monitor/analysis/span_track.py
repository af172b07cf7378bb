from engine.localize import merge_spans
from engine.span import Span
from monitor.pipeline import Hop


class SpanTrack:
    """Anomalous spans of a whole recording, merged over overlapping windows in order."""

    def __init__(self) -> None:
        self._open: tuple[Span, ...] = ()
        self._done: list[Span] = []

    def add(self, hop: Hop) -> None:
        """Merge the spans of one window with those it can still touch."""
        self._done += [span for span in self._open if span.offset < hop.start_sample]
        self._open = tuple(
            merge_spans([span for span in self._open if span.offset >= hop.start_sample], hop.spans)
        )

    def finish(self) -> tuple[Span, ...]:
        """Return all spans by onset, then lead."""
        return tuple(sorted([*self._done, *self._open], key=lambda span: (span.onset, span.lead)))
