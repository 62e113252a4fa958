"""Which mask belongs to which image, by their names alone.

Each rule turns a name into (role, key); an image and a mask with the same key are a pair. The
rules run from the strictest to the loosest; each sees only what the earlier rules left.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from cellseg.datasets.split import Side
from cellseg.images.reading import EXTENSIONS

Role = Literal["image", "mask"]

IMAGE_WORDS = frozenset(
    "image images img imgs input inputs photo photos picture pictures raw source volume "
    "volumes".split()
)
MASK_WORDS = frozenset(
    "annotated annotation annotations groundtruth gt label labels mask masks seg segmentation "
    "segmentations target targets truth".split()
)
SIDES: dict[str, Side] = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
}
LETTERS: dict[str, Role] = {"x": "image", "y": "mask"}
_MASK_SUFFIX = re.compile(r"_(?:(?:art|cp)_)?(?:mask|label)s?$")
_AUXILIARY_FILE = re.compile(r"_(?:flows(?:_\d+)?|cellprob|cp_output|(?:cp_)?outlines)$")
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


@dataclass(frozen=True, eq=False)
class _File:
    """A file name in parts; folders and stem in lower case, with `_` between words."""

    name: str
    folders: tuple[str, ...]
    context: tuple[str, ...]  # folders without the words that mean image or mask
    stem: str
    suffix: str
    role: Role | None  # by its folder or by the user
    side: Side | None

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(self.stem.split("_"))


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
    files, left_out = _files(names, None)
    return _paired(files, left_out, {**_RULES, "extension": _same_name})


def pair_separate(images: Sequence[str], masks: Sequence[str]) -> Pairing:
    """Pair images with masks where the user gave both separately; names as for `pair`."""
    image_files, left_out = _files(images, "image")
    mask_files, masks_left_out = _files(masks, "mask")
    return _paired(image_files + mask_files, left_out + masks_left_out, _RULES)


def side_of(name: str) -> Side | None:
    """Side of the split that the folders of a name mean, or None."""
    file = _parsed(str(PurePosixPath(name.replace("\\", "/")).parent / "a.png"), None)
    return file.side if file else None


def natural_key(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sort key for natural order: `a2` before `a10`."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple(
        (not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts
    )


def _paired(files: list[_File], left_out: list[str], rules: Mapping[str, "_Rule"]) -> Pairing:
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
        tuple(file.name for file in left if not _is_mask(file)),
        tuple(file.name for file in left if _is_mask(file)),
        tuple(left_out),
    )


def _files(names: Sequence[str], role: Role | None) -> tuple[list[_File], list[str]]:
    """Parsed names in natural order, and the names that are left out."""
    files: list[_File] = []
    left_out: list[str] = []
    xy_parents = _xy_parents(names)
    for name in sorted(set(names), key=lambda name: (natural_key(name), name)):
        file = _parsed(name, role, xy_parents)
        if file is None:
            left_out.append(name)
        else:
            files.append(file)
    return files, left_out


def _xy_parents(names: Sequence[str]) -> set[tuple[str, ...]]:
    """Folders that hold a folder `x` of images and a folder `y` of masks, as in BiaPy."""
    seen: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for name in names:
        parts = _parents(PurePosixPath(name.replace("\\", "/")))
        for depth, part in enumerate(parts):
            if part.casefold() in LETTERS:
                seen[parts[:depth]].add(part.casefold())
    return {parent for parent, letters in seen.items() if len(letters) == len(LETTERS)}


def _parsed(
    name: str, role: Role | None, xy_parents: Container[tuple[str, ...]] = ()
) -> _File | None:
    """A parsed name; None for auxiliary files and files that are no images.

    Parameters
    ----------
    xy_parents : folders whose folders `x` and `y` mean images and masks.
    """
    original = _parents(PurePosixPath(name.replace("\\", "/")))
    path = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/"))
    suffix = path.suffix.casefold()
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    if hidden or suffix not in EXTENSIONS or path.name.casefold().endswith("_seg.npy"):
        return None
    stem = path.stem
    while PurePosixPath(stem).suffix.casefold() in EXTENSIONS:  # cell.tif.png
        stem = PurePosixPath(stem).stem
    stem = _words(stem)
    if _AUXILIARY_FILE.search(stem):
        return None
    folders = tuple(_words(part) for part in _parents(path))
    side: Side | None = None
    role_of_folder: Role | None = None  # the deepest folder decides
    context = []
    for depth, folder in enumerate(folders):
        if folder in LETTERS and original[:depth] in xy_parents:
            role_of_folder = LETTERS[folder]
            continue
        tokens = folder.split("_")
        kept = [token for token in tokens if token not in IMAGE_WORDS | MASK_WORDS]
        if len(kept) < len(tokens):
            role_of_folder = "mask" if MASK_WORDS & set(tokens) else "image"
        if len(kept) < len(tokens) or len(tokens) == 1:
            side = next((SIDES[token] for token in kept if token in SIDES), side)
        if kept:
            context.append("_".join(kept))
    return _File(name, folders, tuple(context), stem, suffix, role or role_of_folder, side)


def _parents(path: PurePosixPath) -> tuple[str, ...]:
    return tuple(part for part in path.parts[:-1] if part not in ("/", ".", ".."))


def _words(text: str) -> str:
    """Lower case, with `_` for each run of characters that are no letters or digits."""
    return re.sub(r"[\W_]+", "_", text.casefold()).strip("_") or text


def _is_mask(file: _File) -> bool:
    """Whether the folder, or else the name, means a mask."""
    if file.role is not None:
        return file.role == "mask"
    return bool(MASK_WORDS & {file.tokens[0], file.tokens[-1]})


# === Rules, from the strictest to the loosest ===

_RoleAndKey = tuple[Role, Hashable]
_Rule = Callable[[list[_File]], list[tuple[_File, _File]]]


def _same_stem(file: _File) -> _RoleAndKey:
    return file.role or "image", (file.context, file.stem)


def _suffix(file: _File) -> _RoleAndKey:
    stem = _MASK_SUFFIX.sub("", file.stem)
    if file.role == "image" or (file.role is None and stem == file.stem):
        return "image", (file.context, file.stem)
    return "mask", (file.context, stem)


def _differing_word(file: _File) -> _RoleAndKey:
    named_mask = bool(MASK_WORDS & set(file.tokens))
    kept = [token for token in file.tokens if token not in {*IMAGE_WORDS, *MASK_WORDS, "art", "cp"}]
    return file.role or ("mask" if named_mask else "image"), (file.context, *kept)


def _anywhere(file: _File) -> _RoleAndKey:
    return file.role or ("mask" if _is_mask(file) else "image"), _MASK_SUFFIX.sub("", file.stem)


def _rule(read: Callable[[_File], _RoleAndKey], *, unique: bool) -> _Rule:
    """A rule that pairs files with equal keys; `unique` needs one image and one mask a key."""

    def rule(files: list[_File]) -> list[tuple[_File, _File]]:
        groups: dict[Hashable, dict[Role, list[_File]]] = defaultdict(
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


def _best_first(files: list[_File]) -> list[_File]:
    """Files of one key, lossless formats first."""
    return sorted(files, key=lambda file: _rank(file, _LOSSLESS_FIRST))


def _rank(file: _File, suffixes: tuple[str, ...]) -> int:
    return suffixes.index(file.suffix) if file.suffix in suffixes else len(suffixes)


def _same_name(files: list[_File]) -> list[tuple[_File, _File]]:
    """Pair two files of one folder whose names differ only in the extension."""
    groups: dict[Hashable, list[_File]] = defaultdict(list)
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
