"""Page, command and batch give the same results for the same files; a bad file stops no other."""

import json
import zipfile
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image as Pillow
from typer.testing import CliRunner

from cellseg import processes
from cellseg.batches import jobs, worker
from cellseg.batches.batch import read_batch
from cellseg.batches.segmenting import SegmentationRequest
from cellseg.batches.store import BatchStore
from cellseg.cli import result_commands
from cellseg.cli.commands import app as commands
from cellseg.images.view import View
from cellseg.source import Source
from cellseg.ui.segment import segmenting
from tests import made
from tests.fakes import BrightPredictor
from tests.pages import errors, opened

pytestmark = pytest.mark.usefixtures("nothing_shipped")

TWO_CELLS = np.array([[255, 255, 0, 0, 0], [255, 0, 0, 0, 0], [0, 0, 0, 255, 255]], np.uint8)
TWO_LABELS = [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 2, 2]]
ONE_CELL = np.array([[0, 0, 0, 0, 0], [0, 255, 255, 0, 0], [0, 0, 0, 0, 0]], np.uint8)
ONE_LABEL = [[0, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 0, 0]]
BOTH_LABELS = [[1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 2, 2]]  # the maximum of both planes
TOO_LARGE = np.zeros((2, 2), np.uint8)
PROJECTED = (
    "stack.tif is a stack of 2 planes; cellseg used their maximum projection. To change this, "
    "choose a plane, the mean projection or one image for each plane."
)


class Outcome(NamedTuple):
    """What one way made of files: by the name of each image, and a sentence for each failure.

    areas : of the cells in µm²; None where the pixel size is not known.
    """

    labels: dict[str, list[list[int]]]
    areas: dict[str, list[float] | None]
    warnings: dict[str, list[str]]
    problems: list[str]


@pytest.fixture
def model(workspace, monkeypatch):
    """A model that runs out of memory on images of two rows, on the page, in batch and command."""

    def fail(image, options, progress):
        if image.height == len(TOO_LARGE):
            raise MemoryError

    network = BrightPredictor(fail)
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))
    monkeypatch.setattr(segmenting, "cached_predictor", lambda *_: network)
    monkeypatch.setattr(worker, "load_batch_model", lambda batch: network)
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    monkeypatch.setattr(processes, "start", lambda module, folder: None)
    monkeypatch.setattr(result_commands, "load_with_message", lambda model: network)
    return made.model_without_weights(workspace)


@pytest.fixture
def files(tmp_path):
    """A damaged file, a grey one, one that does not fit into memory, and a stack of two planes."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "damaged.tif").write_bytes(b"II*\0 broken")
    Pillow.fromarray(TWO_CELLS).save(folder / "grey.png")
    Pillow.fromarray(TOO_LARGE).save(folder / "large.png")
    metadata = {"axes": "ZYX", "unit": "um"}
    planes = np.array([TWO_CELLS, ONE_CELL])
    tifffile.imwrite(
        folder / "stack.tif", planes, imagej=True, metadata=metadata, resolution=(2, 2)
    )
    return sorted(folder.iterdir())


def areas_of(table):
    return table["area_um2"].tolist() if "area_um2" in table else None


def outcome_of(batch, problems):
    images = batch.images()
    return Outcome(
        {image.name: image.labels().tolist() for image in images},
        {image.name: areas_of(image.table()) for image in images},
        {image.name: list(image.warnings) for image in images},
        problems,
    )


def on_page(workspace, files, pixel_size):
    """What the page shows is saved as a batch; its failures are its sentences in red."""
    app = opened("segment")
    app.file_uploader[0].set_value(
        [(file.name, file.read_bytes(), "application/octet-stream") for file in files]
    )
    app.run()
    if pixel_size is not None:
        app.number_input(key="segment-pixel-size").set_value(pixel_size).run()
    problems = [sentence.replace("\\", "") for sentence in errors(app)]
    next(button for button in app.button if button.label == "Save").click().run()
    (batch,) = BatchStore(workspace).all()
    outcome = outcome_of(batch, problems)
    BatchStore(workspace).delete(batch)
    return outcome


def in_batch(workspace, model, sources, pixel_size):
    batch = jobs.start(workspace, sources, model, pixel_size=pixel_size)
    assert worker.Worker(batch).work() == 0
    batch = read_batch(batch.folder)
    return outcome_of(batch, [sentence for _, sentence in batch.failed()])


def by_command(workspace, files, output, pixel_size):
    words = ["segment", *files, "--model", "bright", "--output", output, "--home", workspace.root]
    words += ["--export", "labels,csv"]
    words += [] if pixel_size is None else ["--pixel-size", pixel_size]
    done = CliRunner().invoke(commands, [str(word) for word in words], prog_name="cellseg")
    said = json.loads(done.stdout)
    assert done.exit_code == bool(said["left_out"])
    table = pd.read_csv(said["csv"])
    names = {record["image"].rsplit("/", 1)[-1]: record for record in said["images"]}
    areas = {}
    for name in names:
        rows = table[table["image"] == name].dropna(axis="columns", how="all")
        areas[name] = areas_of(rows)
    return Outcome(
        {name: tifffile.imread(record["labels"]).tolist() for name, record in names.items()},
        areas,
        {name: record.get("warnings", []) for name, record in names.items()},
        said["left_out"],
    )


@pytest.mark.parametrize(
    ("pixel_size", "grey_areas", "stack_areas"),
    [
        (None, None, [1.25, 0.5]),  # the stack says 0.5 µm, the other file nothing
        (2.0, [12.0, 8.0], [20.0, 8.0]),  # what is entered goes before what the file says
    ],
)
def test_page_batch_and_command_agree(
    workspace, model, files, tmp_path, pixel_size, grey_areas, stack_areas
):
    sources = [Source(file.name, file) for file in files]
    outcomes = [
        on_page(workspace, files, pixel_size),
        in_batch(workspace, model, sources, pixel_size),
        by_command(workspace, files, tmp_path / "out", pixel_size),
    ]
    for outcome in outcomes:
        assert outcome.labels == {"grey.png": TWO_LABELS, "stack.tif": BOTH_LABELS}
        assert outcome.areas == {"grey.png": grey_areas, "stack.tif": stack_areas}
        assert outcome.warnings == {"grey.png": [], "stack.tif": [PROJECTED]}
        damaged, large = outcome.problems
        assert damaged.startswith("damaged.tif is damaged")
        assert large.startswith("large.png does not fit into the memory of this machine")
    assert len({tuple(outcome.problems) for outcome in outcomes}) == 1


def test_a_zip_gives_what_its_files_give(workspace, model, files, tmp_path):
    packed = tmp_path / "in.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in files:
            archive.write(file, file.name)
    app = opened("segment")
    app.file_uploader[0].set_value([("in.zip", packed.read_bytes(), "application/zip")]).run()
    app.button(key="segment-batch").click().run()
    (batch,) = BatchStore(workspace).all()
    assert worker.Worker(batch).work() == 0
    from_page = outcome_of(batch, [sentence for _, sentence in batch.failed()])
    from_batch = in_batch(workspace, model, [Source("in.zip", packed)], None)
    assert from_page == from_batch
    assert from_page.labels == {"in/grey.png": TWO_LABELS, "in/stack.tif": BOTH_LABELS}
    loose = by_command(workspace, files, tmp_path / "out", None)
    assert {
        name.removeprefix("in/"): areas for name, areas in from_page.areas.items()
    } == loose.areas
    problems = [sentence.replace("in/", "") for sentence in from_page.problems]
    assert problems == loose.problems


def test_images_of_stacks_have_the_same_names_on_page_and_in_batch(workspace, model, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    planes = np.array([TWO_CELLS, ONE_CELL])
    tifffile.imwrite(folder / "s.tif", planes, imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(folder / "s_z01.tif", TWO_CELLS)
    view = View(expand=True)
    sources = [Source(name, folder / name) for name in ("s.tif", "s_z01.tif")]
    batch = jobs.start(workspace, sources, model, view=view)
    assert worker.Worker(batch).work() == 0
    names = [image.name for image in batch.images()]
    assert names == ["s_z00.tif", "s_z01 (2).tif", "s_z01.tif"]
    request = SegmentationRequest(view=view)
    images, problems = segmenting.segment_all(
        sources, model, request, tmp_path / "tab", lambda *_: None
    )
    assert ([image.name for image in images], problems) == (names, [])
    assert [image.labels().tolist() for image in images] == [TWO_LABELS, ONE_LABEL, TWO_LABELS]
