"""The page: figures, plots, and records drawn; one HTML file that needs nothing else."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F64, I64, Bools
from engine.errors import ConfigurationError
from engine.scorer import THRESHOLD, Scorer
from engine.signals import condition
from training.card import figures
from training.dataset import make_example
from training.evaluation import UNREADABLE, Evaluation, Scored
from training.report.paper import DEFINITIONS, LEVELS, MM_PER_MV, MM_PER_S, STYLE, draw_record
from training.report.statements import read_statements
from training.wholefile import write_whole

N_WORST: Final = 20
N_BEST: Final = 4

_STYLE: Final = """
@page { size: A4 landscape; margin: 8mm; }
body { font: 14px/1.45 system-ui, sans-serif; color: #1c1c1c; max-width: 285mm; margin: 6mm auto;
  padding: 0 4mm; }
h1 { font-size: 22px; margin: 0; } h2 { font-size: 18px; margin: 8mm 0 1mm; } p { margin: 1mm 0 3mm; }
.columns { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 8mm; margin-bottom: 4mm; }
.columns img { width: 31%; min-width: 80mm; }
table { border-collapse: collapse; }
td, th { padding: 1px 10px 1px 0; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
tr + tr td { border-top: 1px solid #ddd; }
figure { margin: 0 0 7mm; break-inside: avoid; overflow-x: auto; } figcaption { margin-bottom: 1mm; }
.key { display: inline-block; width: 12px; height: 12px; vertical-align: -1px; margin-left: 8px; }
@media print { h2 { break-before: page; } figure { margin: 0; break-after: page; } body { margin: 0; } }
"""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Records drawn for one reason."""

    title: str
    about: str
    records: Sequence[Scored]


def check_report(path: Path) -> None:
    """Refuse what could not be written, before hours of scoring."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise ConfigurationError(
            f"--report {path}: the report is a page of HTML, name a file that ends in .html"
        )
    if not path.parent.is_dir():
        raise ConfigurationError(f"--report {path}: there is no folder {path.parent}, make it first")
    if find_spec("matplotlib") is None:
        raise ConfigurationError("--report needs matplotlib: pip install 'ecg-monitor[train]'")


def write_report(path: Path, scored: Sequence[Scored], scorer: Scorer, evaluation: Evaluation) -> None:
    """Write the page on a fold's records, as they were scored by `scorer` and evaluated."""
    abnormal = np.array([not one.entry.normal for one in scored])
    scores = _with_errors(np.array([one.score for one in scored]), abnormal)
    chapters = choose_records(scored, scores, abnormal)
    folds = ", ".join(str(fold) for fold in sorted({one.entry.fold for one in scored}))
    title = f"{scorer.model} on fold {folds} of PTB-XL"
    parts = [
        f"<h1>{escape(title)}</h1><p>Research software, not a medical device.</p>",
        f'<div class="columns">{_figures(evaluation)}{_classes(scored, scores, evaluation)}</div>',
        f'<div class="columns">{_plots(scores, abnormal, evaluation)}</div>',
        *(_chapter(chapter, scorer) for chapter in chapters),
    ]
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}{STYLE}</style></head><body>{DEFINITIONS}{''.join(parts)}</body></html>"
    )
    write_whole(path, page.encode())


def choose_records(scored: Sequence[Scored], scores: F64, abnormal: Bools) -> list[Chapter]:
    """Worst misses, worst false alarms, and a few that are as they should be; by score, then by place."""
    order = np.argsort(scores, kind="stable")
    above = scores > THRESHOLD
    misses, quiet = (order[(rows & ~above)[order]] for rows in (abnormal, ~abnormal))
    alarms, false = (order[(rows & above)[order]][::-1] for rows in (abnormal, ~abnormal))

    def records(rows: I64, n: int) -> list[Scored]:
        return [scored[row] for row in rows[:n]]

    return [
        Chapter(
            "Worst misses",
            f"{len(misses)} of {abnormal.sum()} abnormal records lie below the threshold; the lowest:",
            records(misses, N_WORST),
        ),
        Chapter(
            "Worst false alarms",
            f"{len(false)} of {(~abnormal).sum()} normal records lie above the threshold; the highest:",
            records(false, N_WORST),
        ),
        Chapter("Found", "Abnormal records with the highest scores:", records(alarms, N_BEST)),
        Chapter("Quiet", "Normal records with the lowest scores:", records(quiet, N_BEST)),
    ]


def _with_errors(scores: F64, abnormal: Bools) -> F64:
    """A record without a score is wrong whatever its class."""
    return np.where(np.isnan(scores), np.where(abnormal, -np.inf, np.inf), scores)


def _figures(evaluation: Evaluation) -> str:
    shown = [(name, value) for name, value in figures(evaluation) if " against NORM" not in name]
    rows = "".join(
        f"<tr><td>{escape(name.replace('*', ''))}</td><td>{escape(value.replace('*', ''))}</td></tr>"
        for name, value in shown
    )
    reasons = "".join(
        f"<tr><td>not assessed: {escape(reason)}</td><td>{n}</td></tr>"
        for reason, n in evaluation.not_assessed.items()
    )
    return f"<table>{rows}{reasons}</table>"


def _classes(scored: Sequence[Scored], scores: F64, evaluation: Evaluation) -> str:
    rows = []
    for name, value in evaluation.auc_by_class.items():
        members = [
            index
            for index, one in enumerate(scored)
            if not one.entry.normal
            and (name in one.entry.superclasses or (name == "none" and not one.entry.superclasses))
        ]
        found = float((scores[members] > THRESHOLD).mean()) if members else float("nan")
        cells = (str(len(members)), f"{value:.3f}", f"{found:.0%}")
        rows.append(
            f"<tr><td>{escape(name)}</td>" + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>"
        )
    head = "".join(f'<th class="n">{text}</th>' for text in ("records", "AUC", "above threshold"))
    return f"<table><tr><th>Superclass against NORM</th>{head}</tr>{''.join(rows)}</table>"


def _plots(scores: F64, abnormal: Bools, evaluation: Evaluation) -> str:
    from training.report.plots import draw_calibration, draw_histogram, draw_roc

    low, high = evaluation.auc_interval
    drawn = {
        "ROC curve": draw_roc(scores, abnormal, f"AUC {evaluation.auc:.3f} ({low:.3f} to {high:.3f})"),
        "Histogram of the scores": draw_histogram(scores, abnormal),
        "Share of records above each threshold": draw_calibration(scores, abnormal),
    }
    return "".join(
        f'<img alt="{escape(name)}" src="data:image/svg+xml;base64,{base64.b64encode(svg).decode()}">'
        for name, svg in drawn.items()
    )


def _chapter(chapter: Chapter, scorer: Scorer) -> str:
    statements = read_statements(one.entry for one in chapter.records)
    drawn = "".join(_record(one, statements.get(one.entry.ecg_id, ""), scorer) for one in chapter.records)
    keys = "".join(
        f'<svg class="key"><rect class="s{level}" width="12" height="12"/></svg> from {value:g}'
        for level, value in enumerate(LEVELS, start=1)
    )
    legend = f"<p>{MM_PER_S} mm/s, {MM_PER_MV} mm/mV. Score map:{keys} (1 is its threshold).</p>"
    return f"<h2>{escape(chapter.title)}</h2><p>{escape(chapter.about)}</p>{legend if drawn else ''}{drawn}"


def _record(one: Scored, statements: str, scorer: Scorer) -> str:
    classes = ", ".join(sorted(one.entry.superclasses)) or "no superclass"
    outcome = f"not assessed: {one.reason}" if one.reason else f"score {one.score:.2f}, {one.n_spans} spans"
    caption = (
        f"<figcaption><b>Record {one.entry.ecg_id}</b> &middot; {escape(outcome)} &middot; "
        f"<b>{escape(classes)}</b> &middot; {escape(statements)}</figcaption>"
    )
    if one.reason == UNREADABLE:
        return f"<figure>{caption}<p>{escape(one.fault)}</p></figure>"
    example = make_example(one.entry)
    found = scorer.score(condition([example.window]), [example.quality], [example.beats])[0]
    return f"<figure>{caption}{draw_record(example.window, found)}</figure>"
