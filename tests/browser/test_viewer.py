"""The viewer in a real browser, on 4096 x 4096 pixels with 5,000 cells."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from benchmarks.synthetic_field import draw_field
from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

APP = """
import numpy as np
import streamlit as st
from cellseg.images.image import Image
from cellseg.ui.viewer.viewer import viewer

st.set_page_config(layout="wide")
said = st.session_state


@st.cache_resource
def arrays():
    with np.load(PATH) as saved:
        pixels, labels = saved["pixels"], saved["labels"]
    return pixels, labels, np.roll(labels, 3, 1), (pixels / 65535).astype(np.float32)


pixels, labels, truth, probability = arrays()
if st.toggle("Small"):
    pixels, labels, truth, probability = (
        array[:600, :700] for array in (pixels, labels, truth, probability)
    )
least = st.number_input("Lowest label", 0, 5001, 0)
wanted = st.number_input("Light up", 0, 5000, 0)
if wanted != said.get("wanted", 0):
    said["wanted"], said["selected"] = wanted, (wanted,)
seen = viewer(
    "field", Image(pixels, "YX"), labels, name="field.tif", version=f"{pixels.shape}",
    truth=truth, probability=probability, pixel_size=0.5, selected=said.get("selected", ()),
    kept=range(least, 5001), values=("area", dict.fromkeys(range(1, 5001), 7.0))
    if st.toggle("By area") else None,
)
if seen.changed:
    said["selected"] = seen.selected
    st.rerun()
st.text(f"Selected: {list(seen.selected)}")
"""
ROUTES = """
import streamlit as st
from cellseg.server.routes import routes

app = st.App("pages.py", routes=routes(""))
"""


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """The picture and the labels of the field."""
    return draw_field()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, drawn: tuple[np.ndarray, np.ndarray]) -> Path:
    """A folder with a page that has the viewer, to be served both ways."""
    folder = tmp_path_factory.mktemp("viewer")
    np.savez(folder / "field.npz", pixels=drawn[0], labels=drawn[1])
    page = APP.replace("PATH", repr(str(folder / "field.npz")))
    (folder / "pages.py").write_text(page, encoding="utf-8")
    (folder / "routes.py").write_text(ROUTES, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def served(pages: Path) -> Iterator[Server]:
    """The page as `streamlit run` serves it."""
    server = Server(pages / "home", str(pages / "pages.py"))
    yield server
    server.stop()


class Viewer:
    """The canvas of a page, and what goes over the wire for it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.layers: list[str] = []
        self.messages: list[int] = []
        page.on("response", lambda answer: self._heard(answer.url))
        page.on("websocket", self._listen)
        page.set_viewport_size({"width": 1280, "height": 1100})
        page.goto(url)
        self.canvas: Locator = page.locator("canvas.view")
        self.wait_for("ready", "1")

    def _heard(self, url: str) -> None:
        if re.search(r"/media/.*\.bin$", url):
            self.layers.append(url)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.messages.append(len(frame)))

    def said(self, name: str) -> str:
        return self.canvas.get_attribute(f"data-{name}") or ""

    def wait_for(self, name: str, value: str | re.Pattern[str]) -> None:
        expect(self.canvas).to_have_attribute(f"data-{name}", value)

    @property
    def scale(self) -> float:
        return float(self.said("scale"))

    @property
    def origin(self) -> np.ndarray:
        """The place in the image, x and y, at the corner of the canvas."""
        return np.array(self.said("origin").split(","), float)

    @property
    def size(self) -> np.ndarray:
        box = self.canvas.bounding_box()
        return np.array([box["width"], box["height"]])

    def on_page(self, x: float, y: float) -> tuple[float, float]:
        """Where a place in the image is on the page."""
        box = self.canvas.bounding_box()
        at = (np.array([x, y]) - self.origin) * self.scale
        return box["x"] + at[0], box["y"] + at[1]

    def in_image(self, x: float, y: float) -> np.ndarray:
        """The place in the image under a place on the page."""
        box = self.canvas.bounding_box()
        return self.origin + np.array([x - box["x"], y - box["y"]]) / self.scale

    def colour(self, x: float, y: float) -> list[int]:
        """Red, green, blue and opacity of the canvas at a place in the image."""
        at = ((np.array([x, y]) - self.origin) * self.scale).tolist()
        return self.canvas.evaluate(
            "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data]", at
        )

    def press(self, *keys: str) -> None:
        self.canvas.focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def settle(self) -> None:
        """Wait until the next frames are drawn."""
        self.page.evaluate(
            "() => new Promise(done => setTimeout(() => requestAnimationFrame(() => "
            "requestAnimationFrame(done)), 200))"
        )

    def wait_for_silence(self) -> None:
        """Wait until the server has sent nothing for a second."""
        heard = -1
        while heard < len(self.messages):
            heard = len(self.messages)
            self.page.wait_for_timeout(1000)

    def fill(self, label: str, number: int) -> None:
        box = self.page.get_by_label(label, exact=True)
        box.fill(str(number))
        box.press("Enter")

    def click(self, x: float, y: float, *modifiers: str) -> None:
        for key in modifiers:
            self.page.keyboard.down(key)
        self.page.mouse.click(*self.on_page(x, y))
        for key in modifiers:
            self.page.keyboard.up(key)


@pytest.fixture
def viewer(served: Server, page: Page) -> Viewer:
    return Viewer(page, served.url)


@pytest.fixture(scope="module")
def cells(drawn: tuple[np.ndarray, np.ndarray]) -> Callable[[int], tuple[int, int]]:
    """A place (x, y) well inside of a cell, by label."""

    def place(label: int) -> tuple[int, int]:
        rows, columns = np.nonzero(drawn[1] == label)
        middle = rows.size // 2
        row = rows[middle]
        return int(np.median(columns[rows == row])), int(row)

    return place


def greenish(colour: list[int]) -> bool:
    red, green, blue, _ = colour
    return green > red + 30 and green > blue


def test_all_cells_show_over_the_image(viewer: Viewer, cells, drawn) -> None:
    viewer.wait_for("cells", "5000")
    label = viewer.canvas.get_attribute("aria-label") or ""
    assert "field.tif: 4096 by 4096 pixels, 5,000 cells" in label
    assert viewer.scale == pytest.approx(min(viewer.size / 4096), rel=1e-2)
    viewer.page.get_by_role("button", name="Ground truth").click()
    viewer.settle()
    large = np.argsort(np.bincount(drawn[1].ravel())[1:])[-50:] + 1
    places = [cells(int(label)) for label in large]
    assert sum(greenish(viewer.colour(*place)) for place in places) > 45
    assert viewer.colour(-100, 2000)[3] == 0  # beside the image


def test_image_pixels_are_those_of_the_file(viewer: Viewer, drawn) -> None:
    viewer.press("1", " ")
    assert viewer.scale == 1
    left, top = np.ceil(viewer.origin).astype(int) + 5
    at = (np.array([left, top]) - viewer.origin).round().tolist()
    shown = np.array(
        viewer.canvas.evaluate(
            "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 300, 200).data]", at
        )
    ).reshape(200, 300, 4)
    expected = to_rgb8(Image(drawn[0], "YX"))[top : top + 200, left : left + 300]
    difference = np.abs(shown[..., :3] - expected.astype(int))
    assert difference.max() <= 1
    viewer.page.mouse.move(*viewer.on_page(left + 50.5, top + 20.5))
    under = viewer.page.locator(".readout")
    expect(under).to_contain_text(f"x {left + 50}, y {top + 20} · value ")
    expect(under).to_contain_text(f"value {drawn[0][top + 20, left + 50]}")


def test_wheel_and_drag_and_keys_move_the_image(viewer: Viewer) -> None:
    before = viewer.scale
    pointer = np.round(viewer.on_page(1000, 3000))  # a mouse stands on whole pixels
    anchor = viewer.in_image(*pointer)
    viewer.page.mouse.move(*pointer)
    for _ in range(5):
        viewer.page.mouse.wheel(0, -240)
    viewer.settle()
    assert viewer.scale > 4 * before
    assert viewer.on_page(*anchor) == pytest.approx(pointer, abs=1)
    origin = viewer.origin
    viewer.page.mouse.down()
    viewer.page.mouse.move(pointer[0] + 60, pointer[1] - 40, steps=5)
    viewer.page.mouse.up()
    viewer.settle()
    moved = (origin - viewer.origin) * viewer.scale
    assert moved == pytest.approx([60, -40], abs=1)
    assert viewer.said("selected") == ""
    viewer.press("ArrowRight", "ArrowDown")
    assert (viewer.origin - origin) * viewer.scale == pytest.approx([20, 120], abs=1)
    scale = viewer.scale
    viewer.press("+")
    assert viewer.scale == pytest.approx(1.25 * scale, rel=1e-2)
    viewer.press("-", "-")
    assert viewer.scale == pytest.approx(0.8 * scale, rel=1e-2)
    viewer.press("0")
    assert viewer.scale == pytest.approx(before, rel=1e-3)


def test_two_fingers_zoom(viewer: Viewer) -> None:
    before = viewer.scale
    x, y = viewer.on_page(2048, 2048)
    fingers = viewer.page.context.new_cdp_session(viewer.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": px, "y": py, "id": n} for n, (px, py) in enumerate(places)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x - 40, y), (x + 40, y))
    for apart in range(50, 130, 10):
        touch("touchMove", (x - apart, y), (x + apart, y))
    touch("touchEnd")
    viewer.settle()
    assert viewer.scale == pytest.approx(3 * before, rel=0.05)
    assert viewer.on_page(2048, 2048) == pytest.approx((x, y), abs=3)
    assert viewer.said("selected") == ""


def test_a_click_selects_and_python_hears_it(viewer: Viewer, cells) -> None:
    page = viewer.page
    viewer.click(*cells(1203))
    expect(page.get_by_text("Selected: [1203]")).to_be_visible()
    viewer.wait_for("selected", "1203")
    viewer.click(*cells(88), "Control")
    expect(page.get_by_text("Selected: [1203, 88]")).to_be_visible()
    viewer.click(*cells(1203), "Shift")
    expect(page.get_by_text("Selected: [88]")).to_be_visible()
    viewer.press("n")
    expect(page.get_by_text("Selected: [89]")).to_be_visible()
    viewer.press("Escape")
    expect(page.get_by_text("Selected: []")).to_be_visible()
    viewer.wait_for("selected", "")


def test_python_selects_and_the_cell_comes_into_view(viewer: Viewer, cells) -> None:
    viewer.press("1", "+", "+", "+")
    x, y = cells(3)
    at = (np.array([x, y]) - viewer.origin) * viewer.scale
    assert not (np.all(at > 0) and np.all(at < viewer.size))
    viewer.fill("Light up", 3)
    viewer.wait_for("selected", "3")
    viewer.settle()
    at = (np.array([x, y]) - viewer.origin) * viewer.scale
    assert np.all(at > 0)
    assert np.all(at < viewer.size)


def test_filters_hide_cells_and_nothing_is_sent_again(viewer: Viewer, cells) -> None:
    viewer.page.get_by_role("button", name="Ground truth").click()
    viewer.fill("Light up", 4000)
    viewer.wait_for("selected", "4000")
    viewer.press("Escape")
    expect(viewer.page.get_by_text("Selected: []")).to_be_visible()
    place = cells(4000)
    assert greenish(viewer.colour(*place))
    sent, messages = list(viewer.layers), len(viewer.messages)
    assert len(sent) == len(set(sent)) == 4  # image, its preview, cells, truth

    viewer.fill("Lowest label", 4001)
    viewer.wait_for("cells", "1000")
    viewer.settle()
    assert not greenish(viewer.colour(*place))
    assert "1,000 of 5,000 cells shown" in (viewer.canvas.get_attribute("aria-label") or "")
    viewer.click(*place)
    viewer.page.mouse.move(*viewer.on_page(*place))
    expect(viewer.page.locator(".readout")).to_contain_text("cell 4000 (excluded by the filters)")
    assert viewer.said("selected") != "4000"

    viewer.page.get_by_text("By area").click()
    expect(viewer.page.locator(".legend")).to_contain_text("area")
    viewer.fill("Lowest label", 0)
    viewer.wait_for("cells", "5000")
    assert viewer.layers == sent
    assert sum(viewer.messages[messages:]) < 1_000_000  # of 17 MB


def test_settings_outlive_another_image(viewer: Viewer) -> None:
    page = viewer.page
    page.get_by_label("Cell style").select_option("outline")
    page.get_by_label("Cell opacity").fill("80")
    page.get_by_role("button", name="Ground truth").click()
    page.get_by_text("Small").click()
    expect(viewer.canvas).to_have_attribute("aria-label", re.compile("700 by 600"))
    viewer.wait_for("ready", "1")
    expect(page.get_by_label("Cell style")).to_have_value("outline")
    expect(page.get_by_label("Cell opacity")).to_have_value("80")
    expect(page.get_by_role("button", name="Ground truth")).to_have_attribute(
        "aria-pressed", "false"
    )
    assert viewer.scale == pytest.approx(min(viewer.size / [700, 600]), rel=1e-2)
    sent = len(viewer.layers)
    page.get_by_text("Small").click()
    expect(viewer.canvas).to_have_attribute("aria-label", re.compile("4096 by 4096"))
    viewer.wait_for("ready", "1")
    assert len(viewer.layers) == sent  # the browser still has it


def test_layers_come_and_go(viewer: Viewer, cells) -> None:
    page = viewer.page
    page.get_by_role("button", name="Ground truth").click()
    viewer.fill("Light up", 2000)
    viewer.wait_for("selected", "2000")
    viewer.press("Escape")
    place = cells(2000)
    assert greenish(viewer.colour(*place))
    viewer.press(" ")
    assert not greenish(viewer.colour(*place))
    viewer.press(" ")
    assert greenish(viewer.colour(*place))
    viewer.press("t")
    expect(page.get_by_role("button", name="Ground truth")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_role("button", name="Cells")).to_have_attribute("aria-pressed", "false")
    assert not greenish(viewer.colour(*place))
    viewer.press("t")
    assert greenish(viewer.colour(*place))

    page.get_by_role("button", name="Image").click()
    viewer.settle()
    sent = len(viewer.layers)
    page.get_by_role("button", name="Probability").click()
    expect(page.locator(".legend")).to_contain_text("Probability")
    page.mouse.move(*viewer.on_page(*place))
    expect(page.locator(".readout")).to_contain_text("probability 0.0")
    assert len(viewer.layers) == sent + 1  # fetched only now


def test_contrast_is_the_browsers_own(viewer: Viewer, cells) -> None:
    page = viewer.page
    viewer.fill("Light up", 2000)
    viewer.wait_for("selected", "2000")
    viewer.press("Escape", " ")
    viewer.wait_for_silence()
    place = cells(2000)
    before = viewer.colour(*place)[0]
    messages = len(viewer.messages)
    page.get_by_text("Contrast", exact=True).click()
    page.get_by_label(re.compile(r"Maximum \(white\)")).fill("70")
    viewer.settle()
    assert viewer.colour(*place)[0] > before
    page.get_by_role("button", name="Reset").click()
    viewer.settle()
    assert viewer.colour(*place)[0] == before
    assert len(viewer.messages) == messages
    page.keyboard.press("Escape")
    expect(page.get_by_label(re.compile(r"Maximum \(white\)"))).to_be_hidden()


def test_the_app_with_its_own_routes_serves_it_alike(pages: Path, page: Page, cells) -> None:
    server = Server(pages / "routes-home", str(pages / "routes.py"))
    try:
        viewer = Viewer(page, server.url)
        viewer.wait_for("cells", "5000")
        viewer.click(*cells(17))
        expect(page.get_by_text("Selected: [17]")).to_be_visible()
    finally:
        server.stop()


def test_a_scale_bar_of_round_length(viewer: Viewer) -> None:
    bar = viewer.page.locator(".scalebar")
    expect(bar).to_have_text("200 µm")
    width = bar.locator("i").bounding_box()["width"]
    assert width == pytest.approx(400 * viewer.scale, rel=0.02)
