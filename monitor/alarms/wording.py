"""How alarms are said: measured against limit, in capitals first, lead names in standard order."""

from collections.abc import Iterable
from typing import Final

from engine.leads import LEADS

N_LEADS_NAMED: Final = 6
"""More leads than this are counted, not named: a banner must be read at a glance."""


def against(what: str, measured: float, sign: str, limit: float, unit: str = "") -> str:
    """`HR 134 > 120`: the measured value against its limit, with decimals where rounding would hide it."""
    value = f"{measured:.0f}" if f"{measured:.0f}" != f"{limit:g}" else f"{measured:.1f}"
    return f"{what} {value} {sign} {limit:g}{f' {unit}' if unit else ''}"


def lead_names(leads: Iterable[int]) -> tuple[str, ...]:
    """Names of lead indices, each once, in standard order."""
    return tuple(LEADS[lead] for lead in sorted(set(leads)))


def lead_list(names: tuple[str, ...]) -> str:
    """`V2 V3`, or `V1 V2 V3 V4 V5 V6 +3` when there are many."""
    if len(names) == len(LEADS):
        return "all leads"
    more = len(names) - N_LEADS_NAMED
    return " ".join(names[:N_LEADS_NAMED]) + (f" +{more}" if more > 0 else "")
