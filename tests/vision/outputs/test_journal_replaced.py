"""A journal file that is taken away while it is open."""

import pytest

from tests.vision.outputs.decisions import CONTEXT, alarm
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalReplacedError


@pytest.mark.parametrize("is_there_another", [False, True], ids=["removed", "replaced"])
def test_nothing_is_written_where_nobody_reads(tmp_path, is_there_another):
    """A file that is not at its path any more takes no alarm, and says what happened."""
    path = tmp_path / "journal.db"
    journal = Journal.open(path)
    path.rename(tmp_path / "elsewhere.db")
    if is_there_another:
        Journal.open(path).close()

    with pytest.raises(JournalReplacedError, match=r"journal\.db was removed or replaced"):
        journal.commit([alarm()], CONTEXT)
    journal.close()


def test_opened_anew_it_is_a_journal_again(tmp_path):
    """Who opens it anew writes where everybody reads."""
    path = tmp_path / "journal.db"
    stale = Journal.open(path)
    path.unlink()
    fresh = Journal.open(path)

    fresh.commit([alarm()], CONTEXT)

    with pytest.raises(JournalReplacedError):
        stale.waiting(0, 10)
    stale.close()
    assert len(fresh.waiting(0, 10)) == 1
    fresh.close()
