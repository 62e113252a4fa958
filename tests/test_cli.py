"""The command line: words in, exit code, JSON and sentences out."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from typer.testing import CliRunner

from cellseg.cli.commands import app
from cellseg.datasets.store import DatasetStore
from cellseg.training import jobs
from cellseg.training.runs import RunStore
from cellseg.workspace import Workspace
from tests.started import end_workers, ended, hearing_ctrl_c

ROOT = Path(__file__).parent.parent
OF_CELLS = {"AP", "AP_mean", "F1", "PQ", "count_error"}
SCORES = {"pixel_accuracy", "majority_accuracy", "iou", "dice", "iou_background"}


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="cellseg")


def refused(*words):
    """The one sentence of a command that fails."""
    outcome = run(*words)
    assert outcome.exit_code == 1, outcome.output
    assert outcome.stdout == ""
    lines = outcome.stderr.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def misused(*words):
    """What is said of a command that was not understood."""
    outcome = run(*words)
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    return " ".join(outcome.stderr.split())


def answer(*words):
    outcome = run(*words)
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)


def draw_folder(folder, count=3, kind="png"):
    """Images with one bright square each, and their masks."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        mask = np.zeros((16, 16), np.uint8)
        mask[2 : 8 + number, 3:9] = 255
        Pillow.fromarray(mask).save(folder / "masks" / f"{number}.png")
        Pillow.fromarray(mask // 2 + 20).save(folder / "images" / f"{number}.{kind}")
    return folder


def draw_stacks(folder):
    """Two hyperstacks of time, planes and channels, and a mask for each."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(2):
        mask = np.zeros((16, 16), np.uint8)
        mask[2 : 8 + number, 3:9] = 255
        array = np.arange(2 * 3 * 2, dtype=np.uint16).reshape(2, 3, 2, 1, 1) * 10 + mask
        options = {"imagej": True, "metadata": {"axes": "TZCYX"}}
        tifffile.imwrite(folder / "images" / f"{number}.tif", array, **options)
        Pillow.fromarray(mask).save(folder / "masks" / f"{number}.png")
    return folder


# --- words ------------------------------------------------------------------------------------


def test_an_empty_workspace_is_listed_without_being_made(tmp_path, nothing_shipped):
    home = tmp_path / "home"
    empty = {"home": str(home), "datasets": [], "runs": [], "models": []}
    assert answer("list", "--home", home) == empty
    assert answer("--home", home, "list") == empty
    assert not home.exists()


def test_home_after_the_command_wins_and_both_win_over_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(tmp_path / "environment"))
    assert answer("list")["home"] == str(tmp_path / "environment")
    assert answer("--home", tmp_path / "a", "list")["home"] == str(tmp_path / "a")
    both = answer("--home", tmp_path / "a", "list", "--home", tmp_path / "b")
    assert both["home"] == str(tmp_path / "b")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "--dataset", "d"), "Missing option '--name'"),
        (("train", "--dataset", "d", "--name", "m", "--epochs", "0"), "training.epochs"),
        (("train", "--dataset", "d", "--name", "m", "--batch-size", "0"), "training.batch_size"),
        (("train", "--dataset", "d", "--name", "m", "--seed", "-1"), "training.seed"),
        (("train", "--dataset", "d", "--name", "m", "--recipe", "other"), "cells, pixels"),
        (("train", "--dataset", "d", "--name", "m", "--test-fraction", "-0.1"), "test-fraction"),
        (
            ("train", *"--dataset d --name m --test-fraction 0.5 --test-dataset e".split()),
            "not both",
        ),
        (("import", ".", "--name", "n", "--mask-kind", "colour"), "mask-kind"),
        (("import", ".", "--name", "n", "--foreground", "bright"), "128,255"),
        (("import", ".", "--name", "n", "--channels", "red"), "0,2,1"),
        (("import", ".", "--name", "n", "--channels", "0,1,2,3"), "one channel for grey, or three"),
        (("import", ".", "--name", "n", "--axes", "QYX"), "T, Z, C, Y, X"),
        (("import", ".", "--name", "n", "--projection", "min"), "projection"),
        (("import", ".", "--name", "n", "--plane", "1", "--projection", "max"), "not both"),
        (("evaluate", "--dataset", "d", "--model", "m", "--split", "half"), "split"),
        (("segment", "--model", "m", "--output", "o"), "PATH"),
        (("app", "--port", "0"), "port"),
        (("nonsense",), "nonsense"),
    ],
)
def test_misuse_is_exit_code_2(tmp_path, words, sentence):
    assert sentence in misused("--home", tmp_path, *words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "--dataset", "d", "--name", "m"), "No dataset is named d"),
        (("evaluate", "--dataset", "d", "--model", "m"), "no model named m"),
        (("segment", ".", "--model", "m", "--output", "o"), "no model named m"),
        (("train", "--dataset", "./nowhere", "--name", "m"), "nowhere"),
        (("import", "nowhere", "--name", "n"), "nowhere"),
    ],
)
def test_what_is_missing_is_exit_code_1_and_one_sentence(tmp_path, words, sentence):
    assert sentence in refused("--home", tmp_path, *words)


# --- bringing data ----------------------------------------------------------------------------


def test_a_folder_becomes_a_dataset(tmp_path):
    source = draw_folder(tmp_path / "source")
    Pillow.new("L", (16, 16)).save(source / "images" / "alone.png")
    home = tmp_path / "home"
    brought = answer("import", source, "--name", "squares", "--home", home)
    assert brought["name"] == "squares"
    assert brought["mask_kind"] == "binary"
    assert brought["images"] == 3
    assert (len(brought["split"]["train"]), len(brought["split"]["test"])) == (2, 1)
    assert [Path(name).name for name in brought["images_without_mask"]] == ["alone.png"]
    listed = answer("list", "--home", home)["datasets"]
    assert [dataset["fingerprint"] for dataset in listed] == [brought["fingerprint"]]
    assert list(Workspace(home).inbox.iterdir()) == []


def test_the_kind_of_mask_and_its_foreground_can_be_given(tmp_path):
    source = draw_folder(tmp_path / "source")
    words = ("import", source, "--name", "grey", "--mask-kind", "grey", "--foreground", "255")
    brought = answer(*words, "--home", tmp_path / "home")
    assert (brought["mask_kind"], brought["foreground"]) == ("grey", [255])


def test_a_name_that_is_taken_is_refused_and_nothing_stays(tmp_path):
    source = draw_folder(tmp_path / "source")
    words = ("import", source, "--name", "squares", "--home", tmp_path / "home")
    answer(*words)
    outcome = run(*words)
    assert outcome.exit_code == 1
    assert "squares exists already" in outcome.stderr
    assert list(Workspace(tmp_path / "home").inbox.iterdir()) == []


def test_the_sample_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr("cellseg.datasets.sample.IMAGES", 4)
    first = answer("demo", "--home", tmp_path)
    assert first["images"] == 4
    assert answer("demo", "--home", tmp_path)["id"] == first["id"]


# --- training and after -----------------------------------------------------------------------


class Terminal:
    """`python -m cellseg` as a process of its own, and what a training said there."""

    def __init__(self, home):
        self.folder = home.parent
        self.lines: list[str] = []
        self.answer: dict[str, Any] = {}
        self.environment = {
            **os.environ,
            "CELLSEG_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }

    def start(self, *words):
        with hearing_ctrl_c():
            process = subprocess.Popen(
                [sys.executable, "-m", "cellseg", *map(str, words)],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        return ended(process)

    def run(self, *words):
        with self.start(*words) as process:
            out, err = process.communicate(timeout=300)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A terminal whose workspace has a model, from a training that Ctrl-C ended.

    The squares of the dataset are easy enough for a second of learning.
    """
    folder = tmp_path_factory.mktemp("trained")
    draw_folder(folder / "squares", 6)
    terminal = Terminal(folder / "home")
    words = (
        *("train", "--dataset", folder / "squares", "--name", "squares"),
        *("--encoder-weights", "none", "--epochs", "10000"),
    )
    try:
        with terminal.start(*words) as process:
            terminal.lines, terminal.answer = stopped(process, Workspace(folder / "home"))
        yield terminal
    finally:
        end_workers(folder)


def stopped(process, workspace):
    """What a training says and answers that Ctrl-C ends after two epochs."""
    lines = []
    deadline = time.monotonic() + 300
    for line in process.stderr:
        lines.append(line)
        if line.startswith("Epoch 2 of 10000"):
            break
        assert time.monotonic() < deadline, lines
    if sys.platform == "win32":  # where no process can send another one a Ctrl-C alone
        jobs.stop(RunStore(workspace).active())
    else:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, [*lines, err]
    return [*lines, err], json.loads(out)


@pytest.mark.slow
def test_ctrl_c_publishes_the_current_weights(trained):
    assert trained.answer["model"] == "squares"
    assert set(trained.answer["scores"]["together"]["image_size"]) >= SCORES
    asked = any("the model trained so far is saved" in line for line in trained.lines)
    assert asked or sys.platform == "win32"
    code, out, _ = trained.run("list")
    listed = json.loads(out)
    assert code == 0
    assert [run["state"] for run in listed["runs"]] == ["stopped"]
    assert [model["name"] for model in listed["models"]] == ["squares", "nuclei"]


@pytest.mark.slow
def test_a_model_name_that_is_taken_is_refused_before_any_work(trained):
    code, out, err = trained.run("train", "--dataset", "./nowhere", "--name", "SQUARES")
    assert (code, out) == (1, "")
    assert "exists already" in err


@pytest.mark.slow
def test_segmenting_continues_after_an_unreadable_file(trained):
    images = trained.folder / "squares" / "images"
    bad = trained.folder / "bad.png"
    bad.write_text("no picture")
    target = trained.folder / "out"
    code, out, err = trained.run("segment", bad, images, "--model", "squares", "--output", target)
    assert code == 1
    assert "bad.png" in err
    written = json.loads(out)
    assert len(written["images"]) == 6
    assert len(written["left_out"]) == 1
    labels = tifffile.imread(target / "0_labels.tif")
    assert (labels.shape, labels.dtype) == ((16, 16), np.uint16)
    assert written["images"][0]["cells"] == labels.max()
    assert sorted(path.name for path in target.iterdir()) == sorted(
        f"{number}_{kind}" for number in range(6) for kind in ("labels.tif", "overlay.png")
    )


@pytest.mark.slow
def test_two_inputs_of_one_stem_are_refused_before_any_work(trained):
    twin = trained.folder / "0.bmp"
    Pillow.new("L", (16, 16)).save(twin)
    target = trained.folder / "never"
    words = ("--model", "squares", "--output", target)
    code, out, err = trained.run("segment", trained.folder / "squares" / "images", twin, *words)
    assert (code, out) == (1, "")
    assert "0_labels.tif" in err
    assert not target.exists()


@pytest.mark.slow
def test_evaluation_takes_the_test_images_of_the_training_dataset(trained):
    squares = trained.folder / "squares"
    before = [dataset.id for dataset in DatasetStore(Workspace(trained.folder / "home")).all()]
    code, out, err = trained.run("evaluate", "--dataset", squares, "--model", "squares")
    assert code == 0, err
    scores = json.loads(out)
    assert len(scores["per_image"]) == 1
    assert set(scores["together"]) == {"network_size", "image_size"}
    for size, more in (("network_size", set()), ("image_size", OF_CELLS)):
        assert set(scores["together"][size]) == SCORES | more
        assert set(scores["per_image"][0][size]) == SCORES | more
    assert scores["together"] == trained.answer["scores"]["together"]
    after = [dataset.id for dataset in DatasetStore(Workspace(trained.folder / "home")).all()]
    assert after == before


@pytest.mark.slow
def test_evaluation_takes_all_images_of_another_dataset(trained):
    other = draw_folder(trained.folder / "other", 2, "tif")
    code, out, err = trained.run("evaluate", "--dataset", other, "--model", "squares")
    assert code == 0, err
    assert [image["name"] for image in json.loads(out)["per_image"]] == ["0", "1"]


@pytest.mark.parametrize(
    ("words", "view", "pixel"),
    [
        ("", {}, [40, 50, 0]),
        ("--channels 1,0", {"channels": [1, 0, None]}, [50, 40, 0]),
        ("--channels 0,-,1", {"channels": [0, None, 1]}, [40, 0, 50]),
        ("--channels 1 --plane 1", {"channels": [1], "plane": 1}, 30),
        (
            "--channels 0 --projection mean --time 1",
            {"channels": [0], "projection": "mean", "time": 1},
            80,
        ),
        ("--channels 0 --axes ZTCYX --plane 1", {"channels": [0], "axes": "ZTCYX", "plane": 1}, 60),
    ],
)
def test_what_of_a_stack_is_imported(tmp_path, words, view, pixel):
    folder = draw_stacks(tmp_path / "data")
    facts = answer("--home", tmp_path / "home", "import", folder, "--name", "n", *words.split())
    assert facts["view"] == view
    (dataset,) = DatasetStore(Workspace(tmp_path / "home")).all()
    assert dataset.image("0").pixels[0, 0].tolist() == pixel
