"""The report as a nurse's engineer reads it."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from training.localization.benchmark import Localization
from training.localization.graftfigures import GraftFigures
from training.localization.ludbpart import LudbFigures
from training.localization.measures import Interval
from training.localization.mitdbpart import MitdbFigures


def tables(model: str, fold: int, report: Localization) -> Iterator[Table]:
    """Tables of the parts that were run."""
    if report.grafts:
        yield _summary(f"{model}: grafts on normal records of fold {fold}", _graft_lines(report.grafts))
        yield _kinds(report.grafts)
        yield _artefacts(report.grafts)
    if report.mitdb:
        yield _summary(f"{model}: MIT-BIH, abnormal beats (V, S, F)", _mitdb_lines(report.mitdb))
        yield _patients(report.mitdb)
    if report.ludb:
        yield _summary(f"{model}: LUDB", _ludb_lines(report.ludb))
        yield _waves(report.ludb)


def _summary(title: str, lines: Sequence[tuple[str, str]]) -> Table:
    table = Table(title=title, show_header=False)
    for what, value in lines:
        table.add_row(what, value)
    return table


def _columns(title: str, *names: str) -> Table:
    table = Table(title=title)
    for i, name in enumerate(names):
        table.add_column(name, justify="left" if i == 0 else "right")
    return table


def _graft_lines(grafts: GraftFigures) -> list[tuple[str, str]]:
    return [
        (
            "normal records, cases, not assessed",
            f"{grafts.n_normal}, {grafts.n_cases}, {grafts.not_assessed}",
        ),
        ("AUC per sample and lead, mean over kinds", _with(grafts.auc, grafts.auc_interval)),
        ("  transient, steady", f"{grafts.auc_transient:.3f}, {grafts.auc_steady:.3f}"),
        ("AUC of all samples pooled", _with(grafts.pooled_auc, grafts.pooled_interval)),
        ("grafts with a span on them", _percent(grafts.recall)),
        ("AUC of transient anomalies against artefacts", f"{grafts.told_apart_auc:.3f}"),
        ("spans per minute on normal records", f"{grafts.spans_per_minute_normal:.2f}"),
        ("normal records with any span", _percent(grafts.normal_records_with_spans)),
    ]


def _kinds(grafts: GraftFigures) -> Table:
    table = _columns(
        "anomalies",
        "kind",
        "n",
        "AUC (95 %)",
        "found",
        "by chance",
        "lead prec.",
        "lead recall",
        "onset ms",
        "offset ms",
        "overlap",
    )
    for one in grafts.kinds:
        table.add_row(
            f"{one.kind}, {one.lasting}",
            str(one.n),
            _with(one.auc, one.auc_interval),
            _percent(one.recall),
            _percent(one.untouched),
            _percent(one.lead_precision),
            _percent(one.lead_recall),
            "{:.0f} / {:.0f}".format(*one.onset_ms),
            "{:.0f} / {:.0f}".format(*one.offset_ms),
            f"{one.overlap:.2f}",
        )
    table.caption = "onset and offset: absolute error of spans on the truth, median / 90th percentile"
    return table


def _artefacts(grafts: GraftFigures) -> Table:
    table = _columns(
        "artefacts", "kind", "n", "samples marked", "records marked", "by chance", "told apart, AUC"
    )
    for one in grafts.artefacts:
        table.add_row(
            one.kind,
            str(one.n),
            _percent(one.marked_samples),
            _percent(one.marked_records),
            _percent(one.untouched),
            f"{one.told_apart_auc:.3f}",
        )
    return table


def _mitdb_lines(mitdb: MitdbFigures) -> list[tuple[str, str]]:
    by_class = ", ".join(f"{name} {value:.3f}" for name, value in mitdb.beat_auc_by_class.items())
    return [
        ("records, beats by class", f"{len(mitdb.records)}, {mitdb.n_by_class}"),
        ("beat AUC, mean over patients", _with(mitdb.beat_auc_per_record, mitdb.beat_per_record_interval)),
        ("beat AUC, all patients together", _with(mitdb.beat_auc, mitdb.beat_interval)),
        ("  by class, against N", by_class),
        ("sample AUC, mean over patients", f"{mitdb.sample_auc_per_record:.3f}"),
        ("sample AUC, all patients together", _with(mitdb.sample_auc, mitdb.sample_interval)),
        ("beats marked: abnormal, N", f"{_percent(mitdb.abnormal_marked)}, {_percent(mitdb.normal_marked)}"),
    ]


def _patients(mitdb: MitdbFigures) -> Table:
    table = _columns(
        "patients (bundle branch block is their normal)",
        "record",
        "normal",
        "abnormal",
        "beat AUC",
        "sample AUC",
        "normal marked",
        "abnormal marked",
    )
    for one in mitdb.records:
        table.add_row(
            one.name,
            str(one.n_normal),
            str(one.n_abnormal),
            f"{one.beat_auc:.3f}",
            f"{one.sample_auc:.3f}",
            _percent(one.normal_marked),
            _percent(one.abnormal_marked),
        )
    return table


def _ludb_lines(ludb: LudbFigures) -> list[tuple[str, str]]:
    return [
        ("records, normal ones", f"{ludb.n_records}, {ludb.n_normal}"),
        ("AUC, any finding against none", _with(ludb.auc, ludb.auc_interval)),
        (
            f"AUC of leads that look at the named wall (n {ludb.n_walls})",
            _with(ludb.lead_auc, ludb.lead_interval),
        ),
        (
            "marked time in these leads, by chance",
            f"{ludb.right_leads:.1%}, {ludb.right_leads_by_chance:.1%}",
        ),
    ]


def _waves(ludb: LudbFigures) -> Table:
    shares = next(iter(ludb.waves.values()))
    table = _columns("marked time by wave", "finding", *shares, "spans per minute")
    for group, row in ludb.waves.items():
        rate = ludb.spans_per_minute.get(group)
        table.add_row(
            group, *(_percent(share) for share in row.values()), "" if rate is None else f"{rate:.0f}"
        )
    return table


def _with(value: float, interval: Interval) -> str:
    return f"{value:.3f} ({interval[0]:.3f}-{interval[1]:.3f})"


def _percent(share: float) -> str:
    return f"{share:.0%}"
