import numpy as np
import pytest
from skimage.measure import label

from cellseg.analysis.matching import count_matches, overlaps
from cellseg.segmentation.tiling import split_into_tiles, stitch, tile_batches


def discs(height, width, centres, radius):
    rows, columns = np.ogrid[:height, :width]
    mask = np.zeros((height, width), bool)
    for y, x in centres:
        mask |= (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return mask


def by_window(mask, parts):
    """The windows of a known mask, segmented by its connected parts, as cut by the window."""
    for tile in parts:
        part = mask[tile.window]
        yield label(part, connectivity=1).astype(np.int32), part.astype(np.float32)


def whole(mask, side, margin, progress=None):
    height, width = mask.shape
    parts = split_into_tiles(height, width, side, margin)
    return stitch(height, width, parts, by_window(mask, parts), progress)


def test_cores_cover_the_image_once_and_windows_start_on_the_grid():
    parts = split_into_tiles(100, 70, 32, 20)
    seen = np.zeros((100, 70), int)
    for tile in parts:
        seen[tile.core] += 1
        assert all(span.start % 32 == 0 for span in tile.window)
    assert (seen == 1).all()
    assert len(parts) == 4 * 3
    assert parts[0].window == (slice(0, 64), slice(0, 64))


def test_a_batch_contains_tiles_with_windows_of_one_shape():
    parts = split_into_tiles(64, 320, 64, 32)
    widths = [[tile.shape[1] for tile in group] for group in tile_batches(parts, 2)]
    assert widths == [[96], [128, 128], [128], [96]]
    assert [tile for group in tile_batches(parts, 2) for tile in group] == parts
    assert [len(group) for group in tile_batches(parts, 1)] == [1] * 5


def test_a_cell_on_each_corner_of_the_tiles_is_not_cut():
    corners = [(y, x) for y in range(64, 257, 64) for x in range(64, 257, 64)]
    mask = discs(320, 320, corners, 12)
    labels, probability = whole(mask, 64, 32)
    assert labels.max() == len(corners)
    counts = count_matches(overlaps(label(mask, connectivity=1), labels), 1.0)
    assert (counts.tp, counts.fp, counts.fn) == (len(corners), 0, 0)
    np.testing.assert_array_equal(probability, mask)


@pytest.mark.parametrize("side", [64, 96, 160, 320])
def test_the_result_does_not_depend_on_the_tile_size(side):
    rng = np.random.default_rng(0)
    mask = discs(320, 288, rng.uniform(0, 300, (60, 2)), 7)
    labels, _ = whole(mask, side, 64)
    truth = label(mask, connectivity=1)
    sizes = np.bincount(truth.ravel())
    counts = count_matches(overlaps(truth, labels), 0.9)
    assert counts.tp == sizes.size - 1
    assert counts.fp == 0


def test_cells_that_touch_the_edge_of_the_image_are_kept():
    mask = np.zeros((96, 96), bool)
    mask[0, 0] = mask[95, 95] = mask[0, 95] = True
    labels, _ = whole(mask, 32, 32)
    assert sorted(labels[mask]) == [1, 2, 3]


def test_an_image_without_cells_is_empty():
    labels, probability = whole(np.zeros((40, 40), bool), 32, 32)
    assert not labels.any()
    assert not probability.any()


def test_progress_counts_tiles_and_can_end_the_work():
    seen = []
    whole(np.ones((64, 64), bool), 32, 32, lambda done, of: seen.append((done, of)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        whole(np.ones((64, 64), bool), 32, 32, stop)
