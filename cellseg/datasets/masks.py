"""What the values of a mask mean: two values, a number for each cell, or grey values.

The kind is decided over the whole dataset: one mask alone cannot tell a single cell labelled 1
from a binary mask.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from cellseg.errors import CellsegError

MaskKind = Literal["binary", "labels", "grey"]
LISTED = 64
"""So many distinct values of a mask are listed; more can only be labels."""

_BLOCK = 2**20
_GREY_VALUES = 8
_GREY_GAP = 16
_SOFT_VALUES = 8


@dataclass(frozen=True)
class MaskScale:
    """How the masks of a dataset are read.

    foreground : the values that are cell; empty means every value but 0.
    """

    kind: MaskKind
    foreground: tuple[int, ...] = ()


@dataclass(frozen=True)
class MaskFacts:
    """What the values of one mask are.

    values : the smallest distinct values, at most `LISTED`.
    count : number of distinct values.
    maximum : the largest value.
    soft : whether it looks like black and white with grey edges (smoothing, JPEG).
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
    """Look at the values of a mask of shape (Y, X) and an unsigned dtype."""
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
    """How often each value up to the highest occurs; counted by blocks to save memory."""
    values = mask.reshape(-1)
    counts = np.zeros(1 << (8 * mask.dtype.itemsize), np.intp)
    for first in range(0, values.size, _BLOCK):
        counts += np.bincount(values[first : first + _BLOCK], minlength=counts.size)
    return np.trim_zeros(counts, "b")


def _is_soft(histogram: np.ndarray) -> bool:
    """Whether an 8-bit mask is black and white with grey edges, by how often each value occurs.

    Most of what is not dark lies in the highest tenth, where one value prevails, and several
    values lie between. The labels of many cells are spread over all values, none prevailing.
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
    """The distinct values over all masks, sorted; of masks with many values only the smallest."""
    return tuple(sorted({value for mask in facts for value in mask.values}))


def decide_kind(facts: Sequence[MaskFacts]) -> MaskKind:
    """The kind of the masks of one dataset, from the values of all of them.

    binary : at most one value besides 0; also where some masks use 0 and 1, others 0 and 255, and
        where most are black and white with grey edges.
    grey : two to eight values besides 0 that lie at least 16 apart, as in 0, 128 and 255; or
        values without any 0, so that none is known to be background.
    labels : everything else.
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
    """The values brighter than half where masks are black and white with grey edges; else none.

    So they are where at least half of the masks that are not black look like it, or all but those
    that hold one value besides 0.
    """
    soft = [mask for mask in facts if mask.soft]
    drawn = [mask for mask in facts if not mask.empty]
    others = [mask for mask in drawn if not mask.soft and mask.objects > 1]
    if not soft or (others and 2 * len(soft) < len(drawn)):
        return ()
    brightest = max(mask.maximum for mask in soft)
    return tuple(range(brightest // 2 + 1, 256))


def choose_scale(
    facts: Sequence[MaskFacts],
    kind: MaskKind | None = None,
    foreground: Sequence[int] | None = None,
) -> MaskScale:
    """How the masks of a dataset are to be read, where the user may have said so.

    Parameters
    ----------
    facts : of every mask of the dataset.
    kind : the user's word; None decides by the values.
    foreground : the values that are cell; None or empty means every value but 0, and in black
        and white masks with grey edges those brighter than half.

    Raises
    ------
    CellsegError
        For grey masks without foreground values; for values that no mask holds or that leave no
        background; for foreground values of label images; where no mask has any foreground.
    """
    kind = kind or decide_kind(facts)
    chosen = tuple(sorted(set(foreground or ())))
    values = all_values(facts)
    if kind == "grey" and not chosen:
        raise CellsegError(
            f"The masks hold the grey values {listed(values)}; needed are those that mean cell; "
            "name them as the foreground values."
        )
    if kind == "labels" and chosen:
        raise CellsegError(
            "The masks are label images, where every number but 0 is a cell; foreground values "
            "go with binary or grey masks; leave them out or choose another kind of mask."
        )
    complete = all(mask.count <= LISTED for mask in facts)
    unknown = [value for value in chosen if value not in values]
    if complete and unknown:
        raise CellsegError(
            f"No mask holds the value {listed(unknown)}; the values found are {listed(values)}; "
            "choose the foreground values among them."
        )
    if complete and chosen and set(values) <= set(chosen):
        raise CellsegError(
            f"The foreground values {listed(chosen)} are all that the masks hold, so that no "
            "background is left; leave out at least one."
        )
    if all(mask.empty for mask in facts) and 0 not in chosen:
        raise CellsegError(
            f"All {len(facts)} masks are black, no cell is drawn in them; needed is at least one "
            "mask with cells."
        )
    if kind == "binary" and not chosen:
        chosen = soft_foreground(facts)
    return MaskScale(kind, chosen)


def join_kinds(scale: MaskScale, old: Sequence[MaskFacts], new: Sequence[MaskFacts]) -> MaskKind:
    """The kind of a dataset after more masks were added to it.

    Raises
    ------
    CellsegError
        Where the new masks cannot mean the same as the old ones.
    """
    decided, found = decide_kind(old), decide_kind(new)
    same = found == decided or all(mask.empty for mask in new)
    joined = decide_kind([*old, *new])
    few = all_values(new)
    if scale.kind == "grey":
        allowed = all_values(old)
        if set(few) <= set(allowed) and all(mask.count <= LISTED for mask in new):
            return "grey"
    elif decided != scale.kind:  # the user chose the kind
        if same:
            return scale.kind
    elif scale.kind == "labels":
        if same or set(few) <= {0, 1}:
            return "labels"
    elif joined == "binary" or (joined == "labels" and set(all_values(old)) <= {0, 1}):
        return joined
    raise CellsegError(
        f"The new masks are of the kind {found} with the values {listed(few)}, the dataset's of "
        f"the kind {scale.kind} with the values {listed(all_values(old))}; needed are masks of "
        "one kind; make a dataset of its own from the new ones."
    )


def foreground(mask: np.ndarray, kind: MaskKind, values: Sequence[int] = ()) -> np.ndarray:
    """Where a mask says cell.

    Parameters
    ----------
    mask : (Y, X), integer.
    kind : of the dataset's masks.
    values : the values that are cell; empty means every value but 0.

    Returns
    -------
    ndarray of shape (Y, X), dtype bool.
    """
    if kind == "grey" and not values:
        raise ValueError("grey masks need foreground values")
    return np.isin(mask, list(values)) if values else mask != 0


def labels(mask: np.ndarray, kind: MaskKind, values: Sequence[int] = ()) -> np.ndarray:
    """The cells of a mask, each with a number of its own; parameters as `foreground`.

    Label images keep their numbers; the foreground of other masks is cut into its 4-connected
    parts, numbered from 1.

    Returns
    -------
    ndarray of shape (Y, X), dtype int32, 0 = background.
    """
    if kind == "labels":
        return mask.astype(np.int32)
    numbered, _ = ndimage.label(foreground(mask, kind, values))
    return numbered.astype(np.int32)


def listed(values: Sequence[int]) -> str:
    """Values in words: `0, 128 and 255`; of many the first few."""
    words = [str(value) for value in values]
    if len(words) > 8:
        words = [*words[:6], f"{len(words) - 6} more"]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
