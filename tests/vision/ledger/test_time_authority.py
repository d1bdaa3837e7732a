"""Time stamps by a real authority, and by one that does wrong."""

import subprocess

import pytest

from tests.vision.ledger.stamp_authority import StampAuthority
from vision.ledger import time_authority
from vision.ledger.checkpoints import Head
from vision.ledger.stamp_values import TimeStampError
from vision.ledger.time_authority import TimeAuthority
from vision.ledger.timestamps import demand_signed, load_roots, read

ORIGIN = "bondwatch/here/1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """An authority that is well unless a test says otherwise."""
    made = StampAuthority(tmp_path_factory.mktemp("authority") / "tsa")
    yield made
    made.stop()


@pytest.fixture
def well(authority):
    """The authority, in a good mood."""
    authority.mood = "well"
    yield authority
    authority.mood = "well"


@pytest.fixture
def checkpoint(key):
    """A checkpoint to be stamped."""
    return key.sign(Head(ORIGIN, 7, bytes(32)))


def reason(authority, checkpoint, ca_file=None):
    """Why there is no stamp."""
    with pytest.raises(TimeStampError) as refused:
        TimeAuthority(authority.url, ca_file).stamp(checkpoint)
    return refused.value.reason


def test_a_stamp_is_right_for_its_checkpoint_alone(well, checkpoint, key):
    """It says when and who; over any other checkpoint it is nothing."""
    answer = TimeAuthority(well.url, well.ca_file).stamp(checkpoint)
    roots = load_roots(well.ca_file)

    stamp = demand_signed(answer, checkpoint, roots)

    assert stamp == read(answer, checkpoint)
    assert stamp.authority == "CN=time"
    other = key.sign(Head(ORIGIN, 8, bytes(32)))
    with pytest.raises(TimeStampError, match="something else"):
        demand_signed(answer, other, roots)


def test_openssl_says_the_same(well, checkpoint, tmp_path):
    """An auditor needs nothing of ours: the checkpoint as it was published, and the answer."""
    (tmp_path / "stamp").write_bytes(TimeAuthority(well.url).stamp(checkpoint))
    (tmp_path / "checkpoint").write_text(str(checkpoint))
    files = ["-data", "checkpoint", "-in", "stamp", "-CAfile", well.ca_file]

    done = subprocess.run(
        ["openssl", "ts", "-verify", *files], cwd=tmp_path, capture_output=True, check=False
    )

    assert b"Verification: OK" in done.stdout


def test_every_change_of_an_answer_is_noticed(well, checkpoint):
    """Or it changes nothing of what the stamp says."""
    answer, roots = TimeAuthority(well.url).stamp(checkpoint), load_roots(well.ca_file)
    said = demand_signed(answer, checkpoint, roots)
    for at in range(0, len(answer), 11):
        changed = bytearray(answer)
        changed[at] ^= 0x41
        try:
            assert demand_signed(bytes(changed), checkpoint, roots) == said
        except TimeStampError as error:
            assert error.reason.startswith("timestamp_")  # noqa: PT017 -- either is right


@pytest.mark.parametrize(
    ("mood", "told"),
    [
        ("garbage", "timestamp_not_understood"),
        ("huge", "timestamp_not_understood"),
        ("error", "timestamp_unreachable"),
        ("elsewhere", "timestamp_unreachable"),
        ("wrong digest", "timestamp_wrong"),
    ],
)
def test_a_wrong_answer_has_a_name(well, checkpoint, mood, told):
    """Nothing of it is kept, and no redirection leads a question elsewhere."""
    well.mood, asked = mood, well.asked

    assert reason(well, checkpoint) == told
    assert well.asked == asked + 1


def test_another_signer_is_noticed(well, checkpoint, tmp_path):
    """A stamp that the configured authority did not sign is none."""
    other = StampAuthority(tmp_path / "other", "somebody")
    try:
        assert reason(other, checkpoint, well.ca_file) == "timestamp_untrusted"
        assert TimeAuthority(other.url).stamp(checkpoint)
    finally:
        other.stop()


def test_a_refusal_is_told_with_its_words(well, checkpoint):
    """The authority says why, in a field of its answer."""
    conf = well._folder / "tsa.cnf"
    text = conf.read_text()
    conf.write_text(text.replace("digests = sha256", "digests = sha512"))
    try:
        with pytest.raises(TimeStampError, match="algorithm") as refused:
            TimeAuthority(well.url).stamp(checkpoint)
    finally:
        conf.write_text(text)

    assert refused.value.reason == "timestamp_refused"


def test_nobody_there_and_nobody_in_time(well, checkpoint, monkeypatch):
    """Both are the same to us: there is no stamp yet."""
    monkeypatch.setattr(time_authority, "_SILENT_S", 0.2)
    well.mood = "slow"
    assert reason(well, checkpoint) == "timestamp_unreachable"
    well.stop()
    try:
        assert reason(well, checkpoint) == "timestamp_unreachable"
    finally:
        well.start()


def test_an_answer_that_trickles_is_cut_off(well, checkpoint, monkeypatch):
    """However politely it goes on, an answer has an end."""
    monkeypatch.setattr(time_authority, "ANSWER_WITHIN_S", -1.0)

    assert reason(well, checkpoint) == "timestamp_unreachable"


@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_roots_that_cannot_be_read_are_told(well, checkpoint, tmp_path, content):
    """No stamp is taken unchecked because a file is gone."""
    ca_file = tmp_path / "roots.pem"
    if content is not None:
        ca_file.write_text(content)

    assert reason(well, checkpoint, ca_file) == "timestamp_ca_unreadable"
