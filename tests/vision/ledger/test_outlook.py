"""What is known of the ledger outside, and what is held against it when it is opened."""

import json
from contextlib import closing

import pytest

from tests.contract import validate
from tests.vision.outputs.decisions import NOON, open_journal
from vision.ledger import outlook
from vision.ledger.checkpoints import Checkpoint, Head
from vision.ledger.ledger_errors import LedgerWentBackError
from vision.ledger.outlook import Outlook, Site
from vision.outputs.journal_values import LedgerMark


@pytest.fixture
def journal(tmp_path):
    """The journal through which checkpoints go out."""
    with closing(open_journal(tmp_path)) as opened:
        yield opened


@pytest.fixture
def outside(ledger, journal):
    """An outlook with a minute between checkpoints and no second place."""
    return Outlook(ledger, journal, None, Site("hall", 60.0))


def published(journal):
    """The size that the world was told last."""
    states = [s for s in journal.all_states() if s.topic == "ledger/checkpoint"]
    return validate(f"bondwatch/v1/hall/{states[0].topic}", states[0].payload)["size"]


def test_a_checkpoint_goes_out_as_the_contract_says(ledger, journal, outside, draft):
    """The message carries the signed note itself, and the journal knows how far the ledger is."""
    checkpoint = ledger.append([draft(1)])

    outside.turn({"journal/outbox": 7}, 0.0, NOON)

    (state,) = journal.all_states()
    assert (
        Checkpoint.parse(validate(f"bondwatch/v1/hall/{state.topic}", state.payload)["checkpoint"])
        == checkpoint
    )
    assert journal.ledger_mark() == LedgerMark(ledger.origin, 1, {"journal/outbox": 7})


def test_one_a_minute_and_only_when_it_has_grown(ledger, journal, outside, draft):
    """What is entered in between goes out with the next."""
    ledger.append([draft(1)])
    outside.turn({}, 0.0, NOON)
    ledger.append([draft(2)])
    for now_s, size in ((59.0, 1), (60.0, 2)):
        outside.turn({}, now_s, NOON)
        assert published(journal) == size
    (state,) = journal.all_states()

    outside.turn({}, 500.0, NOON)

    assert journal.all_states() == (state,)


def test_what_went_out_is_kept(ledger, outside, draft):
    """A head that somebody may hold stays in the ledger."""
    ledger.append([draft(1)])
    outside.turn({}, 0.0, NOON)
    ledger.append([draft(2)])

    with ledger.file.read() as db:
        assert [row[0] for row in db.execute("SELECT size FROM heads")] == [1, 2]


def test_the_first_entry_names_the_ledger_before(ledger, key):
    """A ledger that begins anew does not hide that there was one."""
    before = LedgerMark("bondwatch/here/old", 99, {})

    verifier = str(key.verifier(ledger.origin))
    assert [outlook.begin(ledger, before, verifier, NOON) for _ in range(2)] == [True, False]

    (entry,) = ledger.entries()
    assert entry.kind == "ledger_begun"
    told = json.loads(ledger.content(0).text)
    assert told["before"] == {"origin": "bondwatch/here/old", "size": 99}


class TestStepsBack:
    """A ledger that has less than was signed is not written on."""

    def test_the_journal_remembers(self, ledger, draft):
        """Its mark is of this ledger, and larger."""
        ledger.append([draft(1)])

        outlook.demand_no_step_back(ledger, LedgerMark(ledger.origin, 1, {}), None)
        with pytest.raises(LedgerWentBackError, match="1 entries, 2 were signed"):
            outlook.demand_no_step_back(ledger, LedgerMark(ledger.origin, 2, {}), None)

    def test_another_ledger_s_mark_says_nothing(self, ledger):
        """A new ledger is smaller than the one before it."""
        outlook.demand_no_step_back(ledger, LedgerMark("bondwatch/here/old", 99, {}), None)

    def test_the_second_place_remembers(self, ledger, draft, key):
        """Smaller, or not what was signed: both are told."""
        kept = ledger.append([draft(1)])
        ledger.append([draft(2)])

        outlook.demand_no_step_back(ledger, None, kept)
        for size in (2, 3):
            with pytest.raises(LedgerWentBackError):
                outlook.demand_no_step_back(
                    ledger, None, key.sign(Head(ledger.origin, size, bytes(32)))
                )
