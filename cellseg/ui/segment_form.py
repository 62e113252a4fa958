"""What is segmented and how: uploads, a folder of the server or a dataset, and the options."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import streamlit as st

from cellseg.batches import jobs
from cellseg.batches.found import Found
from cellseg.batches.store import BatchStore
from cellseg.config import PredictionOptions
from cellseg.datasets import roots
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.importing import Upload
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.reading import EXTENSIONS
from cellseg.limits import Limits
from cellseg.models.store import Model
from cellseg.recipes import CellsFacts
from cellseg.ui import shell, state, uploads
from cellseg.ui.uploads import Received
from cellseg.ui.words import count, plain
from cellseg.workspace import Workspace

KEY = "segment-upload"
LIVE, LIVE_BYTES = 12, 250_000_000
"""Files, and bytes of all, that are segmented while the page waits; more go to the background."""


@dataclass(frozen=True)
class Brought:
    """What is to be segmented.

    files : uploads. folder : files of a folder of the server. dataset : in place of files.
    """

    files: tuple[Received, ...] = ()
    folder: tuple[Upload, ...] = ()
    dataset: Dataset | None = None

    @property
    def live(self) -> tuple[Received, ...]:
        """The files that can be segmented on the page."""
        return tuple(file for file in self.files if _suffix(file) != ".zip")

    @property
    def many(self) -> bool:
        """Whether it is work for the background."""
        only_live = self.dataset is None and not self.folder and len(self.live) == len(self.files)
        size = sum(file.path.stat().st_size for file in self.files)
        return not only_live or len(self.files) > LIVE or size > LIVE_BYTES

    @property
    def words(self) -> str:
        """What it is, for a button."""
        if self.dataset is not None:
            return count(len(self.dataset.pairs), "image")
        zips = len(self.files) - len(self.live)
        images = len(self.live) + len(self.folder)
        said = [count(images, "image")] if images else []
        said += [f"the images of {count(zips, 'zip')}"] if zips else []
        return " and ".join(said)


def brought(workspace: Workspace) -> Brought:
    """The uploader, and the other ways folded away."""
    files = uploads.uploader(
        workspace,
        KEY,
        "Images",
        help="TIFF, CZI, ND2, PNG, JPEG, BMP, WebP or NPY, or a zip of them; of a stack is taken "
        "what the model was trained on.",
    )
    limits = Limits.of(workspace)
    datasets = DatasetStore(workspace).all()
    with st.container():  # there in every run, so that nothing below it changes its place
        if not files and (datasets or limits.import_roots):
            with st.expander("From a dataset or a folder of the server", icon=":material/dns:"):
                if (other := _elsewhere(limits, datasets)) is not None:
                    return other
    return Brought(tuple(files))


def _elsewhere(limits: Limits, datasets: Sequence[Dataset]) -> Brought | None:
    dataset = st.selectbox(
        "A dataset",
        datasets,
        index=None,
        format_func=lambda dataset: f"{dataset.name}, {count(len(dataset.pairs), 'image')}",
        key="segment-dataset",
        placeholder="Choose a dataset",
        help="Its masks are the truth that the results are compared with.",
    )
    if dataset is not None:
        return Brought(dataset=dataset)
    if not limits.import_roots:
        return None
    folder = st.selectbox(
        "A folder on the server",
        [str(path) for path in roots.choices(limits)],
        index=None,
        accept_new_options=True,
        placeholder="Choose or type a folder",
        help="Its images are read where they lie.",
        key="segment-server",
    )
    if not folder:
        return None
    try:
        files = roots.files_below(folder, limits)
    except CellsegError as error:
        shell.show_error(error)
        return None
    images = [file for file in files if PurePosixPath(file.name).suffix.lower() in EXTENSIONS]
    if not images:
        st.info("There is no image in this folder.", icon=":material/info:")
    return Brought(folder=tuple(images))


def options(model: Model) -> tuple[PredictionOptions, float | None]:
    """What may be said of the images before they are segmented; nothing is needed.

    Diameter and tiles are for models of the recipe `cells`.

    Returns
    -------
    The options of the prediction, and the side of a pixel in µm where it was entered.
    """
    with st.expander("Options", icon=":material/tune:"):
        pixel_size = st.number_input(
            "Pixel size, µm",
            min_value=0.0,
            value=None,
            step=0.01,
            format="%.4f",
            key="segment-pixel-size",
            placeholder="from the file",
            help="Side of one pixel in micrometres, for areas in µm² and a scale bar. Leave it "
            "empty where the file knows it.",
            width=240,
        )
        with st.container():
            chosen = _scale(model.facts.cells) if model.facts.cells else PredictionOptions()
        return chosen, pixel_size or None


def _scale(cells: CellsFacts) -> PredictionOptions:
    diameter = st.number_input(
        "Diameter of the cells, pixels",
        min_value=0.0,
        max_value=10_000.0,
        value=None,
        format="%.0f",
        key="segment-diameter",
        placeholder=f"about {cells.diameter:.0f}, as learned",
        help="Say it where the cells are much larger or smaller than those that the model learned "
        "from; the image is then scaled to it.",
        width=240,
    )
    tile = st.number_input(
        "Tile, pixels",
        min_value=64,
        max_value=8192,
        value=None,
        key="segment-tile",
        placeholder="as the image needs",
        help="Large images are cut into overlapping tiles; smaller ones need less memory.",
        width=240,
    )
    return PredictionOptions(diameter=diameter or None, tile=tile)


def background(
    workspace: Workspace,
    what: Brought,
    model: Model,
    chosen: PredictionOptions,
    pixel_size: float | None,
) -> None:
    """Name the batch and start it; its results are a page of their own."""
    with st.container(border=True):
        st.markdown(
            f"**{what.words[:1].upper()}{what.words[1:]}** to segment. It goes on if you leave "
            "this page or close the browser, and the first results open while the rest runs."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                "Name of the results",
                key="segment-batch-name",
                placeholder="after the images",
                max_chars=60,
                width=320,
            )
            pressed = st.button(
                f"Segment {what.words} in the background",
                key="segment-batch",
                type="primary",
                icon=":material/play_arrow:",
            )
        if pressed:
            with st.spinner("Taking in the images"):
                batch = jobs.start(
                    workspace,
                    what.dataset or [*_uploads(what.files), *what.folder],
                    model,
                    chosen,
                    name,
                    pixel_size,
                )
            uploads.forget(KEY)
            _open(batch.id)


def one_of(files: list[Received]) -> list[Received]:
    """One of many files to try the model on, before all are segmented."""
    if not files:
        return []
    names = [file.name for file in files]
    tried = st.selectbox(
        "Try one image first",
        names,
        index=None,
        key="segment-try",
        placeholder="Choose an image",
        width=420,
    )
    return [] if tried is None else [files[names.index(tried)]]


def keep(
    workspace: Workspace,
    founds: Sequence[Found],
    model: Model,
    chosen: PredictionOptions,
    pixel_size: float | None,
) -> None:
    """A small form beneath a button: keep what the page shows as results with their own page."""
    with st.popover("Keep these results", icon=":material/save:"), st.form("keep", border=False):
        name = st.text_input("Name of the results", title(founds, model)[:60], max_chars=60)
        if st.form_submit_button("Keep", type="primary"):
            batch = BatchStore(workspace).keep(
                founds, name, model, options=chosen, pixel_size=pixel_size
            )
            state.note(f"{count(len(founds), 'image')} kept as {plain(batch.name)}.")
            _open(batch.id)


def title(founds: Sequence[Found], model: Model) -> str:
    """What results are called where nobody named them: after their image, or after the model."""
    return PurePosixPath(founds[0].name).stem if len(founds) == 1 else model.name


def _open(batch_id: str) -> None:
    state.choose("batch", batch_id)
    st.switch_page(shell.pages()["results"], query_params={"batch": batch_id})


def _uploads(files: Sequence[Received]) -> list[Upload]:
    return [Upload(file.name, file.path) for file in files]


def _suffix(file: Received) -> str:
    return PurePosixPath(file.name).suffix.lower()
