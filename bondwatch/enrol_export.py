"""`enrol export` and `enrol re-embed`: everything held about one person; new templates for all."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from bondwatch import enrol_words as words
from bondwatch.enrol_desk import examiner_of, existing, note_of
from bondwatch.journal_desk import open_journal
from enrolment.enrolling import Examiner, Photo
from enrolment.gallery import Gallery
from enrolment.people import Template
from enrolment.register import Register
from vision.config_reader import read_settings
from vision.outputs.journal_subject import AboutPerson
from vision.settings import Settings

REFUSED = 1


def export(config: Path, staff_id: str, out: Path | None) -> None:
    """Write or show what is held about somebody; a file is new and mode 0600."""
    settings = read_settings(config)
    with Register.open_for_reading(settings.register_place) as register:
        document = {**_held(register, staff_id), **_seen(settings, staff_id)}
    text = json.dumps(document, ensure_ascii=False, indent=2)
    if out is None:
        print(text)  # noqa: T201 - for the person, unwrapped
        return
    handle = os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
    words.tell(f"What is held about {staff_id} is in {out}.")


def re_embed(config: Path, by: str | None, *, as_json: bool) -> None:
    """Make templates of today's embedder from kept photos; tell who is left."""
    done, left = [], []
    with existing(config) as (settings, register):
        examiner, embedding_id = examiner_of(settings)
        counts = register.template_counts()
        for staff_id in sorted(counts):
            if embedding_id in counts[staff_id] and len(counts[staff_id]) == 1:
                continue
            new: tuple[Template, ...] = ()
            if embedding_id not in counts[staff_id]:  # else they were given a photo since
                new = _remade(register, staff_id, examiner, embedding_id)
            if new or embedding_id in counts[staff_id]:
                note = note_of(by, "another embedder")
                register.replace_foreign_templates(staff_id, embedding_id, new, note)
                done.append(staff_id)
            else:
                left.append(staff_id)
    if as_json:
        words.tell_json({"re_embedded": done, "enrol_again": left})
    else:
        words.tell(f"{len(done)} people have templates of this embedder now.")
        for staff_id in left:
            words.complain(f"{staff_id} must be enrolled again: enrol edit {staff_id} --photo FILE")
    if left:
        raise typer.Exit(REFUSED)


def _remade(
    register: Register, staff_id: str, examiner: Examiner, embedding_id: str
) -> tuple[Template, ...]:
    """Templates from somebody's kept photos; none where no photo will do.

    Who is alike was settled when they were enrolled, so nobody else is compared with.
    """
    _, photos = register.biometrics(staff_id)
    if not photos:
        return ()
    named = [Photo(f"{staff_id}, photo {i}", photo) for i, photo in enumerate(photos, 1)]
    return examiner.examine(named, Gallery.of_nobody(embedding_id)).templates


def _seen(settings: Settings, staff_id: str) -> dict[str, Any]:
    """What cameras and guards said of somebody; nothing on a site that never ran."""
    if not settings.journal_path.exists():
        return asdict(AboutPerson())
    with open_journal(settings.journal_path) as journal:
        return asdict(journal.about(staff_id))


def _held(register: Register, staff_id: str) -> dict[str, Any]:
    person = register.person(staff_id)
    templates, photos = register.biometrics(staff_id)
    closed = sum(register.template_counts().get(staff_id, {}).values()) - len(templates)
    if closed:
        words.complain(
            f"{closed} templates of {staff_id} cannot be opened and are left out: their key is not"
            " there. Put it back with 'bondwatch keys restore'."
        )
    return {
        "person": words.record_of(person),
        "history": [
            {**asdict(entry), "at": entry.at.isoformat()} for entry in register.history(staff_id)
        ],
        "templates": [
            {
                "embedding_id": template.embedding_id,
                "quality": template.quality,
                "added_at": template.added_at.isoformat(),
                "values": template.embedding.tolist(),
            }
            for template in templates
        ],
        "templates_without_key": closed,
        "photos_base64": [base64.b64encode(photo).decode() for photo in photos],
    }
