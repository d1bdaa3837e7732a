"""A bundle holds what the site kept of an alarm, and says what it does not hold."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.vision.bundles.bundle_site import (
    CLIP,
    FACE,
    MAKERS,
    SNAPSHOT,
    TIMELINE,
    BundleSite,
    members,
    proxied,
    said,
    verified,
)
from vision.bundles.exporting import NamesMissingError
from vision.bundles.gathering import UnreadableError
from vision.bundles.makers import Makers, NotMadeError
from vision.bundles.manifest import Role
from vision.evidence.reading import copy_plain
from vision.ledger.verdicts import State
from vision.outputs.evidence_values import Deletion


def test_a_bundle_is_whole_and_intact(site):
    """Files in their order, everything proven, nothing to doubt."""
    held = site.enter()

    exported, path = site.export()

    report = verified(path, held)
    assert (report.findings, report.state) == ((), State.INTACT)
    assert list(members(path)) == [
        "README.txt",
        "replay.html",
        "report.pdf",
        f"evidence/{CLIP}",
        f"evidence/{TIMELINE}",
        f"evidence/{SNAPSHOT}",
        f"evidence/{FACE}",
        "alarm.jsonl",
        "ledger/checkpoint",
        "ledger/entries.jsonl",
        "public-key.txt",
        "manifest.json",
        "manifest.note",
    ]
    manifest = exported.manifest
    assert (manifest.role, manifest.is_finished, exported.faults) == (Role.ORIGINAL, True, ())
    assert manifest.remarks == ("missing: cam1, 2.0 s (disk)",)
    assert report.manifest == manifest


def test_what_the_ledger_has_about_the_alarm_is_in_it(site):
    """Revisions, files, hold, acknowledgement, the passage before the camera, what was in force."""
    site.enter()

    _, path = site.export()

    lines = members(path)["ledger/entries.jsonl"].decode().splitlines()
    entries = [json.loads(line) for line in lines]
    kinds = [one["entry"]["kind"] for one in entries]
    assert kinds.count("alarm_revision") == 3
    assert kinds.count("passage") == 1
    assert [one["content"] for one in entries if one["entry"]["kind"] == "configuration"] == [None]
    refs = {one["entry"]["ref"].removeprefix(site.alarm_id) for one in entries}
    assert {"/acknowledge", "/hold", f"/{CLIP}", f"/{FACE}", "/3", "d0" * 32} <= refs


def test_messages_that_the_journal_has_forgotten_come_out_of_the_ledger(site):
    """Months later nothing but the ledger has them all."""
    site.enter()
    site.journal.mark_taken(range(1, 100))
    site.clock.now_s += 1e9
    assert site.journal.prune()

    _, path = site.export()

    lines = members(path)["alarm.jsonl"].decode().splitlines()
    messages = [json.loads(line) for line in lines]
    assert [one["revision"] for one in messages] == [1, 2, 3]
    assert messages[1]["acknowledged"]["note"] == "seen"


def test_what_is_not_in_the_ledger_yet_is_told(site):
    """The bundle has it out of the journal, and no verification calls that intact."""
    held = site.enter()
    site.keep("cam1.2.mp4", b"a second part")
    site.journal.release_evidence(site.alarm_id, "Bob", "")

    exported, path = site.export()

    remarks = exported.manifest.remarks
    assert "cam1.2.mp4 was not in the ledger yet" in remarks
    assert "the ledger had not taken up everything about the alarm yet" in remarks
    report = verified(path, held)
    assert said(report) == {("unsigned", "cam1.2.mp4 was not in the ledger yet")}


def test_an_alarm_before_any_of_it_was_entered(tmp_path):
    """Its messages are the journal's, and each is called unsigned."""
    site = BundleSite(tmp_path)
    held = site.enter()
    head = held.checkpoints[0]
    (tmp_path / "later").mkdir()
    other = BundleSite(tmp_path / "later")

    exported, path = other.export()

    assert exported.manifest.size < head.head.size
    assert [json.loads(line)["revision"] for line in _lines(path, "alarm.jsonl")] == [1, 2, 3]
    assert ("unsigned", "revision 2 of the alarm was not in the ledger yet") in said(
        verified(path, held)
    )
    site.close()
    other.close()


def test_an_alarm_that_is_still_open(tmp_path):
    """It is exported with what is whole, and says that it is not finished."""
    site = BundleSite(tmp_path, is_open=True)
    (site.place / "cam1.2.part.mp4").write_bytes(b"grow")
    held = site.enter()

    exported, path = site.export()

    assert not exported.manifest.is_finished
    assert "the alarm was still open" in exported.manifest.remarks
    assert "cam1.2.mp4 was still growing and is not in here" in exported.manifest.remarks
    assert "not finished" in members(path)["README.txt"].decode()
    assert verified(path, held).state is State.INTACT
    site.close()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda clip: clip.unlink(), "is not there"),
        (lambda clip: clip.write_bytes(b"another film"), "is not as it was recorded"),
    ],
)
def test_evidence_that_is_not_as_it_was(site, spoil, why):
    """It is left out, told, and no verification calls the bundle whole."""
    held = site.enter()
    spoil(site.place / CLIP)

    exported, path = site.export()

    assert exported.faults == (f"{CLIP} {why}",)
    assert f"evidence/{CLIP}" not in members(path)
    assert said(verified(path, held)) == {
        ("missing", f"evidence/{CLIP} was left out when this was made")
    }


def test_a_picture_that_is_replaced_while_it_is_copied(site):
    """The index is read again, and the better one is taken."""
    site.keep(SNAPSHOT, b"a better picture")
    (site.place / SNAPSHOT).write_bytes(b"the best picture")
    real, calls = site.journal.evidence_of, []

    def evidence_of(alarm_id):
        calls.append(alarm_id)
        if len(calls) == 2:
            site.keep(SNAPSHOT, b"the best picture")
            site.enter()
        return real(alarm_id)

    site.journal.evidence_of = evidence_of
    exported, path = site.export()

    assert exported.faults == ()
    assert members(path)[f"evidence/{SNAPSHOT}"] == b"the best picture"


def test_a_redacted_bundle(site):
    """Pictures of others are not in it, their proven digests are; nobody is named."""
    held = site.enter()

    exported, path = site.export(is_redacted=True)

    files = members(path)
    assert (exported.manifest.role, verified(path, held).state) == (Role.DERIVED, State.INTACT)
    assert [name for name in files if name.startswith("evidence/")] == [f"evidence/{FACE}"]
    assert {f"shown/redacted.{one}" for one in (CLIP, TIMELINE, SNAPSHOT)} <= set(files)
    assert [one.name for one in exported.manifest.evidence if one.is_included] == [FACE]
    told = b"".join(files.values())
    assert not [one for one in (b"name of", b"Ann", b"Bob", b"passage_id") if one in told]
    assert "derived copy" in files["README.txt"].decode()
    assert files["manifest.note"].decode().splitlines()[1] == "derived"
    roles = {one.path: one.role for one in exported.manifest.files}
    assert roles["alarm.jsonl"] is Role.DERIVED
    assert roles[f"evidence/{FACE}"] is roles["ledger/entries.jsonl"] is Role.ORIGINAL


def test_what_cannot_be_redacted_does_not_go_out(site):
    """Never does an original go out in the place of a redacted copy."""
    site.enter()

    with pytest.raises(NotMadeError, match="no maker of redacted copies"):
        site.export(is_redacted=True, makers=Makers())

    assert list(site.folder.glob("*bundle*")) == []


def test_a_clip_that_browsers_cannot_play(site):
    """It gets a copy for them, named as derived; the original stays."""
    held = site.enter()
    makers = replace(MAKERS, proxied=proxied)

    exported, path = site.export(makers=makers)

    (copy,) = [one for one in exported.manifest.files if one.of is not None]
    assert (copy.path, copy.what, copy.of) == (f"shown/proxy.{CLIP}", "proxy", CLIP)
    assert copy.role is Role.DERIVED
    assert {copy.path, f"evidence/{CLIP}"} <= set(members(path))
    assert verified(path, held).state is State.INTACT


def test_copies_for_browsers_that_cannot_be_made(site):
    """The evidence goes out without them, and that is told."""
    site.enter()

    def fail(*_):
        raise NotMadeError("no encoder")

    exported, path = site.export(makers=replace(MAKERS, proxied=fail))

    assert "no copies for browsers could be made: no encoder" in exported.manifest.remarks
    assert f"evidence/{CLIP}" in members(path)


def test_stored_evidence_that_cannot_be_read(site):
    """It is left out, and why is told."""
    site.enter()

    def copier(stored, target):
        if stored.name == CLIP:
            raise UnreadableError("its key is gone")
        copy_plain(stored, target)

    exported, _ = site.export(copier=copier)

    assert exported.faults == (f"{CLIP} cannot be read: its key is gone",)


def test_without_makers(site):
    """Evidence and proofs go out; what was not made is told."""
    held = site.enter()

    exported, path = site.export(makers=Makers())

    assert "replay.html could not be made: no maker of pages is installed" in (
        exported.manifest.remarks
    )
    assert verified(path, held).state is State.INTACT


def test_people_have_names_if_the_register_can_be_asked(site, monkeypatch):
    """The pages get them; without a register there are ids, and the bundle says so."""
    site.enter()
    _, path = site.export()
    assert b"name of S1" in members(path)["replay.html"]

    def unreachable(_):
        raise NamesMissingError("the register could not be read")

    monkeypatch.setattr("tests.vision.bundles.bundle_site.name_of", unreachable)
    exported, path = site.export(is_forced=True)

    assert b"name of" not in members(path)["replay.html"]
    assert "people are called by their ids: the register could not be read" in (
        exported.manifest.remarks
    )


def test_who_exports_is_journalled_and_entered(site):
    """The bundle's manifest is named, so that one can tell which bundle it was."""
    site.enter()
    exported, path = site.export(note="for the court")
    site.enter()

    (entry,) = [one for one in site.ledger.entries() if one.ref == f"{site.alarm_id}/export"]
    content = site.ledger.content(entry.number)
    assert content is not None
    told = json.loads(content.text)
    assert (entry.kind, told["by"], told["note"]) == ("operator_action", "Cid", "for the court")
    assert told["extent"] == [len(exported.manifest.files), path.stat().st_size]


def test_a_file_that_is_there_stays(site):
    """Nothing is written over it, and nothing is left beside it, unless somebody insists."""
    site.enter()
    path = site.folder / "bundle.zip"
    path.write_text("something else")

    with pytest.raises(FileExistsError):
        site.export()
    assert path.read_text() == "something else"
    site.export(is_forced=True)

    assert path.read_bytes()[:2] == b"PK"
    assert list(site.folder.glob(".*")) == []


def test_a_disk_that_knows_no_links(site, monkeypatch):
    """Sticks on which bundles travel know none; even there nothing is replaced."""
    site.enter()

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    _, path = site.export()
    with pytest.raises(FileExistsError):
        site.export()

    assert path.read_bytes()[:2] == b"PK"
    assert list(site.folder.glob(".*")) == []


def test_an_alarm_of_which_nothing_is_left(site):
    """Neither files nor messages; what the ledger has is proven all the same."""
    site.journal.forget_evidence(Deletion(site.alarm_id, "", "age"))
    held = site.enter()
    with site.journal._file.write() as db:
        db.execute("DELETE FROM contributors")
        db.execute("DELETE FROM alarms")
    with site.ledger.file.write() as db:
        db.execute("DELETE FROM contents")

    exported, path = site.export()

    assert exported.manifest.remarks == (
        "no file of evidence is kept of this alarm",
        "no message about the alarm could be had any more",
    )
    assert verified(path, held).state is State.INTACT


def test_the_ledger_is_waited_for(site):
    """As long as there is patience; what it takes up meanwhile is proven."""
    turns = iter((True, False))

    def wait():
        site.enter()
        return next(turns)

    exported, _ = site.export(wait=wait)

    assert {one.entry is None for one in exported.manifest.evidence} == {False}
    assert next(turns) is False


def test_only_its_owner_reads_it(site):
    """Faces are in it."""
    site.enter()

    _, path = site.export()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_bundle_that_cannot_be_journalled_is_none(site, monkeypatch):
    """It never appears under its name."""
    site.enter()

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(site.journal, "note_export", refuse)
    with pytest.raises(OSError, match="No space"):
        site.export()

    assert list(site.folder.glob("*bundle*")) == []


def test_the_same_alarm_makes_the_same_bundle(site, monkeypatch):
    """But for the time, which stands still here, and the exports that are entered meanwhile."""
    monkeypatch.setattr(site.journal, "note_export", lambda *_: None)
    site.enter()
    paths = []
    for name in ("one", "two"):
        (site.folder / name).mkdir()
        paths.append(site.export(site.folder / name / "bundle.zip")[1])

    assert paths[0].read_bytes() == paths[1].read_bytes()


def _lines(path, name):
    return members(path)[name].decode().splitlines()
