"""Signed notes against the example of Go's checksum database, and against tampering."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.ledger.checkpoints import Checkpoint, Head, signed
from vision.ledger.signed_notes import NoteError, SignedNote, Verifier, sign

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"  # the example's own, published
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotp"
    "RZb6KE6RyyBwJnAM=\n"
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VERIFIER = Verifier("bondwatch/here/1", KEY.public_key().public_bytes_raw())


def test_it_reads_what_go_has_signed():
    """A note and a key of the Go implementation are taken as they are."""
    note = SignedNote.parse(f"{GO_TEXT}\n{GO_SIGNATURE}")

    assert note.is_signed_by(Verifier.parse(GO_KEY))
    assert str(Verifier.parse(GO_KEY)) == GO_KEY


def test_it_signs_what_go_has_signed():
    """The same key and text give the same note, byte for byte."""
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(GO_SEED)[1:])

    assert str(sign(GO_TEXT, "PeterNeumann", key)) == f"{GO_TEXT}\n{GO_SIGNATURE}"


def test_another_key_has_not_signed_it():
    """Neither the same key under another name, nor another key under the same."""
    note = sign("text\n", VERIFIER.name, KEY)
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()

    assert note.is_signed_by(VERIFIER)
    assert not note.is_signed_by(Verifier("else", VERIFIER.public_key))
    assert not note.is_signed_by(Verifier(VERIFIER.name, other))


def test_a_signature_is_written_in_one_way():
    """The bits that base64 leaves over are not free for use."""
    text = str(sign("text\n", VERIFIER.name, KEY))
    last = text[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = alphabet[alphabet.index(last) ^ 1]

    with pytest.raises(NoteError):
        SignedNote.parse(f"{text[:-3]}{twin}=\n")


def test_a_checkpoint_is_three_lines():
    """Name, size, root: nothing that a verifier would have to guess."""
    head = Head("bondwatch/here/1", 12, bytes(range(32)))

    text = str(signed(head, KEY))

    assert text.startswith(
        "bondwatch/here/1\n12\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— bondwatch/here/1 "
    )
    assert Checkpoint.parse(text).head == head
    assert Checkpoint.parse(text).note.is_signed_by(VERIFIER)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_change_of_a_checkpoint_goes_unnoticed(data):
    """Whatever character becomes another one, the signature fails or nothing can be read."""
    text = str(signed(Head("bondwatch/here/1", 12, bytes(range(32))), KEY))
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda one: one != text[at]))

    changed = text[:at] + other + text[at + 1 :]

    try:
        assert not Checkpoint.parse(changed).note.is_signed_by(VERIFIER)
    except NoteError:
        return


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nno signature\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name !!!!!!!!\n",
        "text\n\n— na+me AAAAAAAAAAAA\n",
        "x" * 100_000,
    ],
)
def test_what_is_no_note_is_refused(text):
    """Text, blank line, signatures; nothing else."""
    with pytest.raises(NoteError):
        SignedNote.parse(text)


@pytest.mark.parametrize(
    "body",
    ["here\n1\n", "here\n01\nAAAA\n", "here\n-1\nAAAA\n", "here\n1\nAAAA\n", "here\n1\n?\n"],
)
def test_what_is_no_checkpoint_is_refused(body):
    """A note whose text is something else, however well it is signed."""
    with pytest.raises(NoteError):
        Checkpoint.parse(str(sign(body, "here", KEY)))


@pytest.mark.parametrize("message", ["{", "{}", '{"checkpoint": 3}', "{" * 100_000])
def test_what_carries_no_checkpoint_is_refused(message):
    """The message of MQTT is unpacked; anything else in braces is nothing."""
    with pytest.raises(NoteError):
        Checkpoint.parse(message)


@pytest.mark.parametrize(
    "key",
    ["", "name", GO_KEY[:-4], GO_KEY.replace("c74f20a3", "c74f20a4"), "na me+c74f20a3+AAAA"],
)
def test_what_is_no_key_is_refused(key):
    """The id must fit: it catches a key that was copied wrong."""
    with pytest.raises(NoteError):
        Verifier.parse(key)
