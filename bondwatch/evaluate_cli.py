"""`bondwatch evaluate`, which lives with the benchmarks: found by name, for it need not be there.

An installation holds the product alone; what is measured comes with a checkout
(docs/decisions/0013-evaluation-beside-the-product.md).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bondwatch.failures import CommandError, Status

_PLACE = "bench.evaluation.command"


def __getattr__(name: str) -> Any:
    """The commands, imported when they are asked for. CommandError where they are not there."""
    if name != "evaluate_app":
        raise AttributeError(name)
    try:
        return import_module(_PLACE).evaluate_app
    except ModuleNotFoundError as error:
        if error.name is None or not _PLACE.startswith(error.name):
            raise
        raise CommandError(
            "evaluation is not part of an installation",
            "run it from a checkout of the sources (docs/models.md)",
            Status.MISSING,
        ) from error
