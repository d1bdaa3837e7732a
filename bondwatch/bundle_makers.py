"""Wires the makers of a bundle's pages and copies to `evidence export`. The wiring and no more.

Imported when something is exported, for its parts load browsers' and videos' libraries.
"""

from __future__ import annotations

from vision.bundles.makers import Makers


def makers() -> Makers:
    """Those that this installation has; what none makes is named in the bundle's remarks."""
    return Makers()
