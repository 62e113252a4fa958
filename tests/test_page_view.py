"""The form that asks what of a stack is used, and stacks on the page Segment."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cellseg import processes
from cellseg.analysis.filters import Filters
from cellseg.batches import results
from cellseg.batches.batch import read_batch
from cellseg.batches.store import BatchStore
from cellseg.datasets.store import DatasetStore
from cellseg.exports.provenance import methods
from cellseg.images.selection import axes_options
from cellseg.images.stack import StackFacts
from cellseg.images.view import View
from cellseg.images.writing import png_bytes
from cellseg.models.store import ModelStore
from cellseg.ui.segment import segmenting
from tests import made
from tests.fakes import BrightPredictor
from tests.pages import errors, opened, text


@pytest.fixture(autouse=True)
def _home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


def stack(number, **options):
    """Three planes of two channels: a square, dimmer from plane to plane; a gradient."""
    image, _ = made.squares(number)
    planes = np.stack([np.stack([image - 5 * z, np.full_like(image, z)]) for z in range(3)])
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, planes, photometric="minisblack", **options)
    return buffer.getvalue()


def files(**options):
    found = []
    for number in range(3):
        found.append((f"c{number}.tif", stack(number, **options), "image/tiff"))
        found.append((f"c{number}_mask.png", png_bytes(made.squares(number)[1]), "image/png"))
    return found


HYPERSTACK = {"imagej": True, "metadata": {"axes": "ZCYX"}}


def of_form(app, part):
    """The key of a part of the form, which begins anew with another file or choice."""
    found = [*app.button, *app.selectbox, *app.segmented_control, *app.slider]
    keys = {one.key for one in found if one.key and one.key.startswith("view-form-")}
    (key,) = (key for key in keys if key.split("-", 3)[3:] == [part])
    return key


def press(app, key):
    """Click; then once more, for a page that begins again leaves two of everything to AppTest."""
    app.button(key=key).click().run()
    app.run()


def test_a_stack_asks_and_the_answer_is_kept(workspace):
    app = opened("datasets")
    app.file_uploader[0].set_value(files(**HYPERSTACK)).run()
    assert not errors(app)
    assert "holds 3 planes of 2 channels, 32 × 32 pixels" in text(app)
    assert app.button(key=of_form(app, "use")).disabled
    app.segmented_control(key=of_form(app, "plane-way")).set_value("One plane").run()
    app.slider(key=of_form(app, "plane")).set_value(2).run()
    app.segmented_control(key=of_form(app, "colours")).set_value("Grayscale (one channel)").run()
    press(app, of_form(app, "use"))
    assert not errors(app)
    assert app.button(key=of_form(app, "use")).disabled
    press(app, "dataset-save")
    (kept,) = DatasetStore(workspace).all()
    assert kept.view == View(plane=2, channels=(0,))
    np.testing.assert_array_equal(kept.image("c1").pixels, made.squares(1)[0] - 10)


def test_channels_change_their_colours(workspace):
    app = opened("datasets")
    app.file_uploader[0].set_value(files(**HYPERSTACK)).run()
    app.selectbox(key=of_form(app, "red")).set_value(1).run()
    app.selectbox(key=of_form(app, "green")).select_index(0).run()
    app.selectbox(key=of_form(app, "blue")).set_value(0).run()
    press(app, of_form(app, "use"))
    press(app, "dataset-save")
    (kept,) = DatasetStore(workspace).all()
    assert kept.view.channels == (1, None, 0)


def test_pages_that_say_nothing_must_be_named(workspace):
    app = opened("datasets")
    app.file_uploader[0].set_value(files(metadata=None)).run()
    assert len(errors(app)) == 1
    assert app.button(key="dataset-save").disabled
    app.selectbox(key=of_form(app, "axes")).set_value("ZYX").run()
    app.segmented_control(key=of_form(app, "plane-way")).set_value("Mean projection").run()
    press(app, of_form(app, "use"))
    assert not errors(app)
    press(app, "dataset-save")
    (kept,) = DatasetStore(workspace).all()
    assert kept.view == View(axes="ZYX", projection="mean")


def test_a_choice_that_fits_nothing_can_be_changed(workspace):
    app = opened("datasets")
    app.file_uploader[0].set_value(files(**HYPERSTACK)).run()
    app.segmented_control(key=of_form(app, "plane-way")).set_value("Each plane").run()
    press(app, of_form(app, "use"))  # three images for one mask
    assert len(errors(app)) == 1
    app.segmented_control(key=of_form(app, "plane-way")).set_value("Max projection").run()
    press(app, of_form(app, "use"))
    assert not errors(app)
    assert "3 pairs" in text(app)


def test_pictures_ask_nothing():
    app = opened("datasets")
    pairs = [
        (f"{name}{n}.png", png_bytes(made.squares(n)[k]), "image/png")
        for n in range(2)
        for k, name in enumerate(("", "mask_"))
    ]
    app.file_uploader[0].set_value(pairs).run()
    assert not [button for button in app.button if str(button.key).startswith("view-form")]


@pytest.mark.parametrize(
    ("axes", "shape", "expected"),
    [
        ("ZYX", (3, 4, 5), ["ZYX", "TYX", "CYX"]),
        ("?YX", (3, 4, 5), ["ZYX", "TYX", "CYX", None]),
        ("?YXC", (3, 4, 5, 3), ["ZYXC", "TYXC", None]),
        ("YXC", (4, 5, 3), ["YXC"]),
        ("PZYX", (2, 3, 4, 5), ["PZYX"]),
        ("???", (3, 4, 5), ["TYX", "ZYX", "CYX", "YXC"]),
    ],
)
def test_what_the_axes_can_be(axes, shape, expected):
    assert axes_options(StackFacts(axes=axes, shape=shape, dtype="uint8")) == expected


def test_the_page_segment_takes_of_a_stack_what_the_model_takes(workspace, monkeypatch):
    monkeypatch.setattr(segmenting, "cached_predictor", lambda *_: BrightPredictor())
    dataset = made.dataset(workspace)
    model = made.model(workspace, dataset)
    view = View(channels=(0,), expand=True)
    facts = model.facts.model_copy(update={"view": view})
    (model.folder / "model.json").write_text(facts.model_dump_json())
    assert ModelStore(workspace).get(model.id).view == view
    app = opened("segment")
    app.file_uploader[0].set_value([("s.tif", stack(0, **HYPERSTACK), "image/tiff")]).run()
    assert not errors(app)
    images = app.selectbox(key="segment-image")
    assert images.options == ["s_z00.tif", "s_z01.tif", "s_z02.tif"]
    images.set_value("s_z02.tif").run()
    assert not errors(app)


# === what is taken of files on the page Segment ===


def channels():
    """Two channels with a square in each: 100 pixels in the first, 36 in the second."""
    planes = np.zeros((2, 32, 32), np.uint8)
    planes[0, 5:15, 5:15] = planes[1, 20:26, 20:26] = 200
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, planes, imagej=True, metadata={"axes": "CYX"})
    return buffer.getvalue()


def pages():
    """Two pages that do not say what they are, each with a square."""
    buffer = io.BytesIO()
    planes = np.stack([made.squares(number)[0] for number in range(2)])
    tifffile.imwrite(buffer, planes, photometric="minisblack", metadata=None)
    return buffer.getvalue()


def on_segment(workspace, monkeypatch, name, content):
    monkeypatch.setattr(segmenting, "cached_predictor", lambda *_: BrightPredictor())
    made.model(workspace, made.dataset(workspace))
    app = opened("segment")
    app.file_uploader[0].set_value([(name, content, "image/tiff")]).run()
    return app


def areas(app):
    return list(app.dataframe[0].value["area"])


def choose_second_channel(app):
    app.segmented_control(key=of_form(app, "colours")).set_value("Grayscale (one channel)").run()
    app.selectbox(key=of_form(app, "grey")).set_value(1).run()
    press(app, of_form(app, "use"))
    assert not errors(app)


def test_a_channel_is_chosen_on_the_page_segment(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "c.tif", channels())
    assert not errors(app)
    assert "cellseg uses them as red and green" in text(app)
    assert areas(app) == [100]
    choose_second_channel(app)
    assert areas(app) == [36]
    assert "cellseg uses them as" not in text(app)
    assert "Read from each file: channel 1 as grey" in [one.label for one in app.expander]


def test_what_was_chosen_is_kept_with_the_results(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "c.tif", channels())
    choose_second_channel(app)
    next(button for button in app.button if button.label == "Save").click().run()
    (batch,) = BatchStore(workspace).all()
    assert batch.config.view == View(channels=(1,))
    facts = results.provenance_of(batch.images(), batch.model, Filters())
    assert facts["settings"]["view"] == {"channels": [1]}
    assert "used channel 1 as grey" in methods(facts)


def test_another_file_resets_the_form(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "c.tif", channels())
    choose_second_channel(app)
    next(button for button in app.button if button.label == "Remove 1 file").click().run()
    app.file_uploader[0].set_value([("s.tif", time_stack(), "image/tiff")]).run()
    assert app.segmented_control(key=of_form(app, "plane-way")).value == "Max projection"
    assert not [one for one in app.segmented_control if one.label == "Channels"]


def test_a_choice_stays_with_another_model(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "c.tif", channels())
    made.model(workspace, made.dataset(workspace, name="other"), "other")
    choose_second_channel(app)
    models = app.selectbox(key="segment-model")
    models.select("other").run()
    assert app.selectbox(key="segment-model").value.name == "other"
    assert areas(app) == [36]


def test_files_that_are_removed_take_the_choice_along(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "c.tif", channels())
    choose_second_channel(app)
    next(button for button in app.button if button.label == "Remove 1 file").click().run()
    app.file_uploader[0].set_value([("d.tif", channels(), "image/tiff")]).run()
    assert areas(app) == [100]


def test_pages_of_which_nothing_is_known_ask_on_the_page_segment(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "p.tif", pages())
    assert "choose the axes" in errors(app)[0]
    (asked,) = [one for one in app.expander if one.label == "Planes and channels"]
    assert asked.proto.expanded
    app.selectbox(key=of_form(app, "axes")).set_value("TYX").run()
    app.segmented_control(key=of_form(app, "time-way")).set_value("Each time point").run()
    press(app, of_form(app, "use"))
    assert not errors(app)
    assert app.selectbox(key="segment-image").options == ["p_t00.tif", "p_t01.tif"]


def test_a_zip_asks_too_and_its_batch_is_told(workspace, monkeypatch):
    started = []
    monkeypatch.setattr(processes, "start", lambda module, folder: started.append(folder))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("in/notes.txt", "none")
        archive.writestr("in/c.tif", channels())
    app = on_segment(workspace, monkeypatch, "a.zip", buffer.getvalue())
    choose_second_channel(app)
    app.button(key="segment-batch").click().run()
    assert read_batch(started[0]).config.view == View(channels=(1,))


def test_one_colour_of_a_picture_is_chosen_on_the_page_segment(workspace, monkeypatch):
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[5:15, 5:15, 0] = picture[20:26, 20:26, 2] = 200
    app = on_segment(workspace, monkeypatch, "c.png", png_bytes(picture))
    assert areas(app) == [100]
    assert [one for one in app.expander if one.label == "Channels"]
    app.segmented_control(key=of_form(app, "colours")).set_value("Grayscale (one channel)").run()
    assert app.selectbox(key=of_form(app, "grey")).options == ["Red", "Green", "Blue"]
    app.selectbox(key=of_form(app, "grey")).set_value(2).run()
    press(app, of_form(app, "use"))
    assert not errors(app)
    assert areas(app) == [36]


def test_colours_are_offered_folded_on_the_page_datasets(workspace):
    app = opened("datasets")
    pairs = []
    for number in range(2):
        image, mask = made.squares(number)
        colours = np.stack([image * 0, image, image * 0], axis=-1)
        pairs.append((f"{number}.png", png_bytes(colours), "image/png"))
        pairs.append((f"{number}_mask.png", png_bytes(mask), "image/png"))
    app.file_uploader[0].set_value(pairs).run()
    assert not errors(app)
    assert [one for one in app.expander if one.label == "Channels"]
    app.segmented_control(key=of_form(app, "colours")).set_value("Grayscale (one channel)").run()
    app.selectbox(key=of_form(app, "grey")).set_value(1).run()
    press(app, of_form(app, "use"))
    assert [one for one in app.expander if one.label == "Read from each file: channel 1 as grey"]


def test_a_plain_image_asks_nothing_on_the_page_segment(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "a.png", png_bytes(made.squares(0)[0]))
    assert [one.label for one in app.expander if "each file" in one.label] == []
    assert not [button for button in app.button if str(button.key).startswith("view-form")]


def time_stack():
    """Two time points of three planes, each with a square."""
    planes = np.stack([np.stack([made.squares(t)[0]] * 3) for t in range(2)])
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, planes, imagej=True, metadata={"axes": "TZYX"})
    return buffer.getvalue()


def test_each_time_point_may_be_taken_of_the_maximum(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "s.tif", time_stack())
    app.segmented_control(key=of_form(app, "time-way")).set_value("Each time point").run()
    press(app, of_form(app, "use"))
    assert not errors(app)
    assert app.selectbox(key="segment-image").options == ["s_t00.tif", "s_t01.tif"]
    assert app.segmented_control(key=of_form(app, "plane-way")).value == "Max projection"


def test_each_plane_may_be_taken_of_the_first_time_point(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "s.tif", time_stack())
    app.segmented_control(key=of_form(app, "plane-way")).set_value("Each plane").run()
    press(app, of_form(app, "use"))
    assert app.selectbox(key="segment-image").options == [f"s_z{n:02}.tif" for n in range(3)]
    assert app.segmented_control(key=of_form(app, "time-way")).value == "One time point"


def test_a_choice_that_does_not_fit_plain_images_can_be_dropped(workspace, monkeypatch):
    monkeypatch.setattr(segmenting, "cached_predictor", lambda *_: BrightPredictor())
    model = made.model(workspace, made.dataset(workspace))
    facts = model.facts.model_copy(update={"view": View(plane=2)})
    (model.folder / "model.json").write_text(facts.model_dump_json())
    app = opened("segment")
    app.file_uploader[0].set_value([("a.png", png_bytes(made.squares(0)[0]), "image/png")]).run()
    assert "has no plane 2" in errors(app)[0]
    assert "Read from each file: plane 2" in [one.label for one in app.expander]
    press(app, "view-form-drop")
    assert not errors(app)
    assert areas(app) == [100]


def test_a_choice_is_of_one_folder_of_the_server(workspace, monkeypatch, tmp_path):
    first, second = tmp_path / "server" / "a", tmp_path / "server" / "b"
    for folder in (first, second):
        folder.mkdir(parents=True)
        (folder / "c.tif").write_bytes(channels())
    monkeypatch.setenv("CELLSEG_IMPORT_ROOTS", str(tmp_path / "server"))
    made.model(workspace, made.dataset(workspace))
    app = opened("segment")
    app.selectbox(key="segment-server").set_value(str(first)).run()
    choose_second_channel(app)
    for folder, chosen in ((first, True), (second, False)):
        app.selectbox(key="segment-server").set_value(str(folder)).run()
        said = [one.label for one in app.expander]
        assert ("Read from each file: channel 1 as grey" in said) is chosen
        assert ("Planes and channels" in said) is not chosen


def test_true_masks_are_taken_as_their_images_were(workspace, monkeypatch):
    app = on_segment(workspace, monkeypatch, "s.tif", stack(0, **HYPERSTACK))
    app.segmented_control(key=of_form(app, "colours")).set_value("Grayscale (one channel)").run()
    app.segmented_control(key=of_form(app, "plane-way")).set_value("One plane").run()
    app.slider(key=of_form(app, "plane")).set_value(2).run()
    press(app, of_form(app, "use"))
    labels = np.zeros((3, 32, 32), np.uint8)
    for plane in range(3):
        labels[plane, 10 * plane : 10 * plane + 5, :5] = 1
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, labels, imagej=True, metadata={"axes": "ZYX"})
    app.segmented_control(key="segment-section").set_value("Compare").run()
    uploader = app.file_uploader[1]
    uploader.set_value([("s_mask.tif", buffer.getvalue(), "image/tiff")]).run()
    assert not errors(app)
    (found,) = Path(workspace.inbox).glob("tab-*/segmented/*/0/truth.tif")
    np.testing.assert_array_equal(tifffile.imread(found), labels[2])
