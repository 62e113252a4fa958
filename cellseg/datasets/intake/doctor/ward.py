"""Everything that the checks look at: pairs that fit, pairs that do not, names without a pair."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from cellseg.datasets.intake.doctor.facts import Facts
from cellseg.datasets.intake.doctor.finding import Finding, Severity
from cellseg.datasets.masks import (
    MaskFacts,
    MaskKind,
    all_values,
    decide_kind,
)
from cellseg.datasets.split import Side


@dataclass(frozen=True)
class Case:
    """A pair that fits.

    name : of the pair. image, mask : names of its files.
    """

    name: str
    image: str
    mask: str
    values: MaskFacts
    facts: Facts
    side: Side | None = None


@dataclass(frozen=True)
class Held:
    """A pair that was decoded but does not fit so.

    check, message, repair : of its finding; the message speaks of one pair.
    sentence : the same with the names of the files, for those who see no findings.
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
class Lost:
    """Files that could not be read, or that came twice: the check, a name, and a sentence."""

    check: str
    name: str
    sentence: str


@dataclass(frozen=True)
class Ward:
    """What is examined."""

    cases: tuple[Case, ...]
    held: tuple[Held, ...] = ()
    lost: tuple[Lost, ...] = ()
    images_without_mask: tuple[str, ...] = ()
    masks_without_image: tuple[str, ...] = ()

    def of(self, names: Iterable[str]) -> "Ward":
        """The same with only these pairs."""
        wanted = set(names)
        return Ward(tuple(case for case in self.cases if case.name in wanted))

    @cached_property
    def kind(self) -> MaskKind:
        """The kind of mask that the values of all masks speak for; grey edges do not count."""
        sharp = [case.values for case in self.cases if not has_grey_edges(case)]
        return decide_kind(sharp) if sharp else "binary"

    @cached_property
    def marks(self) -> tuple[int, ...]:
        """The values of all masks but 0; of label images only some."""
        return tuple(value for value in all_values(case.values for case in self.cases) if value)

    @cached_property
    def odd(self) -> frozenset[str]:
        """Pairs whose masks are so wrong that nothing else can be said of their cells."""
        return frozenset(
            case.name
            for case in self.cases
            if has_grey_edges(case) or is_wrapped(case) or case.facts.regions.background != 0
        )

    @property
    def sound(self) -> Iterator[Case]:
        """Pairs whose masks mean what they say."""
        return (case for case in self.cases if case.name not in self.odd)


def has_grey_edges(case: Case) -> bool:
    """Whether many values of a mask lie only at edges, between the values of their neighbours."""
    regions = case.facts.regions
    few = regions.coreless >= 3 and 2 * regions.coreless >= regions.cored
    return case.values.soft or few


def is_wrapped(case: Case) -> bool:
    """Whether an 8-bit label image ran out of numbers, so that cells share them."""
    regions = case.facts.regions
    shared = regions.parts - regions.specks - regions.labels
    return regions.dtype == "uint8" and regions.labels >= 240 and shared >= 5


def found(
    check: str,
    severity: Severity,
    cases: Iterable[Case],
    message: str,
    repair: str | None = None,
    *,
    repaired: Iterable[Case] | None = None,
    others: tuple[str, ...] = (),
) -> list[Finding]:
    """A finding about some pairs, or none where there are none.

    Parameters
    ----------
    repaired : the pairs that the repair must change, where they are more.
    """
    listed = list(cases)
    if not listed:
        return []
    changed = listed if repaired is None else list(repaired)
    return [
        Finding(
            check,
            severity,
            tuple(case.image for case in listed),
            message,
            repair,
            tuple(case.name for case in changed),
            others,
        )
    ]


def counted(number: int, noun: str) -> str:
    """`1 image`, `3 images`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
