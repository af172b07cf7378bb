"""The keys and signs of review."""

from typing import Final

HELP: Final = """\
 ALARMS                                   PICTURE
  up down  another alarm (PgUp PgDn: 10)   left right  earlier, later (shift: a page)
  b 1-9 0  bed by bed, by number, all      home end    the alarm's onset, its end
  k K      kind of alarm                   tab         waveform, trends, variability
  t T      time that is listed             s S         more time, less: 12.5 25 50 mm/s
  esc      no filter                       g G         gain down, up: 5 10 20 mm/mV
  enter    list off, on                    l  , .      leads: auto 12x1 6x2 single; which
  n        write a note                    r           restored signal beside the real
  d        everything about the alarm      ?  q        this page, quit

 SIGNS
  N S V P ?  beat: normal, supraventricular, ventricular, paced, unknown
  ◆▔▔ marked when it alarmed     ◇▔▔ marked by the model as it is run again
  ▲1.23 score above its limit    ╷0.44 below      dotted trace: as the model restores it
  ╱╱╱ no signal or not assessed, with the reason      · not recorded      ░ not read yet
  trends: H M L alarms of high, medium, low priority; an ST dot is 0.1 mV
  Live scores may be against the patient's own baseline; those here never are.

 Research software, not a medical device.        (any key closes)"""

KEYS: Final = (
    ("↑↓", "alarm"),
    ("←→", "scroll"),
    ("tab", "trends"),
    ("s/S", "zoom"),
    ("l", "leads"),
    ("r", "restored"),
    ("n", "note"),
    ("d", "details"),
    ("b k t", "filter"),
    ("?", "help"),
    ("q", "quit"),
)
RANKS: Final = ("?", "q", "↑↓", "←→", "tab", "n", "s/S", "b k t", "r", "l", "d")
"""Keys that stay longest when the line is short come first."""
