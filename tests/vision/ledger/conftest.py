"""What the ledger's tests share: a ledger in a folder of its own, and things to enter."""

import pytest

from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger
from vision.ledger.node_key import NodeKey

NOW_AT = 1_700_000_000.0


@pytest.fixture
def key(tmp_path):
    """A node's key, made for the test."""
    return NodeKey.load_or_make(tmp_path / "keys" / "ledger.key")


@pytest.fixture
def ledger(tmp_path, key):
    """An empty ledger of the site ``here``."""
    made = Ledger.open_for_writing(tmp_path / "ledger.db", "here", key, lambda: NOW_AT)
    yield made
    made.close()


@pytest.fixture
def draft():
    """Makes drafts: ``draft(3)`` is the third passage of the journal, of the person ``p3``."""

    def make(number, text=None, **changes):
        values = {
            "kind": Kind.PASSAGE,
            "ref": f"ref-{number}",
            "at": NOW_AT + number,
            "content": text or f"content of {number}",
            "subject": f"p{number}",
            "source": "journal",
            "source_seq": number,
        }
        return Draft(**{**values, **changes})

    return make
