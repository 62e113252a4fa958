import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import {
  actionOf,
  goToNextCell,
  listen,
  pinch,
  pressSpace,
  releaseSpace,
  swapTruth,
  wheelFactor,
} from "#viewer/input.js";
import { SHOWN } from "#viewer/selection.js";

let state;
let frames;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  frames = 0;
  globalThis.requestAnimationFrame = () => ++frames;
  state = {
    view: { scale: 2, x: 0, y: 50 },
    size: { width: 400, height: 300 },
    data: { shape: [100, 200], step: 1, cells: { cells: 3 }, truth: { cells: 1 } },
    cells: { boxes: Int32Array.of(0, 0, 0, 0, 10, 10, 40, 40, 150, 50, 190, 90, 0, 0, 90, 90) },
    visibility: Uint8Array.of(SHOWN, SHOWN, SHOWN, SHOWN),
    settings: { layers: { cells: true, truth: true } },
    selected: [],
    unanswered: [],
    find: () => ({ style: {} }),
    component: { setTriggerValue: () => {} },
  };
});

afterEach(() => {
  mock.timers.reset();
  delete globalThis.requestAnimationFrame;
});

const key = (name, more = {}) => ({ key: name, ...more });

function press(event) {
  actionOf(event, state.selected.length > 0)(state, event);
}

test("keys zoom about the middle of the canvas", () => {
  press(key("+"));
  assert.deepEqual(state.view, { scale: 2.5, x: -50, y: 25 }); // (200, 150) stays
  press(key("-"));
  assert.equal(state.view.scale, 2);
  press(key("="));
  press(key("_"));
  assert.equal(state.view.scale, 2);
  press(key("1"));
  assert.equal(state.view.scale, 1);
  assert.equal(state.fitted, false);
  press(key("0"));
  assert.deepEqual(state.view, { scale: 2, x: 0, y: 50 });
  assert.equal(state.fitted, true);
});

test("arrow keys move the view, and the image the other way", () => {
  press(key("ArrowRight"));
  press(key("ArrowDown"));
  assert.deepEqual(state.view, { scale: 2, x: -80, y: -30 });
  press(key("ArrowLeft"));
  press(key("ArrowUp"));
  assert.deepEqual(state.view, { scale: 2, x: 0, y: 50 });
});

test("letters count in upper case, too", () => {
  assert.equal(actionOf(key("T")), swapTruth);
  assert.equal(actionOf(key("t")), swapTruth);
});

test("N goes to the next cell, and with Shift to the one before", () => {
  press(key("n"));
  assert.deepEqual(state.selected, [1]);
  press(key("n"));
  press(key("n"));
  assert.deepEqual(state.selected, [3]);
  press(key("n"));
  assert.deepEqual(state.selected, [3]); // there is no fourth
  press(key("N", { shiftKey: true }));
  assert.deepEqual(state.selected, [2]);
});

test("N waits for the cells", () => {
  state.cells = null;
  goToNextCell(state, 1);
  assert.deepEqual(state.selected, []);
});

test("Escape selects nothing; without a selection it is the browser's", () => {
  assert.equal(actionOf(key("Escape"), false), undefined);
  state.selected = [2];
  press(key("Escape"));
  assert.deepEqual(state.selected, []);
});

test("keys with Ctrl, Alt or the command key are the browser's, and so are unknown ones", () => {
  for (const modifier of ["ctrlKey", "altKey", "metaKey"]) {
    assert.equal(actionOf(key("f", { [modifier]: true }), true), undefined);
  }
  for (const name of ["x", "Tab", "Enter", "toString"]) {
    assert.equal(actionOf(key(name), true), undefined);
  }
});

test("a tap on the space bar hides the cells, and the next one shows them", () => {
  pressSpace(state, 1000);
  assert.equal(state.overlaysHidden, true);
  releaseSpace(state, 1300);
  assert.equal(state.overlaysHidden, true);
  pressSpace(state, 5000);
  releaseSpace(state, 9000);
  assert.equal(state.overlaysHidden, false);
});

test("the cells are hidden as long as the space bar is held", () => {
  pressSpace(state, 1000);
  assert.equal(actionOf(key(" "))(state, key(" ", { repeat: true })), true); // nothing happens
  assert.equal(state.overlaysHidden, true);
  releaseSpace(state, 1301);
  assert.equal(state.overlaysHidden, false);
});

test("a canvas that loses the focus leaves tapped cells hidden", () => {
  pressSpace(state, 1000);
  releaseSpace(state, 1100);
  releaseSpace(state, 9000); // blur, long after the tap
  assert.equal(state.overlaysHidden, true);
});

test("T shows the truth alone, then the prediction alone", () => {
  const { layers } = state.settings;
  const shown = () => [layers.cells, layers.truth];
  swapTruth(state);
  assert.deepEqual(shown(), [false, true]);
  swapTruth(state);
  assert.deepEqual(shown(), [true, false]);
  swapTruth(state);
  assert.deepEqual(shown(), [false, true]);
  Object.assign(layers, { cells: false, truth: false });
  swapTruth(state);
  assert.deepEqual(shown(), [false, true]);
});

test("T does nothing without both layers", () => {
  state.data.truth = null;
  swapTruth(state);
  assert.deepEqual(state.settings.layers, { cells: true, truth: true });
});

test("the wheel zooms in upwards and out downwards, a touchpad's pinch faster", () => {
  const wheel = (deltaY, more = {}) => wheelFactor({ deltaY, deltaMode: 0, ...more });
  const near = (value, expected) => assert.ok(Math.abs(value - expected) < 1e-6, `${value}`);
  near(wheel(-100), 1.1735109); // exp(0.16)
  near(wheel(100), 0.8521438); // exp(-0.16)
  near(wheel(-10, { ctrlKey: true }), 1.1051709); // exp(0.1)
  near(wheel(-9999), wheel(-240));
  near(wheel(-3, { deltaMode: 1 }), wheel(-48)); // lines
});

test("a wheel that scrolls by whole pages zooms as much as one turn can", () => {
  const factor = wheelFactor({ deltaY: -1, deltaMode: 2, ctrlKey: false });
  assert.equal(factor, Math.exp(240 * 0.0016));
});

test("two fingers zoom about the middle between them and carry it along", () => {
  state.view = { scale: 1, x: 0, y: 0 };
  pinch(state, [110, 100], [130, 100], [90, 100]); // 20 apart, then 40
  // The middle moves from 100 to 110, and what was below it stays below it.
  assert.deepEqual(state.view, { scale: 2, x: -90, y: -100 });
});

test("fingers that almost touch only pan", () => {
  state.view = { scale: 1, x: 0, y: 0 };
  pinch(state, [108, 100], [128, 100], [100, 100]);
  assert.deepEqual(state.view, { scale: 1, x: 10, y: 0 });
});

// --- mouse and touch ---------------------------------------------------------------------------

// A canvas at (5, 5) of the page whose events a test sends, with cell 1 at 20 to 80 in both.
function listening() {
  const index = new Uint16Array(100 * 200);
  for (let y = 10; y < 40; y++) index.fill(1, y * 200 + 10, y * 200 + 40);
  const canvas = {
    getBoundingClientRect: () => ({ left: 5, top: 5 }),
    setPointerCapture: () => {},
    addEventListener: (name, listener) => {
      canvas[`on${name}`] = listener;
    },
    classList: { toggle: () => {}, remove: () => {} },
  };
  state.view = { scale: 2, x: 0, y: 0 };
  state.cells = { ...state.cells, levels: [{ width: 200, height: 100, index }] };
  Object.assign(state, { canvas, image: null, truth: null, probability: null });
  listen(state);
  return (name, x, y, more = {}) =>
    canvas[`onpointer${name}`]({
      ...{ clientX: x + 5, clientY: y + 5, pointerId: 1, pointerType: "mouse", button: 0 },
      ...more,
    });
}

test("a click that hardly moves selects the cell under it", () => {
  const point = listening();
  point("down", 50, 50);
  point("move", 52, 50);
  point("move", 50, 50); // four page pixels altogether
  point("up", 50, 50);
  assert.deepEqual(state.selected, [1]);
  assert.deepEqual(state.view, { scale: 2, x: 0, y: 0 });
  point("down", 50, 50);
  point("up", 50, 50, { ctrlKey: true });
  assert.deepEqual(state.selected, []);
  point("down", 50, 50);
  point("up", 50, 50, { shiftKey: true });
  point("down", 150, 150);
  point("up", 150, 150);
  assert.deepEqual(state.selected, []);
});

test("a drag moves the image and selects nothing", () => {
  const point = listening();
  point("down", 50, 50);
  point("move", 60, 45);
  point("up", 60, 45);
  assert.deepEqual(state.view, { scale: 2, x: 10, y: -5 });
  assert.deepEqual(state.selected, []);
  point("move", 90, 90); // no button is pressed
  assert.deepEqual(state.view, { scale: 2, x: 10, y: -5 });
  assert.deepEqual(state.pointer, [90, 90]);
  point("leave", 0, 0);
  assert.equal(state.pointer, null);
});

test("a drag that comes back to its start is no click", () => {
  const point = listening();
  point("down", 50, 50);
  point("move", 50, 53);
  point("move", 50, 50);
  point("up", 50, 50);
  assert.deepEqual(state.selected, []);
});

test("only the left button selects, and the right one does not drag", () => {
  const point = listening();
  point("down", 50, 50, { button: 1 });
  point("up", 50, 50, { button: 1 });
  point("down", 50, 50, { button: 2 });
  point("move", 90, 90);
  point("up", 90, 90, { button: 2 });
  assert.deepEqual(state.selected, []);
  assert.deepEqual(state.view, { scale: 2, x: 0, y: 0 });
});

test("the fingers of a pinch select nothing when they are lifted", () => {
  const point = listening();
  const other = { pointerId: 2 };
  point("down", 40, 50);
  point("down", 60, 50, other);
  point("move", 80, 50, other); // 20 apart, then 40
  assert.equal(state.view.scale, 4);
  point("up", 80, 50, other);
  point("up", 40, 50);
  assert.deepEqual(state.selected, []);
});

test("a click before the cells have arrived selects nothing", () => {
  const point = listening();
  state.cells = null;
  point("down", 50, 50);
  point("up", 50, 50);
  assert.deepEqual(state.selected, []);
});
