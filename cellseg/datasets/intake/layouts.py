"""How a dataset is laid out in files: recognised by itself, named, shown before it is kept."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from cellseg.datasets.intake.pairing import (
    Pair,
    natural,
    pair,
    pair_apart,
    side_of,
)
from cellseg.datasets.intake.sources.containers import Looker, is_container, masks_for
from cellseg.datasets.intake.sources.part import Form, Part

SENTENCES = {
    "two-folders": "Image and mask have the same name in two folders.",
    "original": "Images lie in train-volume, their masks in train-labels.",
    "zerocost": "Images lie in Training_source, their masks in Training_target (ZeroCostDL4Mic).",
    "biapy": "Images lie in x, their masks in y (BiaPy).",
    "cellpose": "A mask is named like its image, with _masks behind it (Cellpose).",
    "suffix": "A mask is named like its image, with a word such as _mask or _labels behind it.",
    "word": "Image and mask differ in one word of their names, such as image and mask.",
    "same-stem": "Image and mask lie beside each other and differ in the extension.",
    "anywhere": "Image and mask have the same name, wherever they lie.",
    "apart": "The masks were brought apart from the images and have their names.",
    "dsb2018": "Each image has a folder with one file for each nucleus (Data Science Bowl 2018).",
    "deepcell": "Images and masks are the arrays X and y of an .npz file (DeepCell).",
    "stacks": "Images are the pages of one file, masks those of another one.",
    "cellpose-seg": "Masks lie in NAME_seg.npy beside their images (Cellpose).",
    "roi-sets": "Cells are regions of ImageJ or Fiji (RoiSet.zip).",
    "geojson": "Cells are outlines in GeoJSON (QuPath).",
    "coco": "Cells are COCO annotations.",
    "by-hand": "You said which mask belongs to which image.",
}
_OF_FORM: dict[Form, str] = {
    "nuclei": "dsb2018",
    "npz": "deepcell",
    "plane": "stacks",
    "seg": "cellpose-seg",
    "rois": "roi-sets",
    "geojson": "geojson",
    "coco": "coco",
}
_CELLPOSE = re.compile(r"_(?:cp_)?masks$", re.I)


@dataclass(frozen=True)
class Layout:
    """What a layout is called, and a sentence on what it is."""

    name: str
    sentence: str


@dataclass(frozen=True)
class Recognised:
    """The pairs of a layout, by names of parts, and what is in no pair.

    images, masks : everything that can be one, by its name.
    left_out : side files of other tools and what is no image.
    """

    layout: Layout
    pairs: tuple[Pair, ...]
    images_without_mask: tuple[str, ...]
    masks_without_image: tuple[str, ...]
    left_out: tuple[str, ...]
    images: dict[str, Part] = field(default_factory=dict)
    masks: dict[str, Part] = field(default_factory=dict)

    def rearranged(self, chosen: Sequence[tuple[str, str]]) -> "Recognised":
        """The same parts, paired as a person says: (image, mask), by their names.

        What is not named, or no part, is in no pair.
        """
        known = {(made.image, made.mask): made for made in self.pairs}
        sides = {made.image: made.split for made in self.pairs}
        pairs = []
        for image, mask in dict.fromkeys(chosen):
            if image in self.images and mask in self.masks:
                stem = PurePosixPath(image.replace("\\", "/")).stem
                fresh = Pair(stem, image, mask, sides.get(image, side_of(image)), "by-hand")
                pairs.append(known.get((image, mask), fresh))
        changed = set(pairs) != set(self.pairs)
        masks = {made.mask for made in pairs}
        images = {made.image for made in pairs}
        were_masks = {*self.masks_without_image, *(made.mask for made in self.pairs)}
        were_images = {*self.images_without_mask, *(made.image for made in self.pairs)}
        return replace(
            self,
            layout=Layout("by-hand", SENTENCES["by-hand"]) if changed else self.layout,
            pairs=tuple(pairs),
            images_without_mask=_sorted(were_images - images - masks),
            masks_without_image=_sorted(were_masks - masks - images),
        )


def recognise(names: Sequence[str], looker: Looker, masks: Sequence[str] = ()) -> Recognised:
    """Find the pairs among files.

    Parameters
    ----------
    names : relative paths with `/`, as the user knows them; with `masks`, of images only.
    looker : asked for what lies in stacks, arrays and files of outlines.
    masks : files that hold masks, where they were brought apart.
    """
    names, masks = _sorted(set(names)), _sorted(set(masks))
    found = _Found()
    plain = _npz(found, [name for name in names if not is_container(name)], looker)
    plain = _nuclei(found, plain)
    containers = [name for name in (*names, *masks) if is_container(name)]
    plain_masks = [name for name in masks if not is_container(name)]
    pairing = pair_apart(plain, plain_masks) if plain_masks else pair(plain)
    for made in pairing.pairs:
        _expanded(found, made, looker)
    outlined = masks_for(pairing.images_without_mask, containers, looker)
    for image, part in outlined.parts.items():
        stem = PurePosixPath(image.replace("\\", "/")).stem
        found.add(Pair(stem, image, part.name, side_of(image), part.form), mask=part)
    for name in (*pairing.images_without_mask, *pairing.masks_without_image):
        found.images.setdefault(name, Part.of_file(name))
        found.masks.setdefault(name, Part.of_file(name))
    side = [name for name in outlined.unused if name.casefold().endswith("_seg.npy")]
    alone = [name for name in outlined.unused if name not in side]
    pairs = tuple(sorted(found.pairs, key=lambda made: (natural(made.image), made.image)))
    return Recognised(
        _layout(pairs, found, bool(plain_masks)),
        pairs,
        tuple(name for name in pairing.images_without_mask if name not in outlined.parts),
        _sorted({*pairing.masks_without_image, *alone}),
        _sorted({*pairing.left_out, *outlined.unknown, *side}),
        found.images,
        found.masks,
    )


class _Found:
    """Pairs and parts as they are found."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self.images: dict[str, Part] = {}
        self.masks: dict[str, Part] = {}

    def add(self, made: Pair, image: Part | None = None, mask: Part | None = None) -> None:
        self.pairs.append(made)
        self.images[made.image] = image or Part.of_file(made.image)
        self.masks[made.mask] = mask or Part.of_file(made.mask)


def _npz(found: _Found, names: Sequence[str], looker: Looker) -> list[str]:
    """Pairs in .npz files; the names of the other files."""
    left = []
    for name in names:
        count = looker.rows(name) if name.casefold().endswith(".npz") else None
        if count is None:
            left.append(name)
            continue
        stem = PurePosixPath(name.replace("\\", "/")).stem
        for row in range(count):
            image = Part(f"{name}, X {row}", (name,), "npz", row)
            mask = Part(f"{name}, y {row}", (name,), "npz", row)
            side = side_of(name) or side_of(f"{stem}/x")
            made = Pair(f"{stem}-{row:0{len(str(count))}}", image.name, mask.name, side, "npz")
            found.add(made, image, mask)
    return left


def _nuclei(found: _Found, names: Sequence[str]) -> list[str]:
    """Pairs of ID/images/ID.png with all files of ID/masks/; the names of the other files."""
    images: dict[tuple[str, ...], list[str]] = defaultdict(list)
    masks: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in names:
        folders = PurePosixPath(name.replace("\\", "/")).parts[:-1]
        if len(folders) > 1 and folders[-1].casefold() in ("images", "masks"):
            where = images if folders[-1].casefold() == "images" else masks
            if not PurePosixPath(name).name.startswith("."):
                where[folders[:-1]].append(name)
    taken: set[str] = set()
    for folder, own in images.items():
        drawn = sorted(masks.get(folder, []))
        if len(own) != 1 or PurePosixPath(own[0]).stem != folder[-1] or not drawn:
            continue
        if {PurePosixPath(name).stem for name in drawn} == {folder[-1]}:
            continue  # one mask of the same name: two folders
        cells = "1 file" if len(drawn) == 1 else f"{len(drawn)} files"
        mask = Part(f"{PurePosixPath(drawn[0]).parent}, {cells}", tuple(drawn), "nuclei")
        made = Pair(folder[-1], own[0], mask.name, side_of(own[0]), "nuclei")
        found.add(made, mask=mask)
        taken |= {own[0], *drawn}
    return [name for name in names if name not in taken]


def _expanded(found: _Found, made: Pair, looker: Looker) -> None:
    """Add a pair of files, or a pair for each page where both are stacks of one length."""
    names = (made.image, made.mask)
    if all(name.casefold().endswith((".tif", ".tiff")) for name in names):
        count = looker.pages(made.mask, "mask")
        if count > 1 and looker.pages(made.image, "image") == count:
            digits = max(2, len(str(count - 1)))
            for page in range(count):
                image, mask = (
                    Part(f"{name}, page {page}", (name,), "plane", page) for name in names
                )
                name = f"{made.name}-{page:0{digits}}"
                found.add(Pair(name, image.name, mask.name, made.split, "plane"), image, mask)
            return
    found.add(made)


def _layout(pairs: Sequence[Pair], found: _Found, apart: bool) -> Layout:
    """The layout of most pairs; others are counted."""
    if not pairs:
        return Layout("none", "No image belongs to a mask.")
    names = Counter(_name(made, found.masks[made.mask], apart) for made in pairs)
    (name, number), *others = names.most_common()
    said = [SENTENCES[name]]
    if others:
        said.append(f"So for {number} of {len(pairs)} pairs; others: {', '.join(dict(others))}.")
    if {made.split for made in pairs} >= {"train", "test"}:
        said.append("The folders train and test are kept as the split.")
    return Layout(name, " ".join(said))


def _name(made: Pair, mask: Part, apart: bool) -> str:
    if mask.form in _OF_FORM:
        return _OF_FORM[mask.form]
    image, low = made.image.casefold(), made.mask.casefold()
    for name, words in (
        ("original", ("train-volume", "train-labels")),
        ("zerocost", ("training_source", "training_target")),
        ("biapy", ("x/", "y/")),
    ):
        folders = [f"{PurePosixPath(each).parent}/" for each in (image, low)]
        slashed = [f"/{folder}" for folder in folders]
        if all(f"/{word.strip('/')}/" in each for word, each in zip(words, slashed, strict=True)):
            return name
    if apart:
        return "apart"
    if made.rule == "twins":
        return "same-stem"
    if made.rule in ("word", "anywhere"):
        return made.rule
    if PurePosixPath(image).parent != PurePosixPath(low).parent and made.rule == "stem":
        return "two-folders"
    return "cellpose" if _CELLPOSE.search(PurePosixPath(low).stem) else "suffix"


def _sorted(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (natural(name), name)))
