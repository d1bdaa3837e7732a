"""The register as a worker sees it: fresh within a poll, and never a reason to stop."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from enrolment.people import OwnPermit, Person, PersonState, Template
from enrolment.places import RegisterPlace, SqliteFile
from enrolment.register import Register
from enrolment.register_history import Note
from enrolment.states import Action
from tests.enrolment.registers import with_keys
from vision.core.policy import covers
from vision.core.values import Candidate, StaffFacts
from vision.register_watch import RegisterPolling, RegisterWatch

ROW_A, ROW_B = np.eye(2, 8, dtype=np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a register that does not exist yet."""
    return tmp_path / "register.db"


@pytest.fixture
def place(path: Path, tmp_path: Path) -> RegisterPlace:
    """The same with keys."""
    return with_keys(SqliteFile(path), tmp_path)


@pytest.fixture
def register(place: RegisterPlace):
    """Open an empty register, as the command line does."""
    with Register.open(place) as opened:
        yield opened


@pytest.fixture
def watch(place: RegisterPlace):
    """Watch the place."""
    with closing(RegisterWatch(place, "e")) as opened:
        yield opened


class TestView:
    """What the worker gets."""

    def test_people_become_staff_facts(self, register: Register, watch: RegisterWatch) -> None:
        """Groups, state and validity arrive in the core's own values."""
        begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
        register.add_person(Person("ann", "Ann", frozenset({"staff"})))
        register.add_person(Person("bob", "Bob", frozenset(), PersonState.SUSPENDED, begin, end))

        staff = watch.poll().view.staff

        always = ((float("-inf"), float("inf")),)
        months = ((begin.timestamp(), end.timestamp()),)
        assert staff == {
            "ann": StaffFacts("ann", frozenset({"staff"}), active=True, valid=always),
            "bob": StaffFacts("bob", frozenset(), active=False, valid=months),
        }

    def test_own_hours_are_the_sites_clock(self, register: Register, place: RegisterPlace) -> None:
        """Somebody's own zones and hours arrive as intervals; states and the list by name."""
        always = tuple((day, 0, 1440) for day in range(7))
        permits = (OwnPermit("dock"), OwnPermit("bay", always))
        register.add_person(Person("ann", "Ann", frozenset(), permits=permits))
        register.add_person(Person("eve", "Eve", frozenset(), PersonState.REVOKED))
        register.add_person(Person("mal", "Mal", frozenset(), watchlisted=True))
        register.add_person(Person("new", "New", frozenset(), PersonState.AWAITING_APPROVAL))

        with closing(RegisterWatch(place, "e", "Europe/Berlin")) as watch:
            staff = watch.poll().view.staff

        (dock, bay) = staff["ann"].permits or ()
        assert dock == ("dock", ((float("-inf"), float("inf")),))
        assert bay[0] == "bay"
        assert covers(bay[1], time.time())
        assert (staff["eve"].active, staff["eve"].why_inactive) == (False, "revoked")
        assert staff["mal"].watchlisted
        assert (staff["new"].active, staff["new"].why_inactive) == (False, "awaiting_approval")

    def test_probes_become_candidates(self, register: Register, watch: RegisterWatch) -> None:
        """The two most similar people come as the core's candidates, None where there is none."""
        register.add_person(Person("ann", "Ann", frozenset()), [Template(ROW_A, "e")])

        assert watch.poll().view.candidates(ROW_A) == (Candidate("ann", 1.0), None)

    def test_templates_of_another_embedder_are_counted(
        self, register: Register, watch: RegisterWatch
    ) -> None:
        """They recognise nobody, and the worker can say so."""
        register.add_person(Person("ann", "Ann", frozenset()), [Template(ROW_A, "other")])

        view = watch.poll().view

        assert view.gallery.empty
        assert view.foreign_templates == 1

    def test_a_change_swaps_the_view_whole(self, register: Register, watch: RegisterWatch) -> None:
        """A suspension by another connection is in the next poll; the old view stays as it was."""
        register.add_person(Person("ann", "Ann", frozenset()))
        before = watch.poll().view
        register.act("ann", Action.SUSPEND, Note("guard"))

        after = watch.poll().view

        assert (before.version, before.staff["ann"].active) == (1, True)
        assert (after.version, after.staff["ann"].active) == (2, False)

    def test_nothing_new_gives_the_same_object(
        self, register: Register, watch: RegisterWatch
    ) -> None:
        """A worker tells a change by identity; an unchanged register is not read again."""
        register.add_person(Person("ann", "Ann", frozenset()))

        assert watch.poll() is watch.poll()


class TestFaults:
    """What a register that cannot be read becomes."""

    def test_a_missing_register_is_reported_with_an_empty_view(self, watch: RegisterWatch) -> None:
        """At the first start there may be none: nobody is known, and the reason is told."""
        status = watch.poll()

        assert status.view.gallery.empty
        assert status.problem is not None
        assert "register.db does not exist" in status.problem

    def test_a_register_that_appears_is_read(self, path: Path, watch: RegisterWatch) -> None:
        """Enrolling the first person ends the problem."""
        watch.poll()
        with Register.open(path) as register:
            register.add_person(Person("ann", "Ann", frozenset()))

        status = watch.poll()

        assert (status.problem, set(status.view.staff)) == (None, {"ann"})

    def test_the_last_good_view_outlives_the_file(
        self, register: Register, path: Path, watch: RegisterWatch
    ) -> None:
        """A register that vanishes is told once; those known stay known."""
        register.add_person(Person("ann", "Ann", frozenset()))
        watch.poll()
        path.rename(path.with_suffix(".away"))

        status = watch.poll()

        assert status.problem is not None
        assert set(status.view.staff) == {"ann"}
        assert watch.poll() is status

    def test_a_damaged_register_is_reported(
        self, register: Register, path: Path, watch: RegisterWatch
    ) -> None:
        """Garbage in its place is named; the view stays."""
        register.add_person(Person("ann", "Ann", frozenset()))
        watch.poll()
        path.rename(path.with_suffix(".away"))
        path.write_bytes(b"garbage" * 1000)

        status = watch.poll()

        assert status.problem is not None
        assert "is not a register" in status.problem
        assert set(status.view.staff) == {"ann"}

    def test_a_restored_register_is_read_whatever_its_version(
        self, register: Register, path: Path, watch: RegisterWatch
    ) -> None:
        """Another file of the same version number is another register."""
        register.add_person(Person("ann", "Ann", frozenset()))
        watch.poll()
        for file in path.parent.glob("register.db*"):
            file.rename(file.with_name(f"old-{file.name}"))
        with Register.open(path) as restored:
            restored.add_person(Person("bob", "Bob", frozenset()))

        view = watch.poll().view

        assert (view.version, set(view.staff)) == (1, {"bob"})


class TestPolling:
    """The thread that polls."""

    def test_the_first_reading_is_there_at_once(self, register: Register, path: Path) -> None:
        """A worker that has started knows who is registered."""
        register.add_person(Person("ann", "Ann", frozenset()))

        with RegisterPolling(path, "e") as polling:
            assert set(polling.status.view.staff) == {"ann"}

    def test_changes_arrive_by_themselves(self, register: Register, place: RegisterPlace) -> None:
        """A person added while it runs appears, and the thread ends with the block."""
        with RegisterPolling(place, "e", poll_every_s=0.02) as polling:
            register.add_person(Person("bob", "Bob", frozenset()), [Template(ROW_B, "e")])
            deadline = time.monotonic() + 30
            while polling.status.view.version == 0 and time.monotonic() < deadline:
                time.sleep(0.01)

            assert polling.status.view.gallery.staff_ids == ("bob",)
        assert not polling._thread.is_alive()

    def test_a_reading_that_hangs_is_reported(self, register: Register, path: Path) -> None:
        """A view that is not renewed in time carries a problem, and stays."""
        register.add_person(Person("ann", "Ann", frozenset()))

        with RegisterPolling(path, "e", poll_every_s=60, stale_after_s=0) as polling:
            status = polling.status

        assert status.problem is not None
        assert "hangs" in status.problem
        assert set(status.view.staff) == {"ann"}


def test_own_hours_are_expanded_around_another_clock(
    register: Register, place: RegisterPlace
) -> None:
    """Whoever judges a recording judges by the hours of its day."""
    mondays = OwnPermit("dock", ((0, 8 * 60, 9 * 60),))
    register.add_person(Person("S-1", "Ann", frozenset(), permits=(mondays,)), [])
    monday = datetime(2024, 3, 4, 8, 30, tzinfo=UTC).timestamp()

    with closing(RegisterWatch(place, "e", clock=lambda: monday)) as watch:
        ((_, hours),) = watch.poll().view.staff["S-1"].permits or ()

    assert covers(hours, monday)
    assert not covers(hours, monday + 3600.0)
