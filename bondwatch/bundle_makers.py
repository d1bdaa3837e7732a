"""Wires the makers of a bundle's pages and copies, and the reading of evidence, to the commands.

The wiring and no more; makers are imported when something is exported, for they load the libraries
of browsers' video and of PDF.
"""

from __future__ import annotations

from vision.bundles.gathering import Copy
from vision.bundles.makers import Makers
from vision.evidence.reading import copy_plain
from vision.settings import Settings


def makers() -> Makers:
    """Those that this installation has; what none makes is named in the bundle's remarks."""
    return Makers()


def copier(_settings: Settings) -> Copy:
    """What puts a site's stored evidence in the clear."""
    return copy_plain
