"""Real models and real photos for the tests of enrolling; absent ones skip with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from enrolment.enrolling import Examiner
from enrolment.gallery import Gallery
from enrolment.places import RegisterPlace, SqliteFile
from models.embedder import Embedder
from models.errors import WeightMissingError
from models.face_detector import FaceDetector
from models.loading import ModelLoader
from models.store import standard_store
from tests.enrolment.postgres_server import PostgresServer, programs_with_pgvector
from tests.enrolment.registers import with_keys


@pytest.fixture(scope="session")
def face_detector() -> FaceDetector:
    """Load the face detector that the default configuration names."""
    return _loaded(lambda loader: loader.face_detector("yunet_cctv"))


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """Load the embedder that the default configuration names."""
    return _loaded(lambda loader: loader.embedder("dlib_resnet_v1"))


@pytest.fixture(scope="session")
def examiner(face_detector: FaceDetector, embedder: Embedder) -> Examiner:
    """Put the real parts together."""
    return Examiner(face_detector, embedder)


@pytest.fixture(scope="session")
def nobody(embedder: Embedder) -> Gallery:
    """Make the gallery of an empty register."""
    empty = np.empty((0, embedder.dim))
    return Gallery.build([], empty, register_version=0, embedding_id=embedder.embedding_id)


@pytest.fixture(scope="session")
def portraits() -> Path:
    """Find the portraits to enrol."""
    data = os.environ.get("BONDWATCH_TEST_DATA")
    folder = Path(data or "", "people")
    if not data or not folder.is_dir():
        pytest.skip("BONDWATCH_TEST_DATA names no directory with people/ in it")
    return folder


@pytest.fixture(scope="session")
def postgres_server():
    """Run a PostgreSQL server for as long as the tests run."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def pgvector_server():
    """Run a PostgreSQL server that has pgvector for as long as the tests run."""
    server = PostgresServer(programs_with_pgvector())
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> RegisterPlace:
    """Name a place for a register that is yet to be made, in each database that is supported."""
    if request.param == "sqlite":
        return with_keys(SqliteFile(tmp_path / "data" / "register.db"), tmp_path)
    server = request.getfixturevalue("postgres_server")
    return with_keys(server.fresh(), tmp_path)


def _loaded(load):
    try:
        return load(ModelLoader(standard_store()))
    except WeightMissingError as missing:
        pytest.skip(f"{missing}")
