import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { bringIntoView, showScaleBar } from "#viewer/navigation.js";

let state;
let ring;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.requestAnimationFrame = () => 1;
  ring = { style: {}, hidden: true };
  const boxes = [
    ...[0, 0, 0, 0], // background
    ...[10, 10, 30, 20], // cell 1, on the canvas
    ...[300, 300, 340, 340], // cell 2, beside it
    ...[50, 60, 54, 62], // cell 3, tiny
  ];
  state = {
    view: { scale: 1, x: 0, y: 0 },
    size: { width: 200, height: 100 },
    data: { shape: [400, 400], step: 1 },
    cells: { boxes: Int32Array.from(boxes) },
    find: () => ring,
  };
});

afterEach(() => {
  mock.timers.reset();
  delete globalThis.requestAnimationFrame;
});

test("a cell that can be seen is pointed out, and nothing moves", () => {
  bringIntoView(state, [1]);
  assert.deepEqual(state.view, { scale: 1, x: 0, y: 0 });
  // A ring of 20 + 16 page pixels about (20, 15).
  assert.deepEqual(ring.style, { left: "2px", top: "-3px", width: "36px", height: "36px" });
  assert.equal(ring.hidden, false);
  mock.timers.tick(1200);
  assert.equal(ring.hidden, true);
});

test("a cell beside the canvas comes to its centre", () => {
  bringIntoView(state, [2]);
  assert.deepEqual(state.view, { scale: 1, x: -220, y: -270 }); // (320, 320) at (100, 50)
  assert.equal(ring.hidden, false);
});

test("a tiny cell is enlarged to 60 page pixels", () => {
  bringIntoView(state, [3]);
  assert.deepEqual(state.view, { scale: 15, x: 100 - 52 * 15, y: 50 - 61 * 15 });
});

test("of several cells one must be seen, and none is pointed out", () => {
  bringIntoView(state, [2, 1]);
  assert.deepEqual(state.view, { scale: 1, x: 0, y: 0 });
  assert.equal(ring.hidden, true);
  bringIntoView(state, []);
  assert.deepEqual(state.view, { scale: 1, x: 0, y: 0 });
});

test("boxes are in sent pixels", () => {
  state.data.step = 10; // cell 1 lies at 100 to 300, beside the canvas in y
  state.data.shape = [4000, 4000];
  state.size = { width: 400, height: 90 };
  bringIntoView(state, [1]);
  assert.deepEqual(state.view, { scale: 1, x: 0, y: -105 }); // row 150 at 45
});

test("the scale bar is there where the size of a pixel is known", () => {
  const bar = { firstElementChild: {}, lastElementChild: { style: {} } };
  state.find = () => bar;
  state.data.pixelSize = 0.5;
  showScaleBar(state);
  assert.equal(bar.hidden, false);
  assert.equal(bar.firstElementChild.textContent, "20 µm");
  assert.equal(bar.lastElementChild.style.width, "40px");
  state.data.pixelSize = null;
  showScaleBar(state);
  assert.equal(bar.hidden, true);
});
