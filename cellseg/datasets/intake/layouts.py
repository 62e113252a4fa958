"""Layouts of datasets: recognised from file names and contents, with a sentence on each."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from cellseg.datasets.intake.file_names import natural_key, side_of
from cellseg.datasets.intake.pairing import Pair, pair, pair_separate
from cellseg.datasets.intake.sources.file_part import FilePart, Form
from cellseg.datasets.intake.sources.mask_containers import FileInspector, is_container, masks_for

SENTENCES = {
    "two-folders": "Image and mask have the same name in two folders.",
    "original": "Images are in train-volume, masks in train-labels.",
    "zerocost": "Images are in Training_source, masks in Training_target (ZeroCostDL4Mic).",
    "biapy": "Images are in x, masks in y (BiaPy).",
    "cellpose": "Each mask has the name of its image and _masks (Cellpose).",
    "suffix": "Each mask has the name of its image and a word such as _mask or _labels.",
    "word": "Image and mask differ in one word of their names, such as image and mask.",
    "same-stem": "Image and mask are in one folder and differ in the extension.",
    "anywhere": "Image and mask have the same name, in any folder.",
    "apart": "The masks were added separately and have the names of the images.",
    "dsb2018": "Each image has a folder with one file for each nucleus (Data Science Bowl 2018).",
    "deepcell": "Images and masks are the arrays X and y of an .npz file (DeepCell).",
    "stacks": "Images are the pages of one file, masks the pages of another.",
    "cellpose-seg": "Masks are in NAME_seg.npy beside their images (Cellpose).",
    "roi-sets": "Cells are ROIs of ImageJ or Fiji (RoiSet.zip).",
    "geojson": "Cells are outlines in GeoJSON (QuPath).",
    "coco": "Cells are COCO annotations.",
    "by-hand": "You chose which mask belongs to which image.",
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
    """Name of a layout, and a sentence that describes it."""

    name: str
    sentence: str


@dataclass(frozen=True)
class RecognisedLayout:
    """Pairs of images and masks, and what is in no pair.

    layout : of most pairs.
    pairs : by the names of the parts.
    images, masks : everything that can be an image or a mask, by name.
    left_out : auxiliary files of other tools, and files that are no images.
    """

    layout: Layout
    pairs: tuple[Pair, ...]
    images_without_mask: tuple[str, ...]
    masks_without_image: tuple[str, ...]
    left_out: tuple[str, ...]
    images: dict[str, FilePart] = field(default_factory=dict)
    masks: dict[str, FilePart] = field(default_factory=dict)

    def with_pairs(self, chosen: Sequence[tuple[str, str]]) -> "RecognisedLayout":
        """The same parts with the pairs that the user chose.

        Parameters
        ----------
        chosen : (image, mask) by the names of the parts; unknown names are ignored.
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


def recognise(
    names: Sequence[str], inspector: FileInspector, masks: Sequence[str] = ()
) -> RecognisedLayout:
    """Find the pairs among files.

    Parameters
    ----------
    names : relative paths with `/`, as the user knows them; with `masks`, of images only.
    inspector : finds what is in stacks, arrays and files of outlines.
    masks : files with masks, where the user gave them separately.
    """
    names, masks = _sorted(set(names)), _sorted(set(masks))
    found = _Found()
    plain = _npz(found, [name for name in names if not is_container(name)], inspector)
    plain = _nuclei(found, plain)
    containers = [name for name in (*names, *masks) if is_container(name)]
    plain_masks = [name for name in masks if not is_container(name)]
    pairing = pair_separate(plain, plain_masks) if plain_masks else pair(plain)
    for made in pairing.pairs:
        _add_pages(found, made, inspector)
    outlined = masks_for(pairing.images_without_mask, containers, inspector)
    for image, part in outlined.parts.items():
        stem = PurePosixPath(image.replace("\\", "/")).stem
        found.add(Pair(stem, image, part.name, side_of(image), part.form), mask=part)
    for name in (*pairing.images_without_mask, *pairing.masks_without_image):
        found.images.setdefault(name, FilePart.of_file(name))
        found.masks.setdefault(name, FilePart.of_file(name))
    side = [name for name in outlined.unused if name.casefold().endswith("_seg.npy")]
    alone = [name for name in outlined.unused if name not in side]
    pairs = tuple(sorted(found.pairs, key=lambda made: (natural_key(made.image), made.image)))
    return RecognisedLayout(
        _layout(pairs, found, bool(plain_masks)),
        pairs,
        tuple(name for name in pairing.images_without_mask if name not in outlined.parts),
        _sorted({*pairing.masks_without_image, *alone}),
        _sorted({*pairing.left_out, *outlined.unknown, *side}),
        found.images,
        found.masks,
    )


class _Found:
    """Pairs and parts found so far."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self.images: dict[str, FilePart] = {}
        self.masks: dict[str, FilePart] = {}

    def add(self, made: Pair, image: FilePart | None = None, mask: FilePart | None = None) -> None:
        self.pairs.append(made)
        self.images[made.image] = image or FilePart.of_file(made.image)
        self.masks[made.mask] = mask or FilePart.of_file(made.mask)


def _npz(found: _Found, names: Sequence[str], inspector: FileInspector) -> list[str]:
    """Pairs in .npz files; the names of the other files."""
    left = []
    for name in names:
        count = inspector.row_count(name) if name.casefold().endswith(".npz") else None
        if count is None:
            left.append(name)
            continue
        stem = PurePosixPath(name.replace("\\", "/")).stem
        for row in range(count):
            image = FilePart(f"{name}, X {row}", (name,), "npz", row)
            mask = FilePart(f"{name}, y {row}", (name,), "npz", row)
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
        mask = FilePart(f"{PurePosixPath(drawn[0]).parent}, {cells}", tuple(drawn), "nuclei")
        made = Pair(folder[-1], own[0], mask.name, side_of(own[0]), "nuclei")
        found.add(made, mask=mask)
        taken |= {own[0], *drawn}
    return [name for name in names if name not in taken]


def _add_pages(found: _Found, made: Pair, inspector: FileInspector) -> None:
    """Add a pair of files, or a pair for each page where both are stacks of equal length."""
    names = (made.image, made.mask)
    if all(name.casefold().endswith((".tif", ".tiff")) for name in names):
        count = inspector.page_count(made.mask, "mask")
        if count > 1 and inspector.page_count(made.image, "image") == count:
            digits = max(2, len(str(count - 1)))
            for page in range(count):
                image, mask = (
                    FilePart(f"{name}, page {page}", (name,), "plane", page) for name in names
                )
                name = f"{made.name}-{page:0{digits}}"
                found.add(Pair(name, image.name, mask.name, made.split, "plane"), image, mask)
            return
    found.add(made)


def _layout(pairs: Sequence[Pair], found: _Found, separate: bool) -> Layout:
    """The layout of most pairs; others are counted."""
    if not pairs:
        return Layout("none", "No image belongs to a mask.")
    names = Counter(_name(made, found.masks[made.mask], separate) for made in pairs)
    (name, number), *others = names.most_common()
    sentences = [SENTENCES[name]]
    if others:
        sentences.append(
            f"This holds for {number} of {len(pairs)} pairs; others: {', '.join(dict(others))}."
        )
    if {made.split for made in pairs} >= {"train", "test"}:
        sentences.append("The folders train and test become the split.")
    return Layout(name, " ".join(sentences))


def _name(made: Pair, mask: FilePart, separate: bool) -> str:
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
    if separate:
        return "apart"
    if made.rule == "extension":
        return "same-stem"
    if made.rule in ("word", "anywhere"):
        return made.rule
    if PurePosixPath(image).parent != PurePosixPath(low).parent and made.rule == "stem":
        return "two-folders"
    return "cellpose" if _CELLPOSE.search(PurePosixPath(low).stem) else "suffix"


def _sorted(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (natural_key(name), name)))
