"""Wires the makers of a bundle's pages and copies to `evidence export`. The wiring and no more.

Imported when something is exported, for its parts load browsers' and videos' libraries.
"""

from __future__ import annotations

from console.replay_page import write_replay_page
from console.report_pdf import write_report
from vision.bundles.makers import Makers
from vision.bundles.proxies import proxied
from vision.bundles.redacting import redacted


def makers() -> Makers:
    """The real ones."""
    return Makers(proxied, redacted, write_replay_page, write_report)
