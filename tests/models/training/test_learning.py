"""What learns: the network, its loss, its loop and its file, on made-up scenes, in seconds."""

from __future__ import annotations

import os
import signal

import numpy as np
import onnx
import pytest

from models.boxes import grid_of
from models.sessions import open_session
from models.training.samples import FORKLIFT, IGNORED, PERSON

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `train` has it")

# Below the check, because each of these imports PyTorch.
from models.training.assignment import assign, decoded  # noqa: E402
from models.training.base_weights import blended, network_of  # noqa: E402
from models.training.batches import Batches, Plan  # noqa: E402
from models.training.export import export  # noqa: E402
from models.training.loop import Run, Schedule, Task  # noqa: E402
from models.training.losses import loss_of  # noqa: E402
from models.training.normalising import NormalisedConv, fold, normalise, prepare  # noqa: E402
from models.training.yolox_nano import STRIDES, YoloxNano  # noqa: E402

PLAN = Plan(batch=2, sizes_px=(64,), four_in_one=0.5, seed=7)
SCHEDULE = Schedule(2, 1, 2, rate=1e-3, last_rate=1e-4, decay=1e-3, averaging=0.9)


@pytest.fixture
def network() -> YoloxNano:
    """An untrained network, always the same."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return YoloxNano(2)


def grid(size_px: int) -> object:
    """The cells of a square picture."""
    return torch.from_numpy(grid_of(size_px, size_px, STRIDES))


def task(batches: Batches) -> Task:
    """Two steps an epoch; every epoch scores better than the one before."""
    scores = iter(range(100))

    def loss(learner, epoch, step):
        pictures, truths = batches.draw(epoch, step, composed=epoch == 0)
        return loss_of(learner(pictures), truths, grid(64), edges=epoch > 0).total

    return Task(2, loss, lambda _: next(scores))


def test_a_step_teaches(network, scenes) -> None:
    """The loss of a batch falls when the network learns from it."""
    pictures, truths = Batches(scenes, [], PLAN).draw(0, 0, composed=False)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(4):
        loss = loss_of(network(pictures), truths, grid(64), edges=True).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    assert losses[-1] < losses[0]


def test_a_batch_can_be_drawn_again(scenes) -> None:
    """A step is the same whenever it is made, so a stopped run goes on as it would have."""
    first, second = (Batches(scenes, [], PLAN).draw(1, 2, composed=True) for _ in range(2))

    assert torch.equal(first[0], second[0])
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first[1], second[1], strict=True))


def test_a_stopped_run_ends_as_one_that_was_not(network, scenes, tmp_path) -> None:
    """State, schedule and draws go on where the signal came."""
    batches = Batches(scenes, [], PLAN)
    whole = Run(network, SCHEDULE, tmp_path / "whole")
    assert whole.go(task(batches), lambda _: None)
    torch.manual_seed(0)
    stopped = Run(YoloxNano(2), SCHEDULE, tmp_path / "stopped")
    assert not stopped.go(
        task(batches), lambda line: os.kill(os.getpid(), signal.SIGTERM) if "done" in line else None
    )
    resumed = Run(YoloxNano(2), SCHEDULE, tmp_path / "stopped")
    assert resumed.go(task(batches), lambda _: None)

    pairs = zip(whole.averaged.parameters(), resumed.averaged.parameters(), strict=True)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in pairs)


def test_a_run_that_holds_nothing_out_keeps_its_last_weights(network, scenes, tmp_path) -> None:
    """There is nothing to tell the best ones by."""
    task_alone = Task(2, task(Batches(scenes, [], PLAN)).loss)
    run = Run(network, SCHEDULE, tmp_path)

    assert run.go(task_alone, lambda _: None)

    assert (tmp_path / "last.pt").is_file()
    assert not run.best_path.exists()


def test_each_box_gets_a_cell_of_its_own(network) -> None:
    """A person in a forklift and the forklift are both learnt."""
    boxes = torch.tensor([[4.0, 4, 60, 60], [20, 16, 40, 48]])
    raw = network(torch.zeros(1, 3, 64, 64))[0].detach()
    answers = torch.cat([decoded(raw, grid(64)), raw[:, 4:]], -1)

    chosen = assign(answers, boxes, torch.tensor([FORKLIFT, PERSON]), grid(64))

    assert set(chosen.targets.tolist()) == {0, 1}
    assert len(chosen.targets) == int(chosen.cells.sum())


def test_an_ignored_box_teaches_nothing(network) -> None:
    """Where nobody can tell, objectness is not pushed down."""
    raw = network(torch.zeros(1, 3, 64, 64)).detach()
    everywhere = torch.tensor([[-999.0, -999, 999, 999]]), torch.tensor([IGNORED])

    loss = loss_of(raw, [everywhere], grid(64), edges=True)

    assert loss.total.item() == 0


def test_the_file_says_what_the_network_says(network, tmp_path) -> None:
    """Same answers, any batch, and the same bytes every time."""
    for name in ("one.onnx", "two.onnx"):
        export(network, tmp_path / name, 64)
    data = (tmp_path / "one.onnx").read_bytes()
    pictures = np.random.default_rng(0).uniform(0, 255, (3, 3, 64, 64)).astype(np.float32)

    found = open_session("trained", data).run(pictures)["output"]

    with torch.no_grad():
        raw = network(torch.from_numpy(pictures)).numpy()
    np.testing.assert_allclose(found[..., :4], raw[..., :4], atol=1e-4)
    np.testing.assert_allclose(found[..., 4:], 1 / (1 + np.exp(-raw[..., 4:])), atol=1e-4)
    assert data == (tmp_path / "two.onnx").read_bytes()


def test_the_base_fills_the_network(shelf) -> None:
    """The published graph and ours say the same of one picture; two classes are kept."""
    data = shelf.bytes_of("yolox_nano_coco")
    path = shelf._store.find(shelf.entry("yolox_nano_coco"))
    picture = np.random.default_rng(0).uniform(0, 255, (1, 3, 416, 416)).astype(np.float32)

    theirs = open_session("base", data).run(picture)["output"]

    with torch.no_grad():
        ours = network_of(path, (0, 7))(torch.from_numpy(picture)).numpy()
    np.testing.assert_allclose(ours[..., :4], theirs[..., :4], atol=1e-3)
    ours = 1 / (1 + np.exp(-ours[..., 4:]))
    np.testing.assert_allclose(ours, theirs[..., [4, 5, 12]], atol=1e-4)


def looks(count: int) -> list[object]:
    """Batches of pictures that are never the same, but always those."""
    random = torch.Generator().manual_seed(1)
    return [255 * torch.rand(2, 3, 64, 64, generator=random) for _ in range(count)]


def test_normalisation_changes_no_answer_when_put_in(network) -> None:
    """Put in, it answers as before; it stands behind what learns, and not behind what is fixed."""
    network.freeze_early()
    pictures = looks(3)
    with torch.no_grad():
        before = network(pictures[0])
        normalise(network, pictures)
        after = network.eval()(pictures[0])

    assert torch.allclose(before, after, atol=1e-4)
    assert isinstance(network.head[0].stem.conv, NormalisedConv)
    assert not isinstance(network.backbone.stem.conv, NormalisedConv)


def test_normalisation_is_folded_away(network, tmp_path) -> None:
    """After steps with it, the plain network says the same, and takes up weights that were kept."""
    network.freeze_early()
    normalise(network, looks(2))
    optimiser = torch.optim.AdamW((p for p in network.parameters() if p.requires_grad), lr=1e-2)
    for pictures in looks(3):
        network.train()(pictures).square().mean().backward()
        optimiser.step()
    torch.save(network.state_dict(), tmp_path / "kept.pt")
    kept = YoloxNano(2)
    kept.freeze_early()
    prepare(kept)
    kept.load_state_dict(torch.load(tmp_path / "kept.pt", weights_only=True))
    picture = looks(1)[0]
    with torch.no_grad():
        normalised = network.eval()(picture)
        fold(kept)
        plain = kept(picture)

    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in kept.modules())
    assert torch.allclose(normalised, plain, rtol=1e-3, atol=1e-3)


def test_a_share_of_other_weights_is_taken() -> None:
    """A quarter of the way from zeros to ones is a quarter."""
    zeros, ones = (torch.nn.Linear(2, 1) for _ in range(2))
    for network, value in ((zeros, 0.0), (ones, 1.0)):
        for part in network.parameters():
            torch.nn.init.constant_(part, value)

    blended(zeros, ones, 0.25)

    assert all((part == 0.25).all() for part in zeros.parameters())


def test_another_graph_is_refused(tmp_path) -> None:
    """No weights are ever filled in by guessing."""
    path = tmp_path / "empty.onnx"
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), str(path))

    with pytest.raises(ValueError, match="not the graph of YOLOX-nano"):
        network_of(path)
