"""Cellpose as a worker; see `benchmarks.worker`.

Cellpose 3: Stringer & Pachitariu 2025, doi:10.1038/s41592-025-02595-5, with the network `CPnet` of
Stringer et al. 2021. Its weights are random, which takes the same time. Its cells are computed from
the flows of the true cells, since a random network predicts none.
"""

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks import labelled_images
from benchmarks.environments import installed_versions
from benchmarks.labelled_images import LabelledImage
from benchmarks.worker import Commands, serve

DIAMETER = 30.0
"""Diameter at which Cellpose does not scale the images, pixels."""

FLOW_SCALE = 5.0
"""Factor between the flows that the network predicts and unit vectors."""


def prepare(images: str) -> tuple[dict[str, str], Commands]:
    """Read the images, build the network and compute the flows of the true cells."""
    cellpose = Cellpose(labelled_images.read_images(images))
    facts = installed_versions("cellpose", "torch")
    return facts, {"network": cellpose.network, "cells": cellpose.cells}


class Cellpose:
    """A Cellpose model and the images that it segments."""

    def __init__(self, images: list[LabelledImage]) -> None:
        self._dynamics = import_module("cellpose.dynamics")
        self._images = images
        self._preprocessed = [
            import_module("cellpose.transforms").normalize99(each.image.astype(np.float32))
            for each in images
        ]
        self._model = import_module("cellpose.models").CellposeModel(gpu=False)
        labels = [each.labels.astype(np.int32) for each in images]
        flows = self._dynamics.labels_to_flows(labels, device=self._model.device)
        self._flows = {each.name: flow for each, flow in zip(images, flows, strict=True)}

    def network(self) -> dict[str, float]:
        """Measure the time of the network for all images."""
        return labelled_images.time_calls(self._preprocessed, lambda image: self._run(image, False))

    def cells(self, output: str | None = None) -> dict[str, Any]:
        """Measure the time from the original images to label images."""

        def labels(labelled: LabelledImage) -> np.ndarray:
            self._run(labelled.image, True)
            _, inside, *flow = self._flows[labelled.name]
            return self._dynamics.resize_and_compute_masks(
                FLOW_SCALE * np.stack(flow), 10.0 * inside - 5.0, device=self._model.device
            )

        return labelled_images.time_segmentation(self._images, labels, output)

    def _run(self, image: np.ndarray, normalize: bool) -> None:
        self._model.eval(
            image,
            channels=[0, 0],
            diameter=DIAMETER,
            normalize=normalize,
            compute_masks=False,
        )


if __name__ == "__main__":
    serve(prepare)
