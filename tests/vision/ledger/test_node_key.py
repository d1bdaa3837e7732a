"""The node's key: made once, kept private, refused where it is not."""

import pytest

from vision.ledger.checkpoints import Head
from vision.ledger.ledger_errors import KeyUnusableError
from vision.ledger.node_key import NodeKey


def test_a_key_is_made_once(tmp_path):
    """The same file gives the same key, and nobody else may read it."""
    path = tmp_path / "keys" / "ledger.key"

    first, second = NodeKey.load_or_make(path), NodeKey.load_or_make(path)

    assert first.verifier("here") == second.verifier("here")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["ledger.key"]


def test_it_signs_under_the_ledger_s_name(key):
    """The verifier of that name accepts it."""
    checkpoint = key.sign(Head("bondwatch/here/1", 1, bytes(32)))

    assert checkpoint.note.is_signed_by(key.verifier("bondwatch/here/1"))


def test_a_key_that_others_can_read_is_refused(tmp_path):
    """What others can read, others can sign with."""
    path = tmp_path / "keys" / "ledger.key"
    NodeKey.load_or_make(path)
    path.chmod(0o640)

    with pytest.raises(KeyUnusableError, match="open to others"):
        NodeKey.load_or_make(path)


def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path):
    """A key that got lost is not replaced in silence, and not quoted."""
    path = tmp_path / "ledger.key"
    path.touch(mode=0o600)
    path.write_text("no key but a secret")

    with pytest.raises(KeyUnusableError, match="no Ed25519 key") as told:
        NodeKey.load_or_make(path)

    assert "secret" not in str(told.value)
    assert path.read_text() == "no key but a secret"


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    """The remedy names the setting."""
    (tmp_path / "file").touch()

    with pytest.raises(KeyUnusableError, match="key_file"):
        NodeKey.load_or_make(tmp_path / "file" / "ledger.key")
