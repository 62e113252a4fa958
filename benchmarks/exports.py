"""Time of all exports of a large image: `python -m benchmarks.exports`.

Goal: all exports of 5,000 cells in 4096 x 4096 pixels take less than 10 s on 2 processors.
"""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.command_line import describe_machine
from benchmarks.synthetic_field import draw_field
from cellseg.analysis.measurements import measure
from cellseg.exports.bundle import (
    EXPORTS,
    ImageResult,
    bundle,
    image_files,
)
from cellseg.exports.coco import coco_image, coco_json
from cellseg.exports.provenance import provenance
from cellseg.exports.tables import csv_bytes, xlsx_bytes
from cellseg.images.image import Image


def main() -> None:
    """Print time and size of each export, and of a zip with all of them."""
    pixels, labels = draw_field()
    probability = np.clip(pixels / 4095, 0, 1).astype(np.float32)
    table = measure(labels, pixels, image="field.tif", pixel_size=0.5, probability=probability)
    result = ImageResult("field.tif", Image(pixels, "YX"), labels, table, probability, 0.5)
    separate: dict[str, Callable[[], bytes]] = {
        "csv": lambda: csv_bytes(table),
        "xlsx": lambda: xlsx_bytes({"cells": table}),
        "coco": lambda: b"".join(coco_json([coco_image(result.name, labels)])),
    }
    print(f"{len(table):,} cells, {labels.shape[0]} x {labels.shape[1]}; {describe_machine()}")
    print("| export | seconds | MB |\n|---|---|---|")
    for kind in EXPORTS:
        started = time.perf_counter()
        if kind in separate:
            size = len(separate[kind]())
        else:
            size = sum(len(content) for _, content in image_files(result, [kind]))
        print(f"| {kind} | {time.perf_counter() - started:.2f} | {size / 1e6:.1f} |")
    facts = provenance({result.name: len(table)})
    started = time.perf_counter()
    size = len(bundle([result], EXPORTS, facts))
    print(f"| all in one zip | {time.perf_counter() - started:.2f} | {size / 1e6:.1f} |")


if __name__ == "__main__":
    main()
