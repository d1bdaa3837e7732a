"""Names become working models, or errors that name them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import ManifestError, WeightMissingError, WeightWrongError
from models.loading import ModelLoader, load_models, pack_names
from models.manifest import EMBEDDED
from models.store import WeightStore

NAMES = pack_names(EMBEDDED)


def test_loads_one_model_for_each_role(shelf, store, manifest) -> None:
    """A set holds the three models and the version of each file."""
    for name in (NAMES.detector, NAMES.face_detector, NAMES.embedder):
        shelf.entry(name)

    loaded = load_models(NAMES, store)

    assert loaded.embedder.dim == 128
    assert loaded.versions == {
        name: manifest.entry(name).sha256[:12]
        for name in (NAMES.detector, NAMES.face_detector, NAMES.embedder)
    }


def test_a_name_of_another_role_is_refused(store) -> None:
    """An embedder is not loaded as a detector."""
    with pytest.raises(ManifestError, match="dlib_resnet_v1 has the role embedder, not detector"):
        ModelLoader(store).detector("dlib_resnet_v1")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A model whose file lies nowhere is an error that names it."""
    with pytest.raises(WeightMissingError, match=r"^yunet_2023mar: "):
        ModelLoader(WeightStore([tmp_path])).face_detector("yunet_2023mar")


def test_a_wrong_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    """A file with another digest never reaches the runtime."""
    (tmp_path / "yolox_nano.onnx").write_bytes(b"hostile")

    with pytest.raises(WeightWrongError, match=r"^yolox_nano_coco: "):
        ModelLoader(WeightStore([tmp_path])).detector("yolox_nano_coco")


def test_the_usual_models_do_not_load_insightface() -> None:
    """The package takes a second and a half to import, so only its own entries load it."""
    program = "import sys, models.loading; raise SystemExit('insightface' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_only_one_module_imports_the_runtime() -> None:
    """The runtime is imported in models/sessions.py alone, behind the switch for its telemetry."""
    room = Path(__file__).resolve().parents[2] / "models"
    importers = [
        path.name for path in room.rglob("*.py") if "import onnxruntime" in path.read_text()
    ]

    assert importers == ["sessions.py"]
