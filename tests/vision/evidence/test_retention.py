"""Which evidence has had its time: the plan in literals, and carrying it out on a disk."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from enrolment.evidence_keys import EvidenceKeys
from enrolment.key_rotation import init_keys
from tests.vision.evidence.evidence_site import plain
from tests.vision.outputs.evidence import ALARM_ID, NOON, OTHER_ID, evidence_file
from vision.config_reader import read_settings
from vision.evidence.disk import Disk
from vision.evidence.evidence_errors import EvidenceKeyMissingError
from vision.evidence.growing_file import GrowingFile
from vision.evidence.places import is_folder
from vision.evidence.retaining import LOCK, Retaining
from vision.evidence.retention import RetentionRules, plan_deletions
from vision.evidence.sealed_form import FILE_ID_BYTES, FileSeal
from vision.outputs.evidence_values import Deletion, EvidenceFolder
from vision.outputs.journal import Journal
from vision.settings import EvidenceSettings, RegisterSettings, Secret, Settings

DAY_S = 24 * 3600.0
RULES = RetentionRules(90 * DAY_S)


def folder(alarm_id: str, age_days: float, **more: object) -> EvidenceFolder:
    """Evidence of 100 bytes that ended so long before noon."""
    end_at = NOON - age_days * DAY_S
    known = EvidenceFolder(
        alarm_id, f"f/{alarm_id}", 2, 100, end_at - 30, end_at, 0, is_held=False, is_open=False
    )
    return replace(known, **more)


def planned(known: list[EvidenceFolder], rules: RetentionRules = RULES) -> list[tuple[str, str]]:
    """What is to go, and why."""
    return [(one.alarm_id, one.reason) for one in plan_deletions(known, rules, NOON)]


class TestPlan:
    """Pure."""

    def test_by_age(self):
        """From the end of the clip on, and not a second earlier."""
        assert planned([folder("a", 89.9), folder("b", 90.0), folder("c", 400)]) == [
            ("c", "age"),
            ("b", "age"),
        ]

    def test_never_what_is_held_or_open(self):
        """A legal hold has no end but its release; an open alarm is still being written."""
        known = [folder("a", 400, is_held=True), folder("b", 400, is_open=True)]

        assert planned(known, RetentionRules(90 * DAY_S, max_bytes=1)) == []

    def test_by_space_the_oldest_first(self):
        """Only as much as is needed."""
        known = [folder("new", 1), folder("old", 3), folder("middle", 2)]

        assert planned(known, RetentionRules(90 * DAY_S, max_bytes=150)) == [
            ("old", "space"),
            ("middle", "space"),
        ]
        assert planned(known, RetentionRules(90 * DAY_S, max_bytes=300)) == []

    def test_what_goes_by_age_makes_room_first(self):
        """Nothing younger goes for room that there is."""
        known = [folder("old", 100), folder("new", 1)]

        assert planned(known, RetentionRules(90 * DAY_S, max_bytes=100)) == [("old", "age")]

    def test_nothing_young_goes_for_room(self):
        """It may be the alarm that everybody is looking at."""
        assert planned([folder("now", 0.01)], RetentionRules(90 * DAY_S, max_bytes=1)) == []


@pytest.mark.parametrize(
    ("path", "good"),
    [
        (f"evidence/2026-01-01/{ALARM_ID}", True),
        ("evidence/2026-01-01/../..", False),
        ("evidence/2026-01-01/", False),
        ("", False),
        ("register.db", False),
    ],
)
def test_nothing_but_evidence_is_ever_deleted(path, good):
    """Whatever the journal says, no other path is touched."""
    assert is_folder(path) is good


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site with evidence of one alarm, and a place for keys."""
    apart = tmp_path.with_name(f"{tmp_path.name}-keys")
    settings = replace(
        read_settings(Path(__file__).parents[3] / "config.yaml"),
        data_dir=tmp_path,
        evidence=EvidenceSettings(),
        register=RegisterSettings(
            key=Secret(file=apart / "site.key"), key_store=apart / "people.keys"
        ),
    )
    with closing(Journal.open(settings.journal_path)) as journal:
        journal.index_evidence([evidence_file()])
    clip = tmp_path / evidence_file().folder / "cam1.1.mp4"
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"video")
    return settings


@pytest.fixture
def sealed(settings: Settings, tmp_path: Path) -> Path:
    """A second clip of the alarm, sealed with a key of the site's."""
    keys = settings.register_place.keys
    assert keys
    init_keys(keys)
    with EvidenceKeys.open(keys) as store:
        (key,) = store.make(1)
    folder, name = tmp_path / evidence_file().folder, "cam1.2.mp4"
    seal = FileSeal(key.cipher, key.key_id, bytes(FILE_ID_BYTES), ALARM_ID, name)
    file = GrowingFile(Disk(), folder, name, seal)
    file.append(b"sealed video")
    file.finish()
    return folder / name


class TestDeleting:
    """Planned, carried out, and then written down."""

    def test_files_folder_and_entry_go(self, settings):
        """An empty day goes as well."""
        assert Retaining(settings).delete_what_is_over(NOON + 91 * DAY_S) == 1

        assert list((settings.data_dir / "evidence").glob("2*")) == []
        with closing(Journal.open(settings.journal_path)) as journal:
            assert journal.evidence() == ()

    def test_what_is_held_stays(self, settings):
        """However old it is."""
        with closing(Journal.open(settings.journal_path)) as journal:
            journal.hold_evidence(ALARM_ID, "Ann", "court")

        assert Retaining(settings).delete_what_is_over(NOON + 910 * DAY_S) == 0

    def test_keys_of_what_was_sealed_are_destroyed_first(self, settings, sealed):
        """A copy of the folder opens no more; where the keys cannot be had, nothing goes."""
        copy = shutil.copytree(sealed.parent, settings.data_dir / "copy" / ALARM_ID) / sealed.name
        keys = settings.register_place.keys
        assert plain(copy, keys) == b"sealed video"
        hidden = keys.store_file.rename(keys.store_file.with_name("hidden"))

        assert Retaining(settings).delete_what_is_over(NOON + 91 * DAY_S) == 0
        assert sealed.exists()
        hidden.rename(keys.store_file)
        assert Retaining(settings).delete_what_is_over(NOON + 91 * DAY_S) == 1

        assert not sealed.exists()
        with pytest.raises(EvidenceKeyMissingError, match="was destroyed"):
            plain(copy, keys)

    @pytest.mark.parametrize(("room_bytes", "deleted"), [(4096, 0), (12, 1)])
    def test_room_is_what_lies_on_the_disk(self, settings, sealed, room_bytes, deleted):
        """Sealed files are larger than what the index says of their content."""
        with closing(Journal.open(settings.journal_path)) as journal:
            journal.index_evidence([evidence_file(name=sealed.name, size_bytes=12)])
            journal.index_evidence([evidence_file(size_bytes=0)])
        sealed.with_name("cam1.1.mp4").unlink()
        rules = replace(settings.evidence, max_bytes=room_bytes)
        tight = replace(settings, evidence=rules)

        assert Retaining(tight).delete_what_is_over(NOON + 2 * 3600.0) == deleted

    def test_files_that_are_gone_already_are_written_down(self, settings):
        """A crash between removing and telling is made good the next time."""
        with closing(Journal.open(settings.journal_path)) as journal:
            journal.index_evidence([evidence_file(alarm_id=OTHER_ID)])

        assert Retaining(settings).delete_what_is_over(NOON + 91 * DAY_S) == 2

    def test_one_process_at_a_time(self, settings):
        """Whoever comes second leaves it to the first."""
        with (settings.data_dir / "evidence" / LOCK).open("w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)

            assert Retaining(settings).delete_what_is_over(NOON + 91 * DAY_S) == 0

    def test_a_site_without_evidence(self, settings):
        """There is nothing to do, and no folder is made for it."""
        bare = replace(settings, data_dir=settings.data_dir / "other")

        assert Retaining(bare).delete_what_is_over(NOON) == 0

    def test_the_plan_names_the_folder(self):
        """What is deleted is what the journal knows."""
        (one,) = plan_deletions([folder("a", 100)], RULES, NOON)

        assert one == Deletion("a", "f/a", "age")
