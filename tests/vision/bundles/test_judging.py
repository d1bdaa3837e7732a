"""Verifying a bundle: what is whole is called so; whatever is touched is found and named."""

import hashlib
import io
import json
import shutil
import struct
import zipfile
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vision.bundles.bundle_site import (
    CLIP,
    FACE,
    SNAPSHOT,
    TIMELINE,
    BundleSite,
    members,
    said,
    verified,
)
from vision.bundles import zip_layout, zip_reading
from vision.bundles.manifest import note_text
from vision.bundles.trust import Trust
from vision.ledger.checkpoints import Head
from vision.ledger.ledger import LedgerReader
from vision.ledger.node_key import NodeKey
from vision.ledger.verdicts import State

IN_ORDER = [
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
    "ledger/growth.jsonl",
    "public-key.txt",
    "manifest.json",
    "manifest.note",
]

GOOD = (State.INTACT, State.UNVERIFIED, State.UNPROVEN)


class Whole:
    """One intact bundle with a proof of growth, and what its auditor holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = BundleSite(folder)
        self.older = self.site.enter()
        self.site.grow(5)
        self.held = self.site.enter()
        _, self.path = self.site.export(held=self.older.checkpoints)
        self.files = members(self.path)

    def verify(self, files: dict[str, bytes], held: Trust | None = None):
        """The report on a zip of these files, packed as Bondwatch packs."""
        path = self.folder / "changed.zip"
        path.write_bytes(packed(files))
        return verified(path, held or self.held)

    def resigned(self, **changes: object) -> dict[str, bytes]:
        """The files with another manifest, signed by the node's own key."""
        told = json.loads(self.files["manifest.json"]) | changes
        text = json.dumps(told).encode()
        return self.signed({**self.files, "manifest.json": text}, self.site.key)

    def signed(self, files: dict[str, bytes], key: NodeKey) -> dict[str, bytes]:
        told = json.loads(files["manifest.json"])
        text = note_text(files["manifest.json"], told["role"], told["alarm_id"])
        note = str(key.sign_text(text, self.site.ledger.origin or ""))
        return {**files, "manifest.note": note.encode()}


def packed(files: dict[str, bytes]) -> bytes:
    """A zip laid out as bundles are."""
    found = [zip_layout.Member(name, len(data), zlib.crc32(data)) for name, data in files.items()]
    body = b"".join(
        zip_layout.header(one) + data for one, data in zip(found, files.values(), strict=True)
    )
    return body + zip_layout.directory(found)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """One bundle for all tests, which work on copies of its files."""
    made = Whole(tmp_path_factory.mktemp("bundle"))
    yield made
    made.site.close()


def test_it_is_intact(whole):
    """As it was exported, and packed again byte for byte."""
    assert list(whole.files) == IN_ORDER
    assert packed(whole.files) == whole.path.read_bytes()
    assert verified(whole.path, whole.held).state is State.INTACT


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_file_that_is_gone(whole, name):
    """Is called missing, by its name."""
    report = whole.verify({at: data for at, data in whole.files.items() if at != name})

    assert ("missing", name) in said(report)
    assert report.state is State.MISSING


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_file_that_was_changed(whole, name):
    """Is called altered, and which it is."""
    changed = whole.files[name][:-1] + b"\0"

    report = whole.verify({**whole.files, name: changed})

    assert report.state in (State.ALTERED, State.UNSIGNED)
    assert any(name in what for _, what in said(report))


def test_files_that_changed_places(whole):
    """The order is the manifest's."""
    moved = dict([*list(whole.files.items())[1:], *list(whole.files.items())[:1]])

    report = whole.verify(moved)

    assert said(report) == {("altered", "the files stand in another order than in the manifest")}


def test_a_file_that_nobody_listed(whole):
    """Is told by name."""
    report = whole.verify({"evidence/more.mp4": b"x", **whole.files})

    assert said(report) == {("altered", "evidence/more.mp4 is not in the manifest")}


def test_a_zip_that_was_cut_off(whole):
    """Wherever it ends."""
    path = whole.folder / "cut.zip"
    data = whole.path.read_bytes()
    for size in (len(data) - 1, len(data) - 30, len(data) // 2, 4):
        path.write_bytes(data[:size])

        assert verified(path, whole.held).state is State.CUT_OFF


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_change_of_a_byte_goes_unnoticed(whole, data):
    """Flipped, taken out or put in: in the files, between them or in the zip's directory."""
    content = whole.path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    change = data.draw(st.sampled_from(("flip", "drop", "add")))
    kept = {"flip": bytes([content[at] ^ (1 << data.draw(st.integers(0, 7)))]), "drop": b""}
    middle = kept.get(change, bytes([data.draw(st.integers(0, 255)), content[at]]))
    path = whole.folder / "touched.zip"
    path.write_bytes(content[:at] + middle + content[at + 1 :])
    if path.read_bytes() == content:
        return

    assert verified(path, whole.held).state not in GOOD


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_change_of_a_file_goes_unnoticed(whole, data):
    """Changed, dropped, cut off, two exchanged: though the zip itself is packed as ours are."""
    files = dict(whole.files)
    name = data.draw(st.sampled_from(IN_ORDER))
    other = data.draw(st.sampled_from([one for one in IN_ORDER if one != name]))
    content = files[name]
    at = data.draw(st.integers(0, len(content) - 1))
    change = data.draw(st.sampled_from(("flip", "drop", "cut", "swap", "rename")))
    if change == "flip":
        files[name] = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    elif change == "drop":
        del files[name]
    elif change == "cut":
        files[name] = content[:at]
    elif change == "swap":
        files[name], files[other] = files[other], files[name]
    else:
        files = {f"{one}.x" if one == name else one: data for one, data in files.items()}
    if files == whole.files:
        return

    assert whole.verify(files).state not in GOOD


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whoever_signs_a_changed_list_is_caught_by_the_ledger(whole, data):
    """Entries dropped, exchanged, changed or cut off, and all made to fit with the key."""
    lines = whole.files["ledger/entries.jsonl"].splitlines(keepends=True)
    about = [at for at, line in enumerate(lines) if whole.site.alarm_id.encode() in line]
    kinds = (b'"clip"', b'"timeline"', b'"picture"', b'"alarm_revision"')
    needed = [at for at in about if any(kind in lines[at] for kind in kinds)]
    at, other = data.draw(st.sampled_from(needed)), data.draw(st.sampled_from(about))
    change = data.draw(st.sampled_from(("drop", "swap", "cut", "number", "time", "ref")))
    changed = list(lines)
    if change == "drop":
        del changed[at]
    elif change == "cut":
        changed = changed[: needed[0]]
    elif change == "swap" and at != other:
        changed[at], changed[other] = changed[other], changed[at]
    else:
        field = {"number": "number", "time": "at_ms", "ref": "ref"}.get(change, "number")
        told = json.loads(changed[at])
        value = told["entry"][field]
        told["entry"][field] = f"{value}x" if field == "ref" else value + 1
        changed[at] = json.dumps(told).encode() + b"\n"

    report = whole.verify(_relisted(whole, "ledger/entries.jsonl", b"".join(changed)))

    assert report.state in (State.ALTERED, State.MISSING, State.UNSIGNED)


def _relisted(whole, name: str, content: bytes) -> dict[str, bytes]:
    """A file in the place of another, listed and signed as if it had always been that."""
    told = json.loads(whole.files["manifest.json"])
    for one in told["files"]:
        if one["path"] == name:
            one["sha256"] = hashlib.sha256(content).hexdigest()
            one["size_bytes"] = len(content)
    text = json.dumps(told).encode()
    return whole.signed({**whole.files, name: content, "manifest.json": text}, whole.site.key)


def test_an_exchanged_clip_that_is_listed_and_signed(whole):
    """Not even the node's key makes it what the ledger has."""
    files = _relisted(whole, f"evidence/{CLIP}", b"another film")

    assert said(whole.verify(files)) == {
        ("altered", f"evidence/{CLIP} is not as the manifest says")
    }
    told = json.loads(files["manifest.json"])
    entry = next(one for one in told["evidence"] if one["name"] == CLIP)
    listed = next(one for one in told["files"] if one["path"] == f"evidence/{CLIP}")
    entry |= {name: listed[name] for name in ("sha256", "size_bytes")}
    files["manifest.json"] = json.dumps(told).encode()

    report = whole.verify(whole.signed(files, whole.site.key))

    assert said(report) == {("altered", f"{CLIP} is not what entry {entry['entry']} says")}


def test_a_message_that_was_changed_listed_and_signed(whole):
    """The ledger has it as it went out."""
    told = whole.files["alarm.jsonl"].replace(b"Ann", b"Eve")

    report = whole.verify(_relisted(whole, "alarm.jsonl", told))

    assert said(report) == {("altered", f"revision {at} in alarm.jsonl") for at in (2, 3)}


def test_messages_that_were_left_out_or_are_of_another_alarm(whole):
    """Each is told, listed and signed or not."""
    first, second, third = whole.files["alarm.jsonl"].splitlines(keepends=True)

    without = whole.verify(_relisted(whole, "alarm.jsonl", first + third))
    twice = whole.verify(_relisted(whole, "alarm.jsonl", first + first + second + third))
    broken = whole.verify(_relisted(whole, "alarm.jsonl", first + second + third + b"{"))

    assert said(without) == {("missing", "revision 2 in alarm.jsonl")}
    assert twice.state is broken.state is State.ALTERED


def test_a_content_that_was_changed(whole):
    """The digest in the entry is of another one."""
    lines = whole.files["ledger/entries.jsonl"].replace(b"court", b"couch")

    assert _one_state(whole, "ledger/entries.jsonl", lines) is State.ALTERED


def _one_state(whole, name, content):
    return whole.verify(_relisted(whole, name, content)).state


@pytest.mark.parametrize("held", ["nothing", "key", "checkpoint"])
def test_alone_it_proves_nothing(whole, held):
    """Without both from elsewhere the signer is unverified, however well it fits together."""
    trust = {
        "nothing": Trust(),
        "key": Trust(key=whole.held.key),
        "checkpoint": Trust(checkpoints=whole.held.checkpoints),
    }[held]

    report = verified(whole.path, trust)

    assert report.state is State.UNVERIFIED
    assert said(report) == {
        (
            "consistent, signer unverified",
            "a key and a checkpoint from elsewhere are needed to say more",
        )
    }


def test_a_bundle_of_somebody_elses_key(whole, tmp_path):
    """It fits together, and the key that the auditor holds has not signed it."""
    other = BundleSite(tmp_path)
    other.enter()
    _, path = other.export()

    alone, held = verified(path, Trust()), verified(path, whole.held)

    assert alone.state is State.UNVERIFIED
    name = other.ledger.origin
    assert ("unsigned", f"manifest.note is signed by {name}, not by the key") in said(held)
    assert held.state is State.FORKED  # its ledger is another one, too
    other.close()


class TestCheckpoints:
    """What the auditor's checkpoints say of the bundle's."""

    def test_an_older_one_with_a_proof(self, whole):
        """The bundle was asked to prove growth from it."""
        assert verified(whole.path, whole.older).state is State.INTACT

    def test_an_older_one_without_a_proof(self, whole):
        """That is neither intact nor wrong, and the remedy is told."""
        _, path = whole.site.export(whole.folder / "plain.zip", is_forced=True)

        report = verified(path, whole.older)

        assert report.state is State.UNPROVEN
        assert "give a checkpoint of" in report.findings[0].what

    def test_a_newer_one(self, whole):
        """No bundle leads to it; the ledger does."""
        site = whole.site
        site.grow(3)
        held = site.enter(publish=False)

        alone = verified(whole.path, held)
        with closing(LedgerReader.open(site.ledger.path)) as ledger:
            asked = verified(whole.path, replace(held, prove=ledger.prove_growth))

        assert (alone.state, asked.state) == (State.UNPROVEN, State.INTACT)

    def test_a_history_of_them(self, whole):
        """The one of the bundle's own size is enough."""
        newer = whole.site.enter(publish=False)
        history = (*whole.older.checkpoints, *whole.held.checkpoints, *newer.checkpoints)

        assert verified(whole.path, Trust(whole.held.key, history)).state is State.INTACT

    def test_of_the_same_size_and_another_root(self, whole):
        """The key has signed two histories."""
        head = whole.held.checkpoints[0].head
        forked = whole.site.key.sign(Head(head.origin, head.size, b"\1" * 32))

        report = verified(whole.path, Trust(whole.held.key, (forked,)))

        assert report.state is State.FORKED
        assert said(report) == {("forked", f"the checkpoint has other {head.size} entries")}

    def test_an_older_one_of_another_history(self, whole):
        """The bundle's proof does not begin there."""
        head = whole.older.checkpoints[0].head
        forked = whole.site.key.sign(Head(head.origin, head.size, b"\1" * 32))

        assert verified(whole.path, Trust(whole.held.key, (forked,))).state is State.FORKED

    def test_of_another_ledger(self, whole):
        """Named, and forked."""
        head = whole.held.checkpoints[0].head
        other = whole.site.key.sign(Head("bondwatch/there/1", head.size, head.root))

        report = verified(whole.path, Trust(whole.held.key, (other,)))

        assert ("forked", f"the checkpoint is of bondwatch/there/1, this is of {head.origin}") in (
            said(report)
        )

    def test_one_that_the_key_has_not_signed(self, whole, tmp_path):
        """It vouches for nothing."""
        head = whole.held.checkpoints[0].head
        strange = NodeKey.load_or_make(tmp_path / "key").sign(head)

        assert verified(whole.path, Trust(whole.held.key, (strange,))).state is State.UNSIGNED


class TestManifests:
    """Manifests that no exporter wrote, signed or not."""

    @pytest.mark.parametrize(
        "text",
        [
            b"no json",
            b"[]",
            b"{}",
            b'{"version": 2}',
            b"[" * 100_000,
            b"\xff",
        ],
    )
    def test_what_is_none(self, whole, text):
        """Is told as that; nothing else can be said."""
        report = whole.verify({**whole.files, "manifest.json": text})

        assert report.state is State.ALTERED
        assert report.manifest is None
        assert all(what.startswith("manifest.json: ") for _, what in said(report))

    @pytest.mark.parametrize(
        "change",
        [
            {"files": 7},
            {"files": [{}]},
            {"size": -1},
            {"size": True},
            {"made_at": float("inf")},
            {"made_at": "noon"},
            {"role": "copy"},
            {"site": 5},
            {"site": "a\nb"},
            {"is_finished": 1},
            {"remarks": "one"},
            {"more": 1},
        ],
    )
    def test_fields_of_another_kind(self, whole, change):
        """A manifest has one meaning, or none."""
        assert whole.verify(whole.resigned(**change)).state is State.ALTERED

    def test_another_checkpoint_than_it_names(self, whole):
        """Signed or not, that does not fit."""
        report = whole.verify(whole.resigned(size=3))

        assert said(report) == {
            ("altered", "ledger/checkpoint is not the one that the manifest names")
        }

    def test_evidence_that_it_has_no_entry_for(self, whole):
        """What is said to be proven must be; a copy must be one of something."""
        told = json.loads(whole.files["manifest.json"])
        told["evidence"][0]["entry"] = 999
        told["files"][1]["of"] = "nothing.mp4"

        report = whole.verify(whole.resigned(evidence=told["evidence"], files=told["files"]))

        assert said(report) == {
            ("missing", f"entry 999, which proves {CLIP}"),
            ("altered", "replay.html belongs to no evidence in the manifest"),
        }

    def test_texts_that_it_lists_and_that_are_none(self, whole):
        """Each is told by its name, though it is listed and signed."""
        for name, text in {
            "ledger/checkpoint": b"none",
            "ledger/entries.jsonl": b"none\n",
            "ledger/growth.jsonl": b"none\n",
        }.items():
            report = whole.verify(_relisted(whole, name, text), whole.older)

            assert any(what.startswith(f"{name}: ") for _, what in said(report))
            assert report.state is State.ALTERED

    def test_a_note_and_a_key_that_are_none(self, whole):
        """Neither signs anything; the note has one signature and one form."""
        no_note = whole.verify({**whole.files, "manifest.note": b"\xff"})
        other = whole.verify({**whole.files, "manifest.note": whole.files["ledger/checkpoint"]})
        note = whole.files["manifest.note"]
        again = note + note.splitlines(keepends=True)[-1]
        twice = whole.verify({**whole.files, "manifest.note": again})
        no_key = {name: data for name, data in whole.files.items() if name != "public-key.txt"}

        assert no_note.state is other.state is State.ALTERED
        assert said(twice) == {("altered", "manifest.note has 2 signatures")}
        assert ("missing", "public-key.txt") in said(whole.verify(no_key, Trust()))

    def test_its_own_key_is_none(self, whole):
        """Without the auditor's key nothing has signed it then."""
        files = {**whole.files, "public-key.txt": b"\xff"}

        found = said(whole.verify(files, Trust()))

        assert ("altered", "public-key.txt holds no key") in found
        name = whole.site.ledger.origin
        assert ("unsigned", f"manifest.note is signed by {name}, not by the key") in found

    def test_it_lists_a_file_twice_or_not_at_all(self, whole):
        """Neither is a list."""
        told = json.loads(whole.files["manifest.json"])["files"]
        without = [one for one in told if one["path"] != "ledger/checkpoint"]

        assert ("altered", "manifest.json lists a file twice") in said(
            whole.verify(whole.resigned(files=[*told, told[0]]))
        )
        assert ("missing", "ledger/checkpoint is not in the manifest") in said(
            whole.verify(whole.resigned(files=without))
        )


def test_evidence_that_was_left_out_with_its_copies(whole):
    """The exporter says nothing of it; the ledger's entry does."""
    told = json.loads(whole.files["manifest.json"])
    files = {name: data for name, data in whole.files.items() if not name.endswith(CLIP)}
    told["evidence"] = [one for one in told["evidence"] if one["name"] != CLIP]
    told["files"] = [one for one in told["files"] if not one["path"].endswith(CLIP)]
    files["manifest.json"] = json.dumps(told).encode()

    ((state, what),) = said(whole.verify(whole.signed(files, whole.site.key)))

    assert (state, what.partition(",")[0]) == ("missing", CLIP)


class TestHostileZips:
    """Zips made by somebody who wishes the verifier ill: each is told, and nothing is written."""

    def zipped(self, whole, change, *, method=zipfile.ZIP_STORED):
        """The files in a zip of Python's own, with something done to it."""
        path = whole.folder / "hostile.zip"
        with zipfile.ZipFile(path, "w", method) as made:
            for name, data in whole.files.items():
                made.writestr(name, data)
            change(made)
        return path

    def told(self, whole, change, **more):
        report = verified(self.zipped(whole, change, **more), whole.held)
        assert report.state is State.ALTERED
        return {what for _, what in said(report)}

    def test_packed_again(self, whole):
        """What is in it is right, and it is not our zip: other programs may see other files."""
        packed_again = self.told(whole, lambda _: None, method=zipfile.ZIP_DEFLATED)

        assert len(packed_again) == 1
        assert "other programs may show other files" in packed_again.pop()

    def test_a_changed_file_is_named_though_it_was_packed_again(self, whole):
        """Whatever the zip looks like."""
        path = whole.folder / "again.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name, data in whole.files.items():
                made.writestr(name, b"other" if name.endswith(".mp4") else data)

        assert ("altered", f"evidence/{CLIP}") in said(verified(path, whole.held))

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd", "/etc/passwd", "a\\b", "C:x", "a//b", "a/./b", "e\x07", "d/"]
    )
    def test_paths_that_lead_out_or_astray(self, whole, name):
        """They are told, safely for a terminal, and the file is not read."""
        told = self.told(whole, lambda made: made.writestr(name, b"x"))

        assert any("no path that a bundle has" in one or "a folder" in one for one in told)
        assert all(one.isprintable() for one in told)

    def test_links(self, whole):
        """A link may show something else on every machine."""
        info = zipfile.ZipInfo("evidence/link")
        info.external_attr = 0o120777 << 16

        told = self.told(whole, lambda made: made.writestr(info, b"/etc/passwd"))

        assert "evidence/link is a link or a folder" in told

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_two_files_of_one_name(self, whole):
        """Which one is shown would depend on the program."""
        told = self.told(whole, lambda made: made.writestr(f"evidence/{CLIP}", b"x"))

        assert f"evidence/{CLIP} is in it twice" in told

    def test_a_directory_that_wants_more_memory_than_there_is(self, whole):
        """A zip may say of itself what it likes."""
        path = whole.folder / "vast.zip"
        with path.open("wb") as file:
            file.truncate(64 << 20)
            file.seek(0, 2)
            file.write(b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 9, 9, 60 << 20, 0, 0))

        assert any("more memory" in what for _, what in said(verified(path, whole.held)))

    def test_a_bomb(self, whole):
        """It is not unpacked."""
        zeros = b"\0" * (16 << 20)

        told = self.told(
            whole, lambda made: made.writestr("zeros", zeros), method=zipfile.ZIP_DEFLATED
        )

        assert "which no bundle does" in told.pop()

    def test_too_many_files(self, whole, monkeypatch):
        """A bundle has dozens."""
        monkeypatch.setattr(zip_reading, "MOST_FILES", len(IN_ORDER))

        told = self.told(whole, lambda made: made.writestr("one more", b""))

        assert told == {f"it holds {len(IN_ORDER) + 1} files; no bundle has more than 14"}

    def test_a_huge_manifest(self, whole):
        """It is not read into memory."""
        report = whole.verify({**whole.files, "manifest.json": b" " * ((16 << 20) + 1)})

        assert report.state is State.ALTERED
        assert any("more than any has" in what for _, what in said(report))

    def test_encrypted_and_oddly_compressed(self, whole):
        """Neither is something that a bundle is."""
        data = whole.path.read_bytes()
        at = data.index(b"PK\x01\x02")
        path = whole.folder / "odd.zip"
        for offset, value, why in ((8, 1, "encrypted"), (10, 12, "compressed"), (10, 99, "compr")):
            path.write_bytes(data[: at + offset] + bytes([value]) + data[at + offset + 1 :])

            assert any(why in what for _, what in said(verified(path, whole.held)))

    def test_what_stands_before_between_or_behind(self, whole):
        """A second zip may hide there."""
        data = whole.path.read_bytes()
        path = whole.folder / "hidden.zip"
        for changed in (b"MZ" + data, data + data, data + b"\n", data[:-2] + b"\1\0x"):
            path.write_bytes(changed)

            assert verified(path, whole.held).state in (State.ALTERED, State.CUT_OFF)

    def test_no_zip_at_all(self, whole):
        """Nor is anything else one."""
        path = whole.folder / "none.zip"
        for content in (b"", b"hello", b"\0" * 1000, b"PK\x05\x06" + b"\0" * 18):
            path.write_bytes(content)

            assert verified(path, whole.held).state in (State.ALTERED, State.MISSING)

    @settings(max_examples=150, deadline=None)
    @given(data=st.binary(max_size=200))
    def test_whatever_its_directory_says(self, whole, data):
        """Nothing crashes, and nothing is called intact."""
        content = whole.path.read_bytes()
        at = content.index(b"PK\x01\x02") + len(data)
        path = whole.folder / "noise.zip"
        path.write_bytes(content[: at - len(data)] + data + content[at:])
        if path.read_bytes() != content:
            assert verified(path, whole.held).state not in GOOD
        shutil.copyfileobj(io.BytesIO(data), path.open("wb"))
        assert verified(path, whole.held).state is not State.INTACT
