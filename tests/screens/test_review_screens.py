"""Whole screens of review as text, at several sizes. ECG_MONITOR_GOLDEN=write accepts what is shown."""

import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from review_ward import reviewing, written

GOLDEN = Path(__file__).parent / "golden"
SMALL, USUAL, WIDE = (80, 24), (120, 40), (200, 50)
EVERYWHERE = ("waves", "gap", "trends", "note")
STATES = {
    "waves": ("down", "down", "down"),
    "all_leads": ("down", "down", "down", "enter", "l"),
    "lead_off": ("down", "down", "S", "comma", "comma"),
    "gap": ("down", "s"),
    "trends": ("tab", "s", "S", "S"),
    "variability": ("tab", "tab", "S"),
    "filtered": ("k", "k"),
    "nothing_passes": ("2", "k", "k"),
    "help": ("question_mark",),
    "details": ("down", "down", "down", "d"),
    "note": ("n",),
}


def sizes_of(state):
    return (SMALL, USUAL, WIDE) if state in EVERYWHERE else (SMALL,)


SCREENS = [(state, size) for state in STATES for size in sizes_of(state)]


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    return written(tmp_path_factory.mktemp("review") / "ward")


@pytest.fixture(scope="module")
def screens(ward):
    """Every state at every size, from one screen: what was read and judged once is not read again."""
    shown, before = {}, os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()

    async def act(reviewer):
        for state, keys in STATES.items():
            await reviewer.begin_again()
            for key in keys:
                if key == "d":
                    await reviewer.picture()  # the alarm is read first
                await reviewer.pilot.press(key)
            for size in sizes_of(state):
                await reviewer.pilot.resize_terminal(*size)
                shown[state, size] = await reviewer.picture()

    try:
        reviewing(ward, act, SMALL)
    finally:
        os.environ.pop("TZ")
        os.environ.update({} if before is None else {"TZ": before})
        time.tzset()
    return shown


@pytest.mark.parametrize(("state", "size"), SCREENS, ids=lambda one: one if isinstance(one, str) else one[0])
def test_screen(screens, state, size):
    text = screens[state, size]
    file = GOLDEN / f"review-{state}-{size[0]}x{size[1]}.txt"
    if os.environ.get("ECG_MONITOR_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= size[0]


def test_a_damaged_journal_is_said_on_every_screen(ward):
    async def act(reviewer):
        text = await reviewer.picture()
        assert text.splitlines()[1].strip() == "THE CHAIN BREAKS AT ENTRY 3"

    reviewing(ward, act, banners=("THE CHAIN BREAKS AT ENTRY 3",))


def test_tiny_terminal_names_the_alarm_and_what_it_needs(ward):
    async def act(reviewer):
        text = await reviewer.picture()
        assert "ASYSTOLE 4.2 > 4 s" in text and "needs 60x16" in text

    reviewing(ward, act, (40, 10))
