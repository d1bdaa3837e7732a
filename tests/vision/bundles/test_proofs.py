"""Entries and growth as lines: what is written is read again, and nothing else is read."""

import json

import pytest

from vision.bundles.proofs import (
    Growth,
    ProofError,
    Proven,
    entry_lines,
    growth_lines,
    parse_entries,
    parse_growth,
)
from vision.ledger.checkpoints import Head
from vision.ledger.entries import Content, Entry
from vision.ledger.merkle import node_hash

CONTENT = Content(b"salt" * 4, '{"name":"\N{LATIN SMALL LETTER O WITH DIAERESIS}"}')
ENTRY = Entry(1, "clip", "a/b", 5, "journal", 7, CONTENT.digest)
SIBLING = b"\x07" * 32
PROVEN = Proven(ENTRY, (SIBLING,), CONTENT)
LINE = json.loads(entry_lines([PROVEN]))


def test_what_is_written_is_read_again():
    """Contents that are told and that are not."""
    silent = Proven(ENTRY, (), None)
    growth = (Growth(3, (SIBLING,)),)

    assert parse_entries(entry_lines([PROVEN, silent]).encode()) == (PROVEN, silent)
    assert parse_growth(growth_lines(growth).encode()) == growth
    assert parse_entries(b"") == ()


def test_a_path_leads_to_a_root():
    """And to no other."""
    root = node_hash(SIBLING, ENTRY.leaf_hash)

    assert PROVEN.is_in(Head("here", 2, root))
    assert not PROVEN.is_in(Head("here", 2, SIBLING))
    assert not PROVEN.is_in(Head("here", 1, root))


def _with(path: str, value: object) -> str:
    told = json.loads(json.dumps(LINE))
    at = told
    *way, last = path.split(".")
    for step in way:
        at = at[step]
    at[last] = value
    return json.dumps(told) + "\n"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("more", 1),
        ("entry", 5),
        ("entry.more", 1),
        ("entry.v", 2),
        ("entry.number", "1"),
        ("entry.number", True),
        ("entry.number", 1.0),
        ("entry.ref", 5),
        ("entry.digest", "zz"),
        ("path", "abc"),
        ("path", 5),
        ("path", ["00"]),
        ("path", [5]),
        ("content", {}),
        ("content.text", 5),
        ("content.text", "\ud800"),
        ("content.salt", "0"),
    ],
)
def test_what_is_no_entry_is_refused(path, value):
    """The line is named."""
    with pytest.raises(ProofError, match="line 2 is no entry"):
        parse_entries(entry_lines([PROVEN]).encode() + _with(path, value).encode())


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"size": 1}', '{"size": "1", "path": []}', "[" * 9999]
)
def test_what_is_no_growth_is_refused(line):
    """The line is named."""
    with pytest.raises(ProofError, match="line 1 is no proof of growth"):
        parse_growth(line.encode())
