"""The register of people: durable records in a database, changed in whole transactions.

The operations on people and templates live here. Photos, quality and the decision whether
somebody may be enrolled do not; nor does anything of the running daemon, which only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, insert, update

from enrolment import (
    erasures,
    person_rows,
    pgvector_table,
    postgres,
    register_history,
    template_rows,
)
from enrolment.key_store import lost_keys
from enrolment.people import NO_BIOMETRICS, Biometrics, Person, Template
from enrolment.person_changes import acted, changes_between, edited, reopened
from enrolment.places import RegisterPlace
from enrolment.register_database import CHANNEL, open_keys
from enrolment.register_errors import (
    PersonChangedError,
    PersonExistsError,
    UnknownPersonError,
)
from enrolment.register_history import Note
from enrolment.register_reading import RegisterReader, nobody, version_in
from enrolment.register_tables import COUNTER, REMOVALS
from enrolment.sealing import Cipher
from enrolment.sqlite_files import BUSY_TIMEOUT_S, pragma
from enrolment.states import Action
from enrolment.taking_back import as_before, to_take_back
from enrolment.template_rows import Owner


class Register(RegisterReader):
    """One connection to the register; use it from the thread that opened it.

    Every method may raise a ``RegisterError`` (``RegisterLockedError``, ``RegisterFullError``,
    ``RegisterCorruptError``, ...); a change that raises has changed nothing.
    """

    @classmethod
    def open(cls, place: Path | RegisterPlace, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Self:
        """Open the register for reading and changing; make an empty one where there is none.

        ``place``: a path is the SQLite file that lies, or shall lie, there.
        """
        return cls._opened(place, busy_timeout_s=busy_timeout_s, read_only=False)

    def add_person(
        self,
        person: Person,
        templates: Sequence[Template] = (),
        note: Note | None = None,
        *,
        photos: Sequence[bytes] = (),
    ) -> None:
        """Add somebody with all templates, or nothing at all.

        ``photos``: where the site keeps them. ``PersonExistsError`` where the staff id is taken,
        ``ValueError`` for values that the register cannot hold.
        """
        person.checked()
        who = (note or Note()).checked()
        owner = Owner(person.staff_id, person_rows.new_person_id())
        cipher = self._cipher_for(owner) if templates or photos else None
        with self._changing() as (connection, version):
            if taken := person_rows.taken_as(connection, person.staff_id):
                raise PersonExistsError.by(taken)
            person_rows.insert_person(connection, person, owner.person_id, version)
            erasures.note_added(connection, person.staff_id)
            if cipher is not None:
                template_rows.insert_templates(connection, owner, templates, cipher)
                template_rows.insert_photos(connection, owner, photos, cipher)
            changes = {**changes_between(None, person), "templates": [0, len(templates)]}
            register_history.write(connection, person.staff_id, who, "add", changes, version)

    def add_templates(
        self,
        staff_id: str,
        templates: Sequence[Template],
        note: Note | None = None,
        *,
        photos: Sequence[bytes] = (),
        two_person: bool = False,
    ) -> None:
        """Give somebody more templates; ``UnknownPersonError``, ``ValueError`` as above.

        With ``two_person`` a person who was let in awaits approval again: a face is a right.
        """
        who = (note or Note()).checked()
        owner = self._owner(staff_id)
        cipher = self._cipher_of(owner)
        with self._changing() as (connection, version):
            _demand(connection, owner)
            (before,) = person_rows.read_people(connection, staff_id)
            after = before if not two_person else reopened(before, who)
            template_rows.insert_templates(connection, owner, templates, cipher)
            template_rows.insert_photos(connection, owner, photos, cipher)
            person_rows.update_person(connection, after, version)
            changes = {**changes_between(before, after), "templates": [0, len(templates)]}
            register_history.write(connection, staff_id, who, "add_templates", changes, version)

    def replace_foreign_templates(
        self, staff_id: str, embedding_id: str, templates: Sequence[Template], note: Note
    ) -> None:
        """Put templates of one embedder, if any, in place of those of others; errors as above."""
        owner = self._owner(staff_id)
        cipher = self._cipher_of(owner)
        with self._changing() as (connection, version):
            _demand(connection, owner)
            template_rows.delete_foreign(connection, staff_id, embedding_id)
            template_rows.insert_templates(connection, owner, templates, cipher)
            person_rows.touch_person(connection, staff_id, version)
            changes: dict[str, list[Any]] = {"embedder": [None, embedding_id]}
            register_history.write(connection, staff_id, note, "re-embed", changes, version)

    def act(
        self,
        staff_id: str,
        action: Action,
        note: Note,
        *,
        revision: int | None = None,
        two_person: bool = False,
    ) -> Person:
        """Move somebody to another state; the record as it is then.

        A rejection takes back what was changed of somebody who was let in, faces included.

        ``revision``: the one the account looked at. ``PersonChangedError`` where it is older,
        ``NotAllowedError`` where the state or, with ``two_person``, the rule forbids it.
        """
        if action is Action.REJECT:
            return self._reject(staff_id, note, revision)
        return self._change(
            staff_id,
            note,
            action,
            lambda person: acted(person, action, note, two_person=two_person),
            revision,
        )

    def edit(
        self,
        staff_id: str,
        fields: Mapping[str, Any],
        note: Note,
        *,
        revision: int | None = None,
        two_person: bool = False,
        more: Biometrics = NO_BIOMETRICS,
    ) -> Person:
        """Change fields of a record and add templates and photos to keep, all or nothing.

        Returns the record as it is then.

        Errors as ``act``, ``ValueError`` as ``add_person``. Under the two-person rule a change
        of what somebody may do awaits approval again, and so does a new face.
        """

        def change(person: Person) -> Person:
            changed = edited(person, fields, note, two_person=two_person)
            return reopened(changed, note) if two_person and more.templates else changed

        return self._change(staff_id, note, "edit", change, revision, more)

    def _change(
        self,
        staff_id: str,
        note: Note,
        action: str,
        change: Callable[[Person], Person],
        revision: int | None,
        more: Biometrics = NO_BIOMETRICS,
    ) -> Person:
        note.checked()
        owner = self._owner(staff_id)
        cipher = self._cipher_of(owner) if more.templates else None
        with self._changing() as (connection, version):
            before = _looked_at(connection, staff_id, revision)
            changed = change(before)
            person_rows.update_person(connection, changed, version)
            differences = changes_between(before, changed)
            if cipher is not None:
                _demand(connection, owner)
                template_rows.insert_templates(connection, owner, more.templates, cipher)
                template_rows.insert_photos(connection, owner, more.photos, cipher)
                differences["templates"] = [0, len(more.templates)]
            register_history.write(connection, staff_id, note, action, differences, version)
            return person_rows.read_people(connection, staff_id)[0]

    def _reject(self, staff_id: str, note: Note, revision: int | None) -> Person:
        note.checked()
        with self._changing() as (connection, version):
            before = _looked_at(connection, staff_id, revision)
            after = acted(before, Action.REJECT, note, two_person=True)
            since = to_take_back(register_history.read_history(connection, staff_id))
            if since is not None:
                after = as_before(after, since)
                template_rows.delete_newest(connection, staff_id, since.templates, since.since)
            person_rows.update_person(connection, after, version)
            differences = changes_between(before, after)
            if since is not None and since.templates:
                differences["templates"] = [since.templates, 0]
            register_history.write(connection, staff_id, note, Action.REJECT, differences, version)
            return person_rows.read_people(connection, staff_id)[0]

    def remove(self, staff_id: str, note: Note | None = None) -> bool:
        """Erase somebody with all templates, overwriting them in an SQLite file.

        The data key is destroyed as well: after that no copy of the templates can be opened, nor
        do backups bring it back. A register that cannot be written keeps the key; whoever is
        interrupted after its end removes once more. True when SQLite's write-ahead file was
        emptied as well; false where a reader kept it busy, and the next checkpoint does it. A
        PostgreSQL server overwrites when it vacuums.
        """
        owner = self._owner(staff_id)
        may_have_key = self._may_have_key(staff_id)
        with self._changing() as (connection, version):
            _demand(connection, owner)
            who = (note or Note()).checked()
            register_history.write(connection, staff_id, who, "remove", {}, version)
            person_rows.delete_person(connection, staff_id)
            row = {"version": version, "person_id": owner.person_id}
            connection.execute(insert(REMOVALS), row)
            erasures.note_removed(connection, staff_id, version)
            if self._database.dialect == "postgresql":
                pgvector_table.forget(connection, owner.person_id)
            if may_have_key:  # last: what keeps the record from being erased has shown by now
                with open_keys(self._place) as keys:
                    keys.destroy(owner.person_id)
        return self._scrubbed()

    def drop_old_erasures(self) -> None:
        """Forget whose removal was told long enough; this is no change of the register."""
        with self._database.changing() as connection:
            dropped = erasures.drop_old(connection)
        if dropped:
            self._scrubbed()

    def _scrubbed(self) -> bool:
        """Whether what was erased is gone from the write-ahead file as well."""
        if self._database.dialect != "sqlite":
            return False
        return not pragma(self._database, "wal_checkpoint(TRUNCATE)")

    def forget_destroyed(self) -> tuple[str, ...]:
        """Erase again whom an old backup brought back; their staff ids."""
        with open_keys(self._place) as keys:
            destroyed = keys.destroyed()
        with self._database.reading() as connection:
            owners = person_rows.read_person_ids(connection)
        gone = tuple(sorted(who for who, person_id in owners.items() if person_id in destroyed))
        for staff_id in gone:
            self.remove(staff_id)
        return gone

    def _cipher_for(self, owner: Owner) -> Cipher:
        with open_keys(self._place) as keys:
            return keys.cipher_for(owner.person_id)

    def _cipher_of(self, owner: Owner) -> Cipher:
        """The cipher of somebody enrolled; ``SiteKeyError`` where their key is lost.

        A new key beside templates that it does not open would spoil the register for everybody.
        """
        with self._database.reading() as connection:
            sealed = template_rows.has_sealed(connection, owner.staff_id)
        with open_keys(self._place) as keys:
            lost = sealed and not keys.ciphers([owner.person_id])
            if lost and owner.person_id not in keys.destroyed():
                raise lost_keys([owner.staff_id], keys.where)
            return keys.cipher_for(owner.person_id)

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, int]]:
        """One transaction that counts as one change, with its version; or leaves no trace.

        Counting comes first: in PostgreSQL the counter's row is what makes writers take turns.
        """
        with self._database.changing() as connection:
            connection.execute(update(COUNTER).values(version=COUNTER.c.version + 1))
            if self._database.dialect == "postgresql":
                postgres.tell(connection, CHANNEL)
            yield connection, version_in(connection)


def _looked_at(connection: Connection, staff_id: str, revision: int | None) -> Person:
    """The record, at the revision that an account looked at where it says which."""
    found = person_rows.read_people(connection, staff_id)
    if not found:
        raise UnknownPersonError(nobody(staff_id))
    (person,) = found
    if revision is not None and revision != person.revision:
        last = register_history.read_history(connection, staff_id)[-1]
        raise PersonChangedError(
            f"{staff_id} was changed by {last.by} meanwhile (revision {person.revision}, "
            f"not {revision}); look again with 'enrol show {staff_id}'"
        )
    return person


def _demand(connection: Connection, owner: Owner) -> None:
    """The record is still the one that was looked up before the transaction."""
    if person_rows.read_person_id(connection, owner.staff_id) != owner.person_id:
        raise UnknownPersonError(nobody(owner.staff_id))
