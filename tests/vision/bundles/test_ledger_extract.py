"""What is taken out of the ledger for a bundle, and under which head."""

import pytest

from vision.bundles.ledger_extract import HistoryError, Scene, extract
from vision.ledger.checkpoints import Head
from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger
from vision.ledger.ledger_errors import LedgerError

NOWHERE = Scene((), 0.0, 0.0)


def test_a_published_head_is_preferred(site):
    """Who kept it needs no proof of growth; it serves as long as it covers the alarm."""
    published = site.enter().checkpoints[0]
    site.grow(4)

    assert extract(site.ledger, site.alarm_id, NOWHERE).head == published

    site.keep("cam1.2.mp4", b"more")
    newest = site.enter(publish=False).checkpoints[0]
    assert extract(site.ledger, site.alarm_id, NOWHERE).head == newest


def test_growth_from_what_an_auditor_holds(site):
    """Nothing has to be proven from a checkpoint of the same size."""
    old = site.enter().checkpoints[0]
    same = extract(site.ledger, site.alarm_id, NOWHERE, (old,))
    site.grow(4)
    new = site.enter().checkpoints[0]

    grown = extract(site.ledger, site.alarm_id, NOWHERE, (old, new))

    assert (same.growth, [one.size for one in grown.growth]) == ((), [old.head.size])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda head: Head("other", head.size, head.root), "is of other"),
        (lambda head: Head(head.origin, head.size + 1, head.root), "the ledger"),
        (lambda head: Head(head.origin, 0, head.root), "has 0 entries"),
        (lambda head: Head(head.origin, head.size - 1, b"\1" * 32), "are not the checkpoint's"),
    ],
)
def test_a_checkpoint_of_another_history_is_refused(site, change, why):
    """Whoever exports learns of the fork first."""
    head = site.enter().checkpoints[0].head

    with pytest.raises(HistoryError, match=why):
        extract(site.ledger, site.alarm_id, NOWHERE, (site.key.sign(change(head)),))


def test_an_empty_ledger(tmp_path, site):
    """There is nothing to prove anything with."""
    with pytest.raises(LedgerError, match="is empty"):
        extract(
            Ledger.open_for_writing(tmp_path / "empty.db", "x", site.key), site.alarm_id, NOWHERE
        )


def test_passages_that_cannot_be_read_are_nobodys(site):
    """They stay in the ledger."""
    texts = ("none", "[]", '{"times": 5}', '{"times": {"wall": 5}, "camera": "cam1"}')
    site.ledger.append([Draft(Kind.PASSAGE, f"p{at}", 50.0, text) for at, text in enumerate(texts)])

    found = extract(site.ledger, site.alarm_id, Scene({"cam1"}, 0.0, 100.0))

    assert [one for one in found.proven if one.entry.kind == Kind.PASSAGE] == []
