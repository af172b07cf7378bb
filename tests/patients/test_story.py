import re

import pytest

from engine.errors import ConfigurationError
from simulators.patient.presets import PRESETS
from simulators.patient.story import load_story, parse_story, single_rhythm

ACT = "[[act]]\nduration_s = 5\n"


def test_a_story_reads_back():
    story = parse_story(
        'loop = false\n[[act]]\nduration_s = 5\nelectrodes_off = ["V2"]\n'
        '[[act]]\nduration_s = 7\npreset = "vt"\ncaption = "mine"\n',
        "x",
    )
    assert not story.loop
    assert story.duration_s == 12
    assert story.acts[0].electrodes_off == ("V2",)
    assert story.acts[1].rhythm == "ventricular tachycardia"
    assert story.acts[1].caption == "mine"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[act", "story x: not valid TOML"),
        ("", "story x: no acts; write at least one [[act]]"),
        ("act = 3", "story x: no acts"),
        ("act = [3]", "story x: no acts"),
        ("speed = 3\n" + ACT, "unknown 'speed'"),
        ('loop = "yes"\n' + ACT, "loop is 'yes', expected true or false"),
        (ACT + "[[act]]\nrhythm = 'sinus'", "story x, act 2:"),
        (ACT + "tempo = 3", "story x, act 1: unknown 'tempo'; an act has: preset, duration_s"),
        (ACT + "rhythm = 'samba'", "rhythm is 'samba', expected one of: 'sinus'"),
        (ACT + "preset = 'samba'", "no preset 'samba'; choose one of: sinus"),
        (ACT + "preset = ['vt']", "no preset ['vt']"),
        (ACT + "rate_bpm = 900", "rate_bpm of sinus is 900, expected a number from 20 to 220"),
        (ACT + "rate_bpm = 'fast'", "rate_bpm of sinus is 'fast'"),
        (ACT + "rhythm = 3", "rhythm is 3"),
        (ACT + "electrodes_off = ['V9']", "electrodes_off is 'V9', expected one of: 'RA'"),
        (ACT + "electrodes_off = 'V2'", "expected a list such as ['V2']"),
        (ACT + "electrodes_off = [['V2']]", "electrodes_off is ['V2']"),
        (ACT + "st_territory = 'posterior'", "st_territory is 'posterior'"),
        (ACT + "st_mv = nan", "st_mv is nan, expected a number from -1 to 1.5"),
        (ACT + "muscle_mv = true", "muscle_mv is True"),
        (ACT + "caption = 3", "caption is 3, expected text"),
        ("[[act]]\nduration_s = 0", "duration_s is 0, expected a number from 0.5"),
    ],
)
def test_bad_stories_say_where_and_what(text, sentence):
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        parse_story(text, "x")


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(ConfigurationError, match=r"neither a file nor built in \(demo\)"):
        load_story(str(tmp_path / "none.toml"))
    with pytest.raises(ConfigurationError, match="cannot be read as text"):
        load_story(str(tmp_path))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read as text"):
        load_story(str(tmp_path / "bytes.toml"))


def test_every_preset_is_a_story():
    assert len(PRESETS) == 24
    for name in PRESETS:
        assert single_rhythm(name).acts[0].caption
    with pytest.raises(ConfigurationError, match="no rhythm is called 'samba'"):
        single_rhythm("samba")
