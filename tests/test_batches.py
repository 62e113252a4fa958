"""Batches: what arrives, what the worker makes of it, and what is left after it was killed."""

import json
import os
import signal
import time
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from cellseg import processes
from cellseg.batches import jobs, segmenting, worker
from cellseg.batches.batch import read_batch
from cellseg.batches.segmenting import segment_into
from cellseg.batches.store import BatchStore
from cellseg.batches.truth import add_truth
from cellseg.config import PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.image import Image
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.models.store import ModelStore
from cellseg.receiving import new_file_path, new_tab_folder
from cellseg.source import Source
from tests import fakes, made
from tests.fakes import BrightPredictor

TWO_CELLS = np.array([[255, 255, 0, 0, 0], [255, 0, 0, 0, 0], [0, 0, 0, 255, 255]], np.uint8)
PATIENCE = 120


@pytest.fixture
def model(workspace):
    """A published model whose weights nobody reads."""
    return made.model_without_weights(workspace)


@pytest.fixture(autouse=True)
def no_tensorflow(monkeypatch):
    """Workers find what is bright; they run in this process unless a test says otherwise."""
    monkeypatch.setattr(worker, "load_batch_model", lambda batch: BrightPredictor())
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    monkeypatch.setattr(processes, "start", lambda module, folder: None)


def picture(path, pixels=TWO_CELLS):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.asarray(pixels)).save(path)
    return path


def uploads(folder, **pixels):
    """Pictures in a folder of their own: name without extension and pixels."""
    return [
        Source(f"{name}.png", picture(folder / f"{name}.png", value))
        for name, value in pixels.items()
    ]


def worked(batch):
    """The batch after its worker, in this process."""
    worker.Worker(batch).work()
    return read_batch(batch.folder)


# === What arrives ===


def test_files_of_the_inbox_outlive_it_and_others_stay_where_they_are(workspace, model, tmp_path):
    folder = new_tab_folder(workspace, Limits())
    uploaded = picture(new_file_path(folder, "a.png"))
    elsewhere = picture(tmp_path / "server" / "b.png")
    sources = [Source("a.png", uploaded), Source("server/b.png", elsewhere)]
    batch = jobs.start(workspace, sources, model, name="Both")
    uploaded.unlink()
    assert batch.path(batch.config.sources[0]).is_relative_to(batch.folder)
    assert batch.config.sources[1].path == elsewhere
    assert [segmented.name for segmented in worked(batch).images()] == ["a.png", "server/b.png"]
    assert elsewhere.exists()


def test_a_zip_gives_its_images_and_nothing_else(workspace, model, tmp_path):
    packed = tmp_path / "day 1.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("dish/a.png", "dish/.hidden.png", "__MACOSX/dish/a.png", "dish/a_seg.npy"):
            archive.write(picture(tmp_path / "p.png"), name)
        archive.writestr("dish/notes.txt", "words")
        archive.write(tmp_path / "p.png", "b.png")
    batch = jobs.start(workspace, [Source("day 1.zip", packed)], model)
    assert batch.name == "day 1"
    assert [source.name for source in batch.config.sources] == ["dish/a.png", "day 1/b.png"]
    packed.unlink()
    assert [segmented.cells for segmented in worked(batch).images()] == [2, 2]


def test_names_are_told_apart(workspace, model, tmp_path):
    paths = [picture(tmp_path / str(number) / "a.png") for number in range(3)]
    called = ("a.png", "A.png", "a.png")
    sources = [Source(name, path) for name, path in zip(called, paths, strict=True)]
    batch = jobs.start(workspace, sources, model)
    names = [source.name for source in batch.config.sources]
    assert names == ["a.png", "A (2).png", "a (3).png"]


def test_nothing_to_segment_is_one_sentence(workspace, model, tmp_path):
    (tmp_path / "notes.txt").write_text("words")
    for sources in ([], [Source("folder/notes.txt", tmp_path / "notes.txt")]):
        with pytest.raises(CellsegError, match="at least one"):
            jobs.start(workspace, sources, model)
    assert BatchStore(workspace).all() == []


def test_a_broken_zip_leaves_nothing(workspace, model, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK nothing")
    with pytest.raises(CellsegError, match="not a zip"):
        jobs.start(workspace, [Source("x.zip", tmp_path / "x.zip")], model)
    assert list(workspace.batches.iterdir()) == []


# === What the worker makes of it ===


def test_a_broken_file_is_named_and_the_others_are_done(workspace, model, tmp_path):
    sources = uploads(tmp_path, a=TWO_CELLS, c=TWO_CELLS * 0)
    (tmp_path / "b.png").write_text("words")
    sources.insert(1, Source("b.png", tmp_path / "b.png"))
    sources.append(Source("d.png", tmp_path / "gone.png"))
    batch = worked(jobs.start(workspace, sources, model, pixel_size=0.5))
    assert [(segmented.name, segmented.cells) for segmented in batch.images()] == [
        ("a.png", 2),
        ("c.png", 0),
    ]
    assert [segmented.pixel_size for segmented in batch.images()] == [0.5, 0.5]
    names, sentences = zip(*batch.failed(), strict=True)
    assert names == ("b.png", "d.png")
    assert "contains text" in sentences[0]
    assert "does not exist" in sentences[1]
    progress = batch.progress()
    assert (progress.state, progress.done, progress.of) == ("done", 4, 4)
    assert progress.ended


def test_a_stack_gives_an_image_for_each_plane_where_that_is_asked(workspace, model, tmp_path):
    planes = np.array([TWO_CELLS, TWO_CELLS * 0])
    options = {"imagej": True, "metadata": {"axes": "ZYX", "unit": "um"}, "resolution": (2, 2)}
    tifffile.imwrite(tmp_path / "s.tif", planes, **options)
    sources = [Source("f/s.tif", tmp_path / "s.tif")]
    each = worked(jobs.start(workspace, sources, model, view=View(expand=True)))
    assert [(one.name, one.cells) for one in each.images()] == [
        ("f/s_z00.tif", 2),
        ("f/s_z01.tif", 0),
    ]
    assert each.images()[0].pixel_size == 0.5
    flat = worked(jobs.start(workspace, sources, model))
    (segmented,) = flat.images()
    assert (segmented.name, segmented.cells) == ("f/s.tif", 2)
    assert "cellseg used their maximum projection" in segmented.warnings[0]


def test_an_image_of_a_stack_has_no_name_of_another_file(workspace, model, tmp_path):
    tifffile.imwrite(
        tmp_path / "s.tif", np.array([TWO_CELLS] * 2), imagej=True, metadata={"axes": "ZYX"}
    )
    tifffile.imwrite(tmp_path / "s_z00.tif", TWO_CELLS)
    sources = [Source(name, tmp_path / name) for name in ("s.tif", "s_z00.tif")]
    batch = worked(jobs.start(workspace, sources, model, view=View(expand=True)))
    names = [segmented.name for segmented in batch.images()]
    assert names == ["s_z00 (2).tif", "s_z01.tif", "s_z00.tif"]


def test_a_dataset_brings_its_truth(workspace, model):
    dataset = made.dataset(workspace, pairs=2)
    batch = worked(jobs.start(workspace, dataset, model))
    assert batch.name == "Nuclei"
    assert [segmented.name for segmented in batch.images()] == [
        "images/cell 0.png",
        "images/cell 1.png",
    ]
    for segmented, pair in zip(batch.images(), dataset.names, strict=True):
        np.testing.assert_array_equal(segmented.truth(), dataset.labels(pair))


def test_masks_find_their_images_by_name(workspace, model, tmp_path):
    sources = uploads(tmp_path / "images", a=TWO_CELLS, b=TWO_CELLS, c=TWO_CELLS)
    masks = uploads(tmp_path / "masks", a=TWO_CELLS, b_mask=TWO_CELLS[:2], d=TWO_CELLS)
    batch = worked(jobs.start(workspace, sources, model, truth=masks))
    first, second, third = batch.images()
    assert first.truth().max() == 2  # black and white: touching pixels are a cell
    assert second.truth() is None
    assert third.truth() is None
    ((name, sentence),) = batch.failed()
    assert name == "b.png"
    assert "2 x 5 pixels, the image 3 x 5" in sentence


def test_truth_can_come_later(workspace, model, tmp_path):
    sources = uploads(tmp_path, a=TWO_CELLS, b=TWO_CELLS)
    batch = worked(jobs.start(workspace, sources, model))
    labels = np.where(TWO_CELLS > 0, 3, 0).astype(np.uint8)
    labels[0, 0] = 9
    masks = uploads(tmp_path / "masks", a_labels=labels, x=labels)
    steps = []
    problems = add_truth(batch.images(), masks, progress=lambda *step: steps.append(step[:2]))
    assert len(problems) == 1
    assert "The mask x.png belongs to no image" in problems[0]
    assert sorted(np.unique(batch.images()[0].truth())) == [0, 3, 9]
    assert steps == [(0, 4), (1, 4), (2, 4), (3, 4)]
    batch.set_truth({"a.png": None, "b.png": labels})
    assert [segmented.has_truth for segmented in batch.images()] == [False, True]
    with pytest.raises(CellsegError, match=r"has no image z\.png"):
        batch.set_truth({"z.png": labels})


def test_a_mask_that_cannot_be_read_stops_no_other(workspace, model, tmp_path, monkeypatch):
    batch = worked(jobs.start(workspace, uploads(tmp_path, a=TWO_CELLS, b=TWO_CELLS), model))
    masks = uploads(tmp_path / "masks", a=TWO_CELLS, b=TWO_CELLS)
    read = Decoder.masks

    def fail(decoder, path, name=None, view=None):
        if name == "a.png":
            raise MemoryError
        return read(decoder, path, name, view)

    monkeypatch.setattr(Decoder, "masks", fail)
    (problem,) = add_truth(batch.images(), masks)
    assert problem.startswith("a.png does not fit into the memory of this machine")
    assert [image.has_truth for image in batch.images()] == [False, True]


def test_a_stack_of_masks_is_the_truth_of_a_stack(workspace, model, tmp_path):
    options = {"imagej": True, "metadata": {"axes": "ZYX"}}
    tifffile.imwrite(tmp_path / "s.tif", np.array([TWO_CELLS, TWO_CELLS * 0]), **options)
    tifffile.imwrite(tmp_path / "s_mask.tif", np.array([TWO_CELLS, TWO_CELLS]), **options)
    sources, masks = ([Source(name, tmp_path / name)] for name in ("s.tif", "s_mask.tif"))
    view = View(expand=True)
    batch = worked(jobs.start(workspace, sources, model, truth=masks, view=view))
    assert batch.failed() == []
    assert [int(segmented.truth().max()) for segmented in batch.images()] == [2, 2]


def test_an_image_that_a_network_cannot_take_stops_no_other(
    workspace, model, tmp_path, monkeypatch
):
    def fail(image, options, progress):
        if image.height == 2:
            raise ZeroDivisionError("two rows")

    batch = jobs.start(workspace, uploads(tmp_path, a=TWO_CELLS[:2], b=TWO_CELLS), model)
    monkeypatch.setattr(worker, "load_batch_model", lambda batch: BrightPredictor(fail))
    batch = worked(batch)
    assert [segmented.name for segmented in batch.images()] == ["b.png"]
    ((name, sentence),) = batch.failed()
    assert (name, "could not be segmented (two rows)" in sentence) == ("a.png", True)


def test_a_full_disk_ends_the_batch_and_marks_no_file_as_bad(
    workspace, model, tmp_path, monkeypatch
):
    def full(*_, **__):
        raise CellsegError("The disk is full.") from OSError(28, "no space")

    batch = jobs.start(workspace, uploads(tmp_path, a=TWO_CELLS, b=TWO_CELLS), model)
    monkeypatch.setattr(segmenting, "segment_into", full)
    batch = worked(batch)
    progress = batch.progress()
    assert (progress.state, progress.done, progress.message) == ("failed", 0, "The disk is full.")
    assert batch.failed() == []


def test_a_deleted_model_is_one_sentence_and_its_facts_stay(
    workspace, model, tmp_path, monkeypatch
):
    batch = jobs.start(workspace, uploads(tmp_path, a=TWO_CELLS), model)
    ModelStore(workspace).delete(model)
    monkeypatch.setattr(worker, "load_batch_model", _load)
    batch = worked(batch)
    assert batch.progress().state == "failed"
    assert "no model named" in batch.progress().message
    assert batch.model.name == "bright"


_load = worker.load_batch_model


def test_a_stop_keeps_what_was_found_and_resuming_goes_on(workspace, model, tmp_path, monkeypatch):
    batch = jobs.start(
        workspace, uploads(tmp_path, **{f"i{n}": TWO_CELLS for n in range(3)}), model
    )

    def stop_at_the_first(image, options, progress):
        if not batch.images():
            jobs.stop(batch)

    monkeypatch.setattr(
        worker, "load_batch_model", lambda batch: BrightPredictor(stop_at_the_first)
    )
    stopped = worked(batch)
    assert (stopped.progress().state, stopped.progress().done) == ("stopped", 1)
    first = stopped.images()[0]
    written = (first.folder / "facts.json").stat().st_mtime_ns
    (batch.folder / "stop").unlink()
    resumed = worked(batch)
    assert resumed.progress().state == "done"
    assert [segmented.name for segmented in resumed.images()] == ["i0.png", "i1.png", "i2.png"]
    assert (first.folder / "facts.json").stat().st_mtime_ns == written


def test_a_stop_within_an_image_leaves_nothing_of_it(workspace, model, tmp_path, monkeypatch):
    batch = jobs.start(workspace, uploads(tmp_path, a=TWO_CELLS), model)

    def stop_after_a_part(image, options, progress):
        progress(1, 3)
        jobs.stop(batch)
        progress(2, 3)
        raise AssertionError("went on after a stop")

    monkeypatch.setattr(
        worker, "load_batch_model", lambda batch: BrightPredictor(stop_after_a_part)
    )
    stopped = worked(batch)
    assert (stopped.progress().state, stopped.progress().done) == ("stopped", 0)
    assert not stopped.images()


# === What is on disk ===


def test_results_of_a_page_are_kept_as_a_batch(workspace, model, tmp_path):
    images = [
        segment_into(BrightPredictor(), Image(TWO_CELLS, "YX"), name, tmp_path / name)
        for name in ("b.png", "a.png")
    ]
    images[0].set_truth(TWO_CELLS // 255)
    options = PredictionOptions(diameter=12)
    batch = BatchStore(workspace).keep(images, "Mine", model, options=options, pixel_size=0.5)
    again = BatchStore(workspace).get(batch.id)
    assert [segmented.name for segmented in again.images()] == ["b.png", "a.png"]
    assert [segmented.has_truth for segmented in again.images()] == [True, False]
    assert again.images()[0].table()["area_um2"].tolist() == [0.75, 0.5]
    assert (again.progress().state, again.progress().of) == ("done", 2)
    assert again.config.options.diameter == 12
    again.set_truth({"b.png": None})  # of the copy alone
    assert images[0].has_truth


def test_batches_are_listed_renamed_and_deleted(workspace, model, tmp_path):
    store = BatchStore(workspace)
    assert (store.all(), store.size()) == ([], 0)
    segmented = segment_into(BrightPredictor(), Image(TWO_CELLS, "YX"), "a.png", tmp_path / "a")
    first, second = store.keep([segmented], "Mine", model), store.keep([segmented], "mine", model)
    assert second.name == "mine 2"
    assert {batch.id for batch in store.all()} == {first.id, second.id}
    assert first.id != second.id
    renamed = store.rename(first, "Yours")
    assert (renamed.id, store.get(first.id).name) == (first.id, "Yours")
    with pytest.raises(CellsegError, match="exists already"):
        store.rename(second, "yours")
    assert store.size() > 0
    store.delete(second)
    with pytest.raises(CellsegError, match="may have been deleted"):
        store.get(second.id)
    with pytest.raises(CellsegError, match="may have been deleted"):
        store.get("../models")


def test_a_batch_that_runs_is_neither_deleted_nor_resumed(workspace, model, tmp_path):
    batch = jobs.start(workspace, uploads(tmp_path, a=TWO_CELLS), model)
    assert batch.progress().state == "starting"
    assert [one.id for one in BatchStore(workspace).active()] == [batch.id]
    with pytest.raises(CellsegError, match="still running"):
        BatchStore(workspace).delete(batch)
    with pytest.raises(CellsegError, match="already running"):
        jobs.resume(batch)


def test_an_entered_pixel_size_goes_before_that_of_the_files(workspace, model, tmp_path):
    image = Image(TWO_CELLS, "YX", (), 2.0)
    segmented = segment_into(BrightPredictor(), image, "a.png", tmp_path / "a")
    batch = BatchStore(workspace).keep([segmented], "Mine", model)
    assert batch.images()[0].pixel_size == 2.0
    batch.set_pixel_size(0.5)
    entered = BatchStore(workspace).get(batch.id)
    assert entered.images()[0].pixel_size == 0.5
    assert entered.set_pixel_size(None).images()[0].pixel_size == 2.0
    with pytest.raises(CellsegError, match="above 0"):
        batch.set_pixel_size(-1)
    with pytest.raises(CellsegError, match="above 0"):
        BatchStore(workspace).keep([segmented], "Other", model, pixel_size=0)


def test_sources_are_kept_as_names_and_paths_with_slashes(workspace, model, tmp_path):
    folder = new_tab_folder(workspace, Limits())
    sources = [Source("f/a.png", picture(new_file_path(folder, "a.png")))]
    masks = uploads(tmp_path / "masks", a=TWO_CELLS)
    batch = jobs.start(workspace, sources, model, truth=masks)
    assert json.loads((batch.folder / "batch.json").read_text())["sources"] == [
        {
            "name": "f/a.png",
            "path": "sources/00001.png",
            "pair": None,
            "truth": {
                "name": "a.png",
                "path": (tmp_path / "masks" / "a.png").as_posix(),
                "pair": None,
                "truth": None,
            },
        }
    ]
    assert read_batch(batch.folder).config == batch.config
    pairs = jobs.start(workspace, made.dataset(workspace, pairs=2), model)
    source, _ = json.loads((pairs.folder / "batch.json").read_text())["sources"]
    assert source == {
        "name": "images/cell 0.png",
        "path": "",
        "pair": pairs.config.sources[0].pair,
        "truth": None,
    }


def test_damaged_folders_are_no_batches(workspace):
    (workspace.batches / "broken").mkdir(parents=True)
    (workspace.batches / "broken" / "batch.json").write_text("{}")
    assert BatchStore(workspace).all() == []


# === Processes of their own ===


def wait(until, what="the batch"):
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def processes_of_their_own(monkeypatch):
    """Batches start a process that finds what is bright."""
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "WORKER", "tests.fakes")
    yield
    for process in processes._workers:
        process.wait(PATIENCE)


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_killed_half_way_and_resumed_nothing_is_lost_and_nothing_done_twice(
    workspace, model, tmp_path, monkeypatch, processes_of_their_own
):
    broken = {20, 77, 101, 150, 199}
    sources = []
    for number in range(200):
        path = tmp_path / f"{number:03d}.png"
        cells = np.zeros((16, 16), np.uint8)
        cells[0, : number % 7 * 2 : 2] = 255
        if number in broken:
            path.write_bytes(b"\x89PNG\r\n\x1a\n broken")
        else:
            Pillow.fromarray(cells).save(path)
        sources.append(Source(path.name, path))
    monkeypatch.setenv(fakes.PAUSE, "0.01")
    batch = jobs.start(workspace, sources, model)
    wait(lambda: batch.progress().done >= 90)
    os.kill(batch.status().pid, signal.SIGKILL)
    wait(lambda: batch.progress().state == "interrupted")
    before = {
        segmented.name: (segmented.folder / "facts.json").stat().st_mtime_ns
        for segmented in batch.images()
    }
    assert 80 < len(before) < 190
    monkeypatch.setenv(fakes.PAUSE, "0")
    jobs.resume(batch)
    wait(lambda: batch.progress().ended)
    assert batch.progress() == ("done", "", 200, 200, None, None)
    segmented = batch.images()
    assert [one.name for one in segmented] == [
        f"{number:03d}.png" for number in range(200) if number not in broken
    ]
    assert [one.cells for one in segmented] == [int(one.name[:3]) % 7 for one in segmented]
    assert [name for name, _ in batch.failed()] == [
        f"{number:03d}.png" for number in sorted(broken)
    ]
    after = {one.name: (one.folder / "facts.json").stat().st_mtime_ns for one in segmented}
    assert {name: after[name] for name in before} == before
    assert [len(one.table()) for one in segmented] == [one.cells for one in segmented]


@pytest.mark.usefixtures("processes_of_their_own")
def test_a_second_batch_waits_and_can_be_stopped_meanwhile(workspace, model, tmp_path, monkeypatch):
    monkeypatch.setenv(fakes.PAUSE, "0.3")
    pictures = uploads(tmp_path, **{f"i{number}": TWO_CELLS for number in range(100)})
    first = jobs.start(workspace, pictures, model)
    wait(lambda: first.progress().done)
    second = jobs.start(workspace, pictures[:1], model)
    third = jobs.start(workspace, pictures[:1], model)
    for one in (second, third):
        wait(lambda one=one: one.status() and "Waiting" in one.status().phase)
    jobs.stop(second)
    wait(lambda: second.progress().state == "stopped")
    assert not first.progress().ended
    jobs.stop(first)
    wait(lambda: third.progress().state == "done")
    assert first.progress().state == "stopped"
    assert [segmented.cells for segmented in third.images()] == [2]
