"""Embeddings bring pictures of one person together and keep two people apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.embedder import embedding_id_of, unit_rows
from models.errors import DegenerateLandmarks, ModelRefusedError, ModelRunError
from models.loading import ModelLoader

EMBEDDERS = ["dlib_resnet_v1", "mobilefacenet_128", "insightface_mobilefacenet_128"]


def face_of(shelf, picture: np.ndarray) -> np.ndarray:
    """The landmarks of the one face in a portrait, (1, 5, 2)."""
    return shelf.load("yunet_cctv").detect(picture, 0.6).landmarks_px[:1]


@pytest.mark.parametrize("name", EMBEDDERS)
def test_same_and_different_people(shelf, portrait, name: str) -> None:
    """Two pictures of one man are above accept, another man is below reject."""
    embedder = shelf.load(name)
    pictures = [portrait(f"{who}.jpg") for who in ("barack-obama", "barack-obama-2", "joe-biden")]

    rows = np.concatenate([embedder.embed(p, face_of(shelf, p)) for p in pictures])

    assert rows.shape == (3, embedder.dim)
    assert rows[0] @ rows[1] > embedder.thresholds.accept
    assert (rows[:2] @ rows[2] < embedder.thresholds.reject).all()


@pytest.mark.parametrize("name", EMBEDDERS)
def test_many_faces_are_many_unit_rows(shelf, portrait, name: str) -> None:
    """However many faces are asked for, each row is that of its face alone, of length 1."""
    embedder, picture = shelf.load(name), portrait("joe-biden.jpg")
    one = face_of(shelf, picture)
    several = np.concatenate([one + shift for shift in np.linspace(-3, 3, 9)])

    rows = embedder.embed(picture, several.astype(np.float32))

    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(rows[8], embedder.embed(picture, several[8:])[0], atol=1e-4)


@pytest.mark.parametrize("name", EMBEDDERS)
def test_no_faces_are_no_rows(shelf, name: str) -> None:
    """Nothing in, nothing out, of the right width."""
    rows = shelf.load(name).embed(np.zeros((9, 9, 3), np.uint8), np.empty((0, 5, 2), np.float32))

    assert rows.shape == (0, 128)


@pytest.mark.parametrize("name", EMBEDDERS)
def test_degenerate_landmarks_are_refused(shelf, name: str) -> None:
    """No embedding is made of landmarks that carry no face."""
    with pytest.raises(DegenerateLandmarks):
        shelf.load(name).embed(np.zeros((99, 99, 3), np.uint8), np.ones((1, 5, 2), np.float32))


def test_the_identity_covers_weights_and_preprocessing(manifest) -> None:
    """Another file, another scale or another template is another embedding_id; a name is not."""
    entry = manifest.entry("dlib_resnet_v1")
    other = dataclasses.replace(entry.input, scale=0.5)

    assert embedding_id_of(dataclasses.replace(entry, name="renamed")) == embedding_id_of(entry)
    assert embedding_id_of(dataclasses.replace(entry, sha256="0" * 64)) != embedding_id_of(entry)
    assert embedding_id_of(dataclasses.replace(entry, input=other)) != embedding_id_of(entry)


def test_the_input_must_be_the_templates_size(manifest) -> None:
    """A manifest whose input and template disagree is refused, not resized in secret."""
    entry = manifest.entry("dlib_resnet_v1")
    wrong = dataclasses.replace(entry, input=dataclasses.replace(entry.input, size_wh=(112, 112)))

    with pytest.raises(ModelRefusedError, match="not the size of its template"):
        embedding_id_of(wrong)


@pytest.mark.parametrize(
    "rows", [np.zeros((1, 4)), np.full((1, 4), np.nan), np.ones((1, 3)), np.full((1, 4), np.inf)]
)
def test_rows_without_a_direction_are_an_error(rows: np.ndarray) -> None:
    """Zeros, not-a-number and rows of another length name the model."""
    with pytest.raises(ModelRunError, match=r"^net: put out"):
        unit_rows("net", rows.astype(np.float32), (1, 4))


def test_insightface_must_prepare_as_the_manifest_says(shelf, store, manifest) -> None:
    """The pack's class guesses its preprocessing; another guess than ours is refused."""
    name = "insightface_mobilefacenet_128"
    entry = shelf.entry(name)
    wrong = dataclasses.replace(entry, input=dataclasses.replace(entry.input, scale=0.0078125))
    altered = dataclasses.replace(manifest, entries={**manifest.entries, name: wrong})

    with pytest.raises(ModelRefusedError, match=r"InsightFace prepares faces with mean 127\.5"):
        ModelLoader(store, altered).embedder(name)
