"""Loss curves: exact after any number of interruptions."""

import resource
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigurationError
from training.curves import COLUMNS, Curves, Row, read_curves

PER_EPOCH, N_STEPS = 4, 12


def row(step: int) -> Row:
    value = 0.5 + step / 100 if step % PER_EPOCH == 0 else None
    return Row(1 + (step - 1) // PER_EPOCH, step, 1 / step, value, 0.1 * step, float(step), 1.0, N_STEPS)


def silent(text: str) -> None:
    raise AssertionError(text)


def table_only(folder: Path) -> Curves:
    curves = Curves(folder, silent)
    curves._can_draw = False
    return curves


@settings(deadline=None)
@given(kills=st.lists(st.tuples(st.integers(1, N_STEPS), st.integers(0, 6), st.integers(0, 30)), max_size=4))
def test_table_of_an_interrupted_training_is_that_of_a_whole_one(tmp_path_factory, kills):
    folder = tmp_path_factory.mktemp("curves")
    state = 0
    for at, lost, torn in kills:
        killed_at = max(at, state)  # training goes on from there
        with table_only(folder) as curves:
            for step in range(state + 1, killed_at + 1):
                curves.add(row(step))
        state = min(max(state, killed_at - lost), N_STEPS)
        if torn and killed_at < N_STEPS:  # the kill came while the next row was being written
            with (folder / "losses.csv").open("a") as table:
                table.write(row(killed_at + 1).line()[: torn % 20])
    with table_only(folder) as curves:
        for step in range(min(state, N_STEPS - 1) + 1, N_STEPS + 1):
            curves.add(row(step))
    lines = (folder / "losses.csv").read_text().splitlines(keepends=True)
    assert lines == [",".join(COLUMNS) + "\n", *(row(step).line() for step in range(1, N_STEPS + 1))]


def test_table_reads_back_exactly_and_becomes_a_picture(tmp_path):
    said: list[str] = []
    with Curves(tmp_path, said.append) as curves:
        for step in range(1, N_STEPS + 1):
            curves.add(row(step))
    table = read_curves(tmp_path / "losses.csv")
    np.testing.assert_array_equal(table["loss"], [1 / step for step in range(1, N_STEPS + 1)])
    assert np.isfinite(table["validation_auc"]).sum() == N_STEPS // PER_EPOCH
    assert (tmp_path / "losses.png").read_bytes().startswith(b"\x89PNG")
    assert said == []


def test_full_disk_is_said_and_leaves_a_table_to_go_on_with(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with (
        pytest.raises(ConfigurationError, match=r"losses\.csv cannot be written"),
        table_only(tmp_path) as curves,
    ):
        curves.add(row(1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (120, limits[1]))
        try:
            for step in range(2, 10):
                curves.add(row(step))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with table_only(tmp_path) as curves:
        curves.add(row(3))
    assert read_curves(tmp_path / "losses.csv")["step"].tolist() == [1, 2, 3]


def test_without_matplotlib_one_sentence_and_no_picture(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "training.curvepicture", raising=False)
    said: list[str] = []
    with Curves(tmp_path, said.append) as curves:
        for step in range(1, N_STEPS + 1):
            curves.add(row(step))
    assert len(said) == 1
    assert "pip install 'ecg-monitor[train]'" in said[0]
    assert [path.name for path in tmp_path.iterdir()] == ["losses.csv"]


def test_tensorboard_gets_the_same_numbers(tmp_path):
    pytest.importorskip("tensorboard", reason="needs the extra [tensorboard]")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for first, last in ((1, 7), (6, N_STEPS)):  # killed after step 7, went on from the state of step 5
        with Curves(tmp_path, silent, tensorboard=True) as curves:
            curves._can_draw = False
            for step in range(first, last + 1):
                curves.add(row(step))
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    seen = {event.step: event.value for event in events.Scalars("loss")}
    assert seen == pytest.approx({step: 1 / step for step in range(1, N_STEPS + 1)})
    assert [event.step for event in events.Scalars("validation AUC")] == [4, 8, 12]


def test_absent_tensorboard_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'ecg-monitor\[tensorboard\]'"):
        Curves(tmp_path, silent, tensorboard=True)
