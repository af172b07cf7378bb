"""The project's error tree: classes are named by who must act, messages say what, where and the cure.

Faults in the *data* (a gap, a lead off, noise) are states, never exceptions.
"""


class EcgMonitorError(Exception):
    """A known error: a command ends with its message on one line and `EXIT_CODE`, without a traceback."""

    EXIT_CODE = 2


class ConfigurationError(EcgMonitorError):
    """The operator must change an option, a file or the environment."""


class RecordError(EcgMonitorError):
    """A recording cannot be read as ECG; the message names the file and what to do."""


class LeadError(EcgMonitorError):
    """The channels of a source are no ECG leads, or name one lead twice; the source's names must change."""


class WireError(EcgMonitorError):
    """A message or a socket breaks ECGM/1; the device's side must act."""


class ModelError(EcgMonitorError):
    """A checkpoint or a backend cannot be used."""


class JournalError(EcgMonitorError):
    """The journal cannot be written or read; alarms go on without it and say so."""
