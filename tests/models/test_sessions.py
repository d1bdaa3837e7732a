"""Sessions run on one thread, on the provider asked for, and fail by name."""

from __future__ import annotations

import os

import numpy as np
import onnxruntime
import pytest

from models.errors import ModelRefusedError, ModelRunError
from models.sessions import open_session


def test_telemetry_is_off() -> None:
    """Importing the module turns the runtime's telemetry off."""
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_runs_on_one_thread_in_order(shelf) -> None:
    """A session has one thread within and one between operators, and runs them in order."""
    options = open_session("yunet", shelf.bytes_of("yunet_cctv")).raw.get_session_options()

    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.execution_mode == onnxruntime.ExecutionMode.ORT_SEQUENTIAL


def test_garbage_is_refused_by_name() -> None:
    """Bytes that are no graph are refused with the model's name."""
    with pytest.raises(ModelRefusedError, match=r"^yunet_cctv: the runtime refuses"):
        open_session("yunet_cctv", b"garbage" * 100)


def test_a_truncated_graph_is_refused_by_name(shelf) -> None:
    """A graph cut in half is refused with the model's name."""
    graph = shelf.bytes_of("yunet_cctv")

    with pytest.raises(ModelRefusedError, match=r"^yunet_cctv: the runtime refuses"):
        open_session("yunet_cctv", graph[: len(graph) // 2])


@pytest.mark.parametrize(
    "providers",
    [("TensorrtExecutionProvider",), ("NoSuchExecutionProvider", "CPUExecutionProvider")],
)
def test_never_falls_back_silently(shelf, providers: tuple[str, ...]) -> None:
    """Where the runtime would run elsewhere than asked, the model is refused."""
    if providers[0] in onnxruntime.get_available_providers():
        pytest.skip(f"{providers[0]} is there, so nothing falls back")

    with pytest.raises(ModelRefusedError, match=r"^yunet_cctv: "):
        open_session("yunet_cctv", shelf.bytes_of("yunet_cctv"), providers)


def test_a_failing_run_names_the_model(shelf) -> None:
    """An input that the graph cannot take is an error with the model's name."""
    session = open_session("yunet_cctv", shelf.bytes_of("yunet_cctv"))

    with pytest.raises(ModelRunError, match=r"^yunet_cctv: failed on"):
        session.run(np.zeros((1, 1), np.float32))
