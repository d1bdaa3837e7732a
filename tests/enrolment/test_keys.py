"""The site's keys: where they may be, replacing them, and what destroying one means."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from enrolment import key_rotation
from enrolment.key_rotation import init_keys, rotate, status
from enrolment.key_store import KeyStore
from enrolment.people import Template
from enrolment.places import KeyPlace, RegisterPlace, SecretSource, SqliteFile
from enrolment.register import Register
from enrolment.site_keys import KeyRing, SiteKey, SiteKeyError, read_ring, write_ring
from tests.enrolment.registers import (
    ROTATES_FOR_EVER,
    environment,
    person,
    row,
    spelt,
    with_keys,
)


@pytest.fixture
def place(tmp_path: Path) -> RegisterPlace:
    """A register of two people with keys."""
    made = with_keys(SqliteFile(tmp_path / "data" / "register.db"), tmp_path)
    with Register.open(made) as register:
        register.add_person(person("ann"), [Template(row(1), "e")])
        register.add_person(person("bob"), [Template(row(2), "e")])
    return made


@pytest.fixture
def keys(place: RegisterPlace) -> KeyPlace:
    """Its keys."""
    assert place.keys
    return place.keys


def known(place: RegisterPlace) -> tuple[str, ...]:
    """Who is recognised."""
    with Register.open_for_reading(place) as register:
        return register.snapshot("e").gallery.staff_ids


class TestSiteKey:
    """Where the key may come from, and where not."""

    def test_the_key_file_is_private(self, keys: KeyPlace) -> None:
        """Mode 0600, and 0700 for the folder that was made for it."""
        file = keys.key.file
        assert file
        modes = [stat.S_IMODE(p.stat().st_mode) for p in (file, file.parent, keys.store_file)]

        assert modes == [0o600, 0o700, 0o600]

    def test_a_key_that_others_can_read_is_refused(self, keys: KeyPlace) -> None:
        """A loose mode is told with the command that corrects it."""
        assert keys.key.file
        keys.key.file.chmod(0o640)

        with pytest.raises(SiteKeyError, match="chmod 600"):
            read_ring(keys)

    @pytest.mark.parametrize("what", ["key", "store", "link"])
    def test_keys_with_the_data_are_refused_by_name(self, tmp_path: Path, what: str) -> None:
        """Key or store in the data folder, also by way of a link: the file is named."""
        data, apart = tmp_path / "data", tmp_path / "keys"
        data.mkdir()
        (tmp_path / "link").symlink_to(data)
        folders = {"key": (data, apart), "store": (apart, data), "link": (tmp_path / "link", apart)}
        for_key, for_store = folders[what]
        place = KeyPlace(
            SecretSource(file=for_key / "site.key"), SqliteFile(for_store / "people.keys"), data
        )

        with pytest.raises(SiteKeyError, match=r"(site\.key|people\.keys) lies in the data folder"):
            init_keys(place)

        assert list(data.iterdir()) == []

    def test_a_second_init_changes_nothing(self, keys: KeyPlace) -> None:
        """A key in use is not replaced by accident."""
        before = read_ring(keys)

        with pytest.raises(SiteKeyError, match="keys rotate"):
            init_keys(keys)

        assert read_ring(keys) == before

    def test_a_lost_key_is_not_papered_over(self, keys: KeyPlace, place: RegisterPlace) -> None:
        """With faces under the old key a new one is refused, and the remedy is told."""
        assert keys.key.file
        keys.key.file.unlink()

        with pytest.raises(SiteKeyError, match="put it back"):
            init_keys(keys)
        with pytest.raises(SiteKeyError, match="run 'bondwatch keys init', or put it back"):
            known(place)

    def test_another_sites_key_is_told(self, keys: KeyPlace, place: RegisterPlace) -> None:
        """Nobody is recognised by the wrong key, and that is an error, not an empty gallery."""
        assert keys.key.file
        write_ring(keys.key.file, KeyRing((SiteKey.new(),)))

        with pytest.raises(SiteKeyError, match="is not the site key"):
            known(place)

    def test_the_key_may_come_from_the_environment(
        self, keys: KeyPlace, place: RegisterPlace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same text in a variable serves as well as in a file."""
        monkeypatch.setenv("SITE_KEY", read_ring(keys).text().strip())
        elsewhere = KeyPlace(SecretSource("SITE_KEY"), keys.store)

        assert known(RegisterPlace(place.database, elsewhere)) == ("ann", "bob")

    @pytest.mark.parametrize("text", ["", "s3cret", "bondwatch-site-key-1 a c2hvcnQ=", "a b c d"])
    def test_what_is_no_key_is_refused_and_not_quoted(self, tmp_path: Path, text: str) -> None:
        """The place is named, the content is not."""
        file = tmp_path / "site.key"
        file.write_text(text)
        file.chmod(0o600)

        with pytest.raises(Exception, match=r"site\.key") as told:
            read_ring(KeyPlace(SecretSource(file=file), SqliteFile(tmp_path / "people.keys")))

        assert "s3cret" not in str(told.value)

    def test_no_key_is_printed(self, keys: KeyPlace) -> None:
        """What a log or a traceback shows of a ring holds no key."""
        ring = read_ring(keys)

        assert ring.text().split()[2][:20] not in repr(ring)
        assert repr(ring.current.secret) not in repr(ring)

    def test_without_keys_there_are_people_but_no_faces(self, tmp_path: Path) -> None:
        """A template is refused with the command that sets up keys; a name is kept."""
        with Register.open(tmp_path / "register.db") as register:
            register.add_person(person("ann"))
            with pytest.raises(SiteKeyError, match="bondwatch keys init"):
                register.add_templates("ann", [Template(row(1), "e")])
            register.remove("ann")


class TestRotation:
    """Replacing the site key."""

    def test_everybody_is_known_by_the_new_key_alone(
        self, keys: KeyPlace, place: RegisterPlace
    ) -> None:
        """After a rotation the file holds one key, another one, and it opens everything."""
        before = read_ring(keys)

        rotate(keys)

        after = read_ring(keys)
        assert len(after.keys) == 1
        assert after.current != before.current
        assert known(place) == ("ann", "bob")
        assert status(keys).stale_data_keys == 0

    def test_a_rotation_that_the_store_has_not_heard_of(
        self, keys: KeyPlace, place: RegisterPlace
    ) -> None:
        """Killed between key file and store, or with a key put in front: enrolling goes on."""
        assert keys.key.file
        newer = SiteKey.new()
        write_ring(keys.key.file, KeyRing((newer, *read_ring(keys).keys)))

        with Register.open(place) as register:
            register.add_person(person("eve"), [Template(row(3), "e")])

        assert status(keys).rotating
        assert rotate(keys) == newer.key_id
        assert known(place) == ("ann", "bob", "eve")

    @pytest.mark.parametrize("rewrapped", [0, 1, 2])
    def test_an_interrupted_rotation_is_finished_later(
        self,
        keys: KeyPlace,
        place: RegisterPlace,
        monkeypatch: pytest.MonkeyPatch,
        rewrapped: int,
    ) -> None:
        """Killed at any point everybody is known, enrolling works, and a second run finishes."""
        monkeypatch.setattr(key_rotation, "_BATCH", 1)
        real, done = key_rotation._rewrap_some, []

        def interrupted(store: KeyStore, ring: KeyRing) -> int:
            if len(done) == rewrapped:
                raise KeyboardInterrupt
            done.append(real(store, ring))
            return done[-1]

        monkeypatch.setattr(key_rotation, "_rewrap_some", interrupted)
        with pytest.raises(KeyboardInterrupt):
            rotate(keys)

        assert known(place) == ("ann", "bob")
        assert (status(keys).rotating, status(keys).stale_data_keys) == (True, 2 - rewrapped)
        with Register.open(place) as register:
            register.add_person(person("eve"), [Template(row(3), "e")])
        newer = read_ring(keys).current
        monkeypatch.setattr(key_rotation, "_rewrap_some", real)
        rotate(keys)
        assert read_ring(keys) == KeyRing((newer,))
        assert known(place) == ("ann", "bob", "eve")

    def test_a_rotation_that_is_killed_is_finished_later(
        self, keys: KeyPlace, place: RegisterPlace
    ) -> None:
        """A real process that rotates for ever, killed wherever it is: nobody is lost."""
        for _ in range(3):
            rotating = subprocess.Popen(
                [sys.executable, "-c", ROTATES_FOR_EVER, spelt(place)],
                stdout=subprocess.PIPE,
                env=environment(),
            )
            assert rotating.stdout
            rotating.stdout.readline()
            rotating.kill()
            rotating.wait()
            rotating.stdout.close()

            assert known(place) == ("ann", "bob")

        rotate(keys)
        assert (status(keys).rotating, status(keys).stale_data_keys) == (False, 0)
        assert known(place) == ("ann", "bob")

    def test_a_wrong_key_is_told_and_gets_no_successor(
        self, keys: KeyPlace, place: RegisterPlace
    ) -> None:
        """Nothing is changed: once the right one is back, everybody is known and can be added."""
        assert keys.key.file
        right = read_ring(keys)
        write_ring(keys.key.file, KeyRing((SiteKey.new(),)))
        wrong = read_ring(keys)

        for use in (rotate, status):
            with pytest.raises(SiteKeyError, match="put the right one back"):
                use(keys)

        assert read_ring(keys) == wrong
        write_ring(keys.key.file, right)
        with Register.open(place) as register:
            register.add_person(person("eve"), [Template(row(3), "e")])
        assert known(place) == ("ann", "bob", "eve")

    def test_a_reader_follows_a_rotation(self, keys: KeyPlace) -> None:
        """A store that was opened before reads the key file again when it meets the new key."""
        with KeyStore.open(keys) as store:
            before = set(store.ciphers())
            rotate(keys)

            assert set(store.ciphers()) == before

    def test_a_key_from_elsewhere_is_rotated_by_giving_both(
        self, keys: KeyPlace, place: RegisterPlace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The new one in front; then the old one may go. With one key the way is told."""
        old, new = read_ring(keys).current, SiteKey.new()
        elsewhere = KeyPlace(SecretSource("SITE_KEY"), keys.store)
        monkeypatch.setenv("SITE_KEY", KeyRing((old,)).text())
        with pytest.raises(SiteKeyError, match="put a new one in front"):
            rotate(elsewhere)

        monkeypatch.setenv("SITE_KEY", KeyRing((new, old)).text())
        rotate(elsewhere)
        monkeypatch.setenv("SITE_KEY", KeyRing((new,)).text())

        assert known(RegisterPlace(place.database, elsewhere)) == ("ann", "bob")


class TestErasing:
    """Destroying a data key."""

    def test_a_restored_backup_cannot_bring_a_face_back(
        self, place: RegisterPlace, tmp_path: Path
    ) -> None:
        """The old database with the new keys knows neither the face nor the record."""
        register_file = place.database.path
        shutil.copy(register_file, tmp_path / "backup.db")
        with Register.open(place) as register:
            register.remove("ann")
        shutil.copy(tmp_path / "backup.db", register_file)

        with Register.open(place) as restored:
            snapshot = restored.snapshot("e")
            assert snapshot.gallery.staff_ids == ("bob",)
            assert [p.staff_id for p in snapshot.people] == ["bob"]
            assert snapshot.without_key == ()
            assert restored.forget_destroyed() == ("ann",)
            assert [p.staff_id for p in restored.people()] == ["bob"]

    def test_a_restored_backup_of_keys_cannot_either(
        self, keys: KeyPlace, place: RegisterPlace, tmp_path: Path
    ) -> None:
        """What was destroyed here stays destroyed, whatever the backup holds."""
        key_rotation.back_up(keys, tmp_path / "keys.json")
        with Register.open(place) as register:
            register.remove("ann")

        key_rotation.restore(keys, tmp_path / "keys.json")

        with KeyStore.open(keys) as store:
            assert len(store.ciphers()) == len(store.destroyed()) == 1

    def test_a_removal_cut_short_is_done_again(self, keys: KeyPlace, place: RegisterPlace) -> None:
        """With the key destroyed and the record still there, the face is gone; remove finishes."""
        with Register.open(place) as register, KeyStore.open(keys) as store:
            store.destroy(register._owner("ann").person_id)

            assert known(place) == ("bob",)
            register.remove("ann")
            assert [p.staff_id for p in register.people()] == ["bob"]

    def test_a_lost_key_store_is_told_by_who_is_lost(
        self, keys: KeyPlace, place: RegisterPlace
    ) -> None:
        """A store put back empty recognises nobody, and says whom it should."""
        assert keys.store_file
        for file in keys.store_file.parent.glob("people.keys*"):
            file.unlink()
        with KeyStore.open(keys, create=True) as store:
            store.begin(read_ring(keys).current)

        with Register.open_for_reading(place) as register:
            snapshot = register.snapshot("e")

        assert snapshot.gallery.empty
        assert snapshot.without_key == ("ann", "bob")


class TestCarrying:
    """Keys on another machine."""

    def test_keys_and_register_come_back_on_a_new_machine(
        self, keys: KeyPlace, place: RegisterPlace, tmp_path: Path
    ) -> None:
        """A backup of each is all that is needed."""
        backup = tmp_path / "keys.json"
        key_rotation.back_up(keys, backup)
        new = KeyPlace(
            SecretSource(file=tmp_path / "new" / "site.key"),
            SqliteFile(tmp_path / "new" / "people.keys"),
        )

        assert key_rotation.restore(new, backup) == 2

        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        assert known(RegisterPlace(place.database, new)) == ("ann", "bob")

    @pytest.mark.parametrize("content", ["", "{}", '{"format": "other"}', "[1]"])
    def test_what_is_no_backup_is_refused(
        self, keys: KeyPlace, tmp_path: Path, content: str
    ) -> None:
        """By name, and nothing changes."""
        file = tmp_path / "keys.json"
        file.write_text(content)

        with pytest.raises(SiteKeyError, match=r"keys\.json is no backup"):
            key_rotation.restore(keys, file)

    def test_a_store_on_a_server_serves_as_well(
        self, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        """Nodes that share a register share its keys, in another database."""
        server = request.getfixturevalue("postgres_server")
        place = with_keys(SqliteFile(tmp_path / "r.db"), tmp_path, server.fresh())
        assert place.keys

        with Register.open(place) as register:
            register.add_person(person("ann"), [Template(row(1), "e")])
            rotate(place.keys)
            matched = register.snapshot("e").gallery.match(row(1))
            register.remove("ann")

        assert matched.best
        assert np.isclose(matched.best.similarity, 1)
        assert status(place.keys).destroyed == 1
