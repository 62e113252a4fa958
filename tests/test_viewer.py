"""What the viewer sends to the browser, read back by another reader."""

import base64
import json
import zlib

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cellseg.images.image import Image
from cellseg.ui.viewer import layers, viewer
from cellseg.ui.viewer.layers import pack_image, pack_labels, pack_probability
from cellseg.ui.widgets import streaming

APP = """
import numpy as np
import streamlit as st
from cellseg.images.image import Image
from cellseg.ui.viewer.viewer import viewer

said = st.session_state
pixels = np.arange(12, dtype=np.uint16).reshape(3, 4) + said.get("more", 0)
labels = np.array([[5, 5, 0, 0], [0, 0, 9, 0], [0, 2**40, 9, 0]])
seen = viewer(
    "v", Image(pixels, "YX"), labels, name="slide.tif", version=said.get("version", "a"),
    truth=said.get("truth"), probability=np.full((3, 4), 0.5, np.float32),
    kept=said.get("kept"), values=said.get("values"), marks=said.get("marks"),
    selected=said.get("selected", ()), pixel_size=0.5,
)
st.write(f"{seen.selected} {seen.changed}")
"""


def planes(content: bytes, dtype: str, count: int) -> np.ndarray:
    """Numbers whose bytes lie in planes, the highest byte first."""
    raw = np.frombuffer(zlib.decompress(content), np.uint8)
    size = np.dtype(dtype).itemsize
    return raw.reshape(-1, size, count).transpose(0, 2, 1).copy().view(f">u{size}")[..., 0]


def unpacked(content: bytes, dtype: str, height: int, width: int) -> np.ndarray:
    """The channels of a packed image, (C, Y, X)."""
    steps = planes(content, dtype, height * width).astype(np.int64)
    signed = np.where(steps % 2, -(steps + 1) // 2, steps // 2).reshape(-1, height, width)
    size = np.dtype(dtype).itemsize
    whole = (np.cumsum(signed, axis=2) % 256**size).astype(f"u{size}")
    return whole.view(dtype)


# --- packing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_pixel_arrives_unchanged(dtype: str) -> None:
    rng = np.random.default_rng(3)
    pixels = (rng.random((5, 7)) * 300 - (20 if dtype == "float32" else 0)).astype(dtype)
    pixels[0, :4] = [0, 255, 0, 255]
    if dtype == "uint16":
        pixels[1, :4] = [0, 65535, 32768, 0]
    packed = pack_image(Image(pixels, "YX"))
    assert np.array_equal(unpacked(packed.content, dtype, 5, 7)[0], pixels)
    assert packed.facts["bytes"] == pixels.dtype.itemsize
    assert packed.facts["float"] == (dtype == "float32")
    assert packed.preview == b""


def test_channels_follow_each_other() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    packed = pack_image(Image(pixels, "YXC"))
    assert np.array_equal(unpacked(packed.content, "uint8", 2, 3), pixels.transpose(2, 0, 1))
    assert packed.facts["channels"] == 3


def test_a_preview_is_the_mean_of_squares() -> None:
    pixels = np.zeros((9, 1032), np.uint16)
    pixels[:8, :8] = 100
    pixels[0, 0] = 164  # (63 * 100 + 164) / 64 = 101
    pixels[8, 1024:] = 7  # the last square has one row
    preview = unpacked(pack_image(Image(pixels, "YX")).preview, "uint16", 2, 129)[0]
    expected = np.zeros((2, 129))
    expected[0, 0], expected[1, 128] = 101, 7
    assert np.array_equal(preview, expected)


def test_shades_of_floats_leave_out_a_hot_pixel() -> None:
    pixels = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (200, 1))
    pixels[0, 0] = 1e6
    ((low, high),) = pack_image(Image(pixels, "YX")).facts["spans"]
    assert low == 0
    assert 1 <= high < 1.2


def test_cells_are_numbered_runs() -> None:
    labels = np.array([[7, 7, 0, 3], [3, 3, 3, 3]])
    packed = pack_labels(labels)
    assert packed.ids.tolist() == [3, 7]
    assert packed.facts["runs"] == 4
    lengths, numbers = planes(packed.content, "uint16", 4)
    assert lengths.tolist() == [2, 1, 1, 4]
    assert numbers.tolist() == [2, 0, 1, 1]


def test_many_cells_need_four_bytes() -> None:
    labels = np.arange(1, 70_001).reshape(100, 700)
    packed = pack_labels(labels)
    assert packed.facts["wide"] == [False, True]
    raw = np.frombuffer(zlib.decompress(packed.content), np.uint8)
    numbers = raw[2 * 70_000 :].reshape(4, -1).T.copy().view(">u4")[:, 0]
    assert np.array_equal(numbers, labels.ravel())


def test_a_mask_of_nothing_has_no_cells() -> None:
    packed = pack_labels(np.zeros((2, 3), bool))
    assert (packed.ids.size, packed.facts["cells"], packed.facts["runs"]) == (0, 0, 2)


def test_equal_bytes_of_another_shape_are_another_layer() -> None:
    tall, wide = (pack_image(Image(np.zeros(shape, np.uint8), "YX")) for shape in [(4, 2), (2, 4)])
    assert tall.content == wide.content
    assert tall.identity != wide.identity


def test_a_probability_has_255_steps() -> None:
    probability = np.array([[0.0, 0.5, 1.0, np.nan, 1.2]], np.float32)
    packed = pack_probability(probability)
    assert unpacked(packed.content, "uint8", 1, 5)[0].tolist() == [[0, 128, 255, 0, 255]]


def test_a_huge_picture_is_thinned_alike_in_all_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "LARGEST", 6)
    pixels = np.arange(20, dtype=np.uint8).reshape(4, 5)
    packed = pack_image(Image(pixels, "YX"))
    assert np.array_equal(unpacked(packed.content, "uint8", 2, 3)[0], [[0, 2, 4], [10, 12, 14]])
    cells = pack_labels(pixels)
    assert cells.facts["cells"] == 19  # those that fall between keep their numbers
    lengths, numbers = planes(cells.content, "uint16", 6)
    assert (lengths.tolist(), numbers.tolist()) == ([1] * 6, [0, 2, 4, 10, 12, 14])
    assert pack_probability(pixels / 255).facts["width"] == 3


# --- tables -----------------------------------------------------------------------------------

IDS = np.array([2, 5, 9, 11, 12, 13, 14, 15, 40])


def test_a_bit_for_each_cell() -> None:
    assert base64.b64decode(layers.bit_mask(IDS, {2, 40, 99})) == bytes([1, 1])
    assert base64.b64decode(layers.bit_mask(IDS, [])) == bytes([0, 0])


def test_values_span_their_percentiles() -> None:
    table = layers.value_table(np.arange(1, 102), {label: label - 1 for label in range(1, 102)})
    assert (table["low"], table["high"], table["cut"]) == (1, 99, [True, True])
    flat = layers.value_table(IDS[:3], {2: 4.0, 5: float("inf")})
    found = np.frombuffer(base64.b64decode(flat["data"]), "<f4")
    assert np.array_equal(found, [4, np.nan, np.nan], equal_nan=True)
    assert (flat["low"], flat["high"], flat["cut"]) == (4, 4, [False, False])
    assert layers.value_table(IDS[:1], {})["high"] == 1


def test_a_colour_for_each_cell() -> None:
    table = layers.colour_table(IDS[:3], {2: "#ff0000", 9: "#00ff00"})
    assert table["colours"] == ["#00ff00", "#ff0000"]
    assert base64.b64decode(table["data"]) == bytes([2, 0, 1])
    with pytest.raises(ValueError, match="255 different colours"):
        layers.colour_table(IDS, {number: f"#{number:06x}" for number in range(256)})


def test_labels_in_order_need_no_names() -> None:
    assert layers.label_table(np.arange(1, 4)) is None
    assert layers.label_table(np.zeros(0, np.int64)) is None
    named = base64.b64decode(layers.label_table(np.array([1, 2**40])))
    assert np.frombuffer(named, "<f8").tolist() == [1, 2**40]


# --- on a page --------------------------------------------------------------------------------


def sent(app: AppTest) -> dict:
    (element,) = app.get("bidi_component")
    return json.loads(element.proto.json)


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_string(APP, default_timeout=30).run()
    assert not app.exception, app.exception[0].value
    return app


def rerun(app: AppTest, **said: object) -> dict:
    for name, value in said.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception, app.exception[0].value
    return sent(app)


def test_the_page_names_the_layers(app: AppTest) -> None:
    data = sent(app)
    assert data["shape"] == [3, 4]
    assert (data["pixelSize"], data["step"], data["selected"]) == (0.5, 1, [])
    assert data["truth"] is None
    assert data["cells"]["cells"] == 3
    ids = np.frombuffer(base64.b64decode(data["cells"]["ids"]), "<f8")
    assert ids.tolist() == [5, 9, 2**40]
    urls = {data[layer]["url"] for layer in ("image", "cells", "probability")}
    assert len(urls) == 3
    assert app.markdown[0].value == "() False"


def test_filters_colours_and_selection_send_no_pixels(app: AppTest) -> None:
    before = sent(app)
    after = rerun(
        app,
        kept={5},
        values=("area", {5: 2.0, 9: 2.0}),
        marks={5: "#ff0000"},
        selected=[9, 5, 9, 77],
    )
    assert before["cells"]["kept"] is None
    assert base64.b64decode(after["cells"]["kept"]) == bytes([1])
    assert after["cells"]["values"]["name"] == "area"
    assert after["cells"]["marks"]["colours"] == ["#ff0000"]
    assert after["selected"] == [9, 5]  # once each, and only those that are there
    assert app.markdown[0].value == "(9, 5) False"
    for layer in ("image", "cells", "probability"):
        assert after[layer]["url"] == before[layer]["url"]


def test_pixels_are_packed_once_for_a_version(app: AppTest) -> None:
    before = sent(app)["image"]["url"]
    assert rerun(app, more=1)["image"]["url"] == before  # the page did not say that they are new
    after = rerun(app, version="b")
    assert after["image"]["url"] != before
    assert rerun(app, version="a")["image"]["url"] == before


def test_truth_may_come_later(app: AppTest) -> None:
    before = sent(app)
    after = rerun(app, truth=np.ones((3, 4), np.uint8))
    assert after["truth"]["cells"] == 1
    assert after["image"]["url"] == before["image"]["url"]


def test_layers_lie_below_the_path_of_the_server(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sent(app)["cells"]["url"].split("/")[-2] == "media"
    monkeypatch.setattr(streaming, "base", lambda: "/lab")
    assert rerun(app)["cells"]["url"].startswith("/lab/")


def test_layers_of_another_size_do_not_fit() -> None:
    image = Image(np.zeros((3, 4), np.uint8), "YX")
    with pytest.raises(ValueError, match="do not fit"):
        viewer.viewer("v", image, np.zeros((4, 4), int), name="slide.tif", version="a")


def test_a_large_layer_is_known_by_all_of_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    one = rng.integers(0, 256, 3_000_000, np.uint8)
    other = one.copy()
    other[1_000_000] ^= 1  # the server looks at the start, the middle and the end
    first, second = (
        pack_image(Image(flat.reshape(1500, 2000), "YX")).identity for flat in (one, other)
    )
    assert first != second


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (None, viewer.ViewerState((3,), False)),
        ("3", viewer.ViewerState((3,), False)),
        ([], viewer.ViewerState((), True)),
        ([4, 3, 4, 8, True, "3", 3.0, None], viewer.ViewerState((4, 3), True)),
    ],
)
def test_only_known_labels_are_selected(message: object, expected: viewer.ViewerState) -> None:
    assert viewer.selection_from(message, [3], {1, 3, 4}) == expected
