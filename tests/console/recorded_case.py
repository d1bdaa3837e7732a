"""A case out of evidence that the real writer has recorded: packets and sights in, files out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.console import drawn_scene as scene
from tests.console.cases import NOON, instant, looks, moments_s, tracks
from tests.vision.evidence.evidence_site import ALARM_ID, EvidenceSite, evidence_site, indexed
from tests.vision.evidence.packets import annexb_packets
from tests.vision.sight import frame_of
from tests.vision.waiting import eventually
from vision.bundles.case import Case, CaseFile
from vision.core.values import Change
from vision.evidence.witness import Analysed
from vision.outputs import messages
from vision.outputs.journal_values import CommitContext

ALARM_S = 4.0
_SECONDS = 8.0


def record_case(folder: Path) -> Case:
    """The person in orange walks for eight seconds; the alarm is raised after four."""
    film = scene.film(folder / "film.mp4", moments_s((0.0, _SECONDS)))
    packets = annexb_packets(film, wall=NOON)
    before = round(ALARM_S * scene.FPS)
    with evidence_site(folder) as site:
        site.feed(packets[:before])
        _see(site, moments_s((0.0, ALARM_S))[::2])
        decision = site.raise_alarm(instant(ALARM_S), track_id=5, zone_id="store")
        site.feed(packets[before:])
        _see(site, moments_s((ALARM_S, 5.0))[::2])
        site.clear(instant(5.0), track_id=5, zone_id="store")
        site.wait_kept("clip")
        site.wait_kept("timeline")
        site.wait_kept("snapshot")
    files = eventually(lambda: indexed(folder)[0])
    how = messages.Revision(
        ALARM_ID, 1, Change.RAISED, NOON + ALARM_S, NOON + ALARM_S + 0.1, ("cam1",)
    )
    message = json.loads(messages.alarm(decision, how, CommitContext(site="hall")))
    found = [(one, folder / one.folder / one.name) for one in files]
    return Case(
        site="hall",
        time_zone="UTC",
        alarm_id=ALARM_ID,
        revisions=(message,),
        files=tuple(CaseFile(one, path, path) for one, path in found),
        gaps=(),
        hold=None,
        names={},
        redacted=False,
        made_at=NOON,
    )


def _see(site: EvidenceSite, times_s: list[float]) -> None:
    """These moments are analysed."""
    for at_s in times_s:
        picture = np.asarray(scene.picture(at_s))[:, :, ::-1]
        frame = frame_of(np.ascontiguousarray(picture), at_s)
        site.witness.show("cam1", frame)
        analysed = Analysed(frame.at, tracks(at_s), looks(at_s), None, frame)
        site.witness.saw("cam1", analysed)
