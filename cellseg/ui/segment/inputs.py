"""What is segmented: uploads, a folder of the server or a dataset, and what is taken of them."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import streamlit as st

from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake import server_folders
from cellseg.datasets.intake.archive import unpack
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.example import ExampleFile
from cellseg.images.reading import EXTENSIONS
from cellseg.images.selection import Survey
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.models.store import Model
from cellseg.source import Source
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import count
from cellseg.ui.widgets import server_folder, uploads, view_form
from cellseg.ui.widgets.page_decoder import reader
from cellseg.workspace import Workspace, disk_errors

KEY = "segment-upload"
MAX_FILES_ON_PAGE, MAX_BYTES_ON_PAGE = 12, 250_000_000
"""Files, and bytes of all, that are segmented while the page waits; more go to the background."""

ZIP_EXAMPLES = 3
"""Images of a zip whose facts are read, to find what there is to choose."""

SURVEYED = 200
"""Files whose facts are read, to find what there is to choose."""

_VIEWS = "segment_views"
"""What the user chose to be taken of each file, by the folder of the server."""

_EXAMPLES = "examples"
"""In the folder of the tab: a file of a zip that is shown in the form."""


@dataclass(frozen=True)
class InputSelection:
    """What is to be segmented.

    files : uploads. folder : files of a folder of the server. dataset : in place of files.
    server_folder : the folder of the server; empty for uploads.
    """

    files: tuple[Source, ...] = ()
    folder: tuple[Source, ...] = ()
    dataset: Dataset | None = None
    server_folder: str = ""

    @property
    def files_on_page(self) -> tuple[Source, ...]:
        """The files that can be segmented on the page."""
        return tuple(file for file in self.files if _suffix(file.name) != ".zip")

    @property
    def sources(self) -> Dataset | list[Source]:
        """All of it, for a batch."""
        if self.dataset is not None:
            return self.dataset
        return [*self.files, *self.folder]

    @property
    def needs_batch(self) -> bool:
        """Whether it is work for the background."""
        only_on_page = (
            self.dataset is None and not self.folder and len(self.files_on_page) == len(self.files)
        )
        size = sum(file.path.stat().st_size for file in self.files)
        return not only_on_page or len(self.files) > MAX_FILES_ON_PAGE or size > MAX_BYTES_ON_PAGE

    @property
    def description(self) -> str:
        """What it is, for a button."""
        if self.dataset is not None:
            return count(len(self.dataset.pairs), "image")
        zips = len(self.files) - len(self.files_on_page)
        images = len(self.files_on_page) + len(self.folder)
        parts = [count(images, "image")] if images else []
        parts += [f"the images of {count(zips, 'zip')}"] if zips else []
        return " and ".join(parts)


def choose(workspace: Workspace) -> InputSelection:
    """The uploader, and the other ways in an expander."""
    files = uploads.uploader(
        workspace,
        KEY,
        "Images",
        help="TIFF, CZI, ND2, PNG, JPEG, BMP, WebP or NPY, or a zip of them. For stacks and "
        "multichannel images, cellseg uses the same planes and channels as in training, unless you "
        "choose others.",
    )
    limits = Limits.of(workspace)
    datasets = DatasetStore(workspace).all()
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    if files or not (datasets or limits.import_roots):
        slot.empty()  # now, and not only when all is segmented
        return InputSelection(tuple(files))
    with slot.container():
        with st.expander("From a dataset or a folder on the server", icon=":material/dns:"):
            return _elsewhere(limits, datasets) or InputSelection()


def _elsewhere(limits: Limits, datasets: Sequence[Dataset]) -> InputSelection | None:
    dataset = st.selectbox(
        "Dataset",
        datasets,
        index=None,
        format_func=lambda dataset: f"{dataset.name}, {count(len(dataset.pairs), 'image')}",
        key="segment-dataset",
        placeholder="Choose a dataset",
        help="The results are compared with its masks as ground truth.",
    )
    if dataset is not None:
        return InputSelection(dataset=dataset)
    if not limits.import_roots:
        return None
    folder = server_folder.box(
        limits,
        "segment-server",
        "cellseg reads the images directly from this folder; no upload is needed.",
    )
    if not folder:
        return None
    try:
        files = server_folders.files_below(folder, limits)
    except CellsegError as error:
        frame.show_error(error)
        return None
    images = [file for file in files if _suffix(file.name) in EXTENSIONS]
    if not images:
        st.info("There is no image in this folder.", icon=":material/info:")
    return InputSelection(folder=tuple(images), server_folder=folder)


def ask_view(workspace: Workspace, selection: InputSelection, model: Model) -> View:
    """What is taken of each file: as the model learned it, until the user chooses otherwise."""
    current = st.session_state.get(_VIEWS, {}).get(selection.server_folder)
    if not isinstance(current, View):
        current = model.view
    with st.container():  # there in every run, so that nothing below it changes its place
        if isinstance(selection.sources, Dataset):
            return current
        files = tuple((file.name, str(file.path)) for file in selection.sources[:SURVEYED])
        example = _example(files, workspace, uploads.private_folder(workspace))
        if example is not None:
            chosen = view_form.in_expander(workspace, example, current)
        elif current != View():
            chosen = view_form.clearing(current)
        else:
            return current
    if chosen is not None:
        st.session_state.setdefault(_VIEWS, {})[selection.server_folder] = chosen
        st.rerun()
    return current


@st.cache_data(max_entries=200, show_spinner=False)
def _example(
    files: Sequence[tuple[str, str]], _workspace: Workspace, _folder: Path
) -> ExampleFile | None:
    """The first file that leaves something to choose; of zips the first images are read."""
    limits = Limits.of(_workspace)
    with (
        disk_errors(_folder),
        reader(_workspace) as decoder,
        TemporaryDirectory(dir=_folder, ignore_cleanup_errors=True) as temporary,
    ):
        survey = Survey(decoder.describe, View())
        for name, path in files:
            for inside, file in _images(name, Path(path), Path(temporary), limits):
                survey.add(file, inside)
        examples = _folder / _EXAMPLES
        examples.mkdir(exist_ok=True)
        return survey.example and survey.example.kept(examples, Path(temporary))


def _images(name: str, path: Path, temporary: Path, limits: Limits) -> Iterable[tuple[str, Path]]:
    """A file itself, or some of the images in a zip; none where it cannot be unpacked."""
    if _suffix(name) != ".zip":
        return [(name, path)]
    target = temporary / path.name
    target.mkdir()
    try:
        return unpack(
            path, target, name, limits, suffixes=EXTENSIONS, max_files=ZIP_EXAMPLES
        ).items()
    except CellsegError:  # the batch reports it when it starts
        return []


def forget(workspace: Workspace) -> None:
    """Delete the uploads, and what was chosen for them."""
    uploads.forget(KEY)
    st.session_state.pop(_VIEWS, None)
    shutil.rmtree(uploads.private_folder(workspace) / _EXAMPLES, ignore_errors=True)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
