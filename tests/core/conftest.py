import sys
from pathlib import Path

import pytest

from engine.scorer import load_scorer

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def scorer():
    return load_scorer()


@pytest.fixture
def run_core(scorer, tmp_path):
    from core_thread import core_running

    return lambda journal=None, **settings: core_running(scorer, journal or tmp_path / "journal", **settings)
