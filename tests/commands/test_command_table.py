import argparse
import importlib
import subprocess
import sys

import pytest

from monitor.cli import COMMANDS, DISCLAIMER, TOPICS, main

HEAVY = ("torch", "onnxruntime", "scipy.signal", "textual", "wfdb", "pandas", "zmq", "numpy")


ALL = [
    *COMMANDS.items(),
    *((f"{name} {topic}", entry) for name, topics in TOPICS.items() for topic, entry in topics.items()),
]
NAMES = [name for name, _ in ALL]


@pytest.mark.parametrize(("name", "entry"), ALL, ids=NAMES)
def test_every_command_of_the_table_can_be_run(name, entry):
    module = importlib.import_module(entry[0])
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    assert callable(module.run)
    assert module.__doc__, "the docstring is the command's description"


@pytest.mark.parametrize("name", NAMES)
def test_help_of_every_command_says_that_this_is_no_medical_device(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*name.split(), "--help"])
    assert stopped.value.code == 0
    assert DISCLAIMER in " ".join(capsys.readouterr().out.split())


def test_help_imports_nothing_heavy():
    loaded = f"[m for m in {HEAVY} if m in sys.modules]"
    code = f"import sys, monitor.cli; monitor.cli.main([]); sys.exit(str({loaded}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
    assert "ecg-monitor COMMAND --help" in done.stdout


def test_an_unknown_command_is_refused_with_the_choices(capsys):
    assert main(["lisen"]) == 2
    error = capsys.readouterr().err
    assert "listen" in error and len(error.splitlines()) == 1


def test_a_wrong_option_is_one_sentence_that_names_the_help(capsys):
    assert main(["replay", "record", "--payload", "text"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("ecg-monitor: --payload: invalid choice") and len(error.splitlines()) == 1
    assert error.endswith("see `ecg-monitor replay --help`\n")
