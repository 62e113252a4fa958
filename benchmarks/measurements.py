"""Measurements of cells, compared with scikit-image: `python -m benchmarks.measurements`.

Goal: 5,000 cells in 4096 x 4096 pixels take less than 2 s on 2 processors.
"""

import time

import numpy as np
import pandas as pd
from skimage.measure import regionprops_table

from benchmarks.command_line import describe_machine
from benchmarks.synthetic_field import draw_field
from cellseg.analysis.measurements import measure

OWN_COLUMNS = ("image", "touches_border")
"""Columns that scikit-image does not have."""

REPEATS = 5


def main() -> None:
    """Measure a synthetic image with both; print the times and the largest difference."""
    image, labels = draw_field()
    ours = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        table = measure(labels, image)
        ours.append(time.perf_counter() - started)
    names = tuple({column.split("-")[0] for column in table.columns.drop(list(OWN_COLUMNS))})
    started = time.perf_counter()
    expected = regionprops_table(labels, image, properties=names)
    theirs = time.perf_counter() - started
    median = float(np.median(ours))
    print(f"{len(table):,} cells, {labels.shape[0]} x {labels.shape[1]}, {len(expected)} columns")
    print(describe_machine())
    print("| | seconds |\n|---|---|")
    print(f"| cellseg, median of {REPEATS} | {median:.2f} |")
    print(f"| scikit-image regionprops_table | {theirs:.2f} |")
    print(f"| ratio | {theirs / median:.0f} |")
    worst = max(_differences(table, expected).items(), key=lambda item: item[1])
    print(f"largest relative difference of a column: {worst[0]}, {worst[1]:.1e}")


def _differences(table: pd.DataFrame, expected: dict[str, np.ndarray]) -> dict[str, float]:
    """Largest difference of each column, relative to its largest value."""
    differences = {}
    for name, values in expected.items():
        difference = np.abs(table[name] - values)
        if name == "orientation":  # 180 degrees are the same orientation
            difference = np.minimum(difference, np.pi - difference)
        differences[name] = float(difference.max() / max(1e-300, np.abs(values).max()))
    return differences


if __name__ == "__main__":
    main()
