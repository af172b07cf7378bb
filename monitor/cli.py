"""`ecg-monitor`: a table of commands, each imported only when it is run, so that `--help` answers at once.

The table is the project's composition root: it names commands of `simulators` and `training` as text, because
`monitor` imports neither.
"""

import argparse
import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from engine.errors import ConfigurationError, EcgMonitorError

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": (
        "monitor.commands.demo",
        "a simulated patient, the monitor and its screen, nothing to configure",
    ),
    "listen": ("monitor.commands.listen", "receive beds and show them (or only watch over them: --headless)"),
    "view": ("monitor.commands.view", "attach one more screen to a running core"),
    "analyze": (
        "monitor.commands.analyze",
        "run whole recordings through the same pipeline, without sockets",
    ),
    "review": (
        "monitor.commands.review",
        "look back: alarms, the waveform around them, trends, notes",
    ),
    "journal": ("monitor.commands.journal", "list the alarms in a journal"),
    "export": ("monitor.commands.export", "an alarm's strip on ECG paper, or as WFDB, JSON, FHIR"),
    "verify": ("monitor.commands.verify", "check the journal's chain and the recorded waveforms"),
    "explain": ("monitor.commands.explain", "why an alarm was raised, said again by every backend at hand"),
    "whatif": ("monitor.commands.whatif", "recorded hours at other limits, thresholds or models"),
    "replay": ("simulators.commands.replay", "play a WFDB recording as if a bedside device sent it"),
    "simulate": ("simulators.commands.simulate", "publish a synthetic patient"),
    "data": ("training.commands.data", "fetch and check the data that training and evaluation use"),
    "train": ("training.commands.train", "train the model on PTB-XL"),
    "evaluate": ("training.commands.evaluate", "evaluate on annotated recordings"),
    "engine": ("monitor.commands.engine", "engines of the model for this machine's GPU"),
    "bench": ("monitor.commands.bench", "measure speed and latency on this machine"),
}
"""Name -> (module with `add_arguments(parser)` and `run(arguments) -> int`, one-line help)."""

TOPICS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "data": {
        "list": ("training.commands.data", "what can be fetched, and what is here (the default)"),
        "fetch": ("training.commands.data_fetch", "bring a data set here, or the rest of it"),
        "check": ("training.commands.data_check", "what a folder holds, and whether it is whole"),
    },
    "engine": {
        "list": ("monitor.commands.engine", "what was built, and whether it can be used (the default)"),
        "build": ("monitor.commands.engine_build", "build one ahead of time"),
        "check": ("monitor.commands.engine_check", "compare every backend with eager torch"),
        "bench": ("monitor.commands.engine_bench", "measure every backend's latency by batch"),
    },
    "evaluate": {
        "alarms": ("monitor.commands.evaluate_alarms", "false alarms per bed-hour of the learned anomaly"),
        "detection": ("training.commands.evaluate", "normal records against abnormal ones (the default)"),
        "localization": ("training.commands.localization", "where an anomaly is, in which lead and when"),
        "rhythm": ("monitor.commands.evaluate_rhythm", "lethal rhythms and atrial fibrillation"),
        "beats": ("training.commands.beats", "R peaks, beat classes and wave boundaries"),
    },
    "train": {
        "model": ("training.commands.train", "the anomaly model (the default)"),
        "beats": ("training.commands.train_beats", "the fitted part of beat classification"),
    },
}
"""Commands with topics: the word after the command chooses the module; without one the command's own runs."""

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

DISCLAIMER: Final = "Research software, not a medical device: never rely on it for the care of a patient."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; known errors become one line on stderr and one exit code."""
    # Before numpy is imported: its matrix products are small here, and its threads spin while they wait.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in COMMANDS:
            code = _run(words[0], words[1:])
            sys.stdout.flush()
            return code
        _top_parser().parse_args(words)  # --help, --version, or a clear refusal
        _top_parser().print_help()
    except EcgMonitorError as error:
        print(f"ecg-monitor: {error}", file=sys.stderr)  # noqa: T201
        return error.EXIT_CODE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe has had enough, as `head` does
        _silence_stdout()
        return 128 + signal.SIGPIPE
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _silence_stdout()
        sentence = f"the output cannot be written: {error.strerror}; free some space"
        print(f"ecg-monitor: {sentence}", file=sys.stderr)  # noqa: T201
        return EcgMonitorError.EXIT_CODE
    return 0


def _silence_stdout() -> None:
    """Give what is still buffered somewhere to go when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the options in one sentence, like every other error."""

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"{message.removeprefix('argument ')}; see `{self.prog} --help`")


def _run(name: str, words: Sequence[str]) -> int:
    topics = TOPICS.get(name, {})
    if words and words[0] in topics:
        where, name, words = topics[words[0]][0], f"{name} {words[0]}", words[1:]
    else:
        where = COMMANDS[name][0]
    module = importlib.import_module(where)
    parser = _Parser(
        prog=f"ecg-monitor {name}",
        description=module.__doc__,
        epilog="\n".join([*_topic_lines(topics), DISCLAIMER]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    code: int = module.run(parser.parse_args(words))
    return code


def _top_parser() -> argparse.ArgumentParser:
    from importlib.metadata import version  # slow to import

    parser = _Parser(
        prog="ecg-monitor",
        description="A streaming 12-lead ECG monitor: alarms, and where the signal is anomalous.",
        epilog="\n".join(
            [*_help_lines(), "", "Options of a command: ecg-monitor COMMAND --help", "", DISCLAIMER]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command", nargs="?", choices=COMMANDS, metavar="COMMAND", help="one of the commands below"
    )
    parser.add_argument("--version", action="version", version=f"ecg-monitor {version('ecg-monitor')}")
    return parser


def _help_lines() -> list[str]:
    return ["commands:", *(f"  {name:<10} {text}" for name, (_, text) in COMMANDS.items())]


def _topic_lines(topics: dict[str, tuple[str, str]]) -> list[str]:
    lines = [f"  {name:<13} {text}" for name, (_, text) in topics.items()]
    return ["topics, as the first word after the command:", *lines, ""] if lines else []
