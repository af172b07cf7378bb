from functools import cache

from engine.scorer import load_scorer
from monitor.review.restored import load_backend
from monitor.review.section import Engines


def engines() -> Engines:
    """The model that comes with the package, loaded when it is first asked."""
    return Engines(cache(load_scorer), cache(load_backend))
