"""Keys of evidence: made, found again, wrapped anew, carried, and destroyed for good."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from enrolment import key_rotation, sqlite_files
from enrolment.evidence_keys import EvidenceKeys, demand_usable
from enrolment.key_rotation import back_up, init_keys, restore, rotate, status
from enrolment.key_store import KeyStore
from enrolment.key_tables import CURRENT, DATA_KEYS, DESTROYED, KEY_STORE, METADATA
from enrolment.places import KeyPlace, SecretSource, SqliteFile
from enrolment.sealing import Cipher
from enrolment.site_keys import KeyRing, SiteKey, SiteKeyError, read_ring, write_ring

HERE = b"here"


@pytest.fixture
def place(tmp_path: Path) -> KeyPlace:
    """A site's keys."""
    place = place_in(tmp_path / "keys")
    init_keys(place)
    return place


def place_in(folder: Path) -> KeyPlace:
    """Where a site's keys are."""
    return KeyPlace(SecretSource(file=folder / "site.key"), SqliteFile(folder / "people.keys"))


def make(place: KeyPlace, count: int = 3) -> dict[str, bytes]:
    """Something sealed with each of so many new keys."""
    with EvidenceKeys.open(place) as keys:
        return {key.key_id: key.cipher.seal(b"video", HERE) for key in keys.make(count)}


def opened(place: KeyPlace, sealed: dict[str, bytes]) -> list[bytes]:
    """What was sealed, found by its keys' ids."""
    with EvidenceKeys.open(place) as keys:
        return [keys.cipher(key_id).open(data, HERE) for key_id, data in sealed.items()]


def test_a_key_is_found_again_by_its_id(place: KeyPlace) -> None:
    """Each another key; no secret is in the store or in what is printed."""
    sealed = make(place)

    assert opened(place, sealed) == [b"video"] * 3
    assert (status(place).evidence_keys, status(place).data_keys) == (3, 0)


def test_a_key_that_is_not_there_is_named(place: KeyPlace) -> None:
    """With the way to bring it back; in a store of before as well."""
    wanted = pytest.raises(SiteKeyError, match=r"key beef is not in .*'bondwatch keys restore'")
    with EvidenceKeys.open(place) as keys, wanted:
        keys.cipher("beef")


def test_a_destroyed_key_never_comes_back(place: KeyPlace, tmp_path: Path) -> None:
    """Not from an older backup of the keys either; the others do. Destroying twice is once."""
    sealed = make(place)
    gone, *_ = sealed
    back_up(place, tmp_path / "keys.json")
    with EvidenceKeys.open(place) as keys:
        keys.destroy([gone])
        keys.destroy([gone])

    restore(place, tmp_path / "keys.json")

    with EvidenceKeys.open(place) as keys, pytest.raises(SiteKeyError, match="was destroyed"):
        keys.cipher(gone)
    del sealed[gone]
    assert opened(place, sealed) == [b"video"] * 2


def test_keys_come_back_on_a_new_machine(place: KeyPlace, tmp_path: Path) -> None:
    """A backup of the keys and a copy of the evidence are all that is needed."""
    sealed = make(place)
    back_up(place, tmp_path / "keys.json")

    assert restore(place_in(tmp_path / "new"), tmp_path / "keys.json") == 3

    assert opened(place_in(tmp_path / "new"), sealed) == [b"video"] * 3


@pytest.mark.parametrize("rewrapped", [0, 1, 2])
def test_an_interrupted_rotation_is_finished_later(
    place: KeyPlace, monkeypatch: pytest.MonkeyPatch, rewrapped: int
) -> None:
    """Killed at any point everything opens, new keys are made, and a second run finishes."""
    sealed = make(place, 2)
    monkeypatch.setattr(key_rotation, "_BATCH", 1)
    real, done = key_rotation._rewrap_some, []

    def interrupted(store: KeyStore, ring: KeyRing) -> int:
        if len(done) == rewrapped:
            raise KeyboardInterrupt
        done.append(real(store, ring))
        return done[-1]

    monkeypatch.setattr(key_rotation, "_rewrap_some", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rotate(place)
    assert status(place).stale_data_keys == 2 - rewrapped
    assert opened(place, sealed) == [b"video"] * 2
    sealed |= make(place, 1)

    monkeypatch.setattr(key_rotation, "_rewrap_some", real)
    rotate(place)

    assert (status(place).rotating, status(place).stale_data_keys) == (False, 0)
    assert opened(place, sealed) == [b"video"] * 3


def test_who_has_the_store_open_follows_a_rotation(place: KeyPlace) -> None:
    """The daemon goes on: it reads, and makes new keys under the new site key."""
    with EvidenceKeys.open(place) as keys:
        (before,) = keys.make(1)
        rotate(place)
        (after,) = keys.make(1)
        sealed = {key.key_id: key.cipher.seal(b"video", HERE) for key in (before, after)}

    assert opened(place, sealed) == [b"video"] * 2
    assert status(place).stale_data_keys == 0


def test_a_wrong_site_key_makes_no_keys(place: KeyPlace) -> None:
    """Another one, or one of the right name that is not the right one: nothing is wrapped by it."""
    assert place.key.file
    make(place)
    right = read_ring(place).current
    for wrong in (SiteKey.new(), SiteKey(right.key_id, SiteKey.new().secret)):
        write_ring(place.key.file, KeyRing((wrong,)))
        with pytest.raises(SiteKeyError, match="is not the site key that wrapped"):
            make(place)
    assert status(place).evidence_keys == 3


def test_a_lost_site_key_is_not_papered_over(place: KeyPlace) -> None:
    """A new one would make evidence unreadable that is only locked."""
    assert place.key.file
    make(place)
    place.key.file.unlink()

    with pytest.raises(SiteKeyError, match="put it back"):
        init_keys(place)


def test_whether_evidence_could_be_sealed(place: KeyPlace, tmp_path: Path) -> None:
    """Looked at without writing anything; each reason has its remedy."""
    assert place.key.file
    demand_usable(place)
    assert status(place).evidence_keys == 0

    write_ring(place.key.file, KeyRing((SiteKey.new(),)))
    with pytest.raises(SiteKeyError, match="put the right one back"):
        demand_usable(place)
    with pytest.raises(SiteKeyError, match="bondwatch keys init"):
        demand_usable(place_in(tmp_path / "none"))
    with pytest.raises(SiteKeyError, match="bondwatch keys init"):
        demand_usable(None)


def test_a_store_of_before_is_brought_up_to_date_by_the_first_key(tmp_path: Path) -> None:
    """Until then it is read as it is: looking at it, carrying and rotating write nothing new."""
    place = place_in(tmp_path / "keys")
    assert place.key.file
    assert place.store_file
    write_ring(place.key.file, KeyRing((SiteKey.new(),)))
    before = sqlite_files.FileKind("key store", KEY_STORE.application_id, 1, journal="DELETE")
    sqlite_files.create_if_missing(
        place.store_file,
        before,
        lambda c: METADATA.create_all(c, tables=[DATA_KEYS, DESTROYED, CURRENT]),
    )
    with KeyStore.open(place) as store:
        store.begin(read_ring(place).current)
        store.cipher_for("1f")
    rotate(place)
    back_up(place, tmp_path / "keys.json")
    assert (status(place).evidence_keys, schema(place)) == (0, 1)

    sealed = make(place)

    assert schema(place) == 2
    assert opened(place, sealed) == [b"video"] * 3
    restore(place_in(tmp_path / "new"), tmp_path / "keys.json")
    assert status(place_in(tmp_path / "new")).data_keys == 1


def schema(place: KeyPlace) -> int:
    """The schema that a store's file says it has."""
    assert place.store_file
    connected = sqlite_files.connect(
        place.store_file, KEY_STORE, busy_timeout_s=1.0, read_only=True
    )
    with closing(connected) as database:
        return sqlite_files.schema_of(database)


def test_a_store_on_a_server_serves_as_well(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Nodes that share a register share the keys of their evidence, in another database."""
    server = request.getfixturevalue("postgres_server")
    place = KeyPlace(SecretSource(file=tmp_path / "site.key"), server.fresh())
    init_keys(place)
    sealed = make(place)
    gone, *_ = sealed

    rotate(place)
    with EvidenceKeys.open(place) as keys:
        keys.destroy([gone])
    del sealed[gone]

    assert opened(place, sealed) == [b"video"] * 2
    assert (status(place).evidence_keys, status(place).stale_data_keys) == (2, 0)


def test_no_key_is_printed(place: KeyPlace) -> None:
    """What a log or a traceback shows of one holds its id alone."""
    with EvidenceKeys.open(place) as keys:
        (key,) = keys.make(1)

    assert repr(key) == f"EvidenceKey(key_id='{key.key_id}', cipher={Cipher.__name__}())"
