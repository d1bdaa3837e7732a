"""A case with everything in it, made by the product's own writers out of a drawn scene.

The camera is lost for five seconds in the middle: the clip has two parts and a gap.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.console import drawn_scene as scene
from tests.vision.evidence.packets import annexb_packets
from vision.bundles.case import Case, CaseFile
from vision.core.policy import IdentityPolicy, ScenePolicy, ZonePolicy, ZoneView
from vision.core.values import (
    AlarmDecision,
    AlarmKind,
    Candidate,
    Change,
    Direction,
    FaceMeasures,
    IdentityEvidence,
    IdentityState,
    Instant,
    Look,
    ObjectKind,
    PassageDecision,
    Together,
    TrackView,
)
from vision.evidence import timeline
from vision.evidence.fragment_muxer import FragmentMuxer
from vision.evidence.places import FileKind
from vision.evidence.values import Sight, Subject, Versions
from vision.outputs import messages
from vision.outputs.evidence_values import EvidenceFile, EvidenceGap, Hold
from vision.outputs.journal_values import Acknowledgement, CommitContext

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
ALARM_ID = "6f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed0"
FOLDER = f"evidence/2026-01-01/{ALARM_ID}"
PARTS_S = ((0.0, 3.0), (8.0, 11.0))
"""From when to when the parts of the clip go, seconds after noon."""
ALARM_S, CLEARED_S, ACKNOWLEDGED_S = 2.6, 10.5, 64.0
ANN, NOTE = (
    "Ann O'Neil 安",
    "Driver of the 11:30 delivery, sent to the office.\n走错门了。已送往办公室。",
)

_POLICY = ScenePolicy(
    "gate",
    (ZonePolicy("store", (), verify_within_s=10.0),),
    (ZoneView("store", scene.ZONE, counts=True),),
    IdentityPolicy(0.95, 0.90, 0.01, accept_together=0.96),
)
_VERSIONS = Versions(
    {"detector": "0e2a5b77c1d4", "embedder": "58f4c2a9b3e1", "face_detector": "8f2383e4dd3c"},
    42,
    "c0ffee123456",
    _POLICY,
)
_CONTEXT = CommitContext(site="hall", models=_VERSIONS.models, register_version=42)
_LOOKS = {1.4: 0.861, 1.8: 0.872, 2.2: 0.846, 2.6: 0.858, 8.4: 0.869, 9.2: 0.852}
_STRANGER = IdentityEvidence(
    IdentityState.UNREGISTERED, None, 0.8595, 0.8412, 0.95, 0.90, looks=4, face_px=61.0
)
_COLLEAGUE = IdentityEvidence(
    IdentityState.REGISTERED, "S-17", 0.9712, 0.8723, 0.95, 0.90, looks=3, face_px=58.0
)
_UNDECIDED = IdentityEvidence(
    IdentityState.UNDETERMINED, None, 0.861, 0.842, 0.95, 0.90, looks=1, face_px=60.0
)


def instant(at_s: float) -> Instant:
    """So many seconds after noon, in both clocks."""
    return Instant(at_s, NOON + at_s)


@dataclass
class Making:
    """A case on its way: a folder that its files are written into."""

    folder: Path
    files: list[CaseFile] = field(default_factory=list)

    def keep(
        self, name: str, kind: FileKind, content: bytes, span_s: tuple[float, float], why: str = ""
    ) -> None:
        path = self.folder / name
        path.write_bytes(content)
        file = EvidenceFile(
            ALARM_ID,
            FOLDER,
            name,
            kind,
            "gate",
            len(content),
            hashlib.sha256(content).hexdigest(),
            NOON + span_s[0],
            NOON + span_s[1],
            why,
        )
        shown = None if kind is FileKind.TIMELINE else path
        self.files.append(CaseFile(file, path, shown))


def make_case(folder: Path, **changes: Any) -> Case:
    """The case; ``changes`` replace fields of it."""
    making = Making(folder)
    for number, span_s in enumerate(PARTS_S, 1):
        why = "camera_lost" if number == 1 else "post_roll"
        clip = _clip(span_s)
        making.keep(f"gate.{number}.mp4", FileKind.CLIP, clip, span_s, why)
    making.keep("gate.1.jsonl", FileKind.TIMELINE, timeline_text().encode(), (0.0, 11.0))
    snapshot = scene.picture(ALARM_S)
    making.keep("gate.jpg", FileKind.SNAPSHOT, jpeg(snapshot), (ALARM_S, ALARM_S))
    face = scene.face_of(scene.walker(ALARM_S))
    making.keep("gate.face.jpg", FileKind.FACE, jpeg(cropped(snapshot, face)), (ALARM_S, ALARM_S))
    case = Case(
        site="hall",
        time_zone="Asia/Shanghai",
        alarm_id=ALARM_ID,
        revisions=revisions(),
        files=tuple(making.files),
        gaps=(EvidenceGap(ALARM_ID, "gate", NOON + 3.0, NOON + 8.0, "camera_lost"),),
        hold=Hold("Ann O'Neil", NOON + 3600.0, "court, 12/26"),
        names={"S-17": ANN, "S-3": "Bo Chen 陈波"},
        redacted=False,
        made_at=NOON + 86_400.0,
    )
    return replace(case, **changes)


@functools.cache
def _clip(span_s: tuple[float, float]) -> bytes:
    """One part; encoding is the slow part, hence the cache."""
    with tempfile.TemporaryDirectory() as folder:
        return fragmented(scene.film(Path(folder) / "film.mp4", moments_s(span_s)), span_s[0])


def moments_s(span_s: tuple[float, float]) -> list[float]:
    """The pictures of a part."""
    count = round((span_s[1] - span_s[0]) * scene.FPS)
    return [span_s[0] + index / scene.FPS for index in range(count)]


def fragmented(film: Path, begin_s: float) -> bytes:
    """The film as evidence keeps it."""
    packets = annexb_packets(film, begin_s=begin_s, wall=NOON)
    muxer = FragmentMuxer(packets[0])
    return b"".join([*map(muxer.add, packets), muxer.finish()])


def jpeg(image: Any) -> bytes:
    """A picture as evidence keeps it."""
    target = io.BytesIO()
    image.save(target, "JPEG", quality=90)
    return target.getvalue()


def cropped(image: Any, face: Any) -> Any:
    """The face, with something around it."""
    width, height = image.size
    around = (-20, -20, 20, 20)
    sides = (face.left * width, face.top * height, face.right * width, face.bottom * height)
    return image.crop(tuple(side + more for side, more in zip(sides, around, strict=True)))


def timeline_text() -> str:
    """The timeline beside the clip: every second picture was analysed."""
    subject = Subject(decision(Change.RAISED, ALARM_S, "not_on_register"), "gate", ALARM_ID, FOLDER)
    text = timeline.head(subject) + timeline.versions(_VERSIONS)
    for number, span_s in enumerate(PARTS_S, 1):
        name, ended = f"gate.{number}.mp4", instant(span_s[1] - 1 / scene.FPS)
        text += timeline.part_begins(name, instant(span_s[0]), scene.SIZE_WH)
        text += "".join(timeline.sight(sight(at_s)) for at_s in moments_s(span_s)[::2])
        text += timeline.part_ends(name, ended, "camera_lost" if number == 1 else "post_roll")
    return text + timeline.end("post_roll")


def sight(at_s: float) -> Sight:
    """One analysed frame, and what was decided with it."""
    at_s = round(at_s, 3)
    at = instant(at_s)
    return Sight(at, tracks(at_s), looks(at_s), decisions(at_s), _VERSIONS)


def tracks(at_s: float) -> tuple[TrackView, ...]:
    """The person in orange, the colleague and the forklift."""
    box = scene.walker(at_s)
    evidence = IdentityEvidence(IdentityState.UNDETERMINED)
    if at_s >= 1.4:
        evidence = _STRANGER if at_s >= ALARM_S else _UNDECIDED
    zones = frozenset({"store"}) if box.foot[0] > 0.38 else frozenset()
    alarm = AlarmKind.UNREGISTERED_PERSON if ALARM_S <= at_s < CLEARED_S else None
    return (
        TrackView(5, ObjectKind.PERSON, box, zones, evidence, alarm),
        TrackView(7, ObjectKind.PERSON, scene.COLLEAGUE, frozenset({"store"}), _COLLEAGUE, None),
        TrackView(
            9,
            ObjectKind.FORKLIFT,
            scene.FORKLIFT,
            frozenset(),
            IdentityEvidence(IdentityState.UNDETERMINED),
            None,
        ),
    )


def looks(at_s: float) -> tuple[Look, ...]:
    """The looks at the person in orange, and two at the colleague."""
    found = []
    if at_s in _LOOKS:
        best = Candidate("S-3", _LOOKS[at_s])
        together = Together(Candidate("S-3", 0.868), Candidate("S-17", 0.85), 3)
        found.append(
            Look(
                5,
                instant(at_s),
                _measures(61.0),
                best,
                Candidate("S-17", 0.84),
                scene.face_of(scene.walker(at_s)),
                together if at_s > 2.0 else None,
            )
        )
    if at_s in {0.4, 1.0}:
        found.append(
            Look(
                7,
                instant(at_s),
                _measures(58.0),
                Candidate("S-17", 0.97),
                None,
                scene.face_of(scene.COLLEAGUE),
            )
        )
    return tuple(found)


def _measures(size_px: float) -> FaceMeasures:
    return FaceMeasures(size_px, 84.0, 0.12, 121.0, 0.94)


def decisions(at_s: float) -> tuple[Any, ...]:
    """The entry, the alarm and its end."""
    if at_s == ALARM_S:
        passed = PassageDecision(
            "gate", "store", 5, ObjectKind.PERSON, Direction.ENTRY, instant(ALARM_S), _STRANGER
        )
        return (decision(Change.RAISED, ALARM_S, "not_on_register"), passed)
    return ()


def decision(change: Change, at_s: float, reason: str) -> AlarmDecision:
    """About the person in orange."""
    return AlarmDecision(
        "presence/store/gate/1",
        change,
        AlarmKind.UNREGISTERED_PERSON,
        "gate",
        instant(at_s),
        reason,
        zone_id="store",
        track_id=5,
        direction=Direction.ENTRY,
        evidence=_STRANGER,
    )


def revisions(by: str = "Li Wei 李伟", note: str = NOTE) -> tuple[Mapping[str, Any], ...]:
    """Raised, cleared, acknowledged: as they went out."""
    raised = revision(decision(Change.RAISED, ALARM_S, "not_on_register"), 1)
    cleared = revision(decision(Change.CLEARED, CLEARED_S, "left"), 2)
    seen = Acknowledgement(by, NOON + ACKNOWLEDGED_S, note)
    third = messages.Revision(
        ALARM_ID, 3, Change.UPDATED, NOON + ALARM_S, NOON + ACKNOWLEDGED_S, ("gate",), seen
    )
    return (raised, cleared, json.loads(messages.acknowledged_alarm(json.dumps(cleared), third)))


def revision(what: AlarmDecision, number: int) -> Mapping[str, Any]:
    """One message."""
    written = what.at.wall_utc + 0.08
    how = messages.Revision(ALARM_ID, number, what.change, NOON + ALARM_S, written, ("gate",))
    message: Mapping[str, Any] = json.loads(messages.alarm(what, how, _CONTEXT))
    return message
