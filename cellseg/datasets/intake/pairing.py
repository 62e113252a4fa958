"""Which mask belongs to which image, by their names alone.

Each rule turns a name into (role, key); an image and a mask with the same key are a pair. The
rules run from the strictest to the loosest; each sees only what the earlier rules left.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from cellseg.datasets.intake.file_names import (
    IMAGE_WORDS,
    MASK_WORDS,
    FileName,
    Role,
    file_names,
    is_mask_name,
    natural_key,
)
from cellseg.datasets.split import Side

_MASK_SUFFIX = re.compile(r"_(?:(?:art|cp)_)?(?:mask|label)s?$")
_MASK_FORMATS_FIRST = (".png", ".tif", ".tiff", ".bmp")  # and then all others
_LOSSLESS_FIRST = (".tif", ".tiff", ".png", ".bmp")


@dataclass(frozen=True)
class Pair:
    """An image and its mask, by the names that the user knows.

    split : side of the split by a `train/` or `test/` folder, or None.
    rule : that found the pair: `stem`, `suffix`, `word`, `anywhere` or `extension`.
    """

    name: str
    image: str
    mask: str
    split: Side | None = None
    rule: str = ""


@dataclass(frozen=True)
class Pairing:
    """Pairs, and the names of the files that are in no pair.

    left_out : auxiliary files of other tools, and files that are no images.
    """

    pairs: tuple[Pair, ...]
    images_without_mask: tuple[str, ...]
    masks_without_image: tuple[str, ...]
    left_out: tuple[str, ...]


def pair(names: Sequence[str]) -> Pairing:
    """Pair images and masks among files of both kinds.

    These layouts are recognised: two folders whose names mean image and mask (`images/` and
    `masks/` or `labels/`, `train-volume/` and `train-labels/`), below `train/` and `test/` or
    not; a mask named like its image and `_mask`, `_masks`, `_label`, `_labels`, `_ART_masks` or
    `_cp_masks`; names that differ in such a word (`train-volume_0`, `train-labels_0`); names that
    differ in the extension (`001.bmp`, `001.png`; the mask is the format more usual for masks);
    folders `x/` and `y/`.

    Parameters
    ----------
    names : relative paths with `/`, as the user knows them.
    """
    files, left_out = file_names(names, None)
    return _paired(files, left_out, {**_RULES, "extension": _same_name})


def pair_separate(images: Sequence[str], masks: Sequence[str]) -> Pairing:
    """Pair images with masks where the user gave both separately; names as for `pair`."""
    image_files, left_out = file_names(images, "image")
    mask_files, masks_left_out = file_names(masks, "mask")
    return _paired(image_files + mask_files, left_out + masks_left_out, _RULES)


def _paired(files: list[FileName], left_out: list[str], rules: Mapping[str, "_Rule"]) -> Pairing:
    pairs: list[Pair] = []
    left = files
    for name, rule in rules.items():
        matches = rule(left)
        taken = {id(file) for match in matches for file in match}
        left = [file for file in left if id(file) not in taken]
        for image, mask in matches:
            stem = PurePosixPath(image.name.replace("\\", "/")).stem
            pairs.append(Pair(stem, image.name, mask.name, image.side, name))
    pairs.sort(key=lambda pair: (natural_key(pair.image), pair.image))
    return Pairing(
        tuple(pairs),
        tuple(file.name for file in left if not is_mask_name(file)),
        tuple(file.name for file in left if is_mask_name(file)),
        tuple(left_out),
    )


# Rules, from the strictest to the loosest.

_RoleAndKey = tuple[Role, Hashable]
_Rule = Callable[[list[FileName]], list[tuple[FileName, FileName]]]


def _same_stem(file: FileName) -> _RoleAndKey:
    return file.role or "image", (file.context, file.stem)


def _suffix(file: FileName) -> _RoleAndKey:
    stem = _MASK_SUFFIX.sub("", file.stem)
    if file.role == "image" or (file.role is None and stem == file.stem):
        return "image", (file.context, file.stem)
    return "mask", (file.context, stem)


def _differing_word(file: FileName) -> _RoleAndKey:
    named_mask = bool(MASK_WORDS & set(file.tokens))
    kept = [token for token in file.tokens if token not in {*IMAGE_WORDS, *MASK_WORDS, "art", "cp"}]
    return file.role or ("mask" if named_mask else "image"), (file.context, *kept)


def _anywhere(file: FileName) -> _RoleAndKey:
    return file.role or ("mask" if is_mask_name(file) else "image"), _MASK_SUFFIX.sub("", file.stem)


def _rule(read: Callable[[FileName], _RoleAndKey], *, unique: bool) -> _Rule:
    """A rule that pairs files with equal keys; `unique` needs one image and one mask a key."""

    def rule(files: list[FileName]) -> list[tuple[FileName, FileName]]:
        groups: dict[Hashable, dict[Role, list[FileName]]] = defaultdict(
            lambda: {"image": [], "mask": []}
        )
        for file in files:
            role, key = read(file)
            groups[key][role].append(file)
        matches = []
        for group in groups.values():
            images, masks = (_best_first(group[role]) for role in ("image", "mask"))
            alone = len(images) == len(masks) == 1
            if images and masks and (alone or not unique):
                matches.append((images[0], masks[0]))
        return matches

    return rule


def _best_first(files: list[FileName]) -> list[FileName]:
    """Files of one key, lossless formats first."""
    return sorted(files, key=lambda file: _rank(file, _LOSSLESS_FIRST))


def _rank(file: FileName, suffixes: tuple[str, ...]) -> int:
    return suffixes.index(file.suffix) if file.suffix in suffixes else len(suffixes)


def _same_name(files: list[FileName]) -> list[tuple[FileName, FileName]]:
    """Pair two files of one folder whose names differ only in the extension."""
    groups: dict[Hashable, list[FileName]] = defaultdict(list)
    for file in files:
        groups[file.folders, file.stem].append(file)
    matches = []
    for group in groups.values():
        ranked = sorted(group, key=lambda file: _rank(file, _MASK_FORMATS_FIRST))
        if len(group) == 2 and group[0].suffix != group[1].suffix and not group[0].role:
            matches.append((ranked[1], ranked[0]))
    return matches


_RULES: dict[str, _Rule] = {
    "stem": _rule(_same_stem, unique=False),
    "suffix": _rule(_suffix, unique=False),
    "word": _rule(_differing_word, unique=True),
    "anywhere": _rule(_anywhere, unique=True),
}
