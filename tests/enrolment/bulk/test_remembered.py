"""What earlier imports did: quick to know again, never the truth."""

from __future__ import annotations

import stat
from pathlib import Path

from enrolment.bulk.remembered import RememberedPhotos


def test_the_same_photos_are_known_again(tmp_path: Path) -> None:
    """In any order, in a later run, for the same person and embedder only."""
    path = tmp_path / "imports.db"
    with RememberedPhotos(path) as first:
        first.keep("ann", first.digest("e", [b"1", b"2"]))

    with RememberedPhotos(path) as later:
        assert later.knows("ann", later.digest("e", [b"2", b"1"]))
        assert not later.knows("ann", later.digest("e", [b"1"]))
        assert not later.knows("ann", later.digest("f", [b"1", b"2"]))
        assert not later.knows("bob", later.digest("e", [b"1", b"2"]))


def test_the_file_is_private_and_tells_no_photo(tmp_path: Path) -> None:
    """Two sites' digests of one photo are not alike."""
    with RememberedPhotos(tmp_path / "a.db") as one, RememberedPhotos(tmp_path / "b.db") as two:
        assert one.digest("e", [b"photo"]) != two.digest("e", [b"photo"])

    assert stat.S_IMODE((tmp_path / "a.db").stat().st_mode) == 0o600


def test_people_who_are_gone_are_forgotten(tmp_path: Path) -> None:
    """Who was removed leaves no trace here either."""
    with RememberedPhotos(tmp_path / "imports.db") as remembered:
        digest = remembered.digest("e", [b"1"])
        remembered.keep("ann", digest)
        remembered.keep("bob", digest)

        remembered.forget_all_but(["bob"])

        assert not remembered.knows("ann", digest)
        assert remembered.knows("bob", digest)


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    """Without it an import only takes longer."""
    path = tmp_path / "imports.db"
    path.write_bytes(b"no database" * 1000)

    with RememberedPhotos(path) as remembered:
        assert not remembered.knows("ann", remembered.digest("e", []))
