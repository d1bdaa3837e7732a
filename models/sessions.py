"""ONNX Runtime sessions: the only module that imports the runtime.

Here belongs how a graph is opened and run: threads, providers, errors. What goes in and what
comes out means something only to the adapters. One session runs on one thread, because several
sessions share the cores of a camera worker: two of two threads ran four times slower on two
cores than two of one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

# The runtime looks at this while it is being imported; a warehouse's machines phone nobody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.errors import ModelRefusedError, ModelRunError

CPU = ("CPUExecutionProvider",)
_ERRORS_ONLY = 3


class Session:
    """One open graph, known by the name of its manifest entry."""

    def __init__(self, name: str, raw: onnxruntime.InferenceSession) -> None:
        self.name = name
        self.raw = raw
        self._outputs = [output.name for output in raw.get_outputs()]

    @property
    def input_name(self) -> str:
        return str(self.raw.get_inputs()[0].name)

    @property
    def input_shape(self) -> tuple[int | str | None, ...]:
        """Sizes of the first input; a string or None where the graph leaves one open."""
        return tuple(self.raw.get_inputs()[0].shape)

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(self._outputs)

    def run(self, batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Runs the graph on its one input; outputs by name. ModelRunError names the model."""
        try:
            values = self.raw.run(self._outputs, {self.input_name: batch})
        except Exception as error:
            # The runtime's exceptions share no base class but Exception.
            raise ModelRunError(f"{self.name}: failed on {batch.shape}: {error}") from error
        return dict(zip(self._outputs, values, strict=True))


def open_session(name: str, graph: bytes, providers: Sequence[str] = CPU) -> Session:
    """Opens a graph from its bytes, on exactly the providers given.

    ModelRefusedError names the model where the bytes are no usable graph, or where the runtime
    chose other providers than these.
    """
    _assert_providers(name, onnxruntime.get_available_providers(), providers, exact=False)
    try:
        raw = onnxruntime.InferenceSession(graph, _options(), providers=list(providers))
    except Exception as error:
        # The runtime's exceptions share no base class but Exception.
        raise ModelRefusedError(f"{name}: the runtime refuses the graph: {error}") from error
    _assert_providers(name, raw.get_providers(), providers, exact=True)
    return Session(name, raw)


def _options() -> onnxruntime.SessionOptions:
    """One thread, in order, and no waiting loop that burns a core between two runs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _assert_providers(name: str, got: Sequence[str], wanted: Sequence[str], *, exact: bool) -> None:
    """The runtime falls back to the processor without a word; that must not pass unseen."""
    if list(got) == list(wanted) if exact else set(wanted) <= set(got):
        return
    raise ModelRefusedError(
        f"{name}: was to run on {', '.join(wanted)}, but the runtime "
        f"{'chose' if exact else 'has only'} {', '.join(got)}"
    )
