"""A worker's models: what cannot be had is a fault with a name, never the end of the worker."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models import store
from models.manifest import read_manifest
from tests.vision.sight import NAMES
from vision.core.policy import IdentityPolicy
from vision.settings import ModelSettings
from vision.worker_models import WorkerModels, load_worker_models

POLICY = IdentityPolicy(0.9, 0.8, 0.01)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model directory with right files, and the only one there is."""
    wanted = tmp_path / "models"
    wanted.mkdir()
    found = store.standard_store()
    for name in (NAMES.detector, NAMES.face_detector, NAMES.embedder):
        entry = read_manifest().entry(name)
        shutil.copy(found.find(entry), wanted / entry.file)
    monkeypatch.delenv(store.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(store, "WEIGHTS_DIRECTORY", tmp_path / "none-shipped")
    monkeypatch.setattr(store, "cache_directory", lambda: tmp_path / "no-cache")
    return wanted


def settings(folder: Path, **names: str) -> ModelSettings:
    """The configuration's models, from this folder."""
    usual = {
        "detector": NAMES.detector,
        "face_detector": NAMES.face_detector,
        "embedder": NAMES.embedder,
    }
    return ModelSettings(**(usual | names), directory=folder)


def test_everything_that_is_there_is_loaded(folder: Path) -> None:
    """No faults, versions for messages, and eyes that see faces."""
    models = load_worker_models(settings(folder))

    assert models.faults == {}
    assert set(models.versions) == {NAMES.detector, NAMES.face_detector, NAMES.embedder}
    assert models.embedder is not None
    assert models.embedding_id == models.embedder.embedding_id
    eyes = models.eyes(POLICY)
    assert eyes.detector is models.detector
    assert eyes.looker is not None


@pytest.mark.parametrize("role", ["face_detector", "embedder"])
def test_a_missing_face_model_leaves_the_detector(folder: Path, role: str) -> None:
    """People are still seen, and nobody can be identified."""
    name = getattr(NAMES, role)
    (folder / read_manifest().entry(name).file).unlink()

    models = load_worker_models(settings(folder))

    assert models.faults == {role: f"weight_missing:{name}"}
    assert name not in models.versions
    assert models.eyes(POLICY).detector is not None
    assert models.eyes(POLICY).looker is None


def test_a_wrong_file_is_refused_by_name(folder: Path) -> None:
    """Bytes that are not the pinned ones are not loaded, whatever they are."""
    (folder / read_manifest().entry(NAMES.embedder).file).write_bytes(b"another network")

    models = load_worker_models(settings(folder))

    assert models.faults == {"embedder": f"weight_wrong:{NAMES.embedder}"}
    assert models.embedding_id == "none"


def test_without_a_detector_the_faces_still_load(folder: Path) -> None:
    """Each model stands for itself."""
    (folder / read_manifest().entry(NAMES.detector).file).unlink()

    models = load_worker_models(settings(folder))

    assert models.faults == {"detector": f"weight_missing:{NAMES.detector}"}
    assert models.eyes(POLICY).detector is None
    assert models.embedder is not None


def test_an_unknown_name_is_a_fault(folder: Path) -> None:
    """The configuration may name what the manifest does not have."""
    models = load_worker_models(settings(folder, embedder="nosuch"))

    assert models.faults == {"embedder": "manifest:nosuch"}


def test_an_entry_of_another_role_is_a_fault(folder: Path) -> None:
    """A detector is no embedder."""
    models = load_worker_models(settings(folder, embedder=NAMES.detector))

    assert models.faults == {"embedder": f"manifest:{NAMES.detector}"}


def test_an_empty_folder_is_three_faults(tmp_path: Path, folder: Path) -> None:
    """Nothing could be loaded, and the worker can say so."""
    del folder

    models = load_worker_models(settings(tmp_path / "nothing"))

    assert set(models.faults) == {"detector", "face_detector", "embedder"}
    assert models.versions == {}


def test_a_fallback_serves_and_stays_a_fault(folder: Path) -> None:
    """The site hears of it for as long as it is not the model that was chosen."""
    models = load_worker_models(
        replace(settings(folder, embedder="mobilefacenet_128"), fallback="embedded")
    )

    assert models.faults == {"embedder": f"fell_back:{NAMES.embedder}"}
    assert models.embedder is not None
    assert NAMES.embedder in models.versions


def test_a_fallback_that_cannot_be_had_is_the_first_fault(folder: Path) -> None:
    """What the site has chosen is named, not what was tried in its place."""
    (folder / read_manifest().entry(NAMES.embedder).file).unlink()

    models = load_worker_models(
        replace(settings(folder, embedder="mobilefacenet_128"), fallback="embedded")
    )

    assert models.faults == {"embedder": "weight_missing:mobilefacenet_128"}
    assert models.embedder is None


def test_without_a_fallback_the_role_stays_empty(folder: Path) -> None:
    """Nothing is chosen for a site that did not allow it."""
    models = load_worker_models(settings(folder, embedder="mobilefacenet_128"))

    assert models.embedder is None


def test_thresholds_follow_the_registers_size(folder: Path) -> None:
    """And nobody is recognised where there is no embedder."""
    models = load_worker_models(settings(folder))

    few, many = (models.thresholds_for(people, 3) for people in (5, 300))

    assert few.thresholds.accept < many.thresholds.accept
    assert few.thresholds.together
    assert WorkerModels().thresholds_for(5, 3).thresholds.accept == 1.0
