"""What the values of masks mean: binary masks, label images, or grey values.

The kind is decided over the whole dataset, since one mask with the values 0 and 1 may be binary or
may be a label image with a single cell.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from cellseg.errors import CellsegError

MaskKind = Literal["binary", "labels", "grey"]
LISTED = 64
"""Most distinct values that are stored of a mask; a mask with more is a label image."""

_BLOCK = 2**20
_GREY_VALUES = 8
_GREY_GAP = 16
_SOFT_VALUES = 8


@dataclass(frozen=True)
class MaskEncoding:
    """How the values of the masks of a dataset encode cells.

    kind : of the masks.
    foreground : values that mean cell; empty means all values but 0.
    """

    kind: MaskKind
    foreground: tuple[int, ...] = ()


@dataclass(frozen=True)
class MaskFacts:
    """The values of one mask.

    values : the smallest distinct values, at most `LISTED`, ascending.
    count : number of distinct values.
    maximum : the largest value.
    soft : whether it looks black and white with grey edges (interpolation, JPEG).
    """

    values: tuple[int, ...]
    count: int
    maximum: int
    soft: bool = False

    @property
    def empty(self) -> bool:
        """Whether every pixel is 0."""
        return self.maximum == 0

    @property
    def objects(self) -> int:
        """Number of distinct values other than 0."""
        return self.count - (0 in self.values)


def mask_facts(mask: np.ndarray) -> MaskFacts:
    """Find the distinct values of a mask (Y, X), unsigned integer."""
    if mask.dtype.itemsize <= 2:
        histogram = _occurrences(mask)
        distinct = np.flatnonzero(histogram)
    else:
        histogram = np.zeros(0, np.intp)
        distinct = np.unique(mask)
    values = tuple(int(value) for value in distinct[:LISTED])
    soft = mask.dtype.itemsize == 1 and _is_soft(histogram)
    return MaskFacts(values, len(distinct), int(distinct[-1]), soft)


def _occurrences(mask: np.ndarray) -> np.ndarray:
    """Histogram of the values, counted in blocks to save memory."""
    values = mask.reshape(-1)
    counts = np.zeros(1 << (8 * mask.dtype.itemsize), np.intp)
    for first in range(0, values.size, _BLOCK):
        counts += np.bincount(values[first : first + _BLOCK], minlength=counts.size)
    return np.trim_zeros(counts, "b")


def _is_soft(histogram: np.ndarray) -> bool:
    """Whether the histogram of an 8-bit mask is that of black and white with grey edges.

    Most bright pixels have values in the highest tenth, where one value dominates, and several
    values occur between. The values of a label image are spread, and none dominates.
    """
    maximum = int(np.flatnonzero(histogram)[-1])
    if maximum < 128 or np.count_nonzero(histogram) <= _SOFT_VALUES:
        return False
    middle = histogram[maximum // 10 + 1 : maximum * 9 // 10]
    high = histogram[maximum * 9 // 10 : maximum + 1]
    return bool(
        np.count_nonzero(middle) >= 4
        and middle.sum() < high.sum()
        and high.max() >= 0.4 * high.sum()
    )


def all_values(facts: Iterable[MaskFacts]) -> tuple[int, ...]:
    """Distinct values of all masks, ascending; of masks with many values only the smallest."""
    return tuple(sorted({value for mask in facts for value in mask.values}))


def decide_kind(facts: Sequence[MaskFacts]) -> MaskKind:
    """Decide the kind of the masks of a dataset from all their values.

    Returns
    -------
    `binary` for at most one value besides 0, for masks with 0 and 1 beside masks with 0 and 255,
    and where most masks are black and white with grey edges. `grey` for two to eight values
    besides 0 that differ by at least 16, such as 0, 128 and 255, and for values without 0.
    `labels` for all others.
    """
    if soft_foreground(facts):
        return "binary"
    if any(mask.count > LISTED for mask in facts):
        return "labels"
    values = all_values(facts)
    marks = [value for value in values if value != 0]
    if len(marks) <= 1:
        return "binary"
    if set(marks) == {1, 255} and all(mask.objects <= 1 for mask in facts):
        return "binary"
    if len(marks) > _GREY_VALUES:
        return "labels"
    if 0 not in values:
        return "grey"
    gaps = np.diff((0, *marks))
    bright = 128 <= marks[-1] <= 255 or marks[-1] == 65535
    return "grey" if bright and gaps.min() >= _GREY_GAP else "labels"


def soft_foreground(facts: Sequence[MaskFacts]) -> tuple[int, ...]:
    """Values above half of the maximum where masks are black and white with grey edges, else none.

    This is decided where at least half of the masks with cells look like it, or all masks with
    more than one value besides 0.
    """
    soft = [mask for mask in facts if mask.soft]
    drawn = [mask for mask in facts if not mask.empty]
    others = [mask for mask in drawn if not mask.soft and mask.objects > 1]
    if not soft or (others and 2 * len(soft) < len(drawn)):
        return ()
    brightest = max(mask.maximum for mask in soft)
    return tuple(range(brightest // 2 + 1, 256))


def choose_encoding(
    facts: Sequence[MaskFacts],
    kind: MaskKind | None = None,
    foreground: Sequence[int] | None = None,
) -> MaskEncoding:
    """Choose the encoding of the masks of a dataset, by the user's choice or by their values.

    Parameters
    ----------
    facts : of all masks of the dataset.
    kind : the user's choice; None decides by the values.
    foreground : values that mean cell; None or empty means all values but 0, and in black and
        white masks with grey edges the values above half of the maximum.

    Raises
    ------
    CellsegError
        For grey masks without foreground values, for values that no mask has or that leave no
        background, for foreground values of label images, and where no mask has a cell.
    """
    kind = kind or decide_kind(facts)
    chosen = tuple(sorted(set(foreground or ())))
    values = all_values(facts)
    if kind == "grey" and not chosen:
        raise CellsegError(
            f"The masks have the grey values {listed(values)}; select the values of cells as "
            "foreground values."
        )
    if kind == "labels" and chosen:
        raise CellsegError(
            "The masks are label images, where each value but 0 is a cell; foreground values "
            "belong to binary or grey masks; leave them out or choose another kind of mask."
        )
    complete = all(mask.count <= LISTED for mask in facts)
    unknown = [value for value in chosen if value not in values]
    if complete and unknown:
        raise CellsegError(
            f"No mask has the value {listed(unknown)}; the masks have {listed(values)}; choose the "
            "foreground values from these."
        )
    if complete and chosen and set(values) <= set(chosen):
        raise CellsegError(
            f"The foreground values {listed(chosen)} are all values of the masks, so no background "
            "is left; leave out at least one."
        )
    if all(mask.empty for mask in facts) and 0 not in chosen:
        raise CellsegError(
            f"None of the {len(facts)} masks has a cell; add at least one mask with cells."
        )
    if kind == "binary" and not chosen:
        chosen = soft_foreground(facts)
    return MaskEncoding(kind, chosen)


def joined_kind(
    encoding: MaskEncoding, old: Sequence[MaskFacts], new: Sequence[MaskFacts]
) -> MaskKind:
    """Kind of the masks of a dataset after more masks were added.

    Parameters
    ----------
    encoding : of the masks of the dataset.
    old, new : facts of its masks and of the added ones.

    Raises
    ------
    CellsegError
        Where the new masks do not fit the encoding.
    """
    decided, found = decide_kind(old), decide_kind(new)
    same = found == decided or all(mask.empty for mask in new)
    joined = decide_kind([*old, *new])
    new_values = all_values(new)
    if encoding.kind == "grey":
        allowed = all_values(old)
        if set(new_values) <= set(allowed) and all(mask.count <= LISTED for mask in new):
            return "grey"
    elif decided != encoding.kind:  # the user chose the kind
        if same:
            return encoding.kind
    elif encoding.kind == "labels":
        if same or set(new_values) <= {0, 1}:
            return "labels"
    elif joined == "binary" or (joined == "labels" and set(all_values(old)) <= {0, 1}):
        return joined
    raise CellsegError(
        f"The new masks have the type {found} (values {listed(new_values)}), but the masks of the "
        f"dataset have the type {encoding.kind} (values {listed(all_values(old))}); all masks of a "
        "dataset must have the same type and the same meaning of values; save the new ones as a "
        "separate dataset."
    )


def foreground(mask: np.ndarray, kind: MaskKind, values: Sequence[int] = ()) -> np.ndarray:
    """Foreground of a mask: the pixels of cells.

    Parameters
    ----------
    mask : (Y, X), integer.
    kind : of the masks of the dataset.
    values : values that mean cell; empty means all values but 0.

    Returns
    -------
    ndarray of shape (Y, X), dtype bool.
    """
    if kind == "grey" and not values:
        raise ValueError("grey masks need foreground values")
    return np.isin(mask, list(values)) if values else mask != 0


def labels(mask: np.ndarray, kind: MaskKind, values: Sequence[int] = ()) -> np.ndarray:
    """Label image of a mask; parameters as in `foreground`.

    Label images keep their labels. In other masks, each 4-connected component of the foreground
    gets a label, from 1.

    Returns
    -------
    ndarray of shape (Y, X), dtype int32, 0 = background.
    """
    if kind == "labels":
        return mask.astype(np.int32)
    numbered, _ = ndimage.label(foreground(mask, kind, values))
    return numbered.astype(np.int32)


def listed(values: Sequence[int]) -> str:
    """Values as text: `0, 128 and 255`; of more than eight, the first six."""
    words = [str(value) for value in values]
    if len(words) > 8:
        words = [*words[:6], f"{len(words) - 6} more"]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
