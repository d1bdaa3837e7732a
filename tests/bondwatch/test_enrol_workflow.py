"""`bondwatch enrol` where two people decide: request, approve, edit, export, re-embed."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bondwatch.enrol_cli import enrol_app
from enrolment.key_rotation import init_keys
from enrolment.people import Person, Template
from enrolment.person_changes import requested
from enrolment.register import Register
from enrolment.register_history import Note
from models.embedder import embedding_id_of
from models.entries import Role
from models.manifest import read_manifest
from tests.bondwatch.test_enrol_cli import CONFIG
from tests.enrolment.registers import row
from tests.vision.outputs.decisions import CONTEXT, alarm, passage
from vision.config_reader import read_settings
from vision.core.values import IdentityEvidence, IdentityState
from vision.outputs.evidence_values import EvidenceFile
from vision.outputs.journal import Journal

TWO = CONFIG.replace("two_person_rule: false", "two_person_rule: true")
EMBEDDING_ID = embedding_id_of(read_manifest().entry("dlib_resnet_v1", Role.EMBEDDER))
ASKED = ("--badge", "4711", "--group", "staff", "--id", "ann")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A site with the two-person rule, keys made."""
    path = tmp_path / "config.yaml"
    path.write_text(TWO)
    keys = read_settings(path).register_place.keys
    assert keys
    init_keys(keys)
    return path


def enrol(config: Path, *words: object) -> Result:
    """Run one enrolment command."""
    wide = {"COLUMNS": "300", "TERMINAL_WIDTH": "300", "NO_COLOR": "1"}
    command = [*(str(word) for word in words), "--config", str(config)]
    return CliRunner().invoke(enrol_app, command, env=wide)


def shown(config: Path, staff_id: str = "ann") -> dict[str, object]:
    """One person as programs see them."""
    return json.loads(enrol(config, "show", staff_id, "--json").stdout)


def test_one_asks_and_another_approves(config: Path) -> None:
    """The applicant can follow it; approving one's own request is refused with exit 1."""
    asked = enrol(config, "request", "Ann", *ASKED, "--by", "ada", "--why", "new contractor")
    waiting = shown(config)
    own = enrol(config, "approve", "ann", "--by", "ada")
    approved = enrol(config, "approve", "ann", "--by", "ben")

    assert asked.exit_code == approved.exit_code == 0, asked.output + approved.output
    assert "enrol approve ann" in asked.stdout
    assert (waiting["state"], waiting["request"]["by"]) == ("awaiting_approval", "ada")
    assert own.exit_code == 1
    assert "another account approves" in own.stderr
    assert shown(config)["state"] == "active"
    assert [e["by"] for e in shown(config)["history"]] == ["ada", "ben"]


def test_many_are_approved_at_once(config: Path) -> None:
    """Each by itself: who cannot be approved is named, the others are in, exit status 1."""
    for staff_id in ("ann", "bob", "eve"):
        asked = ("--badge", "1", "--group", "staff", "--id", staff_id)
        enrol(config, "request", "P", *asked, "--by", "ben" if staff_id == "bob" else "ada")

    mixed = enrol(config, "approve", "ann", "bob", "eve", "joe", "--by", "ben")
    again = enrol(config, "suspend", "ann", "eve", "ann", "--by", "ben", "--json")
    wrong = enrol(config, "resume", "ann", "eve", "--revision", "3")

    assert mixed.exit_code == 1
    assert "(ann) may be on site" in mixed.stdout
    assert "(eve) may be on site" in mixed.stdout
    assert "bob was requested by ben" in mixed.stderr
    assert "nobody has the staff id joe" in mixed.stderr
    told = [(one["staff_id"], one["state"]) for one in json.loads(again.stdout)]
    assert (again.exit_code, told) == (0, [("ann", "suspended"), ("eve", "suspended")])
    assert wrong.exit_code == 2


def test_alone_nobody_enrols(config: Path) -> None:
    """`add` says how it is done, and where the rule is switched off."""
    result = enrol(config, "add", "Ann", *ASKED)

    assert result.exit_code == 1
    assert "enrol request" in result.stderr
    assert "two_person_rule" in result.stderr


def test_a_rejection_tells_why(config: Path) -> None:
    """The reason stands where the applicant looks."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")

    enrol(config, "reject", "ann", "--by", "ben", "--why", "no notice signed")

    assert "no notice signed" in enrol(config, "show", "ann").stdout
    assert shown(config)["state"] == "draft"


def test_everything_that_can_be_said_is_kept(config: Path) -> None:
    """Own zones and hours, organisation, legal basis, remarks, the watch list."""
    result = enrol(
        config,
        *("request", "Mal", "--id", "mal", "--badge", "-", "--watch-list", "--by", "ada"),
        *("--zone", "bay mon-fri 07:00-19:00 sat 08:00-12:00", "--organisation", "Cranes"),
        *("--basis", "statutory", "--purpose", "ban", "--notice", "v3", "--remarks", "seen twice"),
    )

    found = shown(config, "mal")
    assert result.exit_code == 0, result.output
    assert found["watchlisted"] is True
    assert found["permits"][0]["spans"][-1] == [5, 480, 720]
    assert (found["basis"]["kind"], found["basis"]["taken_by"]) == ("statutory", "ada")
    assert "must not be here" in enrol(config, "show", "mal").stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--zone", "attic"), "unknown zone attic; known zones: bay"),
        (("--zone", "bay 07:00-19:00"), "has no day before it"),
        (("--zone", "bay someday 07:00-19:00"), "are no hours"),
        (("--group", "staff", "--basis", "whim"), "consent or statutory"),
        (("--group", "staff", "--by", " "), "account is empty"),
        ((), "Missing option: --group"),
    ],
)
def test_what_is_typed_wrongly_is_a_usage_error(
    config: Path, options: tuple[str, ...], told: str
) -> None:
    """Exit 2 and the remedy."""
    result = enrol(config, "request", "Ann", "--badge", "1", *options)

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_the_second_editor_is_told(config: Path) -> None:
    """With the revision that was looked at, a change that came between is not overwritten."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")
    seen = shown(config)["revision"]
    first = enrol(config, "edit", "ann", "--organisation", "Docks", "--revision", seen)

    second = enrol(config, "edit", "ann", "--organisation", "Cranes", "--revision", seen)

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert "meanwhile" in second.stderr
    assert shown(config)["organisation"] == "Docks"


def test_what_the_state_forbids_is_refused(config: Path) -> None:
    """Exit 1 and what would be possible; revoked is for good unless two people decide anew."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")
    refused = enrol(config, "resume", "ann")
    enrol(config, "revoke", "ann", "--why", "left")

    assert refused.exit_code == 1
    assert "possible: approve, reject, revoke" in refused.stderr
    assert shown(config)["state"] == "revoked"


def test_an_export_holds_everything(config: Path, tmp_path: Path) -> None:
    """Record, history, templates with their numbers; a new file that only its owner reads."""
    place = read_settings(config).register_place
    with Register.open(place) as register:
        who = Person("ann", "Ann", frozenset({"staff"}))
        register.add_person(who, [Template(row(1), "e")], photos=[b"a photo"])
    out = tmp_path / "ann.json"

    assert enrol(config, "export", "ann", "--out", out).exit_code == 0

    held = json.loads(out.read_text())
    assert out.stat().st_mode & 0o077 == 0
    assert held["person"]["name"] == "Ann"
    assert held["templates"][0]["values"] == pytest.approx(row(1).tolist())
    assert held["photos_base64"] == ["YSBwaG90bw=="]
    assert [entry["action"] for entry in held["history"]] == ["add"]
    assert enrol(config, "export", "ann", "--out", out).exit_code == 1


def test_an_export_tells_what_cameras_and_guards_said(config: Path) -> None:
    """Alarms, passages and vouches that name the person, and no other's; evidence by its files."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")
    never_ran = json.loads(enrol(config, "export", "ann").stdout)
    ann = IdentityEvidence(IdentityState.REGISTERED, staff_id="ann")
    with closing(Journal.open(read_settings(config).journal_path)) as journal:
        journal.commit([passage(), passage(evidence=ann), alarm()], CONTEXT)
        (about,) = journal.commit([alarm(incident="staff/dock/ann", evidence=ann)], CONTEXT)
        file = EvidenceFile(
            about.alarm_id, "evidence/x", "gate.jpg", "snapshot", "gate", 1, "0", 1.0, 2.0, "done"
        )
        journal.index_evidence([file])
        journal.vouch(about.alarm_id, "ann", "Tom")

    held = json.loads(enrol(config, "export", "ann").stdout)

    assert (never_ran["alarms"], never_ran["passages"]) == ([], [])
    assert [one["alarm_id"] for one in held["alarms"]] == [about.alarm_id]
    assert [one["identity"]["staff_id"] for one in held["passages"]] == ["ann"]
    assert [(one["action"], one["done_by"]) for one in held["actions"]] == [("vouch", "Tom")]
    assert held["evidence"] == [{"alarm_id": about.alarm_id, "files": ["evidence/x/gate.jpg"]}]


def test_the_approver_finds_who_waits(config: Path) -> None:
    """`list --state` shows those alone; once rejected, somebody can be asked for again."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")
    enrol(config, "request", "Bob", "--badge", "1", "--group", "staff", "--by", "ada")
    enrol(config, "reject", "ann", "--by", "ben", "--why", "no notice signed")

    def waiting() -> list[str]:
        listed = enrol(config, "list", "--state", "awaiting_approval", "--json")
        return [person["staff_id"] for person in json.loads(listed.stdout)]

    assert waiting() == ["bob"]
    assert enrol(config, "request-again", "ann", "--by", "ada").exit_code == 0
    assert waiting() == ["ann", "bob"]
    assert enrol(config, "approve", "ann", "--by", "ada").exit_code == 1


class TestAlike:
    """The approver sees who in the register is like the person, before and with the approval."""

    @pytest.fixture
    def asked(self, config: Path) -> Path:
        """Eve waits, whose face is so like Ann's that a human should look; Bob's is not."""
        like, unlike = turned(0.945), turned(0.5)
        with Register.open(read_settings(config).register_place) as register:
            for staff_id, face in (("ann", turned(1.0)), ("eve", like), ("bob", unlike)):
                person = Person(staff_id, staff_id.title(), frozenset({"staff"}))
                if staff_id != "ann":
                    person = requested(person, Note("ada"))
                register.add_person(person, [Template(face, EMBEDDING_ID)], Note("ada"))
        return config

    def test_show_and_list_tell(self, asked: Path) -> None:
        """In words and for programs; of whom nobody is like, that too."""
        assert "ann (0.945)" in enrol(asked, "show", "eve").stdout
        assert shown(asked, "eve")["alike"] == [{"staff_id": "ann", "similarity": 0.945}]
        assert shown(asked, "bob")["alike"] == []
        assert shown(asked)["alike"] is None

        assert "ann (0.945)" in enrol(asked, "list").stdout
        listed = json.loads(enrol(asked, "list", "--json").stdout)
        assert {one["staff_id"]: one["alike"] for one in listed} == {
            "ann": None,
            "bob": [],
            "eve": [{"staff_id": "ann", "similarity": 0.945}],
        }

    def test_approving_tells_and_goes_on(self, asked: Path) -> None:
        """A human decides; whoever approved a double is told how to take it back."""
        told = enrol(asked, "approve", "eve", "--by", "ben")
        program = enrol(asked, "approve", "bob", "--by", "ben", "--json")

        assert told.exit_code == 0, told.output
        assert "eve is like ann (0.945)" in told.stderr
        assert "enrol revoke eve" in told.stderr
        assert json.loads(program.stdout)["alike"] == []
        assert program.stderr == ""

    def test_without_the_keys_the_record_is_shown_all_the_same(self, asked: Path) -> None:
        """Nobody is compared, and that is said."""
        (asked.parent / "keys" / "site.key").unlink()

        result = enrol(asked, "show", "eve", "--json")

        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["alike"] is None
        assert "Nobody was compared" in result.stderr


def turned(similarity: float) -> np.ndarray:
    """A face of that similarity to the first unit vector."""
    face = np.zeros(128, np.float32)
    face[:2] = similarity, (1 - similarity**2) ** 0.5
    return face


def test_people_read_days_and_hours_as_they_were_typed(config: Path) -> None:
    """On the site's clock, the last day as the day that counts; programs get UTC."""
    dates = ("--valid-from", "2126-03-01", "--valid-to", "2126-03-31")
    hours = ("--zone", "bay mon-fri 07:00-19:00 sat 08:00-12:00")
    basis = ("--basis", "consent", "--purpose", "access", "--notice", "v2", "--by", "ada")
    enrol(config, "request", "Ann", *ASKED, *dates, *hours, *basis)

    sheet, table = enrol(config, "show", "ann").stdout, enrol(config, "list").stdout

    assert "Valid from:   2126-03-01\nValid to:     2126-03-31\n" in sheet
    assert "Own zones:    bay mon-fri 07:00-19:00 sat 08:00-12:00\n" in sheet
    assert "Basis:        consent for access, notice v2, taken by ada on 2" in sheet
    assert "2126-03-31 " in table
    assert str(shown(config)["valid_to"]).endswith("T22:00:00+00:00")


def test_staff_can_be_put_on_the_watch_list(config: Path) -> None:
    """And given another legal basis, with who took it; purpose and notice need one."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")
    basis = ("--basis", "statutory", "--purpose", "ban")

    changed = enrol(config, "edit", "ann", "--watch-list", *basis, "--by", "ben")
    alone = enrol(config, "edit", "ann", "--notice", "v3")

    found = shown(config)
    assert changed.exit_code == 0, changed.output
    assert found["watchlisted"] is True
    assert (found["basis"]["kind"], found["basis"]["taken_by"]) == ("statutory", "ben")
    assert alone.exit_code == 2
    enrol(config, "edit", "ann", "--no-watch-list")
    assert shown(config)["watchlisted"] is False


def test_a_photo_that_is_added_must_show_the_same_person(config: Path, test_data: Path) -> None:
    """Another's face changes nothing, the fields that came with it included."""
    people = test_data / "people"
    joe = ("Joe", "--id", "joe", "--group", "staff", "--photo", people / "joe-biden.jpg")
    assert enrol(config, "request", *joe).exit_code == 0
    other = people / "barack-obama.jpg"

    refused = enrol(config, "edit", "joe", "--organisation", "Docks", "--photo", other)

    assert refused.exit_code == 1
    assert "not_same_person" in refused.stderr
    assert (shown(config, "joe")["templates"], shown(config, "joe")["organisation"]) == (1, "")


def test_programs_get_the_record_and_each_photos_reason(config: Path, test_data: Path) -> None:
    """JSON alone on standard output, whether somebody was enrolled or not."""
    ask = ("request", "Joe", "--id", "joe", "--group", "staff", "--json", "--by", "ada")
    good, bad = test_data / "people" / "joe-biden.jpg", config

    refused = enrol(config, *ask, "--photo", bad)
    asked = enrol(config, *ask, "--photo", good, "--photo", bad)
    approved = enrol(config, "approve", "joe", "--by", "ben", "--json")
    changed = enrol(config, "edit", "joe", "--remarks", "tall", "--json")

    told = json.loads(refused.stdout)
    assert (refused.exit_code, told["person"]) == (1, None)
    assert told["photos"][0]["refusal"] == "not_a_photo"
    told = json.loads(asked.stdout)
    assert (told["person"]["staff_id"], told["person"]["revision"]) == ("joe", 1)
    assert [photo["refusal"] for photo in told["photos"]] == [None, "not_a_photo"]
    assert json.loads(approved.stdout)["state"] == "active"
    assert json.loads(changed.stdout)["remarks"] == "tall"


class TestReEmbedding:
    """After a change of embedder."""

    def test_kept_photos_make_new_templates(self, config: Path, test_data: Path) -> None:
        """Who has photos is known to the new embedder alone; who has none is listed, exit 1."""
        photo = (test_data / "people" / "joe-biden.jpg").read_bytes()
        with Register.open(read_settings(config).register_place) as register:
            joe = Person("joe", "Joe", frozenset({"staff"}))
            register.add_person(joe, [Template(row(1), "old")], photos=[photo])
            register.add_person(Person("eve", "Eve", frozenset()), [Template(row(2), "old")])

        result = enrol(config, "re-embed", "--json")

        assert result.exit_code == 1
        assert json.loads(result.stdout) == {"re_embedded": ["joe"], "enrol_again": ["eve"]}
        assert (shown(config, "joe")["templates"], shown(config, "joe")["foreign_templates"]) == (
            1,
            0,
        )

    def test_who_was_given_a_photo_since_is_done(self, config: Path) -> None:
        """Templates of before are erased, nobody is listed, exit 0."""
        now = EMBEDDING_ID
        with Register.open(read_settings(config).register_place) as register:
            both = [Template(row(1), "old"), Template(row(2, 128), now)]
            register.add_person(Person("eve", "Eve", frozenset()), both)

        result = enrol(config, "re-embed", "--json")

        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout) == {"re_embedded": ["eve"], "enrol_again": []}
        assert (shown(config, "eve")["templates"], shown(config, "eve")["foreign_templates"]) == (
            1,
            0,
        )
