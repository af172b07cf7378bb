"""Whole recordings through the pipeline, without sockets and as fast as it goes: the same alarms as live."""

from monitor.analysis.analysis import Analysis, WindowResult, analyze
from monitor.analysis.document import document
from monitor.analysis.report import print_report

__all__ = ["Analysis", "WindowResult", "analyze", "document", "print_report"]
