import numpy as np
import pytest

from cellseg.datasets.intake import server_folders
from cellseg.datasets.store import DatasetStore
from cellseg.images.writing import png_bytes
from tests import made
from tests.pages import errors, opened, text

TOGETHER, MASKS, FOLDER = 0, 1, 2


@pytest.fixture(autouse=True)
def _home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


@pytest.fixture
def files():
    """Three images and their masks, as a user would name them."""
    found = []
    for number in range(3):
        image, mask = made.squares(number)
        found.append((f"cell {number}.png", png_bytes(image), "image/png"))
        found.append((f"cell {number}_mask.png", png_bytes(mask), "image/png"))
    return found


def add_files(app, files, uploader=TOGETHER):
    app.file_uploader[uploader].set_value(files).run()
    return app


def leftovers(workspace):
    return list(workspace.inbox.glob("tab-*/*")) + list(workspace.inbox.glob("proposal-*"))


def test_the_empty_page_shows_which_names_pair():
    app = opened("datasets")
    assert len(app.file_uploader) == 3
    assert app.button(key="dataset-save").disabled
    assert app.text_input(key="dataset-name").value == "My cells"
    assert "File names that are paired" in text(app)


def test_files_are_paired_shown_and_saved_under_the_suggested_name(workspace, files):
    app = add_files(opened("datasets"), files)
    assert "3 pairs" in text(app)
    assert len(app.get("image")) == 3
    assert len(app.dataframe[0].value) == 3
    app.button(key="dataset-save").click().run()
    (kept,) = DatasetStore(workspace).all()
    assert kept.name == "My cells"
    assert len(kept.pairs) == 3
    assert "My cells now has 3 pairs" in text(app)
    assert not leftovers(workspace)


def test_a_name_is_typed_and_saved_at_once(workspace, files):
    app = add_files(opened("datasets"), files)
    app.text_input(key="dataset-name").set_value("Hela, day 3")
    app.button(key="dataset-save").click().run()
    assert DatasetStore(workspace).all()[0].name == "Hela, day 3"
    assert app.text_input(key="dataset-name").value == "My cells"


def test_files_may_come_one_after_the_other(workspace, files):
    app = opened("datasets")
    for file in files[:4]:
        add_files(app, [file])
    assert "2 pairs" in text(app)
    assert not errors(app)


def test_masks_apart_with_the_names_of_the_images(workspace):
    app = opened("datasets")
    pictures = [made.squares(number) for number in range(2)]
    add_files(
        app, [(f"{n}.png", png_bytes(image), "image/png") for n, (image, _) in enumerate(pictures)]
    )
    assert len(errors(app)) == 1
    add_files(
        app,
        [(f"{n}.png", png_bytes(mask), "image/png") for n, (_, mask) in enumerate(pictures)],
        MASKS,
    )
    assert not errors(app)
    assert "2 pairs" in text(app)


def test_a_folder_keeps_its_split_and_gives_its_name(workspace):
    files = []
    for number in range(4):
        side = "test" if number == 3 else "train"
        image, mask = made.squares(number)
        files.append((f"Hela/{side}/images/{number}.png", png_bytes(image), "image/png"))
        files.append((f"Hela/{side}/masks/{number}.png", png_bytes(mask), "image/png"))
    app = add_files(opened("datasets"), files, FOLDER)
    assert app.text_input(key="dataset-name").value == "Hela"
    app.button(key="dataset-save").click().run()
    split = DatasetStore(workspace).all()[0].split
    assert (len(split.train), len(split.test), split.source) == (3, 1, "folders")


def test_unpaired_files_are_listed(workspace, files):
    image, _ = made.squares(9)
    app = add_files(opened("datasets"), [*files, ("alone.png", png_bytes(image), "image/png")])
    assert "3 pairs" in text(app)
    assert "alone.png" in text(app).replace("\\", "")
    assert "Images without a mask" in text(app)


def test_a_file_that_is_no_picture_costs_only_its_pair(workspace, files):
    broken = [("bad.png", b"just text", "image/png"), ("bad_mask.png", files[1][1], "image/png")]
    app = add_files(opened("datasets"), [*files, *broken])
    assert not errors(app)
    assert "bad.png" in text(app).replace("\\", "")
    assert "Unreadable file" in text(app)
    app.button(key="dataset-save").click().run()
    assert len(DatasetStore(workspace).all()[0].pairs) == 3


def test_empty_masks_are_refused_in_one_sentence(workspace, files):
    black = png_bytes(np.zeros((32, 32), np.uint8))
    files = [(name, black if "mask" in name else file, kind) for name, file, kind in files]
    app = add_files(opened("datasets"), files)
    if not errors(app):
        app.button(key="dataset-save").click().run()
    assert len(errors(app)) == 1
    assert not DatasetStore(workspace).all()


def test_grey_masks_ask_which_values_are_cells(workspace):
    files = []
    for number in range(2):
        image, mask = made.squares(number)
        mask[20:28, 20:28] = 128
        files.append((f"{number}.png", png_bytes(image), "image/png"))
        files.append((f"{number}_mask.png", png_bytes(mask), "image/png"))
    app = add_files(opened("datasets"), files)
    app.button(key="dataset-save").click().run()
    assert len(errors(app)) == 1
    assert "128" in errors(app)[0]
    app.multiselect[0].set_value([255])
    app.button(key="dataset-save").click().run()
    (kept,) = DatasetStore(workspace).all()
    assert (kept.kind, kept.foreground_values) == ("grey", (255,))


def test_a_taken_name_is_an_error_and_the_files_are_kept(workspace, files):
    made.dataset(workspace, "Nuclei")
    app = add_files(opened("datasets"), files)
    app.text_input(key="dataset-name").set_value("nuclei")
    app.button(key="dataset-save").click().run()
    assert "exists already" in errors(app)[0]
    app.text_input(key="dataset-name").set_value("others")
    app.button(key="dataset-save").click().run()
    assert {dataset.name for dataset in DatasetStore(workspace).all()} == {"Nuclei", "others"}


def test_images_are_added_to_a_dataset(workspace, files):
    old = made.dataset(workspace, "Nuclei", pairs=2)
    image, mask = made.squares(7)
    more = [
        ("new.png", png_bytes(image), "image/png"),
        ("new_mask.png", png_bytes(mask), "image/png"),
    ]
    app = add_files(opened("datasets"), more)
    app.selectbox(key="dataset-into").set_value(old.id)
    app.button(key="dataset-save").click().run()
    (kept,) = DatasetStore(workspace).all()
    assert len(kept.pairs) == 3
    assert set(old.split.test) <= set(kept.split.test)


def test_start_over_forgets_the_files(workspace, files):
    app = add_files(opened("datasets"), files)
    next(button for button in app.button if button.label == "Start over").click().run()
    assert app.button(key="dataset-save").disabled
    assert not leftovers(workspace)


def test_a_dataset_shows_its_training_and_test_pairs(workspace):
    made.dataset(workspace, "Nuclei", pairs=5)
    app = opened("datasets")
    assert "5 pairs, 32 × 32 pixels, binary masks, 4 for training, 1 for testing" in text(app)
    assert len(app.get("image")) == 5
    app.segmented_control(key="dataset-subset").set_value("Test").run()
    assert len(app.get("image")) == 1


def test_rename(workspace):
    made.dataset(workspace, "Nuclei")
    app = opened("datasets")
    next(field for field in app.text_input if "New name" in field.label).set_value("Cells")
    next(button for button in app.button if button.label == "Rename").click().run()
    assert DatasetStore(workspace).all()[0].name == "Cells"
    assert "Renamed to Cells" in text(app)


def test_delete_asks_first(workspace):
    made.dataset(workspace, "Nuclei")
    app = opened("datasets")
    app.button(key="dataset-delete").click().run()
    assert DatasetStore(workspace).all()
    app.button(key="dataset-delete").click()  # AppTest closes a dialog at every run
    app.button(key="confirm-delete").click().run()
    assert not DatasetStore(workspace).all()
    assert "The dataset Nuclei was deleted" in text(app)


def test_a_dataset_that_a_training_uses_is_not_deleted(workspace):
    made.run(workspace, made.dataset(workspace, "Nuclei"), state="running")
    app = opened("datasets")
    app.button(key="dataset-delete").click().run()
    app.button(key="dataset-delete").click()
    app.button(key="confirm-delete").click().run()
    assert "The training first uses Nuclei" in errors(app)[0]
    assert DatasetStore(workspace).all()


def test_a_refused_name_leaves_the_page_as_it_is(workspace):
    for name in ("Nuclei", "Cells"):
        made.dataset(workspace, name)
    app = opened("datasets")
    opened_one = app.get("image")
    field = next(field for field in app.text_input if "New name" in field.label)
    field.set_value({"Nuclei": "Cells", "Cells": "Nuclei"}[field.value])
    next(button for button in app.button if button.label == "Rename").click().run()
    assert "exists already" in errors(app)[0]
    assert len(app.get("image")) == len(opened_one) > 0


def open_view(app, view):
    return app.segmented_control(key="dataset-view").set_value(view).run()


def test_the_summary_shows_numbers_and_histograms(workspace):
    made.dataset(workspace, "Nuclei", pairs=5)
    app = open_view(opened("datasets"), "Summary")
    metrics = {metric.label: metric.value for metric in app.metric}
    assert (metrics["Pairs"], metrics["Objects"], metrics["Median diameter"]) == (
        "5",
        "5",
        "11.3 px",
    )
    assert len(app.get("plotly_chart")) == 3
    assert not errors(app)


def test_notes_are_saved_in_the_summary(workspace):
    made.dataset(workspace, "Nuclei")
    app = open_view(opened("datasets"), "Summary")
    app.text_area[0].set_value("Confocal, 63x")
    next(button for button in app.button if button.label == "Save notes").click().run()
    assert DatasetStore(workspace).all()[0].record.notes == "Confocal, 63x"


def test_the_split_is_changed_manually_with_a_warning_about_leaks(workspace, files):
    proposal_files = [*files, ("twin.png", files[0][1], "image/png")]
    proposal_files.append(("twin_mask.png", files[1][1], "image/png"))
    app = add_files(opened("datasets"), proposal_files)
    app.button(key="dataset-save").click().run()
    (dataset,) = DatasetStore(workspace).all()
    DatasetStore(workspace).set_test_pairs(dataset.id, ["twin"])
    app = open_view(opened("datasets"), "Split")
    assert any("too high" in warning.value for warning in app.warning)
    assert app.button(key="split-save").disabled
    assert "split manually" in text(app)


@pytest.mark.parametrize("layout", ["stardist", "cellpose", "plain"])
def test_a_dataset_is_packed_and_offered(workspace, layout):
    made.dataset(workspace, "Nuclei")
    app = open_view(opened("datasets"), "Export")
    app.segmented_control(key="export-layout").set_value(layout).run()
    app.button(key="export-pack").click().run()
    assert not errors(app)
    (button,) = app.download_button
    assert f"nuclei_{layout}.zip" in button.label.replace("\\", "")
    assert list(workspace.inbox.glob(f"tab-*/downloads/nuclei_{layout}.zip"))


def test_a_folder_on_the_server_is_offered_only_if_the_operator_allows_one(
    workspace, monkeypatch, tmp_path
):
    monkeypatch.delenv("CELLSEG_IMPORT_ROOTS", raising=False)
    before = opened("datasets")
    assert "Folder on the server" not in [box.label for box in before.selectbox]
    folder = tmp_path / "server" / "Hela"
    for number in range(3):
        for kind, array in zip(("images", "masks"), made.squares(number), strict=True):
            path = folder / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png_bytes(array))
    monkeypatch.setenv("CELLSEG_IMPORT_ROOTS", str(tmp_path / "server"))
    app = opened("datasets")
    box = next(box for box in app.selectbox if box.label == "Folder on the server")
    box.set_value(str(folder)).run()
    next(button for button in app.button if button.label == "Read folder").click().run()
    assert "3 pairs" in text(app)
    app.button(key="dataset-save").click().run()
    (kept,) = DatasetStore(workspace).all()
    assert (kept.name, len(kept.pairs)) == ("Hela", 3)
    assert len(list(folder.rglob("*.png"))) == 6


def test_a_folder_that_is_not_allowed_is_refused(workspace, monkeypatch, tmp_path):
    (tmp_path / "server").mkdir()
    monkeypatch.setenv("CELLSEG_IMPORT_ROOTS", str(tmp_path / "server"))
    monkeypatch.setattr(
        server_folders, "offered_folders", lambda _: [tmp_path]
    )  # as if it had been typed
    app = opened("datasets")
    app.selectbox[0].set_value(str(tmp_path)).run()
    next(button for button in app.button if button.label == "Read folder").click().run()
    assert len(errors(app)) == 1
    assert "not inside a folder that is allowed for import" in errors(app)[0]


def test_a_duplicate_dataset_is_reported_before_it_is_saved(workspace, files):
    for _ in range(2):
        app = add_files(opened("datasets"), files)
        infos = [info.value for info in app.info]
        app.button(key="dataset-save").click().run()
    assert infos == ["The dataset My cells already has the same images and masks."]


def test_public_datasets_show_licence_and_say_when_there_is_no_network(workspace, monkeypatch):
    from dataclasses import replace

    from cellseg.datasets import public

    unreachable = public.RemoteFile("http://127.0.0.1:9/x.zip", 1, "0" * 64)
    offered = tuple(replace(one, files=(unreachable,), masks=()) for one in public.DATASETS)
    monkeypatch.setattr(public, "DATASETS", offered)
    app = opened("datasets")
    assert "Licence" not in text(app)
    app.session_state["public-datasets"] = True  # as a click on the fold does
    app.run()
    assert "Licence: CC0" in text(app).replace("\\", "")
    assert "Caicedo" in text(app)
    app.button(key="public-bbbc039").click().run()
    assert len(errors(app)) == 1
    assert "could not be downloaded" in errors(app)[0]
    assert not DatasetStore(workspace).all()


def test_the_findings_of_a_saved_dataset_are_shown(workspace):
    made.dataset(workspace, "Nuclei")
    app = open_view(opened("datasets"), "Check")
    assert "finding" in text(app)
    assert "Too few images or cells" in text(app)
    assert not errors(app)
