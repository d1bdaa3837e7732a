"""Importing: real photos through the real models into a real register, row by row."""

from __future__ import annotations

import csv
import io
import os
import struct
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from enrolment.bulk.cells import RowRules
from enrolment.bulk.examining import ExaminerPool, PhotoTask
from enrolment.bulk.importing import Gathered, Importing
from enrolment.bulk.outcomes import Outcome, RowResult
from enrolment.bulk.photo_stores import open_photos
from enrolment.bulk.reasons import RowReason
from enrolment.bulk.remembered import RememberedPhotos
from enrolment.bulk.report import write_report
from enrolment.bulk.rows import read_rows
from enrolment.bulk.table import read_table
from enrolment.bulk.target import RegisterTarget
from enrolment.enrolling import Examiner, Photo
from enrolment.hints.language import Language
from enrolment.judging import Judge, PhotoResult
from enrolment.people import Person, PersonState
from enrolment.places import SqliteFile
from enrolment.refusals import Refusal, Remark
from enrolment.register import Register
from enrolment.register_errors import PersonChangedError
from enrolment.register_history import Note
from enrolment.states import Action
from models.embedder import Embedder
from tests.enrolment.registers import with_keys

NOTE = Note("ada", "import of people.csv")
RULES = RowRules(ZoneInfo("UTC"), frozenset({"staff", "guests"}), frozenset({"staff"}))
ADDED, UPDATED, UNCHANGED, REFUSED = Outcome


def gif() -> bytes:
    """Make a moving picture."""
    buffer = io.BytesIO()
    one, two = (Image.new("RGB", (40, 40), colour) for colour in ("red", "blue"))
    one.save(buffer, "GIF", save_all=True, append_images=[two])
    return buffer.getvalue()


class Here:
    """Examines photos in this process, and counts them."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner
        self.examined = 0

    def examine(
        self, tasks: Iterable[PhotoTask[Gathered]]
    ) -> Iterator[tuple[Gathered, tuple[PhotoResult, ...]]]:
        """Do what the pool does."""
        for task in tasks:
            self.examined += len(task.photos)
            yield task.task, tuple(map(self._examiner.examine_alone, task.photos))


class Site:
    """A register, a folder of photos, and imports into the one from the other."""

    def __init__(self, folder: Path, examiner: Examiner, embedder: Embedder) -> None:
        self.folder = folder
        self.photos = folder / "photos"
        self.photos.mkdir()
        self._pool = Here(examiner)
        self._embedder = embedder
        self.thresholds = embedder.thresholds
        self._place = with_keys(SqliteFile(folder / "data" / "register.db"), folder)

    @property
    def examined(self) -> int:
        return self._pool.examined

    def register(self) -> Register:
        """Open the register."""
        return Register.open(self._place)

    def run(self, table: str, **how: bool) -> list[RowResult]:
        """Import a table, as a new process would."""
        return list(self.running(table, **how))

    def running(
        self, table: str, *, dry: bool = False, two_person: bool = False, keep: bool = False
    ) -> Generator[RowResult, None, None]:
        """Import a table, row by row."""
        embedding_id = self._embedder.embedding_id
        with (
            self.register() as register,
            RememberedPhotos(self.folder / "imports.db") as remembered,
            open_photos(self.photos) as store,
        ):
            importing = Importing(
                RegisterTarget(register, embedding_id, NOTE, two_person=two_person),
                remembered,
                Judge(self.thresholds),
                embedding_id=embedding_id,
                keep_photos=keep,
                dry=dry,
            )
            rows = read_rows(read_table(table.encode()), RULES)
            yield from importing.run(rows, store, self._pool)  # type: ignore[arg-type]

    def enrolled(self) -> dict[str, tuple[str, int]]:
        """Names and numbers of templates by staff id."""
        with self.register() as register:
            counts = register.template_counts()
            return {
                person.staff_id: (person.name, sum(counts.get(person.staff_id, {}).values()))
                for person in register.people()
            }


@pytest.fixture
def site(tmp_path: Path, examiner: Examiner, embedder: Embedder, portraits: Path) -> Site:
    """Have two people's photos in the folder, small so that they are quick."""
    made = Site(tmp_path, examiner, embedder)
    small_copy(portraits / "barack-obama.jpg", made.photos / "obama_1.jpg")
    small_copy(portraits / "barack-obama-2.jpg", made.photos / "obama_2.jpg")
    small_copy(portraits / "lin-manuel-miranda.png", made.photos / "miranda.jpg")
    return made


def small_copy(source: Path, target: Path, width_px: int = 480) -> None:
    """Copy a portrait smaller."""
    with Image.open(source) as picture:
        height_px = width_px * picture.height // picture.width
        picture.convert("RGB").resize((width_px, height_px)).save(target)


def ends(results: list[RowResult]) -> list[tuple[Outcome, object]]:
    """Say what became of each row, and why."""
    return [(result.outcome, result.reason) for result in results]


BOTH = "id,name\nobama,Barack Obama\nmiranda,Lin-Manuel Miranda\n"


class TestRows:
    """Each row is settled by itself."""

    def test_people_are_added_with_the_photos_called_after_them(self, site: Site) -> None:
        """Without a column for photos, the files' names say whose they are."""
        assert ends(site.run(BOTH)) == [(ADDED, None), (ADDED, None)]
        assert site.enrolled() == {
            "obama": ("Barack Obama", 2),
            "miranda": ("Lin-Manuel Miranda", 1),
        }

    def test_a_bad_row_stops_no_other(self, site: Site) -> None:
        """Every hostile or broken photo has its reason, and the good row enters."""
        bad = {
            "text.jpg": b"just some text",
            "cut.jpg": (site.photos / "obama_1.jpg").read_bytes()[:20_000],
            "moving.gif": gif(),
        }
        for name, data in bad.items():
            (site.photos / name).write_bytes(data)
        (site.photos / "link.jpg").symlink_to("/etc/passwd")
        names = ["text.jpg", "cut.jpg", "moving.gif", "link.jpg", "../x.jpg", "none.jpg"]
        table = "id,name,photos\n" + "".join(f"p{i},P,{name}\n" for i, name in enumerate(names))

        results = site.run(table + "nobody,N,\nmiranda,Lin-Manuel Miranda,miranda.jpg\n")

        assert ends(results) == [
            (REFUSED, Refusal.NOT_A_PHOTO),
            (REFUSED, Refusal.UNREADABLE),
            (REFUSED, Refusal.NOT_A_PHOTO),
            (REFUSED, Refusal.PATH_NOT_ALLOWED),
            (REFUSED, Refusal.PATH_NOT_ALLOWED),
            (REFUSED, Refusal.PHOTO_MISSING),
            (REFUSED, RowReason.NO_PHOTO),
            (ADDED, None),
        ]
        assert list(site.enrolled()) == ["miranda"]

    def test_one_face_under_two_ids_enters_once(self, site: Site) -> None:
        """The second row says under which id the face is known, unless a human knows better."""
        small_copy(site.photos / "obama_1.jpg", site.photos / "again.jpg", 360)
        table = "id,name,photos,not_same_as\na,A,obama_1.jpg,\nb,B,again.jpg,{}\n"

        first = site.run(table.format(""))
        second = site.run(table.format("a"))

        assert ends(first) == [(ADDED, None), (REFUSED, Refusal.ALREADY_ENROLLED_AS)]
        assert first[1].detail.startswith("a, similarity")
        assert ends(second) == [(UNCHANGED, None), (ADDED, None)]

    def test_somebody_alike_is_told(self, site: Site) -> None:
        """It may be the same person: the row enters, and the photo has its remark."""
        site.thresholds = replace(site.thresholds, duplicate=0.99)

        _, second = site.run("id,name,photos\na,A,obama_1.jpg\nb,B,obama_2.jpg\n")

        (photo,) = second.noted_photos
        assert (second.outcome, photo.reason, photo.other) == (ADDED, Remark.ALIKE, "a")

    def test_one_good_photo_of_two_is_enough(self, site: Site) -> None:
        """The bad one is named in the result."""
        (site.photos / "obama_2.jpg").write_bytes(b"text")

        obama, _ = site.run(BOTH)

        assert (obama.outcome, obama.templates) == (ADDED, 1)
        assert [photo.name for photo in obama.refused_photos] == ["obama_2.jpg"]

    def test_without_a_face_somebody_needs_a_badge(self, site: Site) -> None:
        """A guard vouches for who declines; without a badge either, nobody could."""
        table = "id,name,badge\nann,Ann,4711\nbob,Bob,\n"

        assert ends(site.run(table)) == [(ADDED, None), (REFUSED, RowReason.NO_PHOTO)]
        assert site.enrolled() == {"ann": ("Ann", 0)}
        assert ends(site.run(table))[0] == (UNCHANGED, None)


class TestHouseRules:
    """What the site demands holds for imports as well."""

    def test_under_the_two_person_rule_everybody_awaits_approval(self, site: Site) -> None:
        """Whoever is new, and whoever may do more than before; a new name needs nobody."""
        site.run(BOTH, two_person=True)
        with site.register() as register:
            for who in ("obama", "miranda"):
                assert register.person(who).state is PersonState.AWAITING_APPROVAL
                register.act(who, Action.APPROVE, Note("ben"), two_person=True)

        site.run("id,name,groups\nobama,B. Obama,staff\nmiranda,L,guests\n", two_person=True)

        with site.register() as register:
            assert register.person("obama").state is PersonState.ACTIVE
            assert register.person("miranda").state is PersonState.AWAITING_APPROVAL

    @pytest.mark.parametrize("keep", [True, False])
    def test_photos_are_kept_where_the_site_says_so(self, site: Site, *, keep: bool) -> None:
        """Those of which templates were made, sealed in the register; nowhere else."""
        photo = (site.photos / "miranda.jpg").read_bytes()

        site.run(BOTH, keep=keep)

        with site.register() as register:
            assert register.biometrics("miranda")[1] == ((photo,) if keep else ())

    def test_a_basis_said_again_was_still_taken_then(self, site: Site) -> None:
        """Only another basis is a change; the first one keeps its date and its account."""
        table = "id,name,photos,basis,purpose\nobama,B,obama_1.jpg,consent,{}\n"
        site.run(table.format("access"))
        with site.register() as register:
            first = register.person("obama").basis

        again = site.run(table.format("access"))
        other = site.run(table.format("safety"))

        assert ends(again) + ends(other) == [(UNCHANGED, None), (UPDATED, None)]
        with site.register() as register:
            now = register.person("obama").basis
        assert first
        assert now
        assert (now.purpose, now.taken_at > first.taken_at) == ("safety", True)


class TestAgain:
    """An import can be run again at any time."""

    def test_run_twice_nothing_doubles(self, site: Site) -> None:
        """The second run changes nothing and examines nothing."""
        site.run(BOTH)
        before, examined = site.enrolled(), site.examined

        assert ends(site.run(BOTH)) == [(UNCHANGED, None), (UNCHANGED, None)]
        assert (site.enrolled(), site.examined) == (before, examined)

    def test_without_its_memory_nothing_doubles_either(self, site: Site) -> None:
        """The register is the truth; the photos are examined again and found enrolled."""
        site.run(BOTH)
        before = site.enrolled()
        (site.folder / "imports.db").unlink()

        assert ends(site.run(BOTH)) == [(UNCHANGED, None), (UNCHANGED, None)]
        assert site.enrolled() == before

    def test_an_interrupted_import_is_finished_by_the_next(self, site: Site) -> None:
        """What was settled before stays, the rest is added."""
        site.run(BOTH.rsplit("miranda", 1)[0])

        assert ends(site.run(BOTH)) == [(UNCHANGED, None), (ADDED, None)]

    def test_a_changed_row_updates_the_person(self, site: Site) -> None:
        """Name, groups and dates follow the table; absent columns leave things as they are."""
        site.run("id,name,groups,valid_to\nobama,Barack,guests,2126-01-01\n")

        results = site.run("id,name,valid_to\nobama,Barack Obama,\n")

        assert ends(results) == [(UPDATED, None)]
        with site.register() as register:
            person = register.person("obama")
        assert (person.name, person.groups, person.valid_to) == (
            "Barack Obama",
            {"guests"},
            None,
        )
        assert site.enrolled()["obama"] == ("Barack Obama", 2)

    def test_facts_of_who_is_enrolled_need_no_photo(self, site: Site) -> None:
        """A table alone updates people; a photo that it names must be there all the same."""
        site.run("id,name,photos\nobama,Barack,obama_1.jpg\n")
        for photo in site.photos.iterdir():
            photo.unlink()

        alone = site.run("id,name\nobama,Barack Obama\n")
        named = site.run("id,name,photos\nobama,Barry,obama_1.jpg\n")

        assert ends(alone) == [(UPDATED, None)]
        assert ends(named) == [(REFUSED, Refusal.PHOTO_MISSING)]
        assert site.enrolled() == {"obama": ("Barack Obama", 1)}

    def test_history_says_who_imported_and_why(self, site: Site) -> None:
        """Adding and changing carry the note; a row that changed nothing wrote nothing."""
        site.run("id,name,photos\nobama,Barack,obama_1.jpg\n")
        site.run("id,name,photos\nobama,Barack Obama,obama_2.jpg\n")
        site.run("id,name,photos\nobama,Barack Obama,obama_2.jpg\n")

        with site.register() as register:
            added, changed = register.history("obama")
            version = register.version
        assert [(e.by, e.why, e.action) for e in (added, changed)] == [
            (NOTE.by, NOTE.why, "add"),
            (NOTE.by, NOTE.why, "edit"),
        ]
        assert changed.changes == {"name": ["Barack", "Barack Obama"], "templates": [0, 1]}
        assert version == 2

    def test_what_an_account_set_meanwhile_is_not_overwritten(self, site: Site) -> None:
        """The row waits for the next run, which sees the record as it is now."""
        site.run(BOTH)
        with site.register() as register:
            target = RegisterTarget(register, "e", NOTE, two_person=False)
            seen = target.person("obama")
            assert seen
            register.edit("obama", {"name": "B. Obama"}, Note("guard"))

            with pytest.raises(PersonChangedError):
                target.change(seen, ())

        assert site.enrolled()["obama"][0] == "B. Obama"

    def test_a_new_photo_adds_a_template(self, site: Site) -> None:
        """The old ones stay."""
        site.run("id,name,photos\nobama,Barack Obama,obama_1.jpg\n")

        (result,) = site.run("id,name,photos\nobama,Barack Obama,obama_2.jpg\n")

        assert (result.outcome, result.templates) == (UPDATED, 1)
        assert site.enrolled()["obama"][1] == 2

    def test_another_persons_photo_does_not_slip_in(self, site: Site) -> None:
        """A face unlike the enrolled one is refused, and the row changes nothing."""
        site.run("id,name,photos\nobama,Barack Obama,obama_1.jpg\n")

        results = site.run("id,name,photos\nobama,Somebody Else,miranda.jpg\n")

        assert ends(results) == [(REFUSED, Refusal.NOT_SAME_PERSON)]
        assert site.enrolled() == {"obama": ("Barack Obama", 1)}

    def test_a_removed_person_can_be_imported_again(self, site: Site) -> None:
        """What was remembered of somebody who is gone counts for nothing."""
        site.run(BOTH)
        with site.register() as register:
            register.remove("obama")

        assert ends(site.run(BOTH)) == [(ADDED, None), (UNCHANGED, None)]

    def test_suspension_outlasts_an_import(self, site: Site) -> None:
        """A table does not let anybody in whom a guard has shut out."""
        site.run(BOTH)
        with site.register() as register:
            register.act("obama", Action.SUSPEND, Note("guard", "badge lost"))

        site.run(BOTH.replace("Barack", "B."))

        with site.register() as register:
            assert not register.person("obama").active

    def test_an_import_broken_off_has_settled_whole_rows(self, site: Site) -> None:
        """What was told is in the register, and nothing else."""
        with closing(site.running(BOTH)) as results:
            first = next(results)

        assert (first.staff_id, first.outcome) == ("obama", ADDED)
        assert site.enrolled() == {"obama": ("Barack Obama", 2)}
        assert ends(site.run(BOTH)) == [(UNCHANGED, None), (ADDED, None)]


HUGE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 20_000, 10_000, 8, 2, 0, 0, 0)
BYTES = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda head, tail: head + tail, st.sampled_from([HUGE, gif()]), st.binary()),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(photos=st.lists(BYTES, min_size=1, max_size=4))
def test_no_bytes_are_half_enrolled(photos: list[bytes], site: Site) -> None:
    """Whatever the photos hold, each row is refused with its reason and the register untouched."""
    for number, data in enumerate(photos):
        (site.photos / f"p{number}.jpg").write_bytes(data)
    table = "id,name\n" + "".join(f"p{number},P\n" for number in range(len(photos)))

    results = site.run(table)

    assert [result.outcome for result in results] == [REFUSED] * len(photos)
    assert all(result.reason in Refusal for result in results)
    with site.register() as register:
        assert (register.people(), register.version) == ((), 0)


def test_a_dry_run_changes_nothing_and_says_the_same(site: Site) -> None:
    """Duplicates within the table are found as well."""
    small_copy(site.photos / "obama_1.jpg", site.photos / "again.jpg", 360)
    table = "id,name,photos\na,A,obama_1.jpg\nb,B,again.jpg\n"

    dry = site.run(table, dry=True)

    assert site.enrolled() == {}
    assert ends(dry) == ends(site.run(table))


def test_a_row_that_the_register_does_not_take_waits(site: Site) -> None:
    """Somebody else enrols the person meanwhile: that row is refused, the next goes on."""

    class Quicker(RegisterTarget):
        def person(self, staff_id: str) -> Person | None:
            return None if staff_id == "obama" else super().person(staff_id)

    with site.register() as register:
        register.add_person(Person("obama", "Other", frozenset()))
    embedding_id = site._embedder.embedding_id
    with (
        site.register() as register,
        RememberedPhotos(site.folder / "imports.db") as remembered,
        open_photos(site.photos) as store,
    ):
        judge = Judge(site._embedder.thresholds)
        target = Quicker(register, embedding_id, NOTE, two_person=False)
        importing = Importing(target, remembered, judge, embedding_id=embedding_id)
        rows = read_rows(read_table(BOTH.encode()), RULES)
        results = list(importing.run(rows, store, site._pool))

    assert ends(results) == [(REFUSED, RowReason.NOT_TAKEN), (ADDED, None)]


def test_the_report_is_safe_to_open(tmp_path: Path) -> None:
    """Chinese survives, no cell is run as a formula, and the reason has its hint."""
    result = RowResult(2, "=cmd()", "王", REFUSED, RowReason.STAFF_ID_NOT_ALLOWED)

    write_report(tmp_path / "report.csv", [result], Language.CHINESE)

    data = (tmp_path / "report.csv").read_bytes()
    (line,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert data.startswith(b"\xef\xbb\xbf")
    assert (line["staff_id"], line["name"]) == ("'=cmd()", "王")
    assert (line["result"], line["reason"]) == ("refused", "staff_id_not_allowed")
    assert line["hint"].startswith("工号")
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]


class Fragile:
    """Makes an examiner that dies, as a native decoder might, of one photo's name."""

    def __call__(self) -> Examiner:
        """Make it where it is needed."""
        return _Dying()  # type: ignore[return-value]


class _Dying:
    def examine_alone(self, photo: Photo) -> PhotoResult:
        """Die, or accept."""
        if photo.name == "killer":
            os._exit(1)
        return PhotoResult(photo.name)


def test_a_photo_that_kills_the_decoder_costs_only_itself() -> None:
    """The process is lost, the photo is refused, and the others are examined."""
    names = [["a"], ["b", "killer"], ["c"], ["d"]]
    tasks = [PhotoTask(i, tuple(Photo(n, b"") for n in some)) for i, some in enumerate(names)]

    with ExaminerPool(Fragile(), 2) as pool:
        results = list(pool.examine(tasks))

    assert [[photo.accepted for photo in photos] for _, photos in results] == [
        [True],
        [True, False],
        [True],
        [True],
    ]
    assert results[1][1][1].refusal is Refusal.UNREADABLE
