"""Matching against `stardist.matching` on the same labels: `python -m benchmarks.matching`.

StarDist is optional: `python -m pip install stardist`, best in an environment of its own. Without
it only cellseg is timed.
"""

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cells import field
from benchmarks.command import machine
from cellseg.analysis.matching import THRESHOLDS, count_matches, overlaps

TIMES = 3
SHARED = {
    "ap": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "f1",
    "pq": "panoptic_quality",
    "mean_matched_iou": "mean_matched_score",
}
"""The same score here and there."""


def main() -> None:
    """Score a drawn field against itself, moved and with cells lost, and print one table."""
    _, truth = field()
    predicted = _worse(truth)
    found, ours = _timed(lambda: _ours(truth, predicted))
    print(
        f"{int(truth.max()):,} cells, {truth.shape[0]} x {truth.shape[1]}, thresholds {THRESHOLDS}"
    )
    print(machine())
    print(f"cellseg: {ours:.2f} s (median of {TIMES})")
    try:
        matching = importlib.import_module("stardist.matching").matching
    except ImportError:
        print("StarDist is not installed: python -m pip install stardist")
        return
    theirs_found, theirs = _timed(
        lambda: [matching(truth, predicted, thresh=threshold) for threshold in THRESHOLDS]
    )
    print(f"stardist: {theirs:.2f} s, {theirs / ours:.1f} times as long")
    print("| score | threshold | cellseg | stardist |\n|---|---|---|---|")
    for threshold, scores, other in zip(THRESHOLDS, found, theirs_found, strict=True):
        for name, their_name in SHARED.items():
            print(f"| {name} | {threshold} | {scores[name]} | {getattr(other, their_name)} |")


def _ours(truth: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    shared = overlaps(truth, predicted)
    return [count_matches(shared, threshold).scores() for threshold in THRESHOLDS]


def _worse(labels: np.ndarray) -> np.ndarray:
    """The labels moved by 2 pixels, without every tenth cell, every seventh pair merged."""
    numbers = np.arange(labels.max() + 1)
    numbers[10::10] = 0
    numbers[8::7] = numbers[7:-1:7]
    return np.roll(numbers[labels], (2, 1), axis=(0, 1)).astype(np.int32)


def _timed(run: Callable[[], list[Any]]) -> tuple[list[Any], float]:
    """The result of the last run, and the median of seconds; one run before to warm up."""
    seconds = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - began)
    return result, float(np.median(seconds[1:]))


if __name__ == "__main__":
    main()
