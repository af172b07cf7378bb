"""One training from data to model card, with progress on a terminal."""

from dataclasses import asdict
from pathlib import Path

import torch
from rich.progress import Progress

from engine.errors import ConfigurationError
from engine.models.config import NetworkConfig
from engine.scorer import load_scorer
from training.card import write_card
from training.dataset import Dataset, make_dataset
from training.evaluation import Evaluation, evaluate, score_entries
from training.fit import CHOICE_FOLD, TEST_FOLD, finish, train_network
from training.ptbxl import Entry, find_data, read_entries
from training.restoration import TrainingConfig


def train(
    data: Path | None,
    out: Path,
    epochs: int,
    seed: int,
    resume: bool,
    threads: int,
    progress: Progress,
    network: NetworkConfig | None = None,
) -> Evaluation:
    """Train and evaluate; writes mcr.safetensors, mcr.onnx and mcr.md to `out`."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    _make_folder(out)
    entries = read_entries(find_data(data))
    dataset = _read([entry for entry in entries if entry.fold <= CHOICE_FOLD], progress)
    config = TrainingConfig(epochs=epochs, seed=seed)
    state_path = out / "mcr.state"
    task = progress.add_task("restoring", total=epochs * _steps(dataset, config))
    trained, best = train_network(
        dataset,
        network or NetworkConfig(),
        config,
        state_path,
        resume,
        lambda epoch, loss, value: progress.console.print(
            f"epoch {epoch + 1:3d}  loss {loss:7.3f}  validation AUC of the latents {value:.4f}"
        ),
        lambda: progress.advance(task),
    )
    facts = {**asdict(config), "validation_auc_latents": best, "n_records": len(dataset.entries)}
    progress.console.print("fitting the statistics of normal ECG")
    finish(trained, dataset, facts, out)
    state_path.unlink(missing_ok=True)
    return _report(entries, out, facts, progress)


def _report(entries: list[Entry], out: Path, facts: dict[str, object], progress: Progress) -> Evaluation:
    scorer = load_scorer(weights=out)
    evaluations = []
    for fold in (CHOICE_FOLD, TEST_FOLD):
        chosen = [entry for entry in entries if entry.fold == fold]
        task = progress.add_task(f"evaluating fold {fold}", total=len(chosen))
        scored = []
        for one in score_entries(scorer, chosen):
            scored.append(one)
            progress.advance(task)
        evaluations.append(evaluate(scored))
    write_card(out / "mcr.md", facts, *evaluations)
    return evaluations[-1]


def _read(entries: list[Entry], progress: Progress) -> Dataset:
    return make_dataset(progress.track(entries, description="reading records"))


def _steps(dataset: Dataset, config: TrainingConfig) -> int:
    n = int((dataset.folds < CHOICE_FOLD).sum())
    return max(1, n // min(config.batch, max(1, n)))


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"--out {out} cannot be made a folder ({error.strerror}): name another"
        ) from error
