"""Findings of files as people bring them, repaired in the proposal and on the command line."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from typer.testing import CliRunner

from cellseg.cli.commands import app
from cellseg.datasets.intake.checks import proposal_repairs
from cellseg.datasets.intake.importing import inspect
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from tests.test_checks import labels, picture


def put(root, name, image, mask):
    for kind, array in (("images", image), ("masks", mask)):
        path = root / kind / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(array).save(path)


@pytest.fixture
def brought(tmp_path):
    """Twelve sound pairs."""
    root = tmp_path / "brought"
    for n in range(12):
        put(root, f"ok{n:02}", picture(labels(n), n), labels(n))
    return root


def spoil(root):
    """One of each kind that a repair helps; returns the checks that find them."""
    turned = labels(20)[:, :64]
    put(root, "turned", picture(turned, 20), turned.T.copy())
    put(root, "swapped", labels(21).astype(np.uint8), picture(labels(21), 21))
    colours = np.random.default_rng(0).integers(30, 255, (10, 3)).astype(np.uint8)
    colours[0] = 0
    put(root, "coloured", picture(labels(22), 22), colours[labels(22)])
    put(root, "twice", picture(labels(0), 0), labels(0))
    put(root, "black", np.zeros((96, 96), np.uint8), labels(23))
    parts = labels(24)
    parts[parts == 2] = 1
    put(root, "parts", picture(labels(24), 24), parts)
    put(root, "cut", picture(labels(25), 25), labels(25))
    whole = (root / "images" / "cut.png").read_bytes()
    (root / "images" / "cut.png").write_bytes(whole[:200])
    return {
        *("size-mismatch", "swapped", "colour-mask", "duplicate-image", "flat-image"),
        *("detached-parts", "unreadable"),
    }


def test_all_repairs_leave_nothing_and_the_files_stay_as_they_were(workspace, brought):
    wanted = spoil(brought)
    before = {path: path.read_bytes() for path in brought.rglob("*.png")}
    proposal = inspect(workspace, brought)
    assert {each.check for each in proposal.findings} == wanted
    said = proposal_repairs.apply_all(proposal)
    assert len(said) == len(wanted)
    assert proposal.findings == []
    assert len(proposal.pairs) == 12 + 4
    assert {path: path.read_bytes() for path in brought.rglob("*.png")} == before
    dataset = DatasetStore(workspace).create(proposal, "repaired")
    proposal.discard()
    assert np.array_equal(dataset.mask("turned"), labels(20)[:, :64])
    assert np.array_equal(dataset.mask("swapped"), labels(21))
    assert np.array_equal(dataset.image("swapped").pixels, picture(labels(21), 21))
    assert len(np.unique(dataset.mask("parts"))) == 10


def test_what_a_repair_would_do_is_shown_without_doing_it(workspace, brought):
    spoil(brought)
    proposal = inspect(workspace, brought)
    found = next(each for each in proposal.findings if each.check == "detached-parts")
    _, mask = proposal_repairs.repaired_pair(proposal, found, found.pairs[0])
    assert len(np.unique(mask)) == 10
    assert len(np.unique(proposal_repairs.current_pair(proposal, found.pairs[0])[1])) == 9
    with pytest.raises(CellsegError, match="no repair swap"):
        proposal_repairs.apply(proposal, found, "swap")
    proposal_repairs.apply(proposal, found)
    assert proposal.repairs == ["tidy-parts"]
    assert all(each.check != "detached-parts" for each in proposal.findings)
    proposal.discard()


def test_only_pairs_that_do_not_fit_can_still_be_repaired(workspace, tmp_path):
    for n in range(2):
        put(tmp_path / "b", f"{n}", labels(n).astype(np.uint8), picture(labels(n), n))
    proposal = inspect(workspace, tmp_path / "b")
    assert not proposal.pairs
    proposal_repairs.apply_all(proposal)
    assert len(proposal.pairs) == 2
    proposal.discard()


def test_planes_of_one_file_are_kept_together(workspace, tmp_path):
    (tmp_path / "b").mkdir()
    stack = np.stack([picture(labels(n), n) for n in range(10)])
    drawn = np.stack([labels(n) for n in range(10)])
    tifffile.imwrite(tmp_path / "b" / "train-volume.tif", stack, photometric="minisblack")
    tifffile.imwrite(tmp_path / "b" / "train-labels.tif", drawn, photometric="minisblack")
    proposal = inspect(workspace, tmp_path / "b")
    [found] = proposal.findings
    assert (found.check, found.repair) == ("leak", "split-by-file")
    proposal_repairs.apply(proposal, found)
    assert proposal.findings == []
    split = DatasetStore(workspace).create(proposal, "planes").split
    assert split.test == ("train-volume-08", "train-volume-09")
    proposal.discard()


def test_grey_values_become_cells(workspace, tmp_path):
    def three(n):
        mask = np.where(labels(n) > 0, 128, 0).astype(np.uint8)
        mask[labels(n) > 5] = 255
        return mask

    for repair, share in (("every-value", 9), ("brightest-value", 4)):
        root = tmp_path / repair
        for n in range(10):
            put(root, f"{n}", picture(labels(n), n), three(n))
        proposal = inspect(workspace, root)
        [found] = proposal.findings
        proposal_repairs.apply(proposal, found, repair)
        assert proposal.kind == "binary"
        assert all(one.mask.components == share for one in proposal.measurements.values())
        proposal.discard()


# --- the command line -------------------------------------------------------------------------


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="cellseg")


def test_check_says_as_json_what_is_wrong(brought):
    clean = run("check", brought, "--json")
    assert clean.exit_code == 0
    assert json.loads(clean.stdout) == {"pairs": 12, "findings": []}
    wanted = spoil(brought)
    spoilt = run("check", brought, "--json")
    assert spoilt.exit_code == 1
    found = json.loads(spoilt.stdout)
    assert found["pairs"] == 12 + 3
    assert {each["check"] for each in found["findings"]} == wanted
    for each in found["findings"]:
        assert list(each) == ["check", "severity", "images", "message", "repair"]
        assert each["severity"] in ("error", "warning", "note")


def test_check_writes_repaired_pairs_to_a_new_folder(brought, tmp_path):
    spoil(brought)
    target = tmp_path / "repaired"
    outcome = run("check", brought, "--json", "--repair", target)
    assert outcome.exit_code == 0, outcome.output
    assert json.loads(outcome.stdout) == {"pairs": 16, "findings": []}
    assert len(list((target / "images").iterdir())) == 16
    assert run("check", target).exit_code == 0
    again = run("check", brought, "--repair", target)
    assert again.exit_code == 1
    assert "is not empty" in again.stderr


def test_check_speaks_in_words_and_warnings_are_no_errors(tmp_path):
    for n in range(3):
        put(tmp_path / "b", f"{n}", picture(labels(n), n), labels(n))
    outcome = run("check", tmp_path / "b")
    assert outcome.exit_code == 0
    assert "same name in two folders" in outcome.stdout
    assert "warning too-few: 3 pairs only" in outcome.stdout


def test_check_of_nothing_that_pairs_is_an_error(tmp_path):
    (tmp_path / "b").mkdir()
    outcome = run("check", tmp_path / "b", "--json")
    assert outcome.exit_code == 1
    [found] = json.loads(outcome.stdout)["findings"]
    assert (found["check"], found["severity"]) == ("no-pairs", "error")
    missing = run("check", tmp_path / "gone")
    assert missing.exit_code == 1
    assert "does not exist" in missing.stderr


def test_import_repairs(brought, tmp_path):
    spoil(brought)
    words = ("import", brought, "--name", "n", "--home", tmp_path / "home")
    kept = json.loads(run(*words, "--repair").stdout)
    assert kept["images"] == 16
    assert kept["layout"]["name"] == "two-folders"
    assert kept["findings"] == []
    assert "turn-mask" in kept["repairs"]


# --- real data --------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "layout", "wanted"),
    [
        (
            "ucsb_he",
            "two-folders",
            {"partly-labelled", "binary-touching", "detached-parts", "too-few"},
        ),
        ("wbc_dataset1", "same-stem", {"grey-values"}),
        ("yeast_phase", "cellpose", {"too-few"}),
        ("isbi2012", "original", {"detached-parts"}),
    ],
)
def test_real_data(workspace, real_data, name, layout, wanted):
    proposal = inspect(workspace, real_data / name)
    assert proposal.layout.name == layout
    assert {each.check for each in proposal.findings} == wanted
    partly = [each for each in proposal.findings if each.check == "partly-labelled"]
    assert all(len(each.images) == 6 for each in partly)
    proposal_repairs.apply_all(proposal)
    assert all(each.severity != "error" for each in proposal.findings)
    proposal.discard()


@pytest.mark.realdata
@pytest.mark.slow
def test_real_nuclei(workspace, real_data):
    proposal = inspect(workspace, real_data / "dsb2018")
    assert len(proposal.pairs) == 530
    assert proposal.kind == "labels"
    assert {each.check: each.severity for each in proposal.findings} == {
        "detached-parts": "warning",
        "mixed-sizes": "warning",
        "mixed-channels": "note",
        "odd-intensity": "note",
    }
    proposal.discard()
