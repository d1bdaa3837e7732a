"""What a model is, in words: its card, or what the manifest says of it.

Here belongs finding and composing the text. The cards themselves lie in `models/cards/`.
"""

from __future__ import annotations

from pathlib import Path

from models.entries import ModelEntry, Pack
from models.manifest import Manifest

CARDS_DIRECTORY = Path(__file__).with_name("cards")


def card_of(name: str, manifest: Manifest) -> str:
    """The text about a pack or an entry, Markdown. ManifestError where there is none so named."""
    if name in manifest.packs:
        pack = manifest.pack(name)
        return "\n\n".join(
            [_of_pack(pack, manifest), *(card_of(e, manifest) for e in pack.entries)]
        )
    entry = manifest.entry(name)
    for stem in (Path(entry.file).stem, entry.name):
        path = CARDS_DIRECTORY / f"{stem}.md"
        if path.is_file():
            return path.read_text(encoding="utf-8").rstrip()
    return _of_entry(entry)


def _of_pack(pack: Pack, manifest: Manifest) -> str:
    bound = manifest.needs_acceptance(pack)
    research = "Research only: needs --accept-licence.\n" if bound else ""
    return f"# Pack {pack.name}\n\n{pack.about}\n{research}Entries: {', '.join(pack.entries)}"


def _of_entry(entry: ModelEntry) -> str:
    lines = [
        f"# {entry.name}",
        "",
        f"Role: {entry.role}. Licence: {entry.licence}.",
        f"Source: {entry.source}.",
        f"File: {entry.file}, {entry.size_bytes} bytes, sha256 {entry.sha256}.",
    ]
    if entry.research_only:
        lines.append("Research only: serves only where a configuration names it.")
    if entry.embedding is not None:
        t = entry.embedding.thresholds
        lines.append(
            f"Embedding: {entry.embedding.dim} numbers; accept {t.accept}, reject {t.reject},"
            f" margin {t.margin}."
        )
    return "\n".join(lines)
