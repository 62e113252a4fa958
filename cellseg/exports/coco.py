"""COCO annotations: cells as compressed run-length masks, exact to the pixel."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.label_runs import (
    Ints,
    checked_labels,
    relabel_sequential,
    runs_of,
)

CATEGORY = {"id": 1, "name": "cell", "supercategory": "cell"}


def coco_image(name: str, labels: NDArray) -> dict[str, Any]:
    """Image and annotations of one label image, for `coco_json`.

    Parameters
    ----------
    name : file name of the image.
    labels : (Y, X); 0 = background.

    Returns
    -------
    `file_name`, `height`, `width`, and `annotations`: by ascending label, with `label`, `area`,
    `bbox` (x, y, width, height in pixels) and `segmentation` (compressed RLE).
    """
    ids, image = relabel_sequential(checked_labels(labels))
    height, width = labels.shape
    found = runs_of(np.ascontiguousarray(image.T))  # COCO counts down the columns
    order = np.argsort(found.label, kind="stable")
    column, top, bottom = found.row[order], found.start[order], found.stop[order]
    firsts = np.searchsorted(found.label[order], np.arange(1, ids.size + 1))
    left, upper = np.minimum.reduceat(column, firsts), np.minimum.reduceat(top, firsts)
    boxes = [
        left,
        upper,
        np.maximum.reduceat(column, firsts) + 1 - left,
        np.maximum.reduceat(bottom, firsts) - upper,
    ]
    codes = _codes(column * height + top, column * height + bottom, firsts, labels.size)
    annotations = [
        {"label": label, "area": area, "bbox": box, "segmentation": {"size": size, "counts": code}}
        for label, area, box, code, size in zip(
            ids.tolist(),
            np.add.reduceat(bottom - top, firsts).tolist(),
            np.stack(boxes, axis=1).tolist(),
            codes,
            [[height, width]] * ids.size,
            strict=True,
        )
    ]
    return {"file_name": name, "height": height, "width": width, "annotations": annotations}


def coco_json(images: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Chunks of a COCO file of several images; ids count from 1.

    Memory holds one image at a time.

    Parameters
    ----------
    images : from `coco_image`.
    """
    listed: list[str] = []
    cells = 0
    yield b'{"annotations":['
    for number, image in enumerate(images, start=1):
        facts = {name: value for name, value in image.items() if name != "annotations"}
        listed.append(_json({"id": number, **facts}))
        for cell in image["annotations"]:
            cells += 1
            numbers = {"id": cells, "image_id": number, "category_id": CATEGORY["id"], "iscrowd": 0}
            yield ("," if cells > 1 else "").encode() + _json({**numbers, **cell}).encode()
    yield f'],"images":[{",".join(listed)}],"categories":[{_json(CATEGORY)}]}}'.encode()


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _codes(begin: Ints, end: Ints, firsts: Ints, size: int) -> list[str]:
    """Compressed RLE of each cell.

    Parameters
    ----------
    begin, end : flat index of the first pixel of each run, and of the pixel after the last, by
        cell.
    firsts : index of the first run of each cell.
    size : number of pixels of the image.
    """
    first = np.zeros(begin.size, bool)
    first[firsts] = True
    before = np.where(first, 0, np.append(0, end[:-1])) if begin.size else begin
    apart = first | (begin > before)  # other runs continue at the top of the next column
    begins = np.flatnonzero(apart)
    last = np.append(begins, begin.size)[1:] - 1
    gaps, lengths = (begin - before)[begins], end[last] - begin[begins]
    counts = np.stack([gaps, lengths], axis=1).reshape(-1)
    cell_ends = 2 * np.append(np.searchsorted(begins, firsts), begins.size)[1:]
    tails = size - end[np.append(firsts, begin.size)[1:] - 1]
    with_tail = tails > 0
    counts = np.insert(counts, cell_ends[with_tail], tails[with_tail])
    cell_ends += np.cumsum(with_tail)
    return _compressed(counts, cell_ends)


def _compressed(counts: Ints, ends: Ints) -> list[str]:
    """Run lengths as text with 5 bits a character, lowest first, as in maskApi.c of COCO.

    From the fourth count of a cell on, the difference to the count two before is written.

    Parameters
    ----------
    counts : run lengths of all cells, one after another.
    ends : index after the last count of each cell.
    """
    starts = np.append(0, ends)[:-1]
    within = np.arange(counts.size) - np.repeat(starts, ends - starts)
    rest = counts.copy()
    late = np.flatnonzero(within > 2)
    rest[late] -= counts[late - 2]
    letters, written = [], []
    continues = np.ones(counts.size, bool)
    while continues.any():
        bits = rest & 31
        rest >>= 5
        written.append(continues)
        continues = continues & np.where(bits & 16, rest != -1, rest != 0)
        letters.append((bits + 32 * continues + 48).astype(np.uint8))
    if not letters:
        return []
    kept = np.stack(written, axis=1)
    text = np.stack(letters, axis=1)[kept].tobytes().decode("ascii")
    cuts = np.append(0, np.cumsum(kept.sum(axis=1)))[np.append(0, ends)].tolist()
    return [text[start:stop] for start, stop in itertools.pairwise(cuts)]
