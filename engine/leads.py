"""The standard 12 leads: their names as sources spell them, and how missing limb leads follow from others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from engine.arrays import F32, Bools
from engine.errors import LeadError

LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
N_LEADS: Final = len(LEADS)

_IN_I_AND_II: Final = {
    "I": (1.0, 0.0),
    "II": (0.0, 1.0),
    "III": (-1.0, 1.0),
    "aVL": (1.0, -0.5),
    "aVF": (-0.5, 1.0),
    "aVR": (-0.5, -0.5),
}
"""Limb leads as combinations of I and II (Einthoven 1913, Goldberger 1942); two of them give all six. The
order is the preference for the pair to derive from."""

_UNNAMED_PLACES: Final = ("II", "V1", "V5")
"""Where channels called just "ECG" go, first free place first; no two of them would derive a third."""

_PREFIX: Final = re.compile(r"^(?:mdc)?(?:ecg|ekg)?(?:elec)?(?:potl)?(?:lead|channel)?")
_UNNAMED: Final = re.compile(r"^(?:ecg|ekg)(?:lead|ch|channel)?\d{0,2}$")

_SPELLINGS: Final = {
    **{lead.lower(): lead for lead in LEADS},
    **{spelling: "I" for spelling in ("di", "d1", "l1", "mli", "ml1")},
    **{spelling: "II" for spelling in ("dii", "d2", "l2", "mlii", "ml2")},
    **{spelling: "III" for spelling in ("diii", "d3", "l3", "mliii", "ml3")},
    **{spelling: "V1" for spelling in ("v", "c", "mcl", "mcl1")},
    **{spelling: "V5" for spelling in ("ml5", "cm5")},
    **{f"c{n}": f"V{n}" for n in range(1, 7)},
    **{f"mv{n}": f"V{n}" for n in range(1, 7)},
    **{f"mcl{n}": f"V{n}" for n in range(2, 7)},
}


def canonical_lead(name: str) -> str | None:
    """Standard name of a lead as a source spells it, or None for what is no standard lead.

    Case, blanks, `_ - . :` and prefixes such as `ecg_lead_` are folded. Monitoring leads take the place of
    the standard lead they imitate: MLII is II, MCL1 is V1, a monitor's single chest lead V (IEC: C) is V1.
    A sign in front (`-aVR` of the Cabrera order) makes it another lead: None, never an inverted guess.

    Parameters
    ----------
    name : str
        The source's name.

    Returns
    -------
    str or None
        One of `LEADS`.
    """
    if name.strip().startswith(("-", "−")):
        return None
    folded = re.sub(r"[\s_\-.:]+", "", name).lower()
    return _SPELLINGS.get(folded) or _SPELLINGS.get(_PREFIX.sub("", folded))


@dataclass(frozen=True, slots=True)
class LeadMap:
    """How the channels of one source become the standard 12 leads."""

    names: tuple[str, ...]
    """The source's channel names, in its order."""
    terms: tuple[tuple[tuple[int, float], ...], ...]
    """For each of the 12 leads its (channel, weight) terms: none if absent, one if delivered, two if
    derived."""
    unnamed: tuple[str, ...]
    """Leads that a channel called just "ECG" took the place of; their real placement is unknown."""
    ignored: tuple[str, ...]
    """Channels that are no standard lead (pressure, Frank leads, a PPG)."""

    @classmethod
    def from_names(cls, names: Sequence[str], derive: bool = True) -> "LeadMap":
        """Map a source's channels.

        Limb leads that are missing are derived where two others are there. Up to three channels called just
        "ECG" (or "ECG1", ...) take the free ones of the places II, V1 and V5, and are listed in `unnamed`.

        Parameters
        ----------
        names : sequence of str
            Channel names in the source's order.
        derive : bool
            Without it, limb leads that are missing stay absent: channels whose amplitude is unknown cannot
            be added up.

        Raises
        ------
        LeadError
            If no channel is an ECG lead, or one lead comes twice.
        """
        channel_of = _named_channels(names)
        unnamed = _place_unnamed(names, channel_of)
        if not channel_of:
            raise LeadError(
                f"no ECG lead among the {len(names)} channels ({', '.join(names) or 'none'}): "
                f"name at least one of {', '.join(LEADS)}"
            )
        used = set(channel_of.values())
        return cls(
            names=tuple(names),
            terms=tuple(_terms(lead, channel_of, derive) for lead in LEADS),
            unnamed=unnamed,
            ignored=tuple(name for channel, name in enumerate(names) if channel not in used),
        )

    @property
    def source(self) -> tuple[int | None, ...]:
        """For each of the 12 leads the channel that delivers it; None if derived or absent."""
        return tuple(terms[0][0] if len(terms) == 1 else None for terms in self.terms)

    @property
    def derived(self) -> tuple[str, ...]:
        """Leads computed from two others."""
        return tuple(lead for lead, terms in zip(LEADS, self.terms, strict=True) if len(terms) == 2)

    @property
    def absent(self) -> tuple[str, ...]:
        """Leads that are neither delivered nor derivable."""
        return tuple(lead for lead, terms in zip(LEADS, self.terms, strict=True) if not terms)

    @property
    def present(self) -> Bools:
        """(12,) bool: leads delivered or derived."""
        return np.array([bool(terms) for terms in self.terms])

    def apply(self, samples: F32) -> F32:
        """Put a piece of signal into standard order.

        Parameters
        ----------
        samples : (n_channels, n) float32
            Channels in the order of `names`, one unit for all. NaN marks a missing sample.

        Returns
        -------
        (12, n) float32
            Absent leads are NaN; a NaN passes to the leads derived from its channel and to no other.
        """
        leads = np.full((N_LEADS, samples.shape[1]), np.nan, np.float32)
        for row, terms in zip(leads, self.terms, strict=True):
            if len(terms) == 1:
                row[:] = samples[terms[0][0]]
            elif terms:
                (one, weight_one), (two, weight_two) = terms
                row[:] = np.float32(weight_one) * samples[one] + np.float32(weight_two) * samples[two]
        return leads

    def spread_lead_off(self, bits: Bools) -> Bools:
        """Turn the source's lead-off bits into those of the 12 leads.

        Parameters
        ----------
        bits : (n_channels,) bool
            Detached channels, in the order of `names`.

        Returns
        -------
        (12,) bool
            Detached leads; a lead derived from a detached channel is detached as well.
        """
        return np.array([any(bool(bits[channel]) for channel, _ in terms) for terms in self.terms])


def _named_channels(names: Sequence[str]) -> dict[str, int]:
    channel_of: dict[str, int] = {}
    for channel, name in enumerate(names):
        lead = canonical_lead(name)
        if lead is None:
            continue
        if lead in channel_of:
            raise LeadError(
                f"lead {lead} comes twice: channel {channel_of[lead] + 1} ({names[channel_of[lead]]}) and "
                f"channel {channel + 1} ({name}); name every lead once"
            )
        channel_of[lead] = channel
    return channel_of


def _place_unnamed(names: Sequence[str], channel_of: dict[str, int]) -> tuple[str, ...]:
    """Give channels called just "ECG" a free place in `channel_of`; return the places taken."""
    places = [lead for lead in _UNNAMED_PLACES if lead not in channel_of]
    folded = [re.sub(r"[\s_\-.:]+", "", name).lower() for name in names]
    taken = [
        channel
        for channel, name in enumerate(folded)
        if _UNNAMED.match(name) and channel not in channel_of.values()
    ]
    pairs = list(zip(places, taken, strict=False))
    channel_of.update(pairs)
    return tuple(lead for lead, _ in pairs)


def _terms(lead: str, channel_of: dict[str, int], derive: bool) -> tuple[tuple[int, float], ...]:
    if lead in channel_of:
        return ((channel_of[lead], 1.0),)
    limb_pair = next(combinations([limb for limb in _IN_I_AND_II if limb in channel_of], 2), None)
    if not derive or lead not in _IN_I_AND_II or limb_pair is None:
        return ()
    basis = np.array([_IN_I_AND_II[limb] for limb in limb_pair]).T
    weights = np.linalg.solve(basis, np.array(_IN_I_AND_II[lead]))
    return tuple((channel_of[limb], float(weight)) for limb, weight in zip(limb_pair, weights, strict=True))
