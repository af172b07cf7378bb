"""The shapes of beats: sums of Gaussian waves of the cardiac dipole.

The dynamical models of McSharry et al. 2003 (ECGSYN) and Sameni et al. 2007 (its three-dimensional dipole)
place Gaussians on the phase of the cycle; here they lie on time relative to the R peak, with the
repolarization stretched by the preceding RR interval, so that QRS durations do not change with the rate. The
normal form was fitted to the median normal beat of PTB-XL (Wagner et al. 2020, CC BY 4.0); the bundle branch
block forms were fitted to the median beats of those classes and then sharpened by hand; the ventricular forms
are drawn by hand.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64, frozen

REFERENCE_RR_S: Final = 0.87
"""RR interval at which the forms have the timing written here (the fitted population's median)."""


@dataclass(frozen=True, slots=True, eq=False)
class BeatForm:
    """Waves of one kind of depolarization and its repolarization."""

    centre_s: F64
    """(m,) seconds from the R peak."""
    width_s: F64
    """(m,) standard deviations."""
    dipole_mv: F64
    """(m, 3) peak of each wave, Frank axes."""
    onset_s: float
    j_point_s: float
    """End of the depolarization: later waves stretch with the RR interval, earlier ones do not."""
    offset_s: float
    """End of the last wave at the reference RR interval."""

    def at(self, rr_s: float) -> tuple[F64, F64]:
        """Centres and widths for a beat that follows the last one after `rr_s`."""
        k = repolarization_stretch(rr_s)
        late = self.centre_s > self.j_point_s
        centre = np.where(late, self.j_point_s + (self.centre_s - self.j_point_s) * k, self.centre_s)
        return centre, np.where(late, self.width_s * k, self.width_s)

    def end_s(self, rr_s: float) -> float:
        """End of the last wave at `rr_s`, seconds from the R peak."""
        return self.j_point_s + (self.offset_s - self.j_point_s) * repolarization_stretch(rr_s)


def repolarization_stretch(rr_s: float) -> float:
    """How repolarization scales with the RR interval: between Fridericia's cube and Bazett's square root."""
    return float(np.clip((rr_s / REFERENCE_RR_S) ** 0.42, 0.62, 1.2))


def _form(onset_ms: float, j_point_ms: float, offset_ms: float, waves: list[list[float]]) -> BeatForm:
    """Rows: centre ms, width ms, x, y, z mV."""
    table = np.array(waves)
    return BeatForm(
        frozen(table[:, 0] / 1e3),
        frozen(table[:, 1] / 1e3),
        frozen(table[:, 2:]),
        onset_ms / 1e3,
        j_point_ms / 1e3,
        offset_ms / 1e3,
    )


VENTRICULAR: Final[dict[str, BeatForm]] = {
    "normal": _form(
        -44,
        50,
        400,
        [
            [-29.4, 7.1, -0.037, -0.014, -0.055],
            [-16.7, 7.1, 0.071, 0.015, -0.194],
            [-5.1, 7.1, 0.720, 0.307, 0.087],
            [4.4, 6.9, 0.723, 0.345, 0.326],
            [16.2, 8.2, -0.121, 0.045, 0.449],
            [31.9, 10.1, -0.014, 0.001, 0.063],
            [74.4, 38.9, -0.007, -0.000, -0.034],
            [158.6, 44.7, 0.034, 0.012, -0.075],
            [230.0, 34.0, 0.162, 0.067, -0.138],
            [273.3, 28.9, 0.150, 0.093, -0.057],
            [335.3, 35.2, 0.027, 0.029, -0.024],
        ],
    ),
    "lbbb": _form(
        -60,
        92,
        410,
        [
            [-38.2, 9.3, 0.150, 0.035, -0.068],
            [-20.5, 11.5, 0.340, 0.155, 0.600],
            [1.2, 14.0, 0.440, 0.330, 1.560],
            [26.4, 12.7, 0.300, 0.010, 0.980],
            [47.2, 12.8, 0.240, -0.151, 0.400],
            [70.0, 12.0, 0.030, -0.016, 0.055],
            [98.2, 33.9, -0.090, -0.032, -0.144],
            [171.0, 42.2, -0.130, -0.020, -0.276],
            [231.4, 34.8, -0.150, -0.035, -0.327],
            [273.2, 31.3, -0.050, 0.044, -0.180],
            [332.4, 35.9, 0.020, 0.044, -0.003],
        ],
    ),
    "rbbb": _form(
        -40,
        105,
        400,
        [
            [-22.1, 7.3, -0.016, -0.005, -0.097],
            [-9.9, 7.1, 0.204, 0.080, -0.145],
            [0.0, 7.2, 0.696, 0.178, 0.020],
            [8.2, 7.6, 0.195, 0.067, 0.197],
            [21.6, 10.2, -0.204, -0.056, 0.103],
            [41.6, 13.1, -0.244, -0.061, -0.345],
            [63.4, 13.7, -0.239, -0.018, -0.282],
            [90.6, 13.3, -0.053, 0.006, -0.061],
            [147.5, 45.4, 0.040, 0.019, 0.044],
            [207.0, 39.1, 0.064, 0.029, 0.072],
            [268.7, 36.6, 0.197, 0.106, 0.103],
            [332.7, 45.2, 0.041, 0.038, -0.020],
        ],
    ),
    # From the right ventricular outflow tract: left-bundle-like, axis to the feet, T against the QRS.
    "pvc": _form(
        -72,
        92,
        450,
        [
            [-50.0, 14.0, 0.060, 0.180, -0.100],
            [-22.0, 17.0, 0.260, 0.620, 0.420],
            [6.0, 19.0, 0.340, 0.880, 0.720],
            [38.0, 18.0, 0.200, 0.420, 0.360],
            [64.0, 13.0, 0.030, 0.080, 0.100],
            [123.0, 45.0, -0.080, -0.140, -0.180],
            [198.0, 45.0, -0.160, -0.260, -0.280],
            [263.0, 40.0, -0.180, -0.300, -0.260],
            [328.0, 40.0, -0.060, -0.110, -0.080],
        ],
    ),
    # From the inferior wall of the left ventricle: right-bundle-like, axis to the head.
    "vt": _form(
        -68,
        76,
        400,
        [
            [-45.5, 13.6, 0.120, -0.180, -0.160],
            [-20.0, 17.0, -0.120, -0.700, -0.440],
            [5.5, 17.0, -0.380, -0.860, -0.520],
            [32.7, 16.1, -0.340, -0.480, -0.300],
            [54.8, 11.9, -0.080, -0.100, -0.080],
            [126.5, 45.0, 0.110, 0.180, 0.120],
            [196.5, 45.0, 0.200, 0.320, 0.220],
            [261.5, 40.0, 0.120, 0.200, 0.140],
        ],
    ),
}

ATRIAL: Final[dict[str, BeatForm]] = {
    "sinus": _form(
        -205,
        0,
        -88,
        [
            [-158.6, 22.3, 0.036, 0.044, -0.015],
            [-132.2, 19.3, 0.044, 0.030, 0.022],
        ],
    ),
    # From low in the atrium: inverted in the inferior leads, and close to the QRS.
    "ectopic": _form(
        -180,
        0,
        -80,
        [
            [-140.0, 17.0, 0.030, -0.055, -0.020],
            [-118.0, 15.0, 0.020, -0.050, 0.020],
        ],
    ),
}
"""P waves, timed from the R peak that follows them."""
