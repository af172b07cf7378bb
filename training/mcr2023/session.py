"""One training of the published network, from data to checkpoint, card and scores.

As published (Jiang et al. 2023 and its public code): normal records alone; AdamW at 1e-4 with a cosine over
the epochs, batches of 32, a new beat of every record in every epoch; 30 of 100 patches of the window and 30 %
of the beat hidden; losses of window, beat and trend path added.

Otherwise, so that the figures can stand beside those of other models: the epoch is chosen on fold 8, not on
the test set; all records are prepared alike; none is dropped; normal means the superclass list is exactly
NORM. Records at 100 Hz are brought to 500 Hz: nothing is lost, the published filter ends at 25 Hz. The
published masks hide nine tenths of the window in turn, yet all of it is scored: fold 8 decides whether all
samples are scored, or only hidden ones. Convolutions are computed in bfloat16 while learning, in float32
afterwards.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import Progress

from engine.errors import ConfigurationError
from engine.localize import localize
from engine.models.mcr2023.checkpoint import Mcr2023Checkpoint, Scale, save_mcr2023
from engine.models.mcr2023.config import Mcr2023Config
from engine.models.mcr2023.network import PublishedNetwork
from engine.models.mcr2023.passes import Assessed, assess
from engine.models.mcr2023.scorer import to_score_map
from engine.scorer import load_scorer
from training.evaluation import Evaluation, Scored, evaluate, score_entries
from training.mcr2023.card import write_published_card
from training.mcr2023.dataset import (
    CHOICE_FOLD,
    TEST_FOLD,
    PublishedDataset,
    make_published_dataset,
    needed,
)
from training.mcr2023.fit import PublishedTraining, fit_published
from training.mcr2023.scale import fit_scale
from training.mcr2023.scores import write_scores
from training.ptbxl import Entry, find_data, read_entries

MODEL = "mcr-2023"


def train(
    data: Path | None,
    out: Path,
    epochs: int,
    seed: int,
    resume: bool,
    threads: int,
    progress: Progress,
    network: Mcr2023Config | None = None,
) -> Evaluation:
    """Train and evaluate; writes mcr-2023.safetensors, mcr-2023.md, scores of folds 8 and 9, and the state
    to `out`.
    """
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    _make_folder(out)
    entries = read_entries(find_data(data))
    chosen = [entry for entry in entries if needed(entry)]
    dataset = make_published_dataset(progress.track(chosen, description="reading records"))
    config = PublishedTraining(epochs=epochs, seed=seed)
    task = progress.add_task("restoring", total=epochs * -(-len(dataset.fit_rows) // config.batch))
    trained, history = fit_published(
        dataset,
        network or Mcr2023Config(),
        config,
        out / f"{MODEL}.state",
        resume,
        lambda epoch, loss, value: progress.console.print(
            f"epoch {epoch + 1:3d}  loss {loss:8.4f}  AUC on fold {CHOICE_FOLD}, short score {value:.4f}"
        ),
        lambda: progress.advance(task),
    )
    best = int(np.argmax([value for _, value in history]))
    facts = {**asdict(config), "epoch_chosen": best + 1, "auc_short_score_fold_8": history[best][1]}
    facts["n_records"] = len(dataset.fit_rows)
    scored = _calibrate(trained, dataset, facts, out, progress)
    return _report(entries, scored, facts, out, progress)


def _calibrate(
    network: PublishedNetwork, data: PublishedDataset, facts: dict[str, Any], out: Path, progress: Progress
) -> list[Scored]:
    """Fit the scale on fold 8, write the checkpoint; gives the outcome of every record of fold 8."""
    rows = data.choice_rows
    described = f"evaluating fold {CHOICE_FOLD}"
    assessed = [assess(network, data.inputs[row]) for row in progress.track(rows, description=described)]
    scale, (every, hidden) = fit_scale(assessed, data.normal[rows])
    facts |= {"auc_every_sample_fold_8": every, "auc_hidden_samples_fold_8": hidden}
    facts["scored"] = "hidden samples" if scale.hidden else "every sample"
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    save_mcr2023(Mcr2023Checkpoint(network.config, weights, scale, facts), out / f"{MODEL}.safetensors")
    return list(_outcomes(data, dict(zip(rows.tolist(), assessed, strict=True)), scale))


def _outcomes(data: PublishedDataset, assessed: dict[int, Assessed], scale: Scale) -> Iterator[Scored]:
    for row, entry in enumerate(data.entries):
        if entry.fold != CHOICE_FOLD:
            continue
        if row not in assessed:
            yield Scored(entry, float("nan"), data.reasons[row], 0)
            continue
        found = to_score_map(data.windows[row], assessed[row], scale)
        yield Scored(entry, found.score, found.reason, len(localize(found)))


def _report(
    entries: list[Entry], choice: list[Scored], facts: dict[str, Any], out: Path, progress: Progress
) -> Evaluation:
    """The test fold through the scorer that everybody uses."""
    scorer = load_scorer(MODEL, "torch", weights=out)
    chosen = [entry for entry in entries if entry.fold == TEST_FOLD]
    task = progress.add_task(f"evaluating fold {TEST_FOLD}", total=len(chosen))
    scored = []
    for one in score_entries(scorer, chosen):
        scored.append(one)
        progress.advance(task)
    write_scores(out / "scores.csv", [*choice, *scored])
    evaluation = evaluate(scored)
    write_published_card(out / f"{MODEL}.md", facts, evaluate(choice), evaluation)
    return evaluation


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"--out {out} cannot be made a folder ({error.strerror}): name another"
        ) from error
