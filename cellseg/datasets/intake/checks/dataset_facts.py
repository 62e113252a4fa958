"""What the checks of a dataset see: matched pairs, mismatched pairs, files without a partner."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cellseg.datasets.intake.checks.pair_measurements import PairMeasurements
from cellseg.datasets.masks import MaskFacts, MaskKind, all_values, decide_kind
from cellseg.datasets.split import Side

_MAX_LABEL_8BIT = 240
_MIN_SHARED_LABELS = 5


@dataclass(frozen=True)
class MatchedPair:
    """An image and a mask that fit each other.

    name : of the pair.
    image, mask : names of its files.
    values : the values of the mask.
    measurements : of image and mask.
    side : of the split; None where none is given yet.
    """

    name: str
    image: str
    mask: str
    values: MaskFacts
    measurements: PairMeasurements
    side: Side | None = None


@dataclass(frozen=True)
class MismatchedPair:
    """An image and a mask that were decoded but do not fit each other.

    name : of the pair.
    image, mask : names of its files.
    check, message, repair : of the finding; the message describes one pair.
    sentence : the message with the names of the files.
    side : of the split; None where none is given yet.
    source : file of which the image is one plane or row; empty for a file of its own.
    """

    name: str
    image: str
    mask: str
    check: str
    message: str
    sentence: str
    repair: str | None = None
    side: Side | None = None
    source: str = ""


@dataclass(frozen=True)
class SkippedFile:
    """A file that is not used.

    check : `unreadable` or `duplicate-name`.
    name : of the file.
    sentence : why it is skipped.
    """

    check: str
    name: str
    sentence: str


@dataclass(frozen=True)
class DatasetFacts:
    """All pairs and files that the checks see."""

    pairs: tuple[MatchedPair, ...]
    mismatched: tuple[MismatchedPair, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    images_without_mask: tuple[str, ...] = ()
    masks_without_image: tuple[str, ...] = ()

    @cached_property
    def kind(self) -> MaskKind:
        """Kind of the masks, decided by the values of all masks without grey edges."""
        sharp = [pair.values for pair in self.pairs if not has_grey_edges(pair)]
        return decide_kind(sharp) if sharp else "binary"

    @cached_property
    def nonzero_values(self) -> tuple[int, ...]:
        """Values of all masks except 0, ascending; of label images only the smallest."""
        return tuple(value for value in all_values(pair.values for pair in self.pairs) if value)

    @cached_property
    def _unreliable(self) -> frozenset[str]:
        return frozenset(
            pair.name
            for pair in self.pairs
            if has_grey_edges(pair)
            or has_wrapped_labels(pair)
            or pair.measurements.mask.background != 0
        )

    @property
    def reliable_pairs(self) -> Iterator[MatchedPair]:
        """Pairs whose masks are correct enough for checks of single cells."""
        return (pair for pair in self.pairs if pair.name not in self._unreliable)


def has_grey_edges(pair: MatchedPair) -> bool:
    """Whether many mask values occur only at edges, between the values of their neighbours."""
    mask = pair.measurements.mask
    many = mask.edge_values >= 3 and 2 * mask.edge_values >= mask.area_values
    return pair.values.soft or many


def has_wrapped_labels(pair: MatchedPair) -> bool:
    """Whether an 8-bit label image ran out of labels, so that cells share a label."""
    mask = pair.measurements.mask
    shared = mask.parts - mask.fragments - mask.labels
    return mask.dtype == "uint8" and mask.labels >= _MAX_LABEL_8BIT and shared >= _MIN_SHARED_LABELS
