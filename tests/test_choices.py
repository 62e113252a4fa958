"""One choice for all images of a dataset: taken in, kept, copied into run and model, used again."""

import json
import zipfile

import numpy as np
import pytest
import tifffile

from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake import folders, importing
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.example import ChoiceNeeded
from cellseg.images.view import View
from cellseg.models.card import card_text
from cellseg.training import jobs
from tests import made


def cells(number):
    """Four planes of two channels with a square that moves, and the mask of each plane."""
    masks = np.zeros((4, 32, 32), np.uint8)
    for plane in range(4):
        masks[plane, 4 + plane : 14 + plane, 8 + number : 18 + number] = 255
    planes = np.stack([masks // 2 + 20, np.roll(masks, 5, axis=2) // 3 + 10], axis=1)
    return planes.astype(np.uint16), masks


def write(folder, axes="ZCYX", stacked=True, count=3):
    """A folder of stacks; masks are stacks too, or those of the first plane."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        planes, masks = cells(number)
        options = {"imagej": True, "metadata": {"axes": axes, "unit": "um"}} if axes else {}
        if not axes:
            planes = planes[:, 0]
        tifffile.imwrite(
            folder / "images" / f"c{number}.tif",
            planes,
            photometric="minisblack",
            resolution=(4, 4),
            **options,
        )
        tifffile.imwrite(
            folder / "masks" / f"c{number}.tif",
            masks if stacked else masks[0],
            photometric="minisblack",
        )
    return folder


def kept(workspace, folder, **options):
    proposal = importing.inspect(workspace, folder, **options)
    try:
        return DatasetStore(workspace).create(proposal, folder.name)
    finally:
        proposal.discard()


def test_stacks_of_images_and_masks_become_an_image_for_each_plane(workspace, tmp_path):
    dataset = kept(workspace, write(tmp_path / "data"))
    assert len(dataset.pairs) == 12
    assert dataset.view == View(expand=True)
    planes, masks = cells(1)
    pair = dataset.pairs[4 + 2]
    image = dataset.image(pair.name)
    np.testing.assert_array_equal(image.pixels[..., 0], planes[2, 0])
    np.testing.assert_array_equal(image.pixels[..., 1], planes[2, 1])
    np.testing.assert_array_equal(dataset.mask(pair.name), masks[2])
    assert image.pixel_size_um == pytest.approx(0.25)


@pytest.mark.parametrize("stacked", [True, False])
def test_a_chosen_plane_is_taken_of_every_image(workspace, tmp_path, stacked):
    view = View(plane=0, channels=(1,))
    dataset = kept(workspace, write(tmp_path / "data", stacked=stacked), view=view)
    assert (len(dataset.pairs), dataset.view) == (3, view)
    for number, pair in enumerate(dataset.pairs):
        planes, masks = cells(number)
        np.testing.assert_array_equal(dataset.image(pair.name).pixels, planes[0, 1])
        np.testing.assert_array_equal(dataset.mask(pair.name), masks[0])
    assert not dataset.warnings


def test_a_projection_is_said_where_nobody_chose_it(workspace, tmp_path):
    dataset = kept(workspace, write(tmp_path / "data", stacked=False))
    assert dataset.view == View()
    planes, _ = cells(0)
    np.testing.assert_array_equal(dataset.image("c0").pixels[..., 0], planes[:, 0].max(axis=0))
    warnings = " ".join(dataset.warnings)
    assert (
        "c0.tif (as 2 more) is a stack of 4 planes; cellseg used their maximum projection"
        in warnings
    )


def test_pages_without_metadata_ask_with_what_can_be_chosen(workspace, tmp_path):
    folder = write(tmp_path / "data", axes="", stacked=False)
    with pytest.raises(ChoiceNeeded, match=r"c0\.tif holds 4 pages") as caught:
        importing.inspect(workspace, folder)
    example = caught.value.example
    assert example.facts.axes == "?YX"
    assert example.path == folder / "images" / "c0.tif"
    dataset = kept(workspace, folder, view=View(axes="ZYX", projection="mean"))
    assert len(dataset.pairs) == 3


def test_a_choice_that_fits_no_image_offers_another_one(workspace, tmp_path):
    folder = write(tmp_path / "data", stacked=False)
    with pytest.raises(ChoiceNeeded, match="has no plane 7"):
        importing.inspect(workspace, folder, view=View(plane=7))
    assert not list(workspace.inbox.glob("*"))


def test_the_example_of_a_zip_is_kept_for_the_form(workspace, tmp_path):
    folder = write(tmp_path / "data")
    packed = tmp_path / "data.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in folder.rglob("*.tif"):
            archive.write(path, path.relative_to(folder))
    (tmp_path / "examples").mkdir()
    proposal = importing.inspect(workspace, packed, examples=tmp_path / "examples")
    assert proposal.example.facts.axes == "ZCYX"
    assert proposal.example.path.parent == tmp_path / "examples"
    assert tifffile.imread(proposal.example.path).shape == (4, 2, 32, 32)
    proposal.discard()
    bare = importing.inspect(workspace, packed)
    assert bare.example.path is None
    bare.discard()


def test_pictures_offer_nothing(workspace, tmp_path):
    for part in ("images", "masks"):
        (tmp_path / "data" / part).mkdir(parents=True)
    for number in range(2):
        image, mask = made.squares(number)
        tifffile.imwrite(tmp_path / "data" / "images" / f"{number}.tif", image)
        tifffile.imwrite(tmp_path / "data" / "masks" / f"{number}.tif", mask)
    proposal = importing.inspect(workspace, tmp_path / "data")
    assert (proposal.example, proposal.view) == (None, View())
    proposal.discard()


def test_images_seen_otherwise_do_not_join_a_dataset(workspace, tmp_path):
    folder = write(tmp_path / "data", stacked=False)
    dataset = kept(workspace, folder, view=View(plane=0))
    other = importing.inspect(workspace, folder, view=View(plane=1))
    with pytest.raises(CellsegError, match="use plane 1, those of data plane 0"):
        DatasetStore(workspace).add(dataset, other)
    other.discard()


def test_a_folder_is_seen_as_the_model_wants(workspace, tmp_path):
    folder = write(tmp_path / "data", stacked=False)
    with folders.temporary_dataset(folder, view=View(plane=3, channels=(0,))) as dataset:
        planes, _ = cells(2)
        np.testing.assert_array_equal(dataset.image("c2").pixels, planes[3, 0])


def test_datasets_of_before_open_without_a_choice(workspace):
    dataset = made.dataset(workspace)
    path = dataset.folder / "dataset.json"
    content = json.loads(path.read_text())
    del content["view"]
    path.write_text(json.dumps(content))
    assert Dataset.read(dataset.folder).view == View()


def test_run_and_model_keep_the_choice_of_the_dataset(workspace, tmp_path, monkeypatch):
    view = View(plane=2, channels=(1, 0, None))
    dataset = kept(workspace, write(tmp_path / "data", stacked=False), view=view)
    monkeypatch.setattr(jobs, "_launch", lambda run: None)
    run = jobs.start(workspace, dataset, made._recipe(epochs=1), "m")
    assert run.config.view == view
    model = made.model(workspace, dataset)
    facts = model.facts.model_copy(update={"view": view})
    assert type(facts).model_validate_json(facts.model_dump_json()).view == view
    assert "channel 1 as red, channel 0 as green, plane 2" in card_text(facts)
