"""The findings of the check on the page, their repairs, and manual pairing."""

import numpy as np
import pytest

from cellseg.datasets.store import DatasetStore
from cellseg.images.writing import png_bytes
from tests import made
from tests.pages import errors, opened, text


@pytest.fixture(autouse=True)
def _home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


def png(name, array):
    return (name, png_bytes(array), "image/png")


def pairs(number=3):
    found = []
    for n in range(number):
        image, mask = made.squares(n)
        found += [png(f"cell {n}.png", image), png(f"cell {n}_mask.png", mask)]
    return found


def add_files(files):
    app = opened("datasets")
    app.file_uploader[0].set_value(files).run()
    return app


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app.run()  # a run after st.rerun, whose ids AppTest knows


def test_the_layout_is_shown_before_saving(workspace):
    app = add_files(pairs())
    assert "and a word such as" in text(app)
    assert not DatasetStore(workspace).all()


def test_a_rotated_mask_is_previewed_before_and_after_the_repair(workspace):
    rng = np.random.default_rng(0)
    mask = np.zeros((40, 60), np.uint8)
    mask[5:15, 30:50] = 255
    image = (mask // 2 + rng.integers(0, 40, mask.shape)).astype(np.uint8)
    app = add_files([*pairs(), png("long.png", image), png("long_mask.png", mask.T.copy())])
    assert "Image and mask differ in size" in text(app)
    assert {"Before", "After"} <= {caption.value for caption in app.caption}
    assert "Save 3 pairs" in [button.label for button in app.button]
    press(app, "Rotate the mask")
    assert "Image and mask differ in size" not in text(app)
    app.button(key="dataset-save").click().run()
    assert not errors(app)
    (kept,) = DatasetStore(workspace).all()
    assert np.array_equal(kept.mask("long"), mask)


def test_an_unreadable_file_is_left_out_by_a_click():
    broken = ("bad.png", b"text", "image/png")
    app = add_files([*pairs(), broken, png("bad_mask.png", made.squares(1)[1])])
    assert "Unreadable file" in text(app)
    press(app, "Leave out")
    assert "Unreadable file" not in text(app)


def test_files_that_are_not_paired_by_name_are_paired_manually(workspace):
    files = []
    for n, word in enumerate(("one", "two")):
        image, mask = made.squares(n)
        files += [png(f"{word}.png", image), png(f"drawing {n}.png", mask)]
    app = add_files(files)
    assert len(errors(app)) == 1
    assert "Apply pairing" in [button.label for button in app.button]
    pairs_by_hand = (("one.png", "drawing 0.png"), ("two.png", "drawing 1.png"))
    app.session_state["import_pairing"] = pairs_by_hand  # what the table gives
    app.run()
    assert not errors(app)
    assert "2 pairs" in text(app)
    assert "You chose which mask" in text(app)
