"""What the names of files say: image or mask, side of the split, words of the name."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Sequence
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
_AUXILIARY_FILE = re.compile(r"_(?:flows(?:_\d+)?|cellprob|cp_output|(?:cp_)?outlines)$")


@dataclass(frozen=True, eq=False)
class FileName:
    """A file name in parts; folders and stem in lower case, with `_` between words.

    name : as the user knows it.
    folders, stem, suffix : its parts.
    context : the folders without words that mean image or mask.
    role : by its folder or by the user, or None.
    side : of the split by its folder, or None.
    """

    name: str
    folders: tuple[str, ...]
    context: tuple[str, ...]
    stem: str
    suffix: str
    role: Role | None
    side: Side | None

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words of the stem."""
        return tuple(self.stem.split("_"))


def side_of(name: str) -> Side | None:
    """Side of the split that the folders of a name mean, or None."""
    file = _parse(str(PurePosixPath(name.replace("\\", "/")).parent / "a.png"), None)
    return file.side if file else None


def natural_key(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sort key for natural order: `a2` before `a10`."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple(
        (not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts
    )


def file_names(names: Sequence[str], role: Role | None) -> tuple[list[FileName], list[str]]:
    """Parsed names in natural order, and the names that are left out."""
    files: list[FileName] = []
    left_out: list[str] = []
    xy_parents = _xy_parents(names)
    for name in sorted(set(names), key=lambda name: (natural_key(name), name)):
        file = _parse(name, role, xy_parents)
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


def _parse(
    name: str, role: Role | None, xy_parents: Container[tuple[str, ...]] = ()
) -> FileName | None:
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
    return FileName(name, folders, tuple(context), stem, suffix, role or role_of_folder, side)


def _parents(path: PurePosixPath) -> tuple[str, ...]:
    return tuple(part for part in path.parts[:-1] if part not in ("/", ".", ".."))


def _words(text: str) -> str:
    """Lower case, with `_` for each run of characters that are no letters or digits."""
    return re.sub(r"[\W_]+", "_", text.casefold()).strip("_") or text


def is_mask_name(file: FileName) -> bool:
    """Whether the folder, or else the name, means a mask."""
    if file.role is not None:
        return file.role == "mask"
    return bool(MASK_WORDS & {file.tokens[0], file.tokens[-1]})
