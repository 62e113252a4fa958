"""Cellpose as a worker, by its own functions; see `benchmarks.dialogue`.

Cellpose 3: Stringer & Pachitariu 2025, doi:10.1038/s41592-025-02595-5; the network `CPnet` of
Stringer et al. 2021. Its weights are random, which takes the same time; the flows that its cells
are made of are those of the true cells, since those of a random network make none.
"""

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks import pictures
from benchmarks.dialogue import Commands, serve
from benchmarks.environments import versions

DIAMETER = 30.0
"""The one that the network was made for: the images are not scaled."""

FLOW_SCALE = 5.0
"""The network's flows are unit vectors times this."""


def prepare(images: str) -> tuple[dict[str, str], Commands]:
    """Read the pictures, build the network and draw the flows of the true cells."""
    contender = Cellpose(pictures.read(images))
    facts = versions("cellpose", "torch")
    return facts, {"network": contender.network, "cells": contender.cells}


class Cellpose:
    """A Cellpose model and the pictures that it looks at."""

    def __init__(self, found: list[pictures.Picture]) -> None:
        self._dynamics = import_module("cellpose.dynamics")
        self._found = found
        self._prepared = [
            import_module("cellpose.transforms").normalize99(each.image.astype(np.float32))
            for each in found
        ]
        self._model = import_module("cellpose.models").CellposeModel(gpu=False)
        labels = [each.labels.astype(np.int32) for each in found]
        drawn = self._dynamics.labels_to_flows(labels, device=self._model.device)
        self._flows = {each.name: flows for each, flows in zip(found, drawn, strict=True)}

    def network(self) -> dict[str, float]:
        """The seconds of the network for all pictures."""
        return pictures.timed(self._prepared, lambda image: self._run(image, False))

    def cells(self, output: str | None = None) -> dict[str, Any]:
        """From the pictures to cells."""

        def labels(picture: pictures.Picture) -> np.ndarray:
            self._run(picture.image, True)
            _, inside, *flow = self._flows[picture.name]
            return self._dynamics.resize_and_compute_masks(
                FLOW_SCALE * np.stack(flow), 10.0 * inside - 5.0, device=self._model.device
            )

        return pictures.segmented(self._found, labels, output)

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
