"""Checks of whether a test score can be trusted: duplicates, leaks, too few images."""

from collections import defaultdict
from itertools import pairwise

from cellseg.datasets.intake.checks.dataset_facts import DatasetFacts, MatchedPair
from cellseg.datasets.intake.checks.finding import Finding, findings_about, plural
from cellseg.datasets.masks import MaskKind

MIN_IMAGES = 10
MIN_CELLS = 50


def duplicate_images(dataset: DatasetFacts) -> list[Finding]:
    """Find images that occur twice, in one side of the split or in both."""
    groups: dict[str, list[MatchedPair]] = defaultdict(list)
    for pair in dataset.pairs:
        if not pair.measurements.image.constant:
            groups[pair.measurements.image.sha256].append(pair)
    repeated = [group for group in groups.values() if len(group) > 1]
    leaks = [group for group in repeated if len({pair.side or "train" for pair in group}) > 1]
    return [
        *findings_about(
            [pair for group in leaks for pair in group],
            "leak",
            "error",
            "The same image is in the training set and in the test set: the network is tested on "
            "an image that it was trained on, and the score is too high.",
            "keep-first",
        ),
        *findings_about(
            [pair for group in repeated if group not in leaks for pair in group],
            "duplicate-image",
            "warning",
            "The same image occurs more than once: it has more weight than others, and where the "
            "split puts one copy into the test set, the score is too high.",
            "keep-first",
        ),
    ]


def divided_stacks(dataset: DatasetFacts) -> list[Finding]:
    """Find files of which some planes train and others test."""
    files: dict[str, list[MatchedPair]] = defaultdict(list)
    for pair in dataset.pairs:
        if pair.measurements.source:
            files[pair.measurements.source].append(pair)
    stacks = [pairs for pairs in files.values() if len(pairs) > 1]
    has_split = any(pair.side == "test" for pair in dataset.pairs)
    allowed = 1 if len(files) == 1 else 0
    leaking = [pairs for pairs in stacks if not has_split or _side_changes(pairs) > allowed]
    return findings_about(
        [pair for pairs in leaking for pair in pairs],
        "leak",
        "warning",
        "Planes of one file look alike and would be in both the training set and the test set, "
        "which makes the score too high; keep the planes of a file together.",
        "split-by-file",
        repaired=[pair for pair in dataset.pairs if not has_split or pair.measurements.source],
    )


def too_few(dataset: DatasetFacts) -> list[Finding]:
    """Find datasets with too few images or cells for a score that can be trusted."""
    findings = []
    images = len(dataset.pairs)
    if 0 < images < MIN_IMAGES:
        findings.append(
            Finding(
                "too-few",
                "warning",
                (),
                f"{plural(images, 'pair')} only: the score comes from one or two test images and "
                f"says little; add images until there are {MIN_IMAGES} or more.",
            )
        )
    cells = sum(_cell_count(pair, dataset.kind) for pair in dataset.pairs)
    if 0 < cells < MIN_CELLS and images >= MIN_IMAGES:
        findings.append(
            Finding(
                "too-few",
                "warning",
                (),
                f"{plural(cells, 'cell')} in all images together: too few to train a model and to "
                f"trust its score; label {MIN_CELLS} or more.",
            )
        )
    return findings


def _side_changes(pairs: list[MatchedPair]) -> int:
    """How often the side changes from one plane to the next."""
    sides = [pair.side or "train" for pair in pairs]
    return sum(one != other for one, other in pairwise(sides))


def _cell_count(pair: MatchedPair, kind: MaskKind) -> int:
    mask = pair.measurements.mask
    return mask.labels if kind == "labels" else mask.components


CHECKS = (duplicate_images, divided_stacks, too_few)
