"""A process that writes evidence at a camera's pace until it is killed.

``python -m tests.system.evidence_writing DATA_DIR CLIP [KEYS]``: an alarm with ever more packets;
says ``growing`` on standard output once the clip plays. With a folder of keys, it seals.
"""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path

from enrolment.places import KeyPlace
from tests.vision.evidence.evidence_site import RULES, evidence_site, keys_in, plain
from tests.vision.evidence.packets import annexb_packets, frames_in, later


def main(data_dir: Path, clip: Path, keys: KeyPlace | None) -> None:
    """Write until somebody ends this process."""
    packets = annexb_packets(clip)
    with evidence_site(data_dir, RULES, keys=keys) as site:
        site.feed(packets)
        site.raise_alarm(packets[-1].at)
        for turn in count(1):
            site.feed(later(packets, turn * 2.0))
            time.sleep(0.05)
            found = list(data_dir.glob("evidence/*/*/*.part.mp4"))
            if found and turn % 4 == 0 and frames_in(plain(found[0], keys)):
                print("growing", flush=True)  # noqa: T201 -- who waits for it reads it


if __name__ == "__main__":
    own = keys_in(Path(sys.argv[3])) if len(sys.argv) > 3 else None
    main(Path(sys.argv[1]), Path(sys.argv[2]), own)
