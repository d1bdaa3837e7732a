"""Changing records, over every database: who, when, what, why; two people; two at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from enrolment.erasures import KEPT_S
from enrolment.people import (
    BasisKind,
    Biometrics,
    LegalBasis,
    OwnPermit,
    Person,
    PersonState,
    Template,
)
from enrolment.places import RegisterPlace
from enrolment.register import Register
from enrolment.register_errors import NotAllowedError, PersonChangedError
from enrolment.register_history import Note, digest
from enrolment.register_tables import ACCOUNTS, ERASURES, PEOPLE
from enrolment.states import Action
from tests.enrolment.registers import person, row

ADA, BEN = Note("ada", "new contractor"), Note("ben", "checked the papers")
WAITING = PersonState.AWAITING_APPROVAL


@pytest.fixture
def register(place: RegisterPlace):
    """A register with one active person."""
    with Register.open(place) as opened:
        opened.add_person(person("ann"), [Template(row(1), "e")], ADA)
        yield opened


def test_all_that_is_known_comes_back(register: Register) -> None:
    """Organisation, own zones and hours, legal basis, badge, remarks, the watch list."""
    taken_at = datetime(2026, 1, 2, tzinfo=UTC)
    whole = Person(
        "W-7",
        "王秀英",
        frozenset({"night"}),
        organisation="Cranes & Co",
        badge="4711",
        remarks="left-handed\nasks for the guard",
        basis=LegalBasis(BasisKind.CONSENT, "access", "v3", taken_at, "ada"),
        permits=(OwnPermit("bay"), OwnPermit("dock", ((0, 480, 1020), (6, 1320, 360)))),
        watchlisted=True,
    )
    register.add_person(whole, note=ADA)

    assert register.person("W-7") == whole


def test_history_says_who_what_and_why(register: Register) -> None:
    """Every change in order, with what was and what is."""
    register.edit("ann", {"groups": frozenset({"night"}), "organisation": "Cranes"}, BEN)
    register.act("ann", Action.SUSPEND, Note("ada", "badge lost"))

    told = [(e.version, e.by, e.action, e.why) for e in register.history("ann")]
    assert told == [
        (1, "ada", "add", "new contractor"),
        (2, "ben", "edit", "checked the papers"),
        (3, "ada", "suspend", "badge lost"),
    ]
    assert register.history("ann")[1].changes == {
        "groups": [["staff"], ["night"]],
        "organisation": ["", "Cranes"],
    }


class TestEditWithTemplates:
    """Fields and templates changed together: one transaction, one version, one line of history."""

    def test_both_arrive_as_one_change(self, register: Register) -> None:
        """A reader never sees the new name without the new face."""
        more = [Template(row(2), "e"), Template(row(3), "e")]

        edited = register.edit("ann", {"name": "Anne"}, BEN, more=Biometrics(tuple(more)))

        assert edited.name == "Anne"
        assert register.template_counts() == {"ann": {"e": 3}}
        assert register.version == 2
        entry = register.history("ann")[-1]
        assert (entry.action, entry.by, entry.changes) == (
            "edit",
            "ben",
            {"name": ["Ann", "Anne"], "templates": [0, 2]},
        )

    def test_a_bad_template_changes_no_field(self, register: Register) -> None:
        """What cannot be held leaves the record, the templates and the version as they were."""
        bad = Template(row(2) * 2, "e")

        with pytest.raises(ValueError, match="unit length"):
            register.edit(
                "ann", {"name": "Anne"}, BEN, more=Biometrics((Template(row(3), "e"), bad))
            )

        assert register.person("ann").name == "Ann"
        assert register.template_counts() == {"ann": {"e": 1}}
        assert (register.version, len(register.history("ann"))) == (1, 1)

    def test_a_refused_edit_adds_no_template(self, register: Register) -> None:
        """Whoever looked at an older revision gives nobody a face."""
        register.edit("ann", {"organisation": "Cranes"}, ADA)

        with pytest.raises(PersonChangedError):
            register.edit("ann", {}, BEN, revision=1, more=Biometrics((Template(row(2), "e"),)))

        assert register.template_counts() == {"ann": {"e": 1}}

    def test_a_new_face_awaits_approval_too(self, register: Register) -> None:
        """Under the two-person rule one account cannot let a second face in under a name."""
        edited = register.edit(
            "ann", {}, BEN, two_person=True, more=Biometrics((Template(row(2), "e"),))
        )

        assert edited.state is WAITING
        assert edited.request
        assert edited.request.by == "ben"

    def test_the_added_template_opens(self, register: Register) -> None:
        """It is sealed with the person's own key, as those before."""
        register.edit("ann", {}, BEN, more=Biometrics((Template(row(2), "e"),)))

        assert register.snapshot("e").gallery.embeddings.shape == (2, 8)


def test_the_second_of_two_editors_is_told(register: Register, place: RegisterPlace) -> None:
    """Who changed it meanwhile, and where to look; nothing is overwritten."""
    seen = register.person("ann").revision
    with Register.open(place) as other:
        other.edit("ann", {"organisation": "Cranes"}, BEN, revision=seen)

    with pytest.raises(PersonChangedError, match="was changed by ben meanwhile"):
        register.edit("ann", {"organisation": "Docks"}, ADA, revision=seen)

    assert register.person("ann").organisation == "Cranes"
    assert register.version == 2


class TestTwoPeople:
    """One asks, another decides."""

    @pytest.fixture
    def asked(self, register: Register) -> Register:
        """Somebody waits for approval."""
        register.add_person(person("eve", state=PersonState.DRAFT), note=ADA)
        register.act("eve", Action.REQUEST, ADA)
        return register

    def test_another_account_approves(self, asked: Register) -> None:
        """Then the person is active, and who asked and who decided stands in the record."""
        approved = asked.act("eve", Action.APPROVE, BEN, two_person=True)

        assert approved.active
        assert approved.request
        request = approved.request
        assert (request.by, request.decided_by, request.decision) == ("ada", "ben", "approved")

    def test_nobody_approves_their_own_request(self, asked: Register) -> None:
        """Unless the site switched the rule off."""
        with pytest.raises(NotAllowedError, match="another account approves"):
            asked.act("eve", Action.APPROVE, ADA, two_person=True)

        assert asked.person("eve").state is WAITING
        assert asked.act("eve", Action.APPROVE, ADA).active

    @pytest.mark.parametrize("spelt", ["ADA", "Ada", " ada", "a da", "\uff41da", "ada\u00a0"])
    def test_another_spelling_is_no_second_person(self, asked: Register, spelt: str) -> None:
        """Letter case, spaces and width do not make two accounts of one."""
        with pytest.raises(NotAllowedError, match="another account approves"):
            asked.act("eve", Action.APPROVE, Note(spelt), two_person=True)

        assert asked.person("eve").state is WAITING

    def test_a_rejection_is_a_draft_again_with_its_reason(self, asked: Register) -> None:
        """The applicant sees who rejected it and why, and may ask again."""
        rejected = asked.act("eve", Action.REJECT, Note("ben", "photo is old"), two_person=True)

        assert rejected.request
        assert (rejected.state, rejected.request.why) == (PersonState.DRAFT, "photo is old")
        assert asked.act("eve", Action.REQUEST, ADA).state is WAITING

    def test_a_rejected_change_is_taken_back(self, register: Register) -> None:
        """All of it, though asked for in two steps: it must not come in with the next approval."""
        before = register.person("ann")
        until = datetime(2030, 1, 1, tzinfo=UTC)
        mine = (OwnPermit("vault"),)
        register.edit("ann", {"groups": frozenset({"all"}), "permits": mine}, ADA, two_person=True)
        register.edit("ann", {"valid_to": until, "remarks": "?"}, ADA, two_person=True)

        rejected = register.act("ann", Action.REJECT, BEN, two_person=True)

        assert replace(rejected, revision=before.revision, request=before.request) == before
        assert rejected.request
        assert (rejected.request.by, rejected.request.decision) == ("ada", "rejected")
        assert register.history("ann")[-1].changes["groups"] == [["all"], ["staff"]]

    def test_a_rejected_face_is_taken_back(self, register: Register) -> None:
        """With the photo that was kept; older ones stay."""
        register.add_templates("ann", [Template(row(2), "e")], ADA, photos=[b"old"])
        register.act("ann", Action.SUSPEND, ADA)
        register.act("ann", Action.RESUME, ADA)
        more = Biometrics((Template(row(3), "e"),), (b"new",))
        register.edit("ann", {}, ADA, two_person=True, more=more)

        rejected = register.act("ann", Action.REJECT, BEN, two_person=True)

        templates, photos = register.biometrics("ann")
        assert rejected.active
        assert [t.embedding.tolist() for t in templates] == [row(n).tolist() for n in (1, 2)]
        assert photos == (b"old",)

    def test_faces_mixed_by_a_change_of_embedder_are_looked_at(self, register: Register) -> None:
        """Nobody can say any more which of them is the rejected one, so nobody is let in."""
        register.add_templates("ann", [Template(row(2), "e")], ADA, two_person=True)
        register.replace_foreign_templates("ann", "f", [Template(row(3), "f")], ADA)

        assert register.act("ann", Action.REJECT, BEN).state is PersonState.DRAFT

    def test_who_was_approved_after_a_change_keeps_it(self, register: Register) -> None:
        """A later request that is rejected takes back what came since, and no more."""
        register.edit("ann", {"groups": frozenset({"all"})}, ADA, two_person=True)
        register.act("ann", Action.APPROVE, BEN, two_person=True)
        register.edit("ann", {"groups": frozenset({"all", "more"})}, ADA, two_person=True)

        rejected = register.act("ann", Action.REJECT, BEN, two_person=True)

        assert (rejected.active, rejected.groups) == (True, frozenset({"all"}))

    def test_more_rights_await_approval_again(self, register: Register) -> None:
        """One account cannot widen what somebody may do; a name may be corrected."""
        named = register.edit("ann", {"name": "Anne"}, ADA, two_person=True)
        widened = register.edit("ann", {"groups": frozenset({"all"})}, ADA, two_person=True)

        assert named.active
        assert widened.state is WAITING
        with pytest.raises(NotAllowedError, match="another account"):
            register.act("ann", Action.APPROVE, ADA, two_person=True)

    def test_whoever_edits_a_request_does_not_approve_it(self, asked: Register) -> None:
        """The second account must see what it approves, not make it."""
        asked.edit("eve", {"groups": frozenset({"all"})}, BEN, two_person=True)

        with pytest.raises(NotAllowedError, match="requested by ben"):
            asked.act("eve", Action.APPROVE, BEN, two_person=True)

    def test_a_suspension_is_no_way_around(self, register: Register) -> None:
        """Rights of a suspended person are not changed: resuming takes one account."""
        register.act("ann", Action.SUSPEND, ADA)

        with pytest.raises(NotAllowedError, match="is suspended"):
            register.edit("ann", {"groups": frozenset({"all"})}, ADA, two_person=True)


class TestOutbox:
    """What stays for a ledger."""

    def test_every_change_is_there_once_in_order(self, register: Register) -> None:
        """Written in the change's own transaction: a change that failed left nothing."""
        register.act("ann", Action.SUSPEND, BEN)
        with pytest.raises(NotAllowedError):
            register.act("ann", Action.SUSPEND, BEN)
        register.remove("ann", ADA)

        entries = register.outbox()
        assert [(e.action, e.version) for e in entries] == [
            ("add", 1),
            ("suspend", 2),
            ("remove", 3),
        ]
        assert register.outbox(after=entries[1].seq) == entries[2:]

    def test_digests_can_be_checked_while_the_person_is_there(self, register: Register) -> None:
        """With the salts of the person's row and of the account's, and not without."""
        (entry,) = register.outbox()
        with register._database.reading() as connection:
            salt = connection.execute(PEOPLE.select()).one().salt
            account = connection.execute(ACCOUNTS.select()).one()

        assert entry.subject_digest == digest(salt, "ann")
        assert entry.account_digest == digest(account.salt, "ada")
        assert entry.subject_digest != digest(account.salt, "ann")

    def test_after_a_removal_nothing_personal_is_left(self, register: Register) -> None:
        """Outbox and removals hold neither id, name nor reason; history is gone."""
        register.remove("ann", Note("ben", "left the company"))

        assert register.history("ann") == ()
        left = repr(register.outbox())
        assert not any(word in left for word in ("ann", "Ann", "ben", "left the company"))


class TestErasures:
    """Whom ledgers have to forget as well."""

    def test_a_removal_is_told_until_the_staff_id_is_somebodys_again(
        self, register: Register
    ) -> None:
        """What is said of the staff id from then on is about somebody else."""
        register.remove("ann", ADA)
        (told,) = register.erasures()
        register.add_person(person("ann"), note=ADA)
        (again,) = register.erasures()

        assert (told.staff_id, told.version, told.until_at) == ("ann", 2, None)
        assert again.until_at is not None
        assert again.until_at >= again.erased_at

    def test_a_removal_of_long_ago_is_told_no_more(self, register: Register) -> None:
        """The staff id is erased after a month; younger removals stay, and no version is used."""
        register.add_person(person("eve"), note=ADA)
        register.remove("ann", ADA)
        register.remove("eve", ADA)
        with register._database.changing() as connection:
            old = ERASURES.update().where(ERASURES.c.staff_id == "ann")
            connection.execute(old.values(erased_at=ERASURES.c.erased_at - KEPT_S - 1))
        version = register.version

        register.drop_old_erasures()

        assert [told.staff_id for told in register.erasures()] == ["eve"]
        assert register.version == version


def test_only_what_can_be_edited_is(register: Register) -> None:
    """State and ids are not fields to edit."""
    with pytest.raises(ValueError, match="state cannot be edited"):
        register.edit("ann", {"state": PersonState.ACTIVE}, ADA)
    with pytest.raises(ValueError, match="account"):
        register.act("ann", Action.SUSPEND, replace(ADA, by=" "))
