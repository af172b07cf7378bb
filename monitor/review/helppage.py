"""The keys and signs of review."""

from typing import Final

HELP: Final = """\
 ALARMS                              PICTURE
  up down  another alarm (PgUp: 10)   left right  scroll (shift: a page)
  b 1-9 0  bed by bed, number, all    home end    the alarm's onset, its end
  k K      kind of alarm              tab         waveform, trends, variability
  t T      time that is listed        s S         more time, less
  esc      no filter                  g G         gain down, up
  enter    list off, on               l  , .      leads: how many; which one
  n        write a note               r           restored signal beside real
  d        all about the alarm        ?  q        this page, quit

 SIGNS
  N S V P ?  normal, supraventricular, ventricular, paced, unknown beat
  ◆▔▔ marked when it alarmed     ◇▔▔ marked by the model, run again now
  ▲1.23 score above its limit    ╷0.44 below    dotted trace: restored
  ╱╱╱ no signal, or not assessed, and why    · not recorded   ░ being read
  trends: H M L alarm of high, medium, low priority; a dot of ST is 0.1 mV
  Scores come every 2 s, against the patient's own ECG once that is learned.

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
