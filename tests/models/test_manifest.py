"""The manifest is read strictly, and every mistake names its entry."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from models import manifest_fields
from models.alignment import TEMPLATES
from models.entries import Role
from models.errors import ManifestError
from models.manifest import MANIFEST_FILE, Manifest, read_manifest


@pytest.fixture
def altered(tmp_path: Path):
    """Writes the project's manifest with one change and returns its path."""

    def write(change) -> Path:
        yaml = YAML(typ="safe", pure=True)
        document = yaml.load(MANIFEST_FILE.read_text())
        change(document)
        path = tmp_path / "manifest.yaml"
        with path.open("w") as stream:
            yaml.dump(document, stream)
        return path

    return write


def test_offers_no_research_model_unasked(manifest: Manifest) -> None:
    """A model bound to research is never among those offered for a role."""
    offered = [manifest.names(role) for role in Role]

    detectors = ("yolox_nano_coco", "warehouse_yolox")
    face_detectors = ("yunet_2023mar", "yunet_cctv")
    assert offered == [detectors, face_detectors, ("dlib_resnet_v1", "sface_2021dec")]


def test_gives_a_research_model_when_named(manifest: Manifest) -> None:
    """A model bound to research can be had by its name."""
    assert manifest.entry("mobilefacenet_128", Role.EMBEDDER).research_only


def test_takes_a_truck_for_a_forklift(manifest: Manifest) -> None:
    """The COCO detector's classes are mapped onto the kinds that the core knows."""
    classes = manifest.entry("yolox_nano_coco").classes

    assert [(one.index, one.name, one.kind) for one in classes] == [
        (0, "person", "person"),
        (7, "truck", "forklift"),
    ]


def test_every_template_exists() -> None:
    """A template that the manifest may name is one that faces can be cut to."""
    assert set(manifest_fields.TEMPLATES) == set(TEMPLATES)


def test_unknown_name_lists_the_known(manifest: Manifest) -> None:
    """Asking for a model that is not there says which are."""
    with pytest.raises(ManifestError, match=r"no model named 'yolo'.*yolox_nano_coco"):
        manifest.entry("yolo")


def test_wrong_role_is_refused(manifest: Manifest) -> None:
    """A face detector is not taken for an embedder."""
    with pytest.raises(
        ManifestError, match="yunet_2023mar has the role face_detector, not embedder"
    ):
        manifest.entry("yunet_2023mar", Role.EMBEDDER)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda e: e.update(licens="MIT"), "yunet_2023mar: licens is not a key"),
        (lambda e: e.pop("licence"), "yunet_2023mar: licence is missing"),
        (lambda e: e.update(sha256="12"), "yunet_2023mar: sha256: must be 64"),
        (lambda e: e.update(size_bytes="big"), "yunet_2023mar: size_bytes: must be a whole"),
        (lambda e: e.update(role="oracle"), "yunet_2023mar: role: must be one of detector"),
        (lambda e: e.update(adapter="yolox"), "adapter yolox does not serve as face_detector"),
        (lambda e: e.update(file="../x.onnx"), "yunet_2023mar: file: must stay below"),
        (lambda e: e.update(url="http://x"), "yunet_2023mar: url: must be an https address"),
        (lambda e: e.update(research_only="no"), "research_only: must be true or false"),
        (lambda e: e["input"].pop("mean"), "yunet_2023mar.input: mean is missing"),
        (lambda e: e["input"].update(gamma=2), "yunet_2023mar.input: gamma is not a key"),
        (lambda e: e["input"].update(mean=[1, 2]), "yunet_2023mar.input: mean: must be three"),
        (lambda e: e["input"].update(scale="x"), "yunet_2023mar.input: scale: must be a number"),
        (lambda e: e.update(class_count=3), "yunet_2023mar: class_count is not a key"),
    ],
)
def test_a_mistake_names_its_entry(altered, change, told: str) -> None:
    """An unknown key, a missing one and a wrong value each name the entry and the key."""
    path = altered(lambda document: change(document["models"]["yunet_2023mar"]))

    with pytest.raises(ManifestError) as caught:
        read_manifest(path)

    assert told in str(caught.value)


def test_reject_above_accept_is_a_mistake(altered) -> None:
    """No similarity may be both registered and a stranger's."""
    path = altered(lambda d: d["models"]["dlib_resnet_v1"]["embedding"].update(reject=0.99))

    with pytest.raises(ManifestError, match=r"dlib_resnet_v1\.embedding: reject is above accept"):
        read_manifest(path)


def test_all_mistakes_are_told_at_once(altered) -> None:
    """Two mistakes in two entries are two lines."""

    def spoil(document) -> None:
        document["models"]["yunet_2023mar"].pop("licence")
        document["models"]["yolox_nano_coco"].pop("source")

    with pytest.raises(ManifestError) as caught:
        read_manifest(altered(spoil))

    assert len(str(caught.value).splitlines()) == 2


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    """A manifest that is no YAML is refused by its path."""
    path = tmp_path / "manifest.yaml"
    path.write_text("models: [")

    with pytest.raises(ManifestError, match=str(path)):
        read_manifest(path)
