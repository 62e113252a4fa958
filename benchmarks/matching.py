"""Matching of cells, compared with `stardist.matching`: `python -m benchmarks.matching`.

StarDist is optional (`python -m pip install stardist`, best in a separate environment). Without it
only cellseg is measured.
"""

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.command_line import describe_machine
from benchmarks.synthetic_field import draw_field
from cellseg.analysis.matching import THRESHOLDS, count_matches, overlaps

REPEATS = 3
SCORES = {
    "ap": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "f1",
    "pq": "panoptic_quality",
    "mean_matched_iou": "mean_matched_score",
}
"""Names of the same score in cellseg and StarDist."""


def main() -> None:
    """Score a modified synthetic image against the original, and print a table."""
    _, truth = draw_field()
    predicted = _modified(truth)
    own_scores, ours = _timed(lambda: _ours(truth, predicted))
    print(
        f"{int(truth.max()):,} cells, {truth.shape[0]} x {truth.shape[1]}, thresholds {THRESHOLDS}"
    )
    print(describe_machine())
    print(f"cellseg: {ours:.2f} s (median of {REPEATS})")
    try:
        matching = importlib.import_module("stardist.matching").matching
    except ImportError:
        print("StarDist is not installed: python -m pip install stardist")
        return
    their_scores, theirs = _timed(
        lambda: [matching(truth, predicted, thresh=threshold) for threshold in THRESHOLDS]
    )
    print(f"stardist: {theirs:.2f} s, {theirs / ours:.1f} times as long")
    print("| score | threshold | cellseg | stardist |\n|---|---|---|---|")
    for threshold, scores, other in zip(THRESHOLDS, own_scores, their_scores, strict=True):
        for name, their_name in SCORES.items():
            print(f"| {name} | {threshold} | {scores[name]} | {getattr(other, their_name)} |")


def _ours(truth: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    table = overlaps(truth, predicted)
    return [count_matches(table, threshold).scores() for threshold in THRESHOLDS]


def _modified(labels: np.ndarray) -> np.ndarray:
    """Shift the labels by 2 pixels, remove every tenth cell and merge every seventh pair."""
    numbers = np.arange(labels.max() + 1)
    numbers[10::10] = 0
    numbers[8::7] = numbers[7:-1:7]
    return np.roll(numbers[labels], (2, 1), axis=(0, 1)).astype(np.int32)


def _timed(run: Callable[[], list[Any]]) -> tuple[list[Any], float]:
    """Result of the last run and median time, seconds, after a warm-up run."""
    seconds = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - started)
    return result, float(np.median(seconds[1:]))


if __name__ == "__main__":
    main()
