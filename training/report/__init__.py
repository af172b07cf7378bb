"""What a model does on a fold, on one page, with the records it does best and worst on."""

from training.report.report import check_report, write_report

__all__ = ["check_report", "write_report"]
