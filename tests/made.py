"""Datasets, runs and models written by hand, so that a page can be tested without training."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import psutil

from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.masks import MaskKind
from cellseg.datasets.store import DatasetStore
from cellseg.images.image import Image
from cellseg.images.writing import png_bytes
from cellseg.models.facts import ModelFacts
from cellseg.models.store import Model, ModelStore
from cellseg.recipes.cells.settings import CellsSettings
from cellseg.recipes.pixels.settings import PixelsNetwork, PixelsSettings, PixelsTraining
from cellseg.training.runs import Run, RunConfig, write_config
from cellseg.workspace import Workspace, write_json

BEGAN = datetime(2026, 3, 24, 14, 5, tzinfo=UTC)


def squares(number: int, side: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """A grey image with a bright square at a place of its own, and the mask of the square."""
    mask = np.zeros((side, side), np.uint8)
    mask[4 + number : 14 + number, 8:18] = 255
    return np.where(mask, 200, 20 + number).astype(np.uint8), mask


def dataset(
    workspace: Workspace, name: str = "Nuclei", pairs: int = 5, kind: MaskKind | None = None
) -> Dataset:
    """A kept dataset of squares; one pair of five tests."""
    proposal = Proposal.create(workspace)
    for number in range(pairs):
        image, mask = squares(number)
        proposal.add(
            Image(image, "YX"),
            mask,
            image_name=f"images/cell {number}.png",
            mask_name=f"masks/cell {number}.png",
        )
    kept = DatasetStore(workspace).create(proposal, name, kind)
    proposal.discard()
    return kept


def run(
    workspace: Workspace,
    of: Dataset,
    *,
    run_id: str = "20260324-140500-first",
    state: str = "finished",
    epochs: int = 3,
    recipe: PixelsSettings | CellsSettings | None = None,
    **status: object,
) -> Run:
    """A run folder as the worker leaves it; `running` belongs to this living process."""
    folder = workspace.runs / run_id
    folder.mkdir(parents=True)
    config = run_config(
        recipe=recipe or _recipe(epochs=10),
        dataset_id=of.id,
        dataset_name=of.name,
        dataset_fingerprint=of.fingerprint,
        train=of.split.train,
        test=of.split.test,
    )
    write_config(folder, config)
    process = psutil.Process()
    write_json(
        folder / "status.json",
        {
            "state": state,
            "pid": process.pid,
            "process_created": process.create_time(),
            "heartbeat": time.time(),
            "phase": "Training",
            "epoch": epochs,
            "step": 2,
            "steps": 4,
            "remaining_s": 95.0,
            "majority_accuracy": 0.9,
            **status,
        },
    )
    lines = [json.dumps(_row(epoch)) for epoch in range(1, epochs + 1)]
    (folder / "metrics.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (folder / "worker.log").write_text("one\ntwo\nthe last word\n")
    _sample(folder / "samples" / "00", epochs)
    return Run(folder, config)


def model(workspace: Workspace, of: Dataset, name: str = "first") -> Model:
    """A published model whose file of weights holds one number."""
    weights = workspace.root / "weights.h5"
    with h5py.File(weights, "w") as file:
        file["kernel"] = np.ones(1, np.float32)
    scores = {
        "pixel_accuracy": 0.95,
        "majority_accuracy": 0.9,
        "iou": 0.81,
        "dice": 0.895,
        "iou_background": 0.93,
    }
    facts = model_facts(
        name=name,
        recipe=_recipe(epochs=10),
        dataset_name=of.name,
        dataset_fingerprint=of.fingerprint,
        train=of.split.train,
        test=of.split.test,
        epochs_done=10,
        seconds=42.0,
        scores={"together": {"network_size": scores, "image_size": scores}, "per_image": []},
        run_id="20260324-140500-first",
        versions={"cellseg": "0"},
    )
    return ModelStore(workspace).publish(facts, weights)


def model_without_weights(workspace: Workspace, name: str = "bright") -> Model:
    """A published model of no dataset, for tests in which nobody reads its weights."""
    workspace.root.mkdir(parents=True, exist_ok=True)
    weights = workspace.root / "weights.h5"
    weights.write_bytes(b"none")
    return ModelStore(workspace).publish(model_facts(name=name), weights)


def model_facts(**changes: Any) -> ModelFacts:
    """What is known of a small model, with changes."""
    known: dict[str, Any] = {
        "name": "first",
        "created": BEGAN,
        "recipe": _recipe(epochs=40),
        "dataset_name": "D",
        "dataset_fingerprint": "f" * 64,
        "train": ("a",),
        "test": (),
        "epochs_done": 1,
        "ended": "finished",
        "seconds": 1.0,
        "scores": None,
        "encoder_sha256": None,
        "run_id": "r",
        "versions": {},
    }
    return ModelFacts(**{**known, **changes})


def run_config(**changes: Any) -> RunConfig:
    """What a run was asked for, with changes."""
    known: dict[str, Any] = {
        "model_name": "first",
        "created": BEGAN,
        "recipe": PixelsSettings(),
        "dataset_id": "d",
        "dataset_name": "D",
        "dataset_fingerprint": "f" * 64,
        "train": ("a",),
        "test": ("b",),
        "versions": {"cellseg": "0"},
    }
    return RunConfig(**{**known, **changes})


def _recipe(epochs: int) -> PixelsSettings:
    return PixelsSettings(
        network=PixelsNetwork(encoder_weights="none"), training=PixelsTraining(epochs=epochs)
    )


def _row(epoch: int) -> dict[str, float]:
    good = 1 - 0.5**epoch
    scores = {"loss": 1 - good, "pixel_accuracy": good, "iou": good, "dice": good}
    return {
        "epoch": epoch,
        **scores,
        **{f"val_{key}": value * 0.9 for key, value in scores.items()},
        "seconds": 1.0,
    }


def _sample(folder: Path, epochs: int) -> None:
    folder.mkdir(parents=True)
    image, mask = squares(0)
    (folder / "image.png").write_bytes(png_bytes(np.stack([image] * 3, -1)))
    (folder / "truth.png").write_bytes(png_bytes(mask))
    write_json(folder / "sample.json", {"name": "cell-0"})
    for epoch in range(1, epochs + 1):
        (folder / f"epoch-{epoch:05d}.png").write_bytes(png_bytes(mask))
