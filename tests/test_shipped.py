"""The models that come with cellseg."""

import itertools

import numpy as np
import pytest
import tifffile
from scipy import ndimage
from typer.testing import CliRunner

from cellseg.analysis.matching import count_matches, overlaps
from cellseg.cli.commands import app
from cellseg.config import PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from cellseg.images.synthetic import draw_cells
from cellseg.models.store import SHIPPED, ModelStore
from cellseg.segmentation import predictor
from cellseg.workspace import Workspace
from tests import made
from tests.pages import errors, opened, text

LARGEST = 12 * 2**20


@pytest.fixture
def nuclei(workspace):
    return ModelStore(workspace).get("nuclei")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The predictor of the model."""
    return predictor.load_predictor(
        ModelStore(Workspace(tmp_path_factory.mktemp("none"))).get("nuclei")
    )


@pytest.fixture
def drawn():
    return draw_cells(np.random.default_rng(3), 256, 12)


def test_a_fresh_workspace_has_a_model(workspace, nuclei):
    assert [model.id for model in ModelStore(workspace).all()] == ["nuclei"]
    assert nuclei.shipped
    assert nuclei.folder == SHIPPED / "nuclei"
    assert not workspace.models.exists()


def test_it_is_small_and_says_what_it_is(nuclei):
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*")) < LARGEST
    assert (nuclei.folder / "card.md").read_text(encoding="utf-8") == nuclei.card
    for said in ("Not for", "Licence", "CC0", "scripts.train_nuclei", "Scores"):
        assert said in nuclei.card
    assert not set(nuclei.facts.train) & set(nuclei.facts.test)
    assert set(nuclei.facts.training_facts.validation_images) < set(nuclei.facts.train)


def test_it_finds_drawn_cells_without_training(network, drawn):
    pixels, truth = drawn
    found = network.cells(Image(pixels, "YX")).labels
    counts = count_matches(overlaps(truth, found), 0.5)
    assert counts.tp >= 0.75 * truth.max()


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_it_finds_cells_in_one_colour_as_in_grey(network, drawn, channel):
    grey, _ = drawn
    pixels = np.zeros((*grey.shape, 3), grey.dtype)
    pixels[..., channel] = grey
    expected = network.cells(Image(grey, "YX"))
    found = network.cells(Image(pixels, "YXC"))
    assert expected.labels.max() > 5
    np.testing.assert_array_equal(found.labels, expected.labels)
    assert found.warnings == expected.warnings


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_it_finds_the_channel_of_the_cells_among_other_stains(network, drawn, channel):
    grey, labels = drawn
    far = ndimage.distance_transform_edt(labels == 0)
    pixels = np.zeros((*grey.shape, 3), grey.dtype)
    pixels[..., channel] = grey
    pixels[..., channel - 1] = 2000 * np.exp(-((far / 15) ** 2))
    expected = network.cells(Image(grey, "YX"))
    found = network.cells(Image(pixels, "YXC"))
    np.testing.assert_array_equal(found.labels, expected.labels)
    assert f"({('red', 'green', 'blue')[channel]})" in found.warnings[0]
    names = ("A", "B", "C")
    named = network.cells(Image(pixels, "YXC", names))
    assert f"({names[channel]})" in named.warnings[0]


def test_it_stays_as_it_is(workspace, nuclei):
    for change in (lambda store: store.rename(nuclei, "x"), lambda store: store.delete(nuclei)):
        with pytest.raises(CellsegError, match="neither renamed nor deleted"):
            change(ModelStore(workspace))
    assert nuclei.weights.is_file()


def test_its_name_is_taken_and_a_copy_gets_another(workspace, nuclei, tmp_path):
    store = ModelStore(workspace)
    with pytest.raises(CellsegError, match="exists already"):
        store.checked_name("Nuclei")
    packed = tmp_path / "nuclei.zip"
    packed.write_bytes(store.pack(nuclei))
    copy = store.unpack(packed, "mine")
    assert not copy.shipped
    assert copy.weights.read_bytes() == nuclei.weights.read_bytes()
    assert [model.name for model in store.all()] == ["mine", "nuclei"]


def test_the_user_s_own_model_of_the_name_comes_first(workspace, nuclei, monkeypatch):
    own = made.model(workspace, made.dataset(workspace))
    (own.folder.parent / "nuclei").mkdir()
    for file in own.folder.iterdir():
        (own.folder.parent / "nuclei" / file.name).write_bytes(file.read_bytes())
    store = ModelStore(workspace)
    assert not store.get("nuclei").shipped
    assert sorted(model.id for model in store.all()) == sorted([own.id, "nuclei"])


def test_the_page_shows_it_and_offers_neither_name_nor_delete(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))
    page = opened("models", model="nuclei")
    assert not errors(page)
    assert "Included" in text(page)
    assert not [button for button in page.button if button.label in ("Delete", "Rename")]
    shown = {metric.label: metric.value for metric in page.metric}
    assert 0.0 < float(shown["AP at IoU 0.5"]) < 1.0
    aps = list(page.dataframe[0].value["AP"].dropna())
    assert aps == sorted(aps)


def test_segment_works_on_a_fresh_install(workspace, drawn, tmp_path):
    tifffile.imwrite(tmp_path / "cells.tif", drawn[0])
    words = ["segment", str(tmp_path / "cells.tif"), "--model", "nuclei"]
    home = ["--home", str(workspace.root)]
    done = CliRunner().invoke(app, [*home, *words, "--output", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    labels = tifffile.imread(tmp_path / "out" / "cells_labels.tif")
    assert labels.shape == drawn[0].shape
    assert labels.max() > 0


def test_tiles_of_any_size_find_the_same_cells(network):
    pixels, _ = draw_cells(np.random.default_rng(7), 1024, 300)
    found = [
        network.cells(Image(pixels, "YX"), PredictionOptions(tile=tile)).labels
        for tile in (None, 224, 320, 512)
    ]
    assert found[0].max() > 150
    for one, other in itertools.combinations(found, 2):
        assert count_matches(overlaps(one, other), 0.9).scores()["ap"] >= 0.99
