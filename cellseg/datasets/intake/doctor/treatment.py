"""Repairs of the pairs of a proposal: which there are, what they would do, doing them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from cellseg.datasets.intake.doctor import repairs
from cellseg.datasets.intake.doctor.facts import look_at
from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.intake import misfit
from cellseg.datasets.intake.doctor.ward import Held
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.split import FRACTION, Side
from cellseg.errors import CellsegError
from cellseg.images.image import Image

Pixels = Callable[[Image, np.ndarray], tuple[Image, np.ndarray]]


@dataclass(frozen=True)
class Repair:
    """What a repair is called, what it does, and, where it changes pixels, the function."""

    label: str
    sentence: str
    pixels: Pixels | None = None


REPAIRS = {
    "leave-out": Repair("Leave out", "The files are left out of the dataset."),
    "keep-first": Repair("Keep one", "Of equal images the first one is kept."),
    "split-by-file": Repair(
        "Keep files together",
        "Whole files test, or the last planes where there is one file; no drawing of lots.",
    ),
    "turn-mask": Repair(
        "Turn the mask", "The mask is turned so that it lies on its image.", repairs.turn_mask
    ),
    "resize-mask": Repair(
        "Scale the mask", "The mask gets the size of its image.", repairs.resize_mask
    ),
    "swap": Repair("Swap", "Image and mask change places.", repairs.swap),
    "colours-to-numbers": Repair(
        "Number the colours",
        "Each colour becomes a number; black, else the commonest, is background.",
        repairs.colours_to_numbers,
    ),
    "connected-components": Repair(
        "Number the patches",
        "Each connected patch becomes a cell with a number; touching cells stay one.",
        repairs.connected_components,
    ),
    "split-touching": Repair(
        "Cut at necks",
        "Patches that look like several round cells are cut at their necks.",
        repairs.split_touching,
    ),
    "threshold": Repair(
        "Make black and white", "Grey edges become black or white.", repairs.threshold
    ),
    "snap-to-labels": Repair(
        "Snap to labels",
        "Mixed values become the number of the nearest cell or background.",
        repairs.snap_to_labels,
    ),
    "number-parts": Repair(
        "Number the parts", "Each connected part becomes a cell.", repairs.number_parts
    ),
    "tidy-parts": Repair(
        "Tidy up",
        "Specks are deleted; detached parts of a cell become cells of their own.",
        repairs.tidy_parts,
    ),
    "background-to-zero": Repair(
        "Make it background", "What surrounds the cells becomes 0.", repairs.background_to_zero
    ),
    "crop-to-labelled": Repair(
        "Crop to the labelled region",
        "Image and mask are cut to the region that is labelled.",
        repairs.crop_to_labelled,
    ),
    "every-value": Repair(
        "All are cells", "Every value but background becomes cell.", repairs.every_value
    ),
    "brightest-value": Repair(
        "Only the brightest", "Only the highest value becomes cell.", repairs.brightest_value
    ),
}
"""Every repair by its name."""


def stored(proposal: Proposal, name: str) -> tuple[Image, np.ndarray]:
    """Image and mask of a pair, or of one that was put aside, as they are now."""
    path = proposal.held_file(name)
    if any(held.name == name for held in proposal.held):
        with np.load(path, allow_pickle=False) as arrays:
            pixels = arrays["image"]
            return Image(pixels, "YX" if pixels.ndim == 2 else "YXC"), arrays["mask"]
    return proposal.files.image(name), proposal.files.mask(name)


def changed(
    proposal: Proposal, finding: Finding, name: str, repair: str | None = None
) -> tuple[Image, np.ndarray]:
    """Image and mask of a pair as a repair would make them; nothing is written.

    Raises
    ------
    CellsegError
        Where the finding has no such repair, or it changes no pixels.
    """
    function = _pixels(proposal, _known(finding, repair))
    if function is None:
        raise CellsegError("This repair changes no pixels; there is nothing to show.")
    return function(*stored(proposal, name))


def apply(proposal: Proposal, finding: Finding, repair: str | None = None) -> None:
    """Repair what a finding is about, in the proposal; what was brought is never changed.

    The findings are made anew.

    Parameters
    ----------
    repair : one of `finding.repair` and `finding.others`; None means the first.

    Raises
    ------
    CellsegError
        Where the finding has no such repair, or the disk is full or cannot be written.
    """
    name = _known(finding, repair)
    if name == "leave-out":
        _leave_out(proposal, finding)
    elif name == "keep-first":
        _keep_first(proposal, finding)
    elif name == "split-by-file":
        _split_by_file(proposal, finding)
    else:
        held = {each.name: each for each in proposal.held}
        for pair in finding.pairs:
            image, mask = changed(proposal, finding, pair, name)
            if finding.check in _MISFITS and pair in held:
                _admit(proposal, held[pair], image, mask)
            else:
                _rewrite(proposal, pair, image, mask)
    proposal.repairs.append(name)
    proposal.examine()


def apply_all(proposal: Proposal) -> list[str]:
    """Make the first repair of every finding that has one; a sentence for each."""
    said = []
    for _ in range(10 * len(REPAIRS)):
        finding = next((each for each in proposal.findings if each.repair), None)
        if finding is None or finding.repair is None:
            break
        before = [each for each in proposal.findings if each.repair]
        apply(proposal, finding)
        said.append(f"{REPAIRS[finding.repair].label}: {finding.sentence}")
        if [each for each in proposal.findings if each.repair] == before:
            break  # it did not help
    return said


_MISFITS = frozenset({"swapped", "same-file", "size-mismatch", "colour-mask"})


def _known(finding: Finding, repair: str | None) -> str:
    name = repair or finding.repair
    if name is None or name not in (finding.repair, *finding.others):
        raise CellsegError(f"There is no repair {name} for {finding.check}.")
    return name


def _pixels(proposal: Proposal, repair: str) -> Pixels | None:
    if repair == "brightest-value":
        return partial(repairs.brightest_value, highest=proposal.ward.marks[-1])
    return REPAIRS[repair].pixels


def _rewrite(proposal: Proposal, name: str, image: Image, mask: np.ndarray) -> None:
    """Write a pair of the proposal anew."""
    index = next(i for i, pair in enumerate(proposal.pairs) if pair.name == name)
    old, facts = proposal.pairs[index], proposal.facts[name]
    proposal.pairs[index] = proposal.rewritten(old, image, mask)
    proposal.facts[name] = look_at(image, mask, source=facts.source)


def _admit(proposal: Proposal, held: Held, image: Image, mask: np.ndarray) -> None:
    """Take in a pair that was put aside, if it fits now."""
    wrong = misfit(image, mask)
    _release(proposal, {held.name})
    if wrong is not None:
        again = replace(held, check=wrong.check, message=wrong.message, repair=wrong.repair)
        proposal.hold(again, image, mask)
        return
    kept = proposal.add(
        image, mask, image_name=held.image, mask_name=held.mask, name=held.name, side=held.side
    )
    proposal.facts[kept.name] = look_at(image, mask, source=held.source)


def _release(proposal: Proposal, names: set[str]) -> None:
    proposal.held = [held for held in proposal.held if held.name not in names]
    for name in names:
        proposal.held_file(name).unlink(missing_ok=True)


def _leave_out(proposal: Proposal, finding: Finding) -> None:
    if finding.check in _MISFITS:
        left = {held.name for held in proposal.held if held.name in finding.pairs}
        out = [held.image for held in proposal.held if held.name in left]
        _release(proposal, left)
    elif finding.pairs:
        out = [pair.image_name for pair in proposal.pairs if pair.name in finding.pairs]
        proposal.drop(finding.pairs)
    else:
        out = list(finding.images)
        proposal.lost = [lost for lost in proposal.lost if lost.name not in finding.images]
    proposal.left_out = (*proposal.left_out, *out)


def _keep_first(proposal: Proposal, finding: Finding) -> None:
    """Of equal images keep the first, rather one that trains."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in finding.pairs:
        groups[proposal.facts[name].image.sha256].append(name)
    extra = []
    for names in groups.values():
        ordered = sorted(names, key=lambda name: proposal.sides.get(name) == "test")
        extra += ordered[1:]
    proposal.drop(extra)


def _split_by_file(proposal: Proposal, finding: Finding) -> None:
    """Let whole files test; of one file the last planes."""
    files: dict[str, list[str]] = defaultdict(list)
    for name in finding.pairs:
        files[proposal.facts[name].source or name].append(name)
    wanted = max(1, round(FRACTION * len(finding.pairs)))
    test: list[str] = []
    if len(files) == 1:
        test = list(finding.pairs)[-wanted:]
    else:
        for names in reversed(list(files.values())[1:]):
            if len(test) < wanted:
                test += names
    for name in finding.pairs:
        side: Side = "test" if name in test else "train"
        proposal.sides[name] = side
