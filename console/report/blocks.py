"""The blocks of a report, each out of one side of the case. What they say is the case's alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image as Pictures
from PIL import UnidentifiedImageError
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, Table

from console.identities import figure
from console.report.setting import (
    BANNER,
    BODY,
    CELL,
    CHINESE,
    DIGEST,
    EVENT,
    LABEL,
    STRONG,
    SUBTITLE,
    TITLE,
    WIDTH,
    Block,
    Setting,
    both,
    coded_text,
    gap,
)
from console.story import decided_at, posix, why_raised
from console.story_events import Event
from console.timelines import Timeline, files_of
from console.words import Language, moment, said, sentence
from vision.bundles.case import Case, CaseFile
from vision.evidence.places import FileKind

MOST_EVENTS = 80
"""Of one kind; a report is for reading, and the rest is on the replay page."""
_PICTURE_WH = (112 * mm, 70 * mm)
_FACE_WH = (52 * mm, 70 * mm)


def title(case: Case, setting: Setting) -> Block:
    """What and where, and what must be known before anything else."""
    first = case.revisions[0] if case.revisions else None
    name = both(f"kind.{first['kind']}") if first else both("page.report")
    told = [case.site, case.time_zone]
    if first:
        told = [setting.at(decided_at(first)), case.time_zone, case.site]
    return [
        setting.text(name, TITLE),
        gap(1),
        setting.text("  ·  ".join(told), SUBTITLE),
        *(setting.text(both(key), BANNER) for key in _banners(case)),
    ]


def _banners(case: Case) -> Iterable[str]:
    if case.redacted:
        yield "banner.redacted"
    if case.revisions and case.revisions[-1]["state"] == "open":
        yield "banner.open"
    if case.revisions and not case.revisions[0]["durable"]:
        yield "banner.not_durable"


def why(case: Case, setting: Setting) -> Block:
    """Why there is this alarm."""
    told = why_raised(case)
    block: Block = [setting.heading("panel.why")]
    for number, one in enumerate(told):
        block += setting.said(one, BODY if number else STRONG)
    return block if told else [*block, *setting.words("report.none")]


def facts(case: Case, setting: Setting) -> Block:
    """The alarm as it began and as it stands."""
    pairs: list[tuple[str, str | None]] = [("fact.alarm", case.alarm_id), ("fact.site", case.site)]
    if case.revisions:
        pairs += _alarm_pairs(case.revisions, setting)
    pairs.append(("fact.time_zone", case.time_zone))
    return [setting.heading("panel.facts"), *setting.pairs(pairs)]


def _alarm_pairs(
    revisions: Sequence[Mapping[str, Any]], setting: Setting
) -> list[tuple[str, str | None]]:
    first, newest = revisions[0], revisions[-1]
    cleared = next((decided_at(one) for one in revisions if one["change"] == "cleared"), None)
    return [
        ("fact.kind", coded_text("kind", newest["kind"])),
        ("fact.priority", coded_text("priority", newest["priority"])),
        ("fact.reason", coded_text("reason", first["reason"])),
        ("fact.state", coded_text("state", newest["state"])),
        ("fact.zone", newest["zone"]),
        ("fact.camera", ", ".join(newest["cameras"]) or first["camera"]),
        ("fact.track", None if first["track"] is None else str(first["track"])),
        ("fact.direction", coded_text("direction", first["direction"])),
        ("fact.raised", setting.both_times(posix(first["times"]["raised"]))),
        ("fact.cleared", None if cleared is None else setting.both_times(cleared)),
        ("fact.detail", _named(first["detail"])),
    ]


def _named(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in values.items())


def acknowledgement(case: Case, setting: Setting) -> Block:
    """Who acknowledged it and what they noted; who holds the evidence and why."""
    seen = case.revisions[-1]["acknowledged"] if case.revisions else None
    block: Block = [setting.heading("panel.acknowledged")]
    if seen is None:
        block += setting.pairs([("fact.acknowledged", both("fact.not_yet"))])
    else:
        at = setting.both_times(posix(seen["at"]))
        block += setting.pairs([("fact.acknowledged", f"{seen['by']}\n{at}")])
        block += _note(seen["note"], setting)
    if case.hold is None:
        return [*block, *setting.pairs([("fact.hold", both("fact.nobody"))])]
    held = f"{case.hold.by}\n{setting.both_times(case.hold.at)}"
    return [*block, *setting.pairs([("fact.hold", held)]), *_note(case.hold.note, setting)]


def _note(note: str, setting: Setting) -> Block:
    # not in a table: a note of many lines goes on over the page
    return [setting.text(both("fact.note"), LABEL), setting.text(note), gap(1)] if note else []


def pictures(case: Case, setting: Setting) -> Block:
    """Snapshots and faces, side by side for each camera."""
    heading = setting.heading("panel.pictures")
    faces = {one.file.camera_id: one for one in files_of(case, FileKind.FACE)}
    snapshots = {one.file.camera_id: one for one in files_of(case, FileKind.SNAPSHOT)}
    rows = [
        _side_by_side(snapshots.get(camera), faces.get(camera), setting)
        for camera in dict.fromkeys((*snapshots, *faces))
    ]
    if not rows:
        return [heading, *setting.words("report.none")]
    return [KeepTogether([heading, rows[0]]), *rows[1:]]


def _side_by_side(snapshot: CaseFile | None, face: CaseFile | None, setting: Setting) -> Table:
    cells = [_picture(snapshot, _PICTURE_WH, setting), _picture(face, _FACE_WH, setting)]
    style = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table([cells], colWidths=(WIDTH - 58 * mm, 58 * mm), hAlign="LEFT", style=style)


def _picture(one: CaseFile | None, most_wh: tuple[float, float], setting: Setting) -> Block:
    if one is None:
        return []
    caption = f"{both(f'file.{one.file.kind}')}  {one.file.name}"
    how = f"\n{both(f'derived.{one.derived}')}" if one.derived else ""
    told = setting.text(f"{caption}\n{setting.at(one.file.begin_at)}{how}", LABEL)
    shown = None if one.shown is None else _image(one.shown, most_wh)
    return [shown or setting.text(both("ended.picture"), CELL), told]


def _image(path: Path, most_wh: tuple[float, float]) -> Flowable | None:
    try:
        with Pictures.open(path) as picture:
            picture.load()
            width, height = picture.size
    except (OSError, UnidentifiedImageError, Pictures.DecompressionBombError):
        return None  # a picture that is damaged is said to be missing; its digest tells the rest
    share = min(most_wh[0] / width, most_wh[1] / height)
    return Image(str(path), width=width * share, height=height * share, hAlign="LEFT")


def revisions(case: Case, setting: Setting) -> Block:
    """Every message about the alarm as it went out."""
    rows = [
        (
            str(one["revision"]),
            f"{coded_text('change', one['change'])}\n{coded_text('reason', one['reason'])}",
            setting.both_times(decided_at(one)),
            setting.both_times(posix(one["times"]["written"])),
            _identity(one["identity"]),
        )
        for one in case.revisions
    ]
    heads = ("fact.revision", "fact.change", "fact.time", "fact.written", "fact.similarity")
    return [setting.heading("panel.revisions"), *setting.table(heads, rows, (16, 38, 46, 46, 28))]


def _identity(identity: Mapping[str, Any] | None) -> str:
    if identity is None:
        return "-"
    state = coded_text("identity", identity["state"])
    return f"{figure(identity['similarity']) or '-'}\n{state}"


def told_events(
    heading: str, kinds: frozenset[str], events: Sequence[Event], setting: Setting
) -> Block:
    """Events of some kinds, with their reasons."""
    chosen = [one for one in events if one["type"] in kinds]
    block: Block = [setting.heading(heading)]
    for one in chosen[:MOST_EVENTS]:
        block += _event(one, setting)
    if len(chosen) > MOST_EVENTS:
        block += setting.said(said("report.more", count=len(chosen) - MOST_EVENTS))
    return block if chosen else [*block, *setting.words("report.none")]


def _event(one: Event, setting: Setting) -> Block:
    camera = f" ({one['camera']})" if one["camera"] else ""
    english, chinese = (sentence(one["title"], language, setting.at) for language in Language)
    block: Block = [
        setting.text(f"{setting.at(one['at'])}  {english}{camera}", EVENT),
        setting.text(chinese, CHINESE),
    ]
    for line in one["lines"]:
        block += setting.said(line)
    return [KeepTogether(block)]


def gaps(case: Case, setting: Setting) -> Block:
    """What belongs to the evidence and is not there, and why."""
    rows = [
        (
            one.camera_id,
            setting.both_times(one.from_at),
            setting.both_times(one.to_at),
            coded_text("ended", one.reason) or "-",
        )
        for one in case.gaps
    ]
    heads = ("fact.camera", "fact.from", "fact.to", "fact.reason")
    return [setting.heading("panel.gaps"), *setting.table(heads, rows, (28, 44, 44, 58))]


def judged_by(timelines: Sequence[Timeline], setting: Setting) -> Block:
    """Models, register, configuration and thresholds."""
    block: Block = [setting.heading("panel.versions")]
    told: list[Mapping[str, Any]] = []
    for timeline in timelines:
        for line in timeline.of_type("versions"):
            if line not in told:
                told.append(line)
                block += [*_versions(timeline.camera_id, line, setting), gap()]
    return block if told else [*block, *setting.words("report.none")]


def _versions(camera_id: str, line: Mapping[str, Any], setting: Setting) -> Block:
    thresholds = {
        both(f"threshold.{name}"): value
        for name, value in line.get("thresholds", {}).items()
        if value is not None
    }
    return setting.pairs(
        [
            ("fact.camera", camera_id),
            ("fact.register", str(line.get("register_version"))),
            ("fact.configuration", line.get("configuration")),
            ("fact.models", _named(line.get("models", {}))),
            ("fact.thresholds", _named(thresholds)),
        ]
    )


def files(case: Case, setting: Setting) -> Block:
    """Every file of evidence with its digest."""
    rows = [
        (
            one.file.name + (f"\n{both(f'derived.{one.derived}')}" if one.derived else ""),
            f"{one.file.size_bytes:,}",
            setting.at(one.file.begin_at),
            coded_text("ended", one.file.ended_by or None) or "-",
            setting.text(one.file.sha256, DIGEST),
        )
        for one in case.files
    ]
    heads = ("fact.file", "fact.size", "fact.from", "fact.ended_by", "fact.sha256")
    return [setting.heading("panel.files"), *setting.table(heads, rows, (34, 22, 38, 40, 40))]


def closing(case: Case, setting: Setting) -> Block:
    """What the report is, and what it is not."""
    block: Block = [setting.heading("panel.what"), *setting.words("report.is")]
    block += setting.words("report.is_not")
    if not setting.letters.embedded:
        block += setting.words("report.letters")
    return [*block, *setting.said(said("page.made", at=moment(case.made_at), site=case.site))]
