"""What the gallery's benchmark measures is the real thing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.gallery import TEMPLATES, Plan, _measure
from bench.stocked import EMBEDDING_ID, keys_in, owners, stock, unit_rows
from enrolment.places import SqliteFile
from enrolment.register import Register


def test_a_stocked_register_holds_the_rows(tmp_path: Path) -> None:
    """Made in one transaction, it opens like one that was enrolled person by person."""
    rows = unit_rows(5 * TEMPLATES, 8)

    place = stock(SqliteFile(tmp_path / "register.db"), keys_in(tmp_path), rows, TEMPLATES)

    with Register.open_for_reading(place) as register:
        gallery = register.snapshot(EMBEDDING_ID).gallery
    assert gallery.staff_ids == tuple(dict.fromkeys(owners(5, TEMPLATES)))
    assert np.array_equal(gallery.embeddings, rows)


def test_it_runs_with_the_peers_that_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A peer that is not installed is named and left out; nobody answers otherwise than we do."""
    _measure(Plan(people=40, rounds=1, probes=4))

    said = capsys.readouterr().out
    rows = [line.split("|") for line in said.splitlines() if " | " in line and "." in line]
    assert "Gallery.match" in said
    for peer in ("faiss-cpu", "usearch"):
        assert peer in said
    assert [row[6].strip() for row in rows if len(row) == 8] == ["0"] * (
        3 - said.count("not installed")
    )
