"""What learns faces: the network, its loss, its file, on made-up scenes, in seconds."""

from __future__ import annotations

import numpy as np
import pytest

from models.boxes import grid_of
from models.sessions import open_session
from models.training.face_collection import FaceSources
from models.training.face_scenes import Crowd
from models.yunet_graph import open_sizes

from .face_drawings import close_up, wall

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `train` has it")

# Below the check, because each of these imports PyTorch.
from models.training.base_weights import fill  # noqa: E402
from models.training.cctv_faces import FacesPlan, base_network, detector_of, loss_over  # noqa: E402
from models.training.export import export_faces  # noqa: E402
from models.training.face_losses import FacesTruth, faces_loss, nearness_loss  # noqa: E402
from models.training.yolox_nano import YoloxNano  # noqa: E402
from models.training.yunet import STRIDES, Yunet  # noqa: E402

PLAN = FacesPlan(2, 1, 96, Crowd(((2, 14.0, 40.0),)), nearness=1.0, near_from=16.0, seed=3)
SOURCES = FaceSources([close_up()], [wall()])


@pytest.fixture
def network() -> Yunet:
    """An untrained network, always the same."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return Yunet()


def grid(side: int) -> object:
    """The cells of a square scene."""
    return torch.from_numpy(grid_of(side, side, STRIDES).copy())


def test_a_step_teaches(network) -> None:
    """The loss of a step falls when the network learns from it."""
    loss_of_step = loss_over(SOURCES, Yunet().eval(), PLAN)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(4):
        loss = loss_of_step(network, 0, 0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    assert losses[-1] < losses[0]


def test_a_face_of_which_nobody_can_tell_teaches_nothing(network) -> None:
    """Presence is pushed down only where there is surely no face."""
    raw = network(torch.zeros(1, 3, 64, 64)).detach()
    everywhere = FacesTruth(
        torch.tensor([[-999.0, -999, 999, 999]]), torch.zeros(1, 10), torch.tensor([False])
    )

    assert faces_loss(raw, [everywhere], grid(64)).item() == 0


def test_being_the_base_costs_nothing_at_its_faces(network) -> None:
    """Boxes and points are not pulled away from where the base model has them."""
    raw = network(torch.zeros(1, 3, 64, 64)).detach()
    raw[..., 4:6] = 20.0

    assert nearness_loss(raw, raw, grid(64), 16.0).item() == pytest.approx(0, abs=1e-6)


def test_the_file_says_what_the_network_says(network, tmp_path) -> None:
    """Same answers at any batch and size, through the product's own way, the same bytes."""
    for name in ("one.onnx", "two.onnx"):
        export_faces(network, tmp_path / name)
    data = (tmp_path / "one.onnx").read_bytes()
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 3, 96, 160)).astype(np.float32)

    found = open_session("trained", open_sizes("trained", data)).run(pictures)

    wanted = detector_of(network)._session.run(pictures)
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, atol=1e-4)
    assert data == (tmp_path / "two.onnx").read_bytes()


def test_the_base_fills_the_network(shelf) -> None:
    """The published graph and ours say the same of one picture."""
    entry = shelf.entry("yunet_2023mar")
    graph = open_sizes("base", shelf.bytes_of("yunet_2023mar"))
    picture = np.random.default_rng(0).uniform(0, 255, (1, 3, 320, 256)).astype(np.float32)

    theirs = open_session("base", graph).run(picture)

    ours = detector_of(base_network(shelf._store.find(entry)))._session.run(picture)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, atol=1e-4)


def test_another_graph_is_refused(shelf) -> None:
    """YOLOX is not filled with YuNet's weights."""
    path = shelf._store.find(shelf.entry("yunet_2023mar"))

    with pytest.raises(ValueError, match="not the graph of YOLOX-nano"):
        fill(YoloxNano(2), path, "YOLOX-nano")
