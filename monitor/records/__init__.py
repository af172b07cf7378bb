"""Recordings as ECG: WFDB in all its forms, read into millivolts and turned into a device's messages."""

from monitor.records.messages import chunks, hello_of, to_messages
from monitor.records.reader import read_record
from monitor.records.record import Record

__all__ = ["Record", "chunks", "hello_of", "read_record", "to_messages"]
