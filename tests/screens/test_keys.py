from monitor.alarms.alarm import Priority
from monitor.tui.page import Page


def test_acknowledge_all_then_the_selected_one(on_stage):
    async def act(stage, pilot):
        alarms = (
            stage.alarm(7, "HR 134 > 120", Priority.HIGH),
            stage.alarm(8, "HR 44 < 50", Priority.MEDIUM),
        )
        stage.play(range(12), alarms=alarms)
        await pilot.press("a", "down", "down", "a", "escape", "a")
        stage.settle_commands()
        assert stage.clerk.asked == [
            ("acknowledge", "ward.1", None),
            ("acknowledge", "ward.1", 8),
            ("acknowledge", "ward.1", None),
        ]
        assert "acknowledged" in await stage.picture(pilot)

    on_stage(act)


def test_audio_pause_and_its_end(on_stage):
    async def act(stage, pilot):
        stage.play(range(12))
        await pilot.press("p")
        stage.play(range(12, 13), audio_paused_until_ns=stage.now_ns + 60_000_000_000)
        await pilot.press("p")
        stage.settle_commands()
        assert stage.clerk.asked == [("pause_audio", "ward.1", True), ("pause_audio", "ward.1", False)]

    on_stage(act)


def test_layout_gain_and_speed(on_stage):
    async def act(stage, pilot):
        stage.play(range(12))
        await pilot.press("l", "G", "G", "S")
        assert "12x1 · 50 mm/s · 20 mm/mV" in await stage.picture(pilot)
        await pilot.press("l", "l", "l", "g", "s", "s", "s", "right")
        assert "single · 12.5 mm/s · 10 mm/mV" in (text := await stage.picture(pilot))
        assert "III" in text.splitlines()[4]

    on_stage(act)


def test_frozen_waves_stay_while_numbers_go_on(on_stage):
    async def act(stage, pilot):
        stage.play(range(14))
        await pilot.press("space")
        before = await stage.picture(pilot)
        stage.play(range(14, 20), alarms=(stage.alarm(1, "ASYSTOLE 4.2 s", Priority.HIGH),))
        after = await stage.picture(pilot)
        assert _waves(before) == _waves(after)
        assert "ASYSTOLE" in after
        await pilot.press("left")
        assert _waves(await stage.picture(pilot)) != _waves(before)
        await pilot.press("f")
        assert "before freezing" not in await stage.picture(pilot)

    on_stage(act)


def _waves(text):
    return [line[:86] for line in text.splitlines()[8:38]]


def test_beds_and_overview(on_stage):
    async def act(stage, pilot):
        stage.play(range(12))
        alarm = stage.alarm(5, "ASYSTOLE 4.2 s", Priority.HIGH, bed="ward.2")
        for second in range(12):
            stage.tell(stage.chunk(second, bed="ward.2"), stage.update(second, bed="ward.2", alarms=(alarm,)))
        assert "*** ward.2: ASYSTOLE 4.2 s ***" in await stage.picture(pilot)
        await pilot.press("b")
        assert "*** ASYSTOLE 4.2 s ***" in await stage.picture(pilot)
        await pilot.press("0")
        text = await stage.picture(pilot)
        assert "ward.1" in text and "✔ NORMAL" in text and "*** ASYSTOLE 4.2 s" in text
        await pilot.press("1")
        assert stage.app.desk.bed.bed == "ward.1"
        assert not stage.app.desk.controls.all_beds

    on_stage(act)


def test_help_is_closed_by_any_key(on_stage):
    async def act(stage, pilot):
        stage.play(range(12))
        await pilot.press("question_mark")
        assert "acknowledge: the selected alarm" in await stage.picture(pilot)
        await pilot.press("x")
        assert "acknowledge: the selected alarm" not in await stage.picture(pilot)

    on_stage(act)


def test_quitting_asks_only_while_an_alarm_stands(on_stage):
    async def act(stage, pilot):
        stage.play(range(12), alarms=(stage.alarm(1, "HR 134 > 120", Priority.MEDIUM),))
        await pilot.press("q")
        assert isinstance(stage.app.screen, Page)
        await pilot.press("n")
        assert not isinstance(stage.app.screen, Page) and stage.app.return_value is None
        stage.play(range(12, 13))
        await pilot.press("q")
        assert stage.app.return_value == 0

    on_stage(act)


def test_waves_go_on_behind_a_page(on_stage):
    async def act(stage, pilot):
        stage.play(range(12))
        await pilot.press("question_mark")
        stage.play(range(12, 14), alarms=(stage.alarm(1, "ASYSTOLE 4.2 s", Priority.HIGH),))
        assert "ASYSTOLE 4.2 s" in await stage.picture(pilot)

    on_stage(act)


def test_a_refused_command_is_said(on_stage):
    from engine.errors import ConfigurationError

    def refuse(bed, alarm_id=None):
        raise ConfigurationError("no answer from the core")

    async def act(stage, pilot):
        stage.play(range(12))
        stage.clerk.acknowledge = refuse
        await pilot.press("a")
        stage.settle_commands()
        assert "no answer from the core" in await stage.picture(pilot)

    on_stage(act)
