"""`segment`, `measure` and `score` on the command line, and the pages' bytes in them."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image as Pillow
from typer.testing import CliRunner

from cellseg.analysis.filters import Filters
from cellseg.analysis.measurements import measure
from cellseg.batches import external_labels, results
from cellseg.batches.segmenting import segment_into
from cellseg.batches.store import BatchStore
from cellseg.cli import result_commands
from cellseg.cli.commands import app
from cellseg.exports.bundle import EXPORTS
from cellseg.images.image import Image
from cellseg.images.view import View
from cellseg.models.store import ModelStore
from tests import made
from tests.fakes import BrightPredictor

TWO_CELLS = np.array([[255, 255, 0, 0, 0], [255, 0, 0, 0, 0], [0, 0, 0, 255, 255]], np.uint8)
LABELS = np.array([[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 2, 2]], np.uint16)


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="cellseg")


def answer(*words, code=0):
    outcome = run(*words)
    assert outcome.exit_code == code, outcome.output
    return json.loads(outcome.stdout)


def misused(*words):
    outcome = run(*words)
    assert outcome.exit_code == 2, outcome.output
    return " ".join(outcome.stderr.split())


def refused(*words):
    outcome = run(*words)
    assert (outcome.exit_code, outcome.stdout) == (1, ""), outcome.output
    return outcome.stderr


def picture(path, pixels=TWO_CELLS):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.asarray(pixels)).save(path)
    return path


def label_image(path, labels=LABELS):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, labels)
    return path


@pytest.fixture
def home(workspace, monkeypatch):
    """A workspace with a model that needs no TensorFlow."""
    made.model_without_weights(workspace)
    monkeypatch.setattr(result_commands, "load_with_message", lambda model: BrightPredictor())
    return workspace.root


# === segment ===


def test_segment_writes_what_is_named_and_the_page_s_bundle_has_the_same_bytes(
    home, workspace, tmp_path
):
    padded = np.pad(TWO_CELLS, 3)
    padded[0, 0] = padded[-2, 1] = 255  # one at the border, one too small
    pixels = {f"{name}.png": np.roll(padded, shift) for shift, name in enumerate("abc")}
    for name, value in pixels.items():
        picture(tmp_path / "in" / name, value)
    out = tmp_path / "out"
    words = ("--export", ",".join(EXPORTS), "--min-area", 2, "--exclude-border")
    output = answer(
        *("segment", tmp_path / "in", "--model", "bright", "--output", out, "--home", home),
        *(*words, "--pixel-size", 0.5, "--workers", 2),
    )
    images = [
        segment_into(
            BrightPredictor(),
            Image(value, "YX"),
            name,
            tmp_path / "page" / name,
            view=View(),
        )
        for name, value in pixels.items()
    ]
    model = ModelStore(workspace).get("bright")
    batch = BatchStore(workspace).keep(images, "page", model, pixel_size=0.5)
    filters = Filters(min_area=2, exclude_border=True)
    results.write(tmp_path / "page.zip", batch.images(), EXPORTS, model, filters)
    with zipfile.ZipFile(tmp_path / "page.zip") as archive:
        page = {name: archive.read(name) for name in archive.namelist()}
    command = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(page) == set(command)
    provenances = [json.loads(files.pop("provenance.json")) for files in (page, command)]
    assert page == command
    for one in provenances:
        del one["date"]
    assert provenances[0] == provenances[1]
    table = pd.read_csv(io.BytesIO(page["measurements.csv"]))
    assert sum(record["cells"] for record in output["images"]) == len(table) == 6
    assert output["csv"] == str(out / "measurements.csv")


def test_segment_without_export_writes_labels_and_overlay(home, tmp_path):
    picture(tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    words = ("segment", tmp_path / "in", "--model", "bright", "--output", out, "--home", home)
    output = answer(*words)
    assert set(output) == {"model", "images", "left_out"}
    assert set(output["images"][0]) == {"image", "cells", "labels", "overlay"}
    assert sorted(path.name for path in out.iterdir()) == ["a_labels.tif", "a_overlay.png"]
    assert answer(*words, "--resume") == output


def test_options_reach_the_network(home, tmp_path, monkeypatch):
    received = []

    def hear(image, options, progress):
        received.append((options.diameter, options.tile))

    monkeypatch.setattr(result_commands, "load_with_message", lambda model: BrightPredictor(hear))
    file = picture(tmp_path / "a.png")
    words = ("segment", file, "--model", "bright", "--output", tmp_path / "out", "--home", home)
    answer(*words, "--diameter", 12.5, "--tile", 256)
    assert received == [(12.5, 256)]


def channels(path):
    """Two channels, of one cell and of two."""
    path.parent.mkdir(parents=True, exist_ok=True)
    one = np.where(LABELS == 1, 255, 0).astype(np.uint8)
    tifffile.imwrite(path, np.stack([one, TWO_CELLS]), imagej=True, metadata={"axes": "CYX"})
    return path


def test_segment_takes_the_channel_that_is_named(home, tmp_path):
    file = channels(tmp_path / "in" / "a.tif")
    out = tmp_path / "out"
    words = ("segment", file, "--model", "bright", "--output", out, "--home", home)
    for channel, cells in ((0, 1), (1, 2)):
        (record,) = answer(*(*words, "--export", "labels"), "--channels", channel, "--resume")[
            "images"
        ]
        assert record["cells"] == cells
        assert "warnings" not in record
        settings = json.loads((out / "provenance.json").read_text())["settings"]
        assert settings["view"] == {"channels": [channel]}
    assert (
        "From each image file, cellseg used channel 1 as grey" in (out / "methods.txt").read_text()
    )


def test_segment_reports_the_channels_that_it_used_by_default(home, tmp_path):
    file = channels(tmp_path / "in" / "a.tif")
    words = ("segment", file, "--model", "bright", "--output", tmp_path / "out", "--home", home)
    outcome = run(*words)
    (record,) = json.loads(outcome.stdout)["images"]
    assert "cellseg uses them as red and green" in record["warnings"][0]
    assert record["warnings"][0] in " ".join(outcome.stderr.split())


def test_segment_uses_the_view_of_the_model_unless_an_option_changes_it(home, workspace, tmp_path):
    model = ModelStore(workspace).get("bright")
    facts = model.facts.model_copy(update={"view": View(channels=(1,), expand=True)})
    (model.folder / "model.json").write_text(facts.model_dump_json())
    planes = np.stack([np.stack([np.zeros_like(TWO_CELLS), TWO_CELLS])] * 3)
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "a.tif"
    tifffile.imwrite(file, planes, imagej=True, metadata={"axes": "ZCYX"})
    words = ("segment", file, "--model", "bright", "--home", home, "--output")
    assert [one["cells"] for one in answer(*words, tmp_path / "as it is")["images"]] == [2, 2, 2]
    (record,) = answer(*words, tmp_path / "a plane", "--plane", 2)["images"]
    assert record["cells"] == 2


def test_measure_takes_the_channel_that_is_named(home, tmp_path):
    channels(tmp_path / "in" / "a.tif")
    label_image(tmp_path / "labels" / "a.tif")
    words = (
        "measure",
        "--images",
        tmp_path / "in",
        "--labels",
        tmp_path / "labels",
        "--home",
        home,
    )
    table = tmp_path / "t.csv"
    for channel, means in ((0, [255, 0]), (1, [255, 255])):
        answer(*words, "--output", table, "--channels", channel)
        assert list(pd.read_csv(table)["intensity_mean"]) == means
    outcome = run(*words, "--output", table)
    (record,) = json.loads(outcome.stdout)["images"]
    assert "cellseg uses them as red and green" in record["warnings"][0]


def test_resuming_with_other_settings_is_reported(home, tmp_path):
    picture(tmp_path / "in" / "a.png")
    words = ("segment", tmp_path / "in", "--model", "bright", "--output", tmp_path / "out")
    answer(*words, "--home", home)
    output = "made with other settings"
    assert output not in run(*words, "--home", home, "--resume").stderr
    assert output in run(*words, "--home", home, "--resume", "--min-area", 2).stderr


def test_a_file_that_is_named_twice_counts_once(home, tmp_path):
    file = picture(tmp_path / "in" / "a.png")
    words = ("segment", file, tmp_path / "in", "--model", "bright", "--output", tmp_path / "out")
    assert len(answer(*words, "--home", home)["images"]) == 1


def test_a_zip_is_to_be_unpacked(home, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", picture(tmp_path / "a.png").read_bytes())
    words = ("segment", tmp_path / "a.zip", "--model", "bright", "--output", tmp_path / "out")
    (sentence,) = answer(*words, "--home", home, code=1)["left_out"]
    assert "unpack it and add its images" in sentence


@pytest.mark.parametrize("command", ["segment", "measure", "score"])
def test_an_output_that_cannot_be_made_is_one_sentence(home, tmp_path, command):
    file = picture(tmp_path / "in" / "a.png")
    label_image(tmp_path / "labels" / "a.tif")
    folders = {"images": tmp_path / "in", "labels": tmp_path / "labels"}
    if command == "score":
        folders = {"truth": tmp_path / "labels", "predicted": tmp_path / "labels"}
    words = [word for name, folder in folders.items() for word in (f"--{name}", folder)]
    if command == "segment":
        words = [tmp_path / "in", "--model", "bright", "--home", home]
    assert "cannot be created" in refused(command, *words, "--output", file / "x" / "y")


def test_a_bad_file_is_exit_code_1_and_the_rest_is_there(home, tmp_path):
    picture(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_text("no picture")
    words = ("segment", tmp_path / "in", "--model", "bright", "--output", tmp_path / "out")
    output = answer(*words, "--home", home, "--export", "csv", code=1)
    assert len(output["images"]) == len(output["left_out"]) == 1
    assert (tmp_path / "out" / "measurements.csv").exists()


def test_ctrl_c_says_how_to_resume(home, tmp_path, monkeypatch):
    def interrupt(image, options, progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(
        result_commands, "load_with_message", lambda model: BrightPredictor(interrupt)
    )
    file = picture(tmp_path / "a.png")
    words = ("segment", file, "--model", "bright", "--output", tmp_path / "out", "--home", home)
    assert "with --resume to continue" in refused(*words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--export", "labels,pdf"), "found pdf"),
        (("--export", ","), "found nothing"),
        (("--min-area", "-1"), "min_area"),
        (("--pixel-size", "0"), "above 0"),
        (("--diameter", "0"), "diameter"),
        (("--tile", "3"), "tile"),
        (("--workers", "0"), "workers"),
        (("--channels", "red"), "--channels takes one number"),
        (("--plane", "1", "--projection", "max"), "not both"),
    ],
)
def test_misuse_of_segment_is_exit_code_2(tmp_path, words, sentence):
    given = ("segment", tmp_path, "--model", "m", "--output", tmp_path / "o", *words)
    assert sentence in misused(*given)


# === measure ===


def test_measure_gives_the_table_of_segment_without_the_score(home, tmp_path):
    for shift, name in enumerate(("a2", "a10")):  # of which people put a2 first
        picture(tmp_path / "in" / f"{name}.png", np.roll(TWO_CELLS, shift))
    out = tmp_path / "out"
    words = (
        "--model",
        "bright",
        "--output",
        out,
        "--export",
        ",".join(EXPORTS),
        "--pixel-size",
        0.5,
    )
    answer("segment", tmp_path / "in", "--home", home, *words)
    table = tmp_path / "deep" / "table.csv"
    output = answer(
        *("measure", "--images", tmp_path / "in", "--labels", out, "--output", table),
        *("--pixel-size", 0.5),
    )
    assert output["left_out"] == []
    assert output["cells"] == 4
    expected = pd.read_csv(out / "measurements.csv", dtype=str).drop(columns="score")
    pd.testing.assert_frame_equal(pd.read_csv(table, dtype=str), expected)


def test_measure_writes_cellprofiler_names_and_lists_unpaired_files(tmp_path):
    picture(tmp_path / "in" / "a.png")
    picture(tmp_path / "in" / "b.png")
    picture(tmp_path / "in" / "c.png")
    label_image(tmp_path / "labels" / "a.tif", LABELS * 3)
    label_image(tmp_path / "labels" / "b.tif", LABELS.T)
    folders = ("--images", tmp_path / "in", "--labels", tmp_path / "labels")
    words = ("measure", *folders, "--output", tmp_path / "t.csv", "--dialect")
    output = answer(*words, "cellprofiler", code=1)
    assert len(output["left_out"]) == 2
    assert "c.png has no matching file" in output["left_out"][0]
    assert "5 x 3 pixels and b.png 3 x 5" in output["left_out"][1]
    assert pd.read_csv(tmp_path / "t.csv")["ObjectNumber"].tolist() == [3, 6]
    assert "scikit-image or cellprofiler" in misused(*words, "other")


def test_measure_keeps_a_failure_of_any_kind_to_its_image(home, tmp_path, monkeypatch):
    for name in ("a.png", "b.png"):
        picture(tmp_path / "in" / name)
        label_image(tmp_path / "labels" / f"{name[0]}.tif")

    def fail(labels, pixels, image, pixel_size):
        if image == "a.png":
            raise MemoryError
        return measure(labels, pixels, image=image, pixel_size=pixel_size)

    monkeypatch.setattr(external_labels, "measure", fail)
    words = ("--images", tmp_path / "in", "--labels", tmp_path / "labels", "--home", home)
    output = answer("measure", *words, "--output", tmp_path / "t.csv", code=1)
    assert [record["cells"] for record in output["images"]] == [2]
    assert output["left_out"] == [
        "a.png does not fit into the memory of this machine; cut it into parts or make it smaller."
    ]


def test_many_unpaired_files_are_one_sentence(tmp_path):
    for name in "abc":
        picture(tmp_path / "in" / f"{name}.png")
    label_image(tmp_path / "labels" / "a.tif")
    words = ("measure", "--images", tmp_path / "in", "--labels", tmp_path / "labels")
    output = answer(*words, "--output", tmp_path / "t.csv", code=1)
    assert len(output["left_out"]) == 1
    assert output["left_out"][0].startswith("2 files of")


def test_black_and_white_masks_are_cut_into_cells(tmp_path):
    picture(tmp_path / "in" / "a.png")
    picture(tmp_path / "masks" / "a.png")
    words = ("measure", "--images", tmp_path / "in", "--labels", tmp_path / "masks")
    assert answer(*words, "--output", tmp_path / "t.csv")["cells"] == 2


def test_a_label_image_of_one_cell_keeps_its_number(tmp_path):
    picture(tmp_path / "in" / "a.png")
    label_image(tmp_path / "masks" / "a.tif", np.where(LABELS > 0, 7, 0).astype(np.uint8))
    words = ("measure", "--images", tmp_path / "in", "--labels", tmp_path / "masks")
    assert answer(*words, "--output", tmp_path / "t.csv")["cells"] == 1
    assert pd.read_csv(tmp_path / "t.csv")["label"].tolist() == [7]


def test_folders_that_do_not_fit_are_one_sentence(tmp_path):
    picture(tmp_path / "in" / "a.png")
    picture(tmp_path / "other" / "b.png")
    words = ("measure", "--output", tmp_path / "t.csv", "--images", tmp_path / "in", "--labels")
    assert "matches a file name in" in refused(*words, tmp_path / "other")
    assert "is no folder" in refused(*words, tmp_path / "nowhere")


# === score ===


def test_scores_by_hand(tmp_path):
    """One image with a cell found and one missed; one with none at all."""
    label_image(tmp_path / "truth" / "a.tif")
    label_image(tmp_path / "predicted" / "a_labels.tif", np.where(LABELS == 1, 9, 0).astype("u2"))
    for name in ("truth/b.tif", "predicted/b_labels.tif"):
        label_image(tmp_path / name, LABELS * 0)
    table = tmp_path / "scores.csv"
    words = ("score", "--truth", tmp_path / "truth", "--predicted", tmp_path / "predicted")
    output = answer(*words, "--output", table)
    assert (output["images"], output["empty_images"]) == (2, 1)
    for way in ("pooled", "image_means"):
        scores = output[way]
        assert (scores["ap_0.5"], scores["ap_0.75"], scores["ap_0.9"]) == (0.5, 0.5, 0.5)
        assert (scores["precision"], scores["recall"]) == (1, 0.5)
        assert scores["f1"] == pytest.approx(2 / 3)
        assert scores["pq"] == pytest.approx(1 / 1.5)
        assert (scores["pixel_iou"], scores["pixel_dice"]) == (3 / 5, 3 / 4)
        assert scores["count_error"] == -1
    assert [row["image"] for row in output["per_image"]] == ["a.tif", "b.tif"]
    assert output["per_image"][1]["ap_0.5"] is None
    back = pd.read_csv(table)
    assert back["image"].tolist() == ["a.tif", "b.tif"]
    assert back["ap_0.5"].isna().tolist() == [False, True]
    assert back["tp"].tolist() == [1, 0]


def test_labels_beside_themselves_are_perfect(tmp_path):
    label_image(tmp_path / "truth" / "a.tif")
    output = answer("score", "--truth", tmp_path / "truth", "--predicted", tmp_path / "truth")
    assert output["pooled"]["ap_0.9"] == output["pooled"]["pq"] == 1


def test_images_of_other_sizes_are_left_out(tmp_path):
    label_image(tmp_path / "truth" / "a.tif")
    label_image(tmp_path / "predicted" / "a.tif", LABELS.T)
    words = ("score", "--truth", tmp_path / "truth", "--predicted", tmp_path / "predicted")
    assert "the two images must have the same size" in refused(*words)
