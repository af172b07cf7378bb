"""`ecg-monitor train`: what it refuses, and what it shows on a terminal and elsewhere."""

import io

import pytest
from rich.console import Console

from monitor.cli import main
from training.curves import Row
from training.display import Display


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--epochs", "0"], "--epochs must be at least 1, got 0"),
        (["--batch", "-3"], "--batch must be at least 1, got -3"),
        (["--seeds", "0"], "--seeds must be at least 1"),
        (["--model", "resnet"], "invalid choice: 'resnet'"),
        (["--precision", "int8"], "invalid choice: 'int8'"),
        (["--device", "cpu", "--precision", "fp16"], "fp16 needs a GPU"),
        (
            ["--model", "mcr-2023", "--precision", "bf16", "--tensorboard"],
            "published procedure, in one process: leave out --precision, --tensorboard",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(words, sentence, mini_ptbxl, tmp_path, capsys):
    assert main(["train", "--data", str(mini_ptbxl), "--out", str(tmp_path), *words]) == 2
    assert sentence in capsys.readouterr().err


def test_several_processes_and_several_seeds_are_refused(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", "--seeds", "3"]) == 2
    assert "one model at a time" in capsys.readouterr().err
    assert main(["train", "--model", "mcr-2023"]) == 2
    assert "leave out torchrun" in capsys.readouterr().err


def test_an_out_folder_that_is_a_file_is_named(mini_ptbxl, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["train", "--data", str(mini_ptbxl), "--out", str(tmp_path / "file")]) == 2
    assert "cannot be made a folder" in capsys.readouterr().err


def shown(terminal: bool, steps: range) -> str:
    file = io.StringIO()
    with Display(Console(file=file, force_terminal=terminal, width=120)) as display:
        for step in steps:
            value = 0.9 if step % 3 == 0 else None
            display.step(Row(1 + (step - 1) // 3, step, 2.0, value, 1e-3, step * 1.5, 1.25, 6))
    return file.getvalue()


def test_elsewhere_than_on_a_terminal_an_epoch_is_one_plain_line():
    lines = shown(False, range(1, 7)).splitlines()
    assert lines == [
        "epoch   1  loss   1.250  validation AUC of the latents 0.9000  4 s",
        "epoch   2  loss   1.250  validation AUC of the latents 0.9000  9 s",
    ]


def test_resumed_training_says_where_it_goes_on():
    assert shown(False, range(4, 7)).splitlines()[0] == "going on after step 3 of 6"


def test_a_terminal_shows_steps_and_loss():
    text = shown(True, range(1, 7))
    for part in ("restoring", "6/6", "loss 1.250", "epoch   2"):
        assert part in text


def test_loops_are_named_where_no_bar_moves():
    file = io.StringIO()
    with Display(Console(file=file)) as display:
        assert list(display.track("abc", "reading records", 3)) == list("abc")
    assert file.getvalue() == "reading records: 3\n"


def test_other_tasks_need_no_note():
    display = Display(Console(file=io.StringIO(), force_terminal=True))
    with display:
        assert list(display.progress.track(range(3), description="reading")) == [0, 1, 2]
