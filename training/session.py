"""One training from data to model card, in one process or several."""

from dataclasses import asdict
from pathlib import Path

import torch

from engine.errors import ConfigurationError
from engine.models.config import NetworkConfig
from engine.scorer import load_scorer
from training.card import write_card
from training.curves import Curves, Row
from training.dataset import Dataset, make_dataset
from training.display import Display
from training.evaluation import Evaluation, evaluate, score_entries
from training.fit import SAVE_EVERY_S, Training, TrainingConfig, batch_size, finish
from training.machine import join_machine
from training.ptbxl import Entry, check_both_kinds, find_data, read_entries
from training.split import CHOICE_FOLD, FIT_FOLDS, TEST_FOLD
from training.waveform import print_faults


def train(
    data: Path | None,
    out: Path,
    config: TrainingConfig,
    display: Display,
    *,
    resume: bool = False,
    threads: int = 1,
    device: str = "auto",
    precision: str = "auto",
    tensorboard: bool = False,
    skip_unreadable: bool = False,
    save_every_s: float = SAVE_EVERY_S,
    network: NetworkConfig | None = None,
) -> Evaluation | None:
    """Train and evaluate; writes mcr.safetensors, mcr.onnx, mcr.md, losses and state to `out`.

    The state stays: a training that was killed at any moment, even in its last second, goes on from it. Gives
    None in all processes but the first.
    """
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    _make_folder(out)
    entries = read_entries(find_data(data))
    check_both_kinds(entries, (CHOICE_FOLD, TEST_FOLD))
    left_out: list[str] | None = [] if skip_unreadable else None
    with join_machine(device, precision) as machine:
        display.console.quiet = not machine.first
        n_fit = sum(entry.fold in FIT_FOLDS for entry in entries)
        batch_size(config.batch, n_fit, machine.n_ranks)  # refused now rather than after minutes of reading
        dataset = _read([entry for entry in entries if entry.fold <= CHOICE_FOLD], left_out, display)
        training = Training(dataset, network or NetworkConfig(), config, machine, save_every_s)
        best = _fit(training, out, resume, machine.first, tensorboard, display)
    if not machine.first:
        return None
    facts = {**asdict(config), "precision": machine.precision, "validation_auc_latents": best}
    facts |= {"n_records": len(dataset.entries)}
    display.say("fitting the statistics of normal ECG")
    finish(training.network, dataset, facts, out)
    evaluation = _report(entries, out, facts, display)
    print_faults(left_out or [], display.console)
    return evaluation


def _fit(
    training: Training, out: Path, resume: bool, first: bool, tensorboard: bool, display: Display
) -> float:
    with Curves(out, display.say, tensorboard and first) as curves:

        def report(row: Row) -> None:
            if first:
                curves.add(row)
                display.step(row)

        best = training.run(out / "mcr.state", resume, report)
        if first:
            curves.draw()
    return best


def _report(entries: list[Entry], out: Path, facts: dict[str, object], display: Display) -> Evaluation:
    scorer = load_scorer(weights=out)
    evaluations = []
    for fold in (CHOICE_FOLD, TEST_FOLD):
        chosen = [entry for entry in entries if entry.fold == fold]
        scored = display.track(score_entries(scorer, chosen), f"evaluating fold {fold}", len(chosen))
        evaluations.append(evaluate(list(scored)))
    write_card(out / "mcr.md", facts, *evaluations)
    return evaluations[-1]


def _read(entries: list[Entry], left_out: list[str] | None, display: Display) -> Dataset:
    return make_dataset(display.track(entries, "reading records", len(entries)), left_out)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"--out {out} cannot be made a folder ({error.strerror}): name another"
        ) from error
