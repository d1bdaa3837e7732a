"""A case as the replay page reads it: one JSON document. Pure: values in, a dictionary out.

Times are POSIX seconds. Videos and pictures stand in it by the number under which the page
embeds them. Whatever comes from the case is text and stays text: the page never makes markup of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from console.identities import called
from console.story import decided_at, events, posix, why_raised
from console.timelines import Line, Timeline, files_of
from console.tracks import looks_of
from vision.bundles.case import Case, CaseFile
from vision.evidence.places import FileKind

VERSION = 1


@dataclass(frozen=True, slots=True)
class Film:
    """What is embedded of one clip: ``media``, its number, and when each picture is shown, s."""

    media: int
    times_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Embedded:
    """What the page carries with it, by the names of the files of evidence."""

    films: Mapping[str, Film]
    pictures: Mapping[str, int]


def document(case: Case, timelines: Sequence[Timeline], embedded: Embedded) -> dict[str, Any]:
    """All that the page shows."""
    return {
        "version": VERSION,
        "site": case.site,
        "time_zone": case.time_zone,
        "alarm_id": case.alarm_id,
        "made_at": case.made_at,
        "redacted": case.redacted,
        "alarm": alarm_facts(case),
        "why": why_raised(case),
        "hold": None if case.hold is None else asdict(case.hold),
        "gaps": [_gap(one) for one in case.gaps],
        "events": events(case, timelines),
        "files": [_file(one) for one in case.files],
        "cameras": _cameras(case, timelines, embedded),
    }


def alarm_facts(case: Case) -> dict[str, Any] | None:
    """The alarm as it began and as it stands; None where no revision is known."""
    if not case.revisions:
        return None
    first, newest = case.revisions[0], case.revisions[-1]
    cleared = [decided_at(one) for one in case.revisions if one["change"] == "cleared"]
    return {
        **{name: newest[name] for name in ("kind", "priority", "state", "zone", "cameras")},
        **{name: first[name] for name in ("reason", "camera", "track", "direction", "detail")},
        **{name: first[name] for name in ("models", "register_version", "durable")},
        "at": decided_at(first),
        "raised_at": posix(first["times"]["raised"]),
        "cleared_at": cleared[0] if cleared else None,
        "acknowledged": _acknowledged(newest["acknowledged"]),
        "revisions": len(case.revisions),
    }


def _acknowledged(seen: Mapping[str, str] | None) -> dict[str, Any] | None:
    return None if seen is None else {**seen, "at": posix(seen["at"])}


def _gap(gap: Any) -> dict[str, Any]:
    return {
        "camera": gap.camera_id,
        "from_at": gap.from_at,
        "to_at": gap.to_at,
        "reason": gap.reason,
    }


def _file(one: CaseFile) -> dict[str, Any]:
    file = one.file
    return {
        "name": file.name,
        "kind": file.kind,
        "camera": file.camera_id,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "begin_at": file.begin_at,
        "end_at": file.end_at,
        "ended_by": file.ended_by,
        "derived": one.derived,
    }


def _cameras(case: Case, timelines: Sequence[Timeline], embedded: Embedded) -> list[dict[str, Any]]:
    """The cameras that there is anything of; that of the alarm first."""
    lines = defaultdict(list)
    for timeline in timelines:
        lines[timeline.camera_id].append(timeline)
    known = sorted({one.file.camera_id for one in case.files} | {g.camera_id for g in case.gaps})
    first = case.revisions[0]["camera"] if case.revisions else None
    known.sort(key=lambda camera_id: camera_id != first)
    return [_camera(case, camera_id, lines[camera_id], embedded) for camera_id in known]


def _camera(
    case: Case, camera_id: str, timelines: Sequence[Timeline], embedded: Embedded
) -> dict[str, Any]:
    begins = {
        line["file"]: line
        for timeline in timelines
        for line in timeline.of_type("part")
        if "file" in line
    }
    clips = [one for one in files_of(case, FileKind.CLIP) if one.file.camera_id == camera_id]
    parts = [_part(one, begins.get(one.file.name, {}), embedded) for one in clips]
    return {
        "camera": camera_id,
        "parts": sorted(parts, key=lambda part: float(part["begin_at"])),
        "pictures": _pictures(case, camera_id, embedded),
        "versions": _versions(timelines),
        "frames": sorted(
            (_frame(line, case.names) for one in timelines for line in one.of_type("frame")),
            key=lambda frame: float(frame["at"]),
        ),
        "looks": [look for one in timelines for look in looks_of(one, case.names)],
    }


def _part(one: CaseFile, begins: Line, embedded: Embedded) -> dict[str, Any]:
    film = embedded.films.get(one.file.name)
    return {
        "file": one.file.name,
        "begin_at": begins.get("wall_utc", one.file.begin_at),
        "end_at": one.file.end_at,
        "ended_by": one.file.ended_by,
        "size_wh": begins.get("size_wh"),
        "derived": one.derived,
        "media": None if film is None else film.media,
        "times_s": [] if film is None else list(film.times_s),
    }


def _pictures(case: Case, camera_id: str, embedded: Embedded) -> list[dict[str, Any]]:
    kinds = (FileKind.SNAPSHOT, FileKind.FACE)
    found = (one for kind in kinds for one in files_of(case, kind))
    return [
        {
            "kind": one.file.kind,
            "file": one.file.name,
            "at": one.file.begin_at,
            "media": embedded.pictures[one.file.name],
            "derived": one.derived,
        }
        for one in found
        if one.file.camera_id == camera_id and one.file.name in embedded.pictures
    ]


def _versions(timelines: Iterable[Timeline]) -> list[dict[str, Any]]:
    """What was in force from when on; the first of each timeline holds from its beginning."""
    found = []
    for timeline in timelines:
        at = None
        for line in timeline.lines:
            at = line.get("wall_utc", at)
            if line["type"] == "versions":
                found.append({**line, "at": at})
    return found


def _frame(line: Line, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "at": line["wall_utc"],
        "tracks": [_track(track, names) for track in line.get("tracks", ())],
        "faces": [
            {"track": look["track"], "box": look["face"]}
            for look in line.get("looks", ())
            if look.get("face")
        ],
    }


def _track(track: Line, names: Mapping[str, str]) -> dict[str, Any]:
    identity = track.get("identity") or {}
    return {
        "track": track["track"],
        "object": track["object"],
        "box": track["box"],
        "zones": track.get("zones", []),
        "state": identity.get("state"),
        "name": called(identity.get("staff_id"), names),
        "similarity": identity.get("similarity"),
        "verdict": track.get("verdict"),
    }
