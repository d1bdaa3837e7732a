"""One incident, one alarm."""

from vision.core.incidents import IncidentBook, Transition
from vision.core.values import AlarmKind, Change

UNVERIFIED, UNREGISTERED = AlarmKind.UNVERIFIED_PERSON, AlarmKind.UNREGISTERED_PERSON


class TestIncidentBook:
    def test_life(self) -> None:
        """An incident is raised once, updated when its kind changes, and cleared at its end."""
        book = IncidentBook()

        told = [
            book.hold("i", UNVERIFIED, "p1"),
            book.hold("i", UNVERIFIED, "p1"),
            book.hold("i", UNREGISTERED, "p1"),
            book.release("i", "p1"),
        ]

        assert told == [
            Transition("i", Change.RAISED, UNVERIFIED),
            None,
            Transition("i", Change.UPDATED, UNREGISTERED),
            Transition("i", Change.CLEARED, UNREGISTERED),
        ]
        assert not book.kinds

    def test_two_holders(self) -> None:
        """A second holder updates the incident, and only the last one's leaving clears it."""
        book = IncidentBook()
        book.hold("i", UNVERIFIED, "p1")

        assert book.hold("i", UNVERIFIED, "p2") == Transition("i", Change.UPDATED, UNVERIFIED)
        assert book.release("i", "p1") is None
        assert book.release("i", "p2") == Transition("i", Change.CLEARED, UNVERIFIED)

    def test_resume(self) -> None:
        """An incident from before a restart is not raised again, but can be cleared."""
        book = IncidentBook()
        book.resume("i", UNVERIFIED, "p1")

        assert dict(book.kinds) == {"i": UNVERIFIED}
        assert book.hold("i", UNVERIFIED, "p1") is None
        assert book.release("i", "p1") == Transition("i", Change.CLEARED, UNVERIFIED)

    def test_release_of_nothing(self) -> None:
        """Letting go of what one does not hold says nothing."""
        book = IncidentBook()
        book.hold("i", UNVERIFIED, "p1")

        assert book.release("i", "p2") is None
        assert book.release("j", "p1") is None
