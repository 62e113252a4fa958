"""Repairs of the pairs of a proposal: previews, one repair, all repairs."""

from collections import defaultdict
from dataclasses import replace
from functools import partial

import numpy as np

from cellseg.datasets.intake.checks import pixel_repairs
from cellseg.datasets.intake.checks.dataset_facts import MismatchedPair
from cellseg.datasets.intake.checks.finding import Finding
from cellseg.datasets.intake.checks.pair_check import find_mismatch
from cellseg.datasets.intake.checks.pair_measurements import measure_pair
from cellseg.datasets.intake.checks.repairs import REPAIRS, PixelRepair
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.split import FRACTION, Side
from cellseg.errors import CellsegError
from cellseg.images.image import Image

_MISMATCHES = frozenset({"swapped", "same-file", "size-mismatch", "colour-mask"})


def current_pair(proposal: Proposal, name: str) -> tuple[Image, np.ndarray]:
    """Image and mask of a matched or mismatched pair as the proposal has them now."""
    if any(pair.name == name for pair in proposal.mismatched):
        with np.load(proposal.mismatched_file(name), allow_pickle=False) as arrays:
            pixels = arrays["image"]
            return Image(pixels, "YX" if pixels.ndim == 2 else "YXC"), arrays["mask"]
    return proposal.files.image(name), proposal.files.mask(name)


def repaired_pair(
    proposal: Proposal, finding: Finding, name: str, repair: str | None = None
) -> tuple[Image, np.ndarray]:
    """Image and mask of a pair as a repair would make them; the proposal stays as it is.

    Parameters
    ----------
    name : of the pair.
    repair : one of `finding.repair` and `finding.others`; None means the first.

    Raises
    ------
    CellsegError
        Where the finding has no such repair, or the repair changes no pixels.
    """
    function = _pixel_repair(proposal, _checked_repair(finding, repair))
    if function is None:
        raise CellsegError("This repair changes no pixels, so there is nothing to show.")
    return function(*current_pair(proposal, name))


def apply(proposal: Proposal, finding: Finding, repair: str | None = None) -> None:
    """Repair the pairs of a finding in the proposal, then run all checks again.

    The user's files stay as they are.

    Parameters
    ----------
    repair : one of `finding.repair` and `finding.others`; None means the first.

    Raises
    ------
    CellsegError
        Where the finding has no such repair, or the disk is full or cannot be written.
    """
    name = _checked_repair(finding, repair)
    if name == "leave-out":
        _leave_out(proposal, finding)
    elif name == "keep-first":
        _keep_first(proposal, finding)
    elif name == "split-by-file":
        _split_by_file(proposal, finding)
    else:
        mismatched = {pair.name: pair for pair in proposal.mismatched}
        for pair in finding.pairs:
            image, mask = repaired_pair(proposal, finding, pair, name)
            if finding.check in _MISMATCHES and pair in mismatched:
                _replace_mismatched(proposal, mismatched[pair], image, mask)
            else:
                _replace_matched(proposal, pair, image, mask)
    proposal.repairs.append(name)
    proposal.run_checks()


def apply_all(proposal: Proposal) -> list[str]:
    """Apply the first repair of each finding, until none is left; a sentence for each repair."""
    sentences = []
    for _ in range(10 * len(REPAIRS)):
        before = [finding for finding in proposal.findings if finding.repair]
        if not before or before[0].repair is None:
            break
        apply(proposal, before[0])
        sentences.append(f"{REPAIRS[before[0].repair].label}: {before[0].sentence}")
        if [finding for finding in proposal.findings if finding.repair] == before:
            break  # the repair had no effect
    return sentences


def _checked_repair(finding: Finding, repair: str | None) -> str:
    name = repair or finding.repair
    if name is None or name not in (finding.repair, *finding.others):
        raise CellsegError(f"There is no repair {name} for {finding.check}.")
    return name


def _pixel_repair(proposal: Proposal, repair: str) -> PixelRepair | None:
    if repair == "brightest-value":
        highest = proposal.checked_facts.nonzero_values[-1]
        return partial(pixel_repairs.highest_value_to_cells, highest=highest)
    return REPAIRS[repair].pixels


def _replace_matched(proposal: Proposal, name: str, image: Image, mask: np.ndarray) -> None:
    """Replace the pixels of a matched pair."""
    index = next(i for i, pair in enumerate(proposal.pairs) if pair.name == name)
    source = proposal.measurements[name].source
    proposal.pairs[index] = proposal.rewrite(proposal.pairs[index], image, mask)
    proposal.measurements[name] = measure_pair(image, mask, source=source)


def _replace_mismatched(
    proposal: Proposal, pair: MismatchedPair, image: Image, mask: np.ndarray
) -> None:
    """Replace the pixels of a mismatched pair, which becomes a matched one if it fits now."""
    mismatch = find_mismatch(image, mask)
    _remove_mismatched(proposal, {pair.name})
    if mismatch is not None:
        again = replace(
            pair, check=mismatch.check, message=mismatch.message, repair=mismatch.repair
        )
        proposal.add_mismatched(again, image, mask)
        return
    added = proposal.add(
        image, mask, image_name=pair.image, mask_name=pair.mask, name=pair.name, side=pair.side
    )
    proposal.measurements[added.name] = measure_pair(image, mask, source=pair.source)


def _remove_mismatched(proposal: Proposal, names: set[str]) -> None:
    proposal.mismatched = [pair for pair in proposal.mismatched if pair.name not in names]
    for name in names:
        proposal.mismatched_file(name).unlink(missing_ok=True)


def _leave_out(proposal: Proposal, finding: Finding) -> None:
    if finding.check in _MISMATCHES:
        pairs = [pair for pair in proposal.mismatched if pair.name in finding.pairs]
        out = [pair.image for pair in pairs]
        _remove_mismatched(proposal, {pair.name for pair in pairs})
    elif finding.pairs:
        out = [pair.image_name for pair in proposal.pairs if pair.name in finding.pairs]
        proposal.remove(finding.pairs)
    else:
        out = list(finding.images)
        proposal.skipped = [file for file in proposal.skipped if file.name not in finding.images]
    proposal.left_out = (*proposal.left_out, *out)


def _keep_first(proposal: Proposal, finding: Finding) -> None:
    """Keep the first of equal images; where some train and some test, the first that trains."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in finding.pairs:
        groups[proposal.measurements[name].image.sha256].append(name)
    extra = []
    for names in groups.values():
        ordered = sorted(names, key=lambda name: proposal.sides.get(name) == "test")
        extra += ordered[1:]
    proposal.remove(extra)


def _split_by_file(proposal: Proposal, finding: Finding) -> None:
    """Let whole files test; of a single file, the last planes."""
    files: dict[str, list[str]] = defaultdict(list)
    for name in finding.pairs:
        files[proposal.measurements[name].source or name].append(name)
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
