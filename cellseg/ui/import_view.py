"""Images and masks on their way in: uploaders, what was found, the way to keep it."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cellseg.datasets import importing
from cellseg.datasets.masks import MaskKind
from cellseg.datasets.proposal import Proposal
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.errors import CellsegError
from cellseg.ui import gallery, previews, state, uploads
from cellseg.ui.uploads import Received
from cellseg.ui.words import count, listed, plain
from cellseg.workspace import Workspace

KEYS = ("dataset-upload", "dataset-upload-masks", "dataset-upload-folder")
KINDS: dict[MaskKind, str] = {
    "binary": "Black and white",
    "labels": "A number for each cell",
    "grey": "Grey values",
}
NEW = "A new dataset"
_DRAFT = "import_draft"
_NAME = "dataset-name"
_INTO = "dataset-into"
_KIND = "dataset-kind"
_FOREGROUND = "dataset-foreground"
_SUGGESTED = "dataset_name_suggested"


def uploaders(workspace: Workspace) -> tuple[list[Received], list[Received]]:
    """The three ways in; returns images (or everything together) and masks that lie apart."""
    first, second, third = st.columns(3, gap="medium")
    with first:
        together = uploads.uploader(
            workspace,
            KEYS[0],
            "Images and masks, or one zip",
            help="Many files at once; which mask belongs to which image is seen from the names.",
        )
    with second:
        masks = uploads.uploader(
            workspace,
            KEYS[1],
            "Masks, if separate",
            help="For masks that have the very names of their images.",
        )
    with third:
        folder = uploads.uploader(
            workspace,
            KEYS[2],
            "A whole folder",
            help="With all folders in it, for example images and masks, or train and test.",
            many="directory",
        )
    return [*together, *folder], masks


def proposal(
    workspace: Workspace, images: Sequence[Received], masks: Sequence[Received]
) -> Proposal | None:
    """What the files are when read and paired; read again only when files came or went.

    Raises
    ------
    CellsegError
        Where nothing of them can be a dataset.
    """
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    files = tuple(str(file.path) for file in (*images, *masks))
    draft = st.session_state.get(_DRAFT)
    if draft is not None and draft["files"] == files:
        found: Proposal | CellsegError | None = draft["found"]
    else:
        forget_proposal()
        found = _inspected(slot, workspace, images, masks) if files else None
        st.session_state[_DRAFT] = {"files": files, "found": found}
    if isinstance(found, CellsegError):
        raise CellsegError(str(found))
    return found


def forget_proposal() -> None:
    """Delete what was read, not what was uploaded."""
    draft = st.session_state.pop(_DRAFT, None)
    if draft is not None and isinstance(draft["found"], Proposal):
        draft["found"].discard()


def forget_all() -> None:
    """Delete what was read and what was uploaded."""
    forget_proposal()
    uploads.forget(*KEYS)
    st.session_state[_SUGGESTED] = st.session_state.get(_NAME)  # the next one gets a name anew


def _inspected(
    slot: DeltaGenerator,
    workspace: Workspace,
    images: Sequence[Received],
    masks: Sequence[Received],
) -> Proposal | CellsegError:
    bar = slot.progress(0.0, "Reading the files")

    def progress(done: int, of: int, name: str) -> None:
        bar.progress(done / max(1, of), plain(f"Reading {name}, {done} of {of}"))

    try:
        return importing.inspect(workspace, _brought(images), _brought(masks), progress=progress)
    except CellsegError as error:
        return error
    finally:
        slot.empty()


def _brought(files: Sequence[Received]) -> list[importing.Upload]:
    return [importing.Upload(file.name, file.path) for file in files]


def form(datasets: Sequence[Dataset], images: Sequence[Received], found: Proposal | None) -> None:
    """Under which name the pairs are saved or where they are added, and what their masks mean."""
    _suggest(images, [dataset.name for dataset in datasets])
    names = {NEW: NEW, **{dataset.id: f"Add to {dataset.name}" for dataset in datasets}}
    first, second, third = st.columns(3)
    with second:
        chosen = st.selectbox(
            "Save as",
            list(names),
            format_func=lambda key: names[key],
            key=_INTO,
            help="New images of a dataset never move its test images to the training images.",
        )
    with first:
        st.text_input(
            "Name",
            key=_NAME,
            max_chars=60,
            disabled=chosen != NEW,
            help="Under this name you find the dataset again.",
        )
    if found is not None:
        with third:
            _kind(found)
            if meaning(found)[0] == "grey":
                _foreground(found)


def save(store: DatasetStore, found: Proposal, files: Sequence[Received]) -> None:
    """Keep the pairs as the form says; a second click changes nothing.

    The user's next click ends this wherever it uses Streamlit, so the files go before that.

    Raises
    ------
    CellsegError
        Where the name is taken or the masks cannot be read so; nothing is lost then.
    """
    into, name, meant = st.session_state[_INTO], st.session_state[_NAME], meaning(found)
    if not found.folder.is_dir():
        return
    if into == NEW:
        kept = store.create(found, name, *meant)
    else:
        kept = store.add(store.get(into), found)
    found.discard()
    uploads.delete(files)
    forget_all()
    state.note(f"{kept.name} has {count(len(kept.pairs), 'pair')} now.")
    state.choose("dataset", kept.id)


def meaning(found: Proposal) -> tuple[MaskKind, tuple[int, ...]]:
    """The kind of masks and the values that are cell: what the form says, else as found."""
    kind = st.session_state.get(f"{_KIND}-{found.folder.name}", found.kind)
    values = st.session_state.get(f"{_FOREGROUND}-{found.folder.name}", ())
    return kind, tuple(values) if kind == "grey" else ()


def _suggest(images: Sequence[Received], taken: Sequence[str]) -> None:
    """Fill in a free name, as long as the user has not typed another."""
    current = st.session_state.get(_NAME)
    if current not in (None, "", st.session_state.get(_SUGGESTED)):
        return
    base = _common_name(images) or "My cells"
    used = {name.casefold() for name in taken}
    name, number = base, 1
    while name.casefold() in used:
        number += 1
        name = f"{base} {number}"
    st.session_state[_NAME] = st.session_state[_SUGGESTED] = name


def _common_name(images: Sequence[Received]) -> str:
    """The name of the one zip or of the folder that everything came in."""
    if len(images) == 1 and images[0].name.lower().endswith(".zip"):
        return "".join(c for c in Path(images[0].name).stem if c.isprintable())[:50]
    tops = {PurePosixPath(file.name).parts[0] for file in images if "/" in file.name}
    return tops.pop()[:50] if len(tops) == 1 else ""


def _kind(found: Proposal) -> None:
    st.selectbox(
        "Kind of masks",
        list(KINDS),
        index=list(KINDS).index(found.kind),
        format_func=lambda key: KINDS[key] + (", as found" if key == found.kind else ""),
        key=f"{_KIND}-{found.folder.name}",
        help="Seen from the values of all masks together; change it where that is wrong.",
    )


def _foreground(found: Proposal) -> None:
    st.multiselect(
        "Which grey values are cells?",
        list(found.values),
        key=f"{_FOREGROUND}-{found.folder.name}",
        placeholder="Choose at least one",
        help="All pixels of these values count as cell, all others as background.",
    )


def report(found: Proposal) -> None:
    """How many pairs, and by name everything that is not in a pair."""
    alone = [*found.images_without_mask, *found.masks_without_image]
    said = [f":green-badge[:material/check: {count(len(found.pairs), 'pair')}]"]
    if alone:
        said.append(f":orange-badge[{count(len(alone), 'file')} without a partner]")
    if found.problems:
        said.append(f":red-badge[{count(len(found.problems), 'problem')}]")
    if found.left_out:
        said.append(f":gray-badge[{len(found.left_out)} left out]")
    st.markdown(" ".join(said))
    _sentences(found.problems, st.error, "error")
    _sentences(found.warnings, st.warning, "warning")
    for names, what in (
        (found.images_without_mask, "No mask was found for"),
        (found.masks_without_image, "No image was found for"),
    ):
        if names:
            st.warning(plain(f"{what} {listed(list(names))}."), icon=":material/link_off:")


def _sentences(
    sentences: Sequence[str], show: Callable[..., object], icon: str, most: int = 4
) -> None:
    for sentence in sentences[:most]:
        show(plain(sentence), icon=f":material/{icon}:")
    if len(sentences) > most:
        with st.expander(f"{len(sentences) - most} more"):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences[most:]))


def look(found: Proposal) -> None:
    """The pairs with their masks laid over, and a table of the names."""
    kind, values = meaning(found)
    pictures = [
        previews.Preview(found.folder, pair, kind, values, found.sides.get(pair.name, ""))
        for pair in found.pairs
    ]
    gallery.grid(pictures, key=f"proposal-{found.folder.name}")
    with st.expander("Which mask belongs to which image", icon=":material/table_rows:"):
        st.dataframe(
            {
                "Image": [pair.image_name for pair in found.pairs],
                "Mask": [pair.mask_name for pair in found.pairs],
                "Size": [f"{pair.width} × {pair.height}" for pair in found.pairs],
                "Type": [_type(pair.channels, pair.dtype) for pair in found.pairs],
            },
            hide_index=True,
            alt=f"Names of {count(len(found.pairs), 'pair')} of image and mask",
        )
    if found.left_out:
        with st.expander(f"Left out: {count(len(found.left_out), 'file')}"):
            st.markdown("\n".join(f"- {plain(name)}" for name in found.left_out[:200]))


def _type(channels: int, dtype: str) -> str:
    bits = {"uint8": "8 bit", "uint16": "16 bit"}.get(dtype, dtype)
    return f"{bits}, {'grey' if channels == 1 else 'colour'}"


def what_fits() -> None:
    """For a first visit: which names make a pair."""
    examples = (
        ("Two folders", "images/cell1.tif", "masks/cell1.tif"),
        ("A word at the end", "cell1.tif", "cell1_mask.tif"),
        ("The same number", "train-volume_0.tif", "train-labels_0.tif"),
    )
    st.markdown("**Names that make a pair**")
    for column, (title, image, mask) in zip(st.columns(3, gap="medium"), examples, strict=True):
        with column, st.container(border=True, gap="xsmall"):
            st.markdown(title)
            st.caption(f"`{image}`  \n`{mask}`")
    st.caption(
        "PNG, JPEG, BMP or TIFF, 8 or 16 bit, grey or colour. In a mask the cells are white, or "
        "every cell has a number of its own; everything else is 0."
    )
