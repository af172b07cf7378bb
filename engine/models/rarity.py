import numpy as np

from engine.arrays import F32, F64
from engine.models.normality import Normality
from engine.preprocess import MAP_N


class Rarity:
    """How rare readings are in normal ECG, -log10 of the share that lies above them.

    Parameters
    ----------
    normality : Normality
        `surprise_top` (R, 12), a reading that one in ten thousand normal samples exceeds, and `surprise`
        (R, 12, n + 1), the surprise of readings from 0 to there, evenly spaced by their square root.
    """

    def __init__(self, normality: Normality) -> None:
        table = normality.surprise
        n = table.shape[2] - 1
        self.unit: F64 = normality.surprise_top / n**2
        """(R, 12): in these, the square root of a reading is its place in the table."""
        # In each step of the table surprise is a straight line. Values beyond the table's end grow in
        # proportion to the reading: all are kept per reading at the end.
        slope = np.append(np.diff(table, axis=2), np.zeros_like(table[..., :1]), axis=2)
        offset = table - slope * np.arange(n + 1)
        self._slope, self._offset = ((line / n**2).astype(np.float32).reshape(-1) for line in (slope, offset))
        first = np.arange(table[..., 0].size, dtype=np.int32).reshape(*table.shape[:2], 1) * (n + 1)
        self._first = np.repeat(first, MAP_N, axis=2)
        self._end = np.full((table.shape[1], MAP_N), n**2, np.float32)

    def of(self, reading: int | slice, values: F32) -> F32:
        """Surprise of one of the readings, or of some.

        Parameters
        ----------
        reading : int or slice
            Which.
        values : (12, m) or (n, 12, m) float32
            Their values, counted in their `unit`; `m` is at most MAP_N.

        Returns
        -------
        float32
            Of the same shape.
        """
        m = values.shape[-1]
        end = self._end[:, :m]
        place = np.fmin(values, end)  # what is no number gets a place in the table, and stays none below
        np.sqrt(place, out=place)
        entry = place.astype(np.int32)  # to int64 at once takes longer than by way of int32
        entry += self._first[reading, :, :m]
        entry = entry.astype(np.int64)
        surprise: F32 = self._slope.take(entry, mode="wrap")  # no entry needs it; clipping takes longer
        surprise *= place
        surprise += self._offset.take(entry, mode="wrap")
        surprise *= np.maximum(values, end)
        return surprise
