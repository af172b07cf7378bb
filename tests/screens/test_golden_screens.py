"""Whole screens as text, at several sizes in every state. ECG_MONITOR_GOLDEN=write accepts what is shown."""

import os
from pathlib import Path

import pytest

from engine.quality import LeadState
from engine.span import Span
from monitor.alarms.alarm import Kind, Phase, Priority

GOLDEN = Path(__file__).parent / "golden"
SIZES = ((80, 24), (120, 40), (200, 50), (250, 70))
SECONDS = range(14)


def normal(stage):
    stage.play(SECONDS)


def alarm(stage):
    alarms = (
        stage.alarm(1, "VENTRICULAR TACHYCARDIA 168 > 100", Priority.HIGH, name="ventricular_tachycardia"),
        stage.alarm(2, "HR 134 > 120", Priority.MEDIUM, Phase.ACKNOWLEDGED, acknowledged_by="nurse 1"),
        stage.alarm(3, "ASYSTOLE 4.2 s", Priority.HIGH, Phase.LATCHED, name="asystole", ended_sample=1),
        stage.alarm(4, "LEAD OFF V2", Priority.LOW, kind=Kind.TECHNICAL, name="lead_off"),
    )
    spans = tuple(Span(lead, 13 * 250, 13 * 250 + 150, 2.0) for lead in (1, 5, 6, 7))
    stage.play(SECONDS, alarms=alarms, spans=spans, score=0.9, rhythm="V tach", pvc_per_min=14)


def lead_off(stage):
    states = [LeadState.OK] * 12
    states[7], states[10] = LeadState.OFF, LeadState.NOISY
    alarms = (stage.alarm(4, "LEAD OFF V2", Priority.LOW, kind=Kind.TECHNICAL, name="lead_off"),)
    stage.play(SECONDS, invalid=(7,), lead_states=tuple(states), alarms=alarms)


def stale(stage):
    stage.play(SECONDS)
    stage.now_ns += 7_000_000_000


def audio_paused(stage):
    alarms = (stage.alarm(2, "HR 134 > 120", Priority.MEDIUM),)
    stage.play(
        SECONDS,
        rhythm="irregular, AF?",
        pvc_per_min=3,
        alarms=alarms,
        audio_paused_until_ns=stage.now_ns + 100_000_000_000,
    )


def frozen(stage):
    stage.play(SECONDS)
    stage.app.desk.freeze()
    stage.app.desk.sideways(-2)
    stage.play(range(14, 16), alarms=(stage.alarm(2, "HR 134 > 120", Priority.MEDIUM),))


def core_dead(stage):
    stage.play(SECONDS)
    stage.alive = False


def waiting(stage):
    stage.tell(stage.status(0, beds=()))


def not_assessed(stage):
    stage.play(SECONDS, score=None, reason="noise")


def source_lost(stage):
    stage.play(SECONDS)
    last = stage.update(15)
    lost = last.source.__class__("lost", "bedside-1", "P-0042", 500.0)
    stage.tell(stage.update(15, source=lost, score=None, reason="gap"))


STATES = (
    normal, alarm, lead_off, stale, audio_paused, frozen, core_dead, waiting, not_assessed, source_lost,
)  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_screen(on_stage, state):
    shown = {}

    async def act(stage, pilot):
        state(stage)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            shown[size] = await stage.picture(pilot)

    on_stage(act, SIZES[0])
    for (width, rows), text in shown.items():
        file = GOLDEN / f"{state.__name__}-{width}x{rows}.txt"
        if os.environ.get("ECG_MONITOR_GOLDEN") == "write":
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")


def test_tiny_terminal_still_shows_rate_alarm_and_what_it_needs(on_stage):
    async def act(stage, pilot):
        alarm(stage)
        text = await stage.picture(pilot)
        assert "VENTRICULAR TACHYCARDIA" in text
        assert "needs 60x16" in text
        assert "▀" in text and "ANOMALOUS" in text

    on_stage(act, (40, 10))
