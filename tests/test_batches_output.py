"""A folder full of results, as the command line makes it."""

import threading

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image as Pillow

from cellseg.analysis.filters import Filters
from cellseg.batches import output as module
from cellseg.batches.inputs import inputs
from cellseg.batches.output import Output, OutputSettings
from cellseg.batches.resume_log import ResumeLog
from cellseg.errors import CellsegError
from cellseg.exports.bundle import EXPORTS
from cellseg.images.view import View
from tests import made
from tests.fakes import BrightPredictor

TWO_CELLS = [
    [255, 255, 0, 0, 0],
    [255, 0, 0, 0, 0],
    [0, 0, 0, 255, 255],
]
ALL = OutputSettings(kinds=EXPORTS, pixel_size=0.5)


def write(path, pixels=TWO_CELLS):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.array(pixels, np.uint8)).save(path)
    return path


def stack(path, *planes):
    tifffile.imwrite(path, np.array(planes, np.uint8), imagej=True, metadata={"axes": "ZYX"})
    return path


class Case:
    """A workspace, a model, and what was asked of its network."""

    def __init__(self, workspace, folder):
        self.workspace = workspace
        self.model = made.model_without_weights(workspace)
        self.output = folder / "out"
        self.sizes = []

    def load(self):
        def see(image, options, progress):
            self.sizes.append((image.height, image.width))

        return BrightPredictor(see)

    def fill(self, files, settings=None, resume=False, load=None, **given):
        output = Output(
            self.workspace, self.model, load or self.load, self.output, settings, **given
        )
        return output.fill(files, resume)

    def names(self):
        return sorted(path.name for path in self.output.iterdir())

    def bytes(self):
        """What was written, but for when."""
        dated = ("provenance.json",)
        return {
            path.name: path.read_bytes() for path in self.output.iterdir() if path.name not in dated
        }


@pytest.fixture
def case(workspace, tmp_path):
    return Case(workspace, tmp_path)


# === Inputs ===


def test_a_folder_gives_its_images_but_not_those_below(tmp_path):
    for name in ("b.png", "a.tif", "deeper/c.png", ".hidden.png"):
        write(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not an image")
    files = inputs([tmp_path], tmp_path / "out")
    assert [file.name for file in files] == ["a.tif", "b.png"]


@pytest.mark.parametrize("second", ["b/x.tif", "b/X.bmp"])
def test_two_inputs_of_one_stem_are_refused(tmp_path, second):
    files = [write(tmp_path / name) for name in ("a/x.tif", second)]
    with pytest.raises(CellsegError, match=rf"would both become {files[1].stem}_labels\.tif"):
        inputs(files, tmp_path / "out")


def test_a_result_never_takes_the_place_of_an_input(tmp_path):
    write(tmp_path / "a.tif")
    write(tmp_path / "a_labels.tif")
    with pytest.raises(CellsegError, match="another output folder"):
        inputs([tmp_path], tmp_path)


def test_a_missing_path_and_an_empty_folder_are_said(tmp_path):
    with pytest.raises(CellsegError, match="does not exist"):
        inputs([tmp_path / "nothing.png"], tmp_path)
    with pytest.raises(CellsegError, match="holds no image"):
        inputs([tmp_path], tmp_path)


# === Labels and overlay ===


def test_labels_and_overlay_have_the_image_s_own_size(case, tmp_path):
    file = write(tmp_path / "in" / "Zellen ä.png")
    written = case.fill([file])
    assert (written.left_out, written.together) == ([], {})
    labels_file, overlay_file = (
        case.output / f"Zellen ä_{kind}" for kind in ("labels.tif", "overlay.png")
    )
    record = {"image": str(file), "cells": 2}
    assert written.records == [{**record, "labels": str(labels_file), "overlay": str(overlay_file)}]
    labels = tifffile.imread(labels_file)
    assert labels.dtype == np.uint16
    np.testing.assert_array_equal(labels, [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 2, 2]])
    with Pillow.open(overlay_file) as overlay:
        assert (overlay.size, overlay.mode) == ((5, 3), "RGB")
    assert case.names() == ["Zellen ä_labels.tif", "Zellen ä_overlay.png"]


def test_a_bad_file_is_named_and_the_others_are_done(case, tmp_path):
    good = write(tmp_path / "good.png")
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    steps = []
    written = case.fill([bad, good], progress=lambda *step: steps.append(step))
    assert [record["image"] for record in written.records] == [str(good)]
    assert len(written.left_out) == 1
    assert "bad.png" in written.left_out[0]
    assert steps == [(0, 2, "bad.png"), (1, 2, "good.png"), (2, 2, "")]


def test_a_network_that_fails_on_one_image_stops_no_other(case, tmp_path):
    def fail(image, options, progress):
        if image.height == 2:
            raise ZeroDivisionError("two rows")

    files = [write(tmp_path / "a.png", TWO_CELLS[:2]), write(tmp_path / "b.png")]
    written = case.fill(files, load=lambda: BrightPredictor(fail))
    assert [record["image"] for record in written.records] == [str(files[1])]
    assert "a.png could not be segmented (two rows)" in written.left_out[0]


def test_a_full_disk_is_no_fault_of_the_file(case, tmp_path, monkeypatch):
    def full(*_):
        raise CellsegError("The disk is full.") from OSError(28, "no space")

    monkeypatch.setattr(module, "write_bytes", full)
    with pytest.raises(CellsegError, match="disk is full"):
        case.fill([write(tmp_path / "a.png")])


def test_a_stack_gives_a_result_for_each_plane(case, tmp_path):
    path = stack(tmp_path / "s.tif", TWO_CELLS, np.zeros((3, 5)))
    written = case.fill([path], view=View(expand=True))
    assert written.left_out == []
    assert [(record["plane"], record["cells"]) for record in written.records] == [
        ("z00", 2),
        ("z01", 0),
    ]
    assert case.names() == [
        f"s_z0{z}_{kind}" for z in range(2) for kind in ("labels.tif", "overlay.png")
    ]


def test_what_the_model_takes_of_an_image_is_taken(case, tmp_path):
    path = stack(tmp_path / "s.tif", np.zeros((3, 5)), TWO_CELLS)
    for plane, cells in ((0, 0), (1, 2)):
        written = case.fill([path], view=View(plane=plane))
        assert [record["cells"] for record in written.records] == [cells]
    assert "s.tif has no plane 2" in case.fill([path], view=View(plane=2)).left_out[0]


@pytest.mark.parametrize("order", [1, -1])
def test_a_plane_never_takes_the_place_of_another_image(case, tmp_path, order):
    path = stack(tmp_path / "s.tif", TWO_CELLS, TWO_CELLS)
    flat = write(tmp_path / "s_z01.png")
    written = case.fill([flat, path][::order], view=View(expand=True))
    assert len(written.records) == 2
    assert "s.tif would become s_z01_labels.tif like another image" in written.left_out[0]


# === Everything else ===


def test_every_export_has_its_file_and_its_place_in_the_record(case, tmp_path):
    written = case.fill([write(tmp_path / "a.png"), write(tmp_path / "b.png")], ALL)
    each = ["labels.tif", "mask.png", "overlay.png", "preview.png", "probability.tif", "rois.zip"]
    names = [f"{stem}_{name}" for stem in "ab" for name in each]
    names += ["a.geojson", "a.ome.tif", "b.geojson", "b.ome.tif"]
    names += ["coco.json", "images.csv", "measurements.csv", "measurements.xlsx"]
    names += ["methods.txt", "provenance.json"]
    assert case.names() == sorted(names)
    record = written.records[0]
    assert {key for key in record if key not in ("image", "cells")} == {*EXPORTS, "preview"} - {
        "csv",
        "xlsx",
        "coco",
    }
    assert set(written.together) == {
        *("csv", "xlsx", "images_csv", "coco", "provenance", "methods")
    }
    table = pd.read_csv(case.output / "measurements.csv")
    assert table["image"].tolist() == ["a.png", "a.png", "b.png", "b.png"]
    assert table["area_um2"].tolist() == [0.75, 0.5, 0.75, 0.5]
    assert table["score"].tolist() == [1.0] * 4


def test_filters_act_on_every_file_alike(case, tmp_path):
    filters = Filters(min_area=3)
    written = case.fill([write(tmp_path / "a.png")], OutputSettings(kinds=EXPORTS, filters=filters))
    assert written.records[0]["cells"] == 1
    labels = tifffile.imread(case.output / "a_labels.tif")
    np.testing.assert_array_equal(np.unique(labels), [0, 1])
    assert pd.read_csv(case.output / "measurements.csv")["label"].tolist() == [1]
    facts = pd.read_json(case.output / "provenance.json", typ="series")
    assert (facts["cells"], facts["cells_left_out"]) == (1, 1)
    assert facts["filters"] == ["cells with an area below 3 px² were excluded"]


def test_filters_act_on_labels_and_overlay_alone_too(case, tmp_path):
    written = case.fill([write(tmp_path / "a.png")], OutputSettings(filters=Filters(min_area=3)))
    assert written.records[0]["cells"] == 1
    assert case.names() == ["a_labels.tif", "a_overlay.png"]


def test_workers_change_no_byte(case, tmp_path):
    files = [write(tmp_path / f"{n}.png", np.roll(TWO_CELLS, n, 1)) for n in range(7)]
    first = case.fill(files, ALL)
    expected = case.bytes()
    threads = set()

    def watch(image, options, progress):
        threads.add(threading.current_thread().name)

    assert case.fill(files, ALL, load=lambda: BrightPredictor(watch), workers=3) == first
    assert case.bytes() == expected
    assert len(threads) == 3


# === Broken off and resumed ===


@pytest.mark.parametrize("settings", [None, ALL])
def test_resumed_nothing_is_lost_and_nothing_done_twice(case, tmp_path, settings):
    files = [write(tmp_path / f"{n}.png", np.roll(TWO_CELLS, n, 1)) for n in range(5)]
    whole = case.fill(files, settings)
    expected = case.bytes()
    assert len(case.sizes) == 5
    for path in case.output.iterdir():
        path.unlink()

    def interrupt_the_third(image, options, progress):
        if predictor.calls == 3:
            raise KeyboardInterrupt

    predictor = BrightPredictor(interrupt_the_third)
    with pytest.raises(KeyboardInterrupt):
        case.fill(files, settings, load=lambda: predictor)
    case.sizes.clear()
    assert case.fill(files, settings, resume=True) == whole
    assert case.bytes() == expected
    assert 3 <= predictor.calls < 5
    assert len(case.sizes) == 5 - (predictor.calls - 1)  # the third is not done
    case.sizes.clear()
    times = {path: path.stat().st_mtime_ns for path in case.output.iterdir()}
    assert case.fill(files, settings, resume=True) == whole
    assert case.sizes == []
    assert {path: path.stat().st_mtime_ns for path in case.output.iterdir()} == times


def test_what_changed_meanwhile_is_done_again(case, tmp_path):
    files = [write(tmp_path / f"{n}.png") for n in range(3)]
    case.fill(files)
    case.sizes.clear()
    write(files[0], np.zeros((4, 4)))
    (case.output / "1_labels.tif").unlink()
    written = case.fill(files, resume=True)
    assert case.sizes == [(4, 4), (3, 5)]
    assert [record["cells"] for record in written.records] == [0, 2, 2]


def test_other_settings_and_no_resume_begin_afresh(case, tmp_path):
    files = [write(tmp_path / "a.png")]
    case.fill(files)
    case.fill(files)
    case.fill(files, OutputSettings(filters=Filters(exclude_border=True)), resume=True)
    assert len(case.sizes) == 3


def test_one_more_image_makes_the_table_anew(case, tmp_path):
    files = [write(tmp_path / f"{n}.png") for n in range(2)]
    case.fill(files[:1], ALL)
    case.fill(files, ALL, resume=True)
    assert len(pd.read_csv(case.output / "measurements.csv")) == 4
    expected = case.bytes()
    case.fill(files, ALL)
    assert case.bytes() == expected


def test_a_file_that_failed_is_tried_again(case, tmp_path):
    bad = tmp_path / "b.png"
    bad.write_text("no picture")
    files = [write(tmp_path / "a.png"), bad]
    assert len(case.fill(files, ALL).left_out) == 1
    write(bad)
    case.sizes.clear()
    written = case.fill(files, ALL, resume=True)
    assert written.left_out == []
    assert len(pd.read_csv(case.output / "measurements.csv")) == 4


def test_only_bad_files_write_nothing_of_all_together(case, tmp_path):
    (tmp_path / "b.png").write_text("no picture")
    written = case.fill([tmp_path / "b.png"], ALL)
    assert (written.records, written.together, case.names()) == ([], {}, [])


def test_two_commands_do_not_fill_one_folder_at_once(case, tmp_path):
    files = [write(tmp_path / "a.png")]
    with ResumeLog(case.workspace, case.output, {}).locked(False):
        with pytest.raises(CellsegError, match="Another command"):
            case.fill(files)
    case.fill(files)


def test_pixels_are_let_go_once_all_is_written(case, tmp_path):
    case.fill([write(tmp_path / "a.png")], ALL)
    kept = [path for path in case.workspace.outputs.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in kept) < 5000
    assert not [path for path in kept if path.suffix in (".tif", ".npz")]
