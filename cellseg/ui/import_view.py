"""Images and masks on their way in: uploaders, what was found, the way to keep it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import streamlit as st

from cellseg.datasets import importing
from cellseg.datasets.importing import NothingPaired
from cellseg.datasets.masks import MaskKind
from cellseg.datasets.proposal import Proposal
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.view import ChoiceNeeded, View
from cellseg.limits import Limits
from cellseg.ui import doctor_view, gallery, previews, server_folder, uploads, view_form
from cellseg.ui.uploads import Received
from cellseg.ui.words import count, plain
from cellseg.workspace import Workspace

KEYS = ("dataset-upload", "dataset-upload-masks", "dataset-upload-folder")
KINDS: dict[MaskKind, str] = {
    "binary": "Black and white",
    "labels": "A number for each cell",
    "grey": "Grey values",
}
NEW = "A new dataset"
_DRAFT = "import_draft"
_VIEW = "import_view_choice"
_PAIRING = "import_pairing"
_NAME = "dataset-name"
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


def from_server(workspace: Workspace) -> list[Received]:
    """The files of a folder of the server, where the operator opened one."""
    server_folder.choose(Limits.of(workspace))
    return server_folder.received()


def say_twin(store: DatasetStore, found: Proposal, wish: "Wish") -> None:
    """Say where a dataset has the very same images and masks already."""
    twin = store.twin(found, wish.kind, wish.values or None)
    if twin is not None and wish.into is None:
        st.info(
            plain(f"The dataset {twin.name} has the same images and masks already."),
            icon=":material/content_copy:",
        )


def proposal(
    workspace: Workspace, images: Sequence[Received], masks: Sequence[Received]
) -> Proposal | None:
    """What the files are when read and paired; read again only when files came or went.

    Raises
    ------
    CellsegError
        Where nothing of them can be a dataset.
    """
    files = tuple(str(file.path) for file in (*images, *masks))
    asked = (files, chosen_view(), st.session_state.get(_PAIRING))
    draft = st.session_state.get(_DRAFT)
    if draft is not None and draft["asked"] == asked:
        found: Proposal | CellsegError | None = draft["found"]
    else:
        forget_proposal()
        found = _inspected(workspace, images, masks) if files else None
        st.session_state[_DRAFT] = {"asked": asked, "found": found}
    if isinstance(found, CellsegError):
        raise CellsegError(str(found))
    return found


def chosen_view() -> View:
    """What is taken of each image; nothing special until the user chooses."""
    view = st.session_state.get(_VIEW)
    return view if isinstance(view, View) else View()


def ask_view(workspace: Workspace) -> None:
    """Let the user choose what is taken of stacks and channels, where there is something."""
    found = (st.session_state.get(_DRAFT) or {}).get("found")
    offer = found.offer if isinstance(found, Proposal | ChoiceNeeded) else None
    if offer is None:
        return
    current = found.view if isinstance(found, Proposal) else chosen_view()
    wanted = view_form.choice(workspace, offer, current)
    if wanted is not None:
        st.session_state[_VIEW] = wanted
        st.rerun()


def ask_pairing() -> None:
    """Let the user say which mask belongs to which image, where files were brought."""
    found = (st.session_state.get(_DRAFT) or {}).get("found")
    recognised = found.recognised if isinstance(found, Proposal | NothingPaired) else None
    if recognised is None or not recognised.images or not recognised.masks:
        return
    alone = recognised.images_without_mask or recognised.masks_without_image
    lead = "Some files have no partner: pair them by hand" if alone else "Pair files by hand"
    turn = st.session_state.get(f"{_PAIRING}_turn", 0)
    edited = doctor_view.pairing_begun(f"pairing-{turn}")
    opened = edited or isinstance(found, NothingPaired)
    with st.expander(lead, icon=":material/link:", expanded=opened):
        chosen = doctor_view.pairing_table(recognised, f"pairing-{turn}")
    if chosen is not None:
        st.session_state[_PAIRING] = tuple(chosen)
        st.session_state[f"{_PAIRING}_turn"] = turn + 1
        st.rerun()


def forget_proposal() -> None:
    """Delete what was read, not what was uploaded."""
    draft = st.session_state.pop(_DRAFT, None)
    if draft is not None and isinstance(draft["found"], Proposal):
        draft["found"].discard()


def forget_all() -> None:
    """Delete what was read and what was uploaded."""
    forget_proposal()
    st.session_state.pop(_VIEW, None)
    st.session_state.pop(_PAIRING, None)
    uploads.forget(*KEYS)
    server_folder.forget()
    st.session_state[_SUGGESTED] = st.session_state.get(_NAME)  # the next one gets a name anew


def _inspected(
    workspace: Workspace, images: Sequence[Received], masks: Sequence[Received]
) -> Proposal | CellsegError:
    bar = st.progress(0.0, "Reading the files")

    def progress(done: int, of: int, name: str) -> None:
        bar.progress(done / max(1, of), plain(f"Reading {name}, {done} of {of}"))

    try:
        return importing.inspect(
            workspace,
            _brought(images),
            _brought(masks),
            view=chosen_view(),
            pairing=st.session_state.get(_PAIRING),
            examples=uploads.private_folder(workspace),
            progress=progress,
        )
    except CellsegError as error:
        return error
    finally:
        bar.empty()


def _brought(files: Sequence[Received]) -> list[importing.Upload]:
    return [importing.Upload(file.name, file.path) for file in files]


@dataclass(frozen=True)
class Wish:
    """How the pairs are to be kept.

    into : the dataset that they are added to, or None for a new one of the given name.
    kind, values : what the values of the masks mean.
    """

    into: Dataset | None
    name: str
    kind: MaskKind | None
    values: tuple[int, ...]


def form(datasets: Sequence[Dataset], images: Sequence[Received], found: Proposal | None) -> Wish:
    """Where the pairs go, under which name, and what their masks mean."""
    _suggest(images, [dataset.name for dataset in datasets])
    asked = ["name", *(["into"] if datasets else []), *(["kind"] if found else [])]
    columns = dict(zip(reversed(asked), st.columns(max(2, len(asked))), strict=False))
    kind = chosen = None
    if found is not None:
        with columns["kind"]:
            kind = _kind(found)
    if datasets:
        names = {NEW: NEW, **{dataset.id: f"Add to {dataset.name}" for dataset in datasets}}
        with columns["into"]:
            chosen = st.selectbox(
                "Save as",
                list(names),
                format_func=lambda key: names[key],
                key="dataset-into",
                help="New images of a dataset never move its test images to the training images.",
            )
    into = next((dataset for dataset in datasets if dataset.id == chosen), None)
    with columns["name"]:
        name = st.text_input(
            "Name",
            key=_NAME,
            max_chars=60,
            disabled=into is not None,
            help="Under this name you find the dataset again.",
        )
    values = _foreground(found) if found is not None and kind == "grey" else ()
    return Wish(into, name, kind, values)


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


def _kind(found: Proposal) -> MaskKind:
    return st.selectbox(
        "Kind of masks",
        list(KINDS),
        index=list(KINDS).index(found.kind),
        format_func=lambda key: KINDS[key] + (", as found" if key == found.kind else ""),
        key=f"dataset-kind-{found.folder.name}",
        help="Seen from the values of all masks together; change it where that is wrong.",
    )


def _foreground(found: Proposal) -> tuple[int, ...]:
    values = st.multiselect(
        "Which grey values are cells?",
        list(found.values),
        key=f"dataset-foreground-{found.folder.name}",
        placeholder="Choose at least one",
        help="All pixels of these values count as cell, all others as background.",
    )
    return tuple(values)


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
    st.markdown(f":material/account_tree: {plain(found.layout.sentence)}")
    _sentences(found.remarks, st.info, "info")
    doctor_view.show(found)


def _sentences(
    sentences: Sequence[str], show: Callable[..., object], icon: str, most: int = 4
) -> None:
    for sentence in sentences[:most]:
        show(plain(sentence), icon=f":material/{icon}:")
    if len(sentences) > most:
        with st.expander(f"{len(sentences) - most} more"):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences[most:]))


def look(found: Proposal, wish: Wish) -> None:
    """The pairs with their masks laid over, and a table of the names."""
    kind = wish.kind or found.kind
    pictures = [
        previews.Preview(found.folder, pair, kind, wish.values, found.sides.get(pair.name, ""))
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
        "TIFF, CZI, ND2, PNG, JPEG, BMP, WebP or NPY, of any depth. In a mask the cells are "
        "white, or every cell has a number of its own; everything else is 0."
    )
