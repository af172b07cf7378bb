"""The keys and signs of the screen."""

from typing import Final

HELP: Final = """\
 KEYS
  a        acknowledge: the selected alarm, or all of this bed
  up down  select an alarm (esc: none)
  p        pause the alarm sound for 2 minutes, or end the pause
  f space  freeze the waves; left and right scroll through the last minute
           alarms go on while the waves are frozen
  l        layout: auto, 12x1, 6x2, 3x4+II, one big lead (left, right: which)
  g G      gain down, up: 5, 10, 20 mm/mV
  s S      sweep slower, faster: 12.5, 25, 50 mm/s
  b 1-9    next bed, bed by number; 0: all beds at a glance
  ?        this page                     q  quit

 SIGNS
  *** red  high    ** yellow  medium    * cyan  low priority
  ◆▔▔▔     magenta: the model finds this stretch of this lead anomalous
  SINGLE MARKS  some stretches are marked, but the whole is below the alarm limit
  ╱ ╱ ╱    no signal here (never drawn as a line)
  NOT ASSESSED  nobody judges this ECG now, and why: that is not "normal"
  Bar beside a lead's name: 1 mV (none: unknown). Traces follow their mean of 3 s.

 Research software, not a medical device.        (any key closes)"""

KEYS: Final = (
    ("a", "ack"),
    ("p", "silence"),
    ("f", "freeze"),
    ("l", "layout"),
    ("g/G", "gain"),
    ("s/S", "speed"),
    ("b", "bed"),
    ("?", "help"),
    ("q", "quit"),
)

QUIT_QUESTION: Final = """
  Alarms stand unacknowledged.

  Quit this screen?   y  yes      any other key  no
"""
