"""The pack that needs nothing beside a clone: its files lie here or are made by set-up."""

from __future__ import annotations

from pathlib import Path

from models.fetch_dlib import ENTRY_NAME
from models.manifest import EMBEDDED, Manifest
from models.store import WEIGHTS_DIRECTORY, WeightStore, cache_directory

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def test_every_file_is_shipped_or_made_by_set_up(manifest: Manifest) -> None:
    """Nobody has to bring anything, and nobody has to ask a lawyer."""
    entries = [manifest.entry(name) for name in manifest.pack(EMBEDDED).entries]
    brought = [e.name for e in entries if not (WEIGHTS_DIRECTORY / e.file).is_file()]

    assert brought == [ENTRY_NAME]
    assert "models.fetch_dlib --into .cache/models" in MAKEFILE.read_text()
    assert not any(entry.research_only for entry in entries)


def test_the_files_are_the_pinned_ones(manifest: Manifest) -> None:
    """They are found in the checkout alone, whatever the environment names."""
    alone = WeightStore([WEIGHTS_DIRECTORY, cache_directory()])

    for name in manifest.pack(EMBEDDED).entries:
        assert len(alone.read(manifest.entry(name))) == manifest.entry(name).size_bytes
