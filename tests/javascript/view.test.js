import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boxOnCanvas,
  fittedView,
  isOnCanvas,
  pannedView,
  pixelAt,
  scaleBar,
  zoomedView,
} from "#viewer/view.js";

const SHAPE = [100, 200]; // height, width
const SIZE = { width: 400, height: 300 };

test("a fitted image fills the canvas and is centred", () => {
  assert.deepEqual(fittedView(SHAPE, SIZE), { scale: 2, x: 0, y: 50 });
  assert.deepEqual(fittedView([600, 400], SIZE), { scale: 0.5, x: 100, y: 0 });
  assert.deepEqual(fittedView([1, 1], SIZE), { scale: 64, x: 168, y: 118 }); // not beyond 64
});

test("the pixel under the pointer stays there while the view zooms", () => {
  const view = { scale: 2, x: 0, y: 50 };
  // x 100 is column 50; at scale 4 it lies 200 right of the corner. y 150 is row 50.
  assert.deepEqual(zoomedView(view, SHAPE, SIZE, 2, 100, 150), { scale: 4, x: -100, y: -50 });
  assert.deepEqual(zoomedView(view, SHAPE, SIZE, 0.5, 100, 150), { scale: 1, x: 50, y: 100 });
});

test("zooming ends at 64 page pixels and at a quarter of the canvas", () => {
  const view = { scale: 2, x: 0, y: 50 };
  assert.equal(zoomedView(view, SHAPE, SIZE, 1000, 100, 150).scale, 64);
  assert.equal(zoomedView(view, SHAPE, SIZE, 0.001, 100, 150).scale, 0.5); // 400 / 200 / 4
  assert.equal(zoomedView(view, [300, 200], SIZE, 0.001, 100, 150).scale, 0.25); // 300 / 300 / 4
  const small = { scale: 64, x: 0, y: 0 };
  assert.equal(zoomedView(small, [1, 1], SIZE, 1e-6, 0, 0).scale, 1); // 1:1 is always there
});

test("panning leaves 48 page pixels of the image on the canvas", () => {
  const view = { scale: 2, x: 0, y: 50 }; // 400 x 200 page pixels
  assert.deepEqual(pannedView(view, SHAPE, SIZE, 30, -20), { scale: 2, x: 30, y: 30 });
  assert.deepEqual(pannedView(view, SHAPE, SIZE, 9999, 9999), { scale: 2, x: 352, y: 252 });
  assert.deepEqual(pannedView(view, SHAPE, SIZE, -9999, -9999), { scale: 2, x: -352, y: -152 });
});

test("a place on the canvas is a pixel of the image, or none", () => {
  const view = { scale: 2, x: 10, y: 20 };
  assert.deepEqual(pixelAt(view, SHAPE, 10, 20), [0, 0]);
  assert.deepEqual(pixelAt(view, SHAPE, 13.9, 22), [1, 1]);
  assert.deepEqual(pixelAt(view, SHAPE, 409.9, 219.9), [199, 99]);
  for (const [x, y] of [
    [9.9, 20],
    [10, 19.9],
    [410, 20],
    [10, 220],
  ]) {
    assert.equal(pixelAt(view, SHAPE, x, y), null);
  }
});

test("the box of a cell on the canvas", () => {
  const view = { scale: 2, x: 10, y: 20 };
  const box = boxOnCanvas(view, 3, [1, 2, 4, 5]); // every third pixel was sent: 6 page pixels
  assert.deepEqual(box, { left: 16, top: 32, right: 34, bottom: 50 });
  assert.equal(isOnCanvas(box, SIZE), true);
  assert.equal(isOnCanvas({ left: -9, top: 0, right: 0, bottom: 9 }, SIZE), false);
  assert.equal(isOnCanvas({ left: -9, top: 0, right: 1, bottom: 9 }, SIZE), true);
  assert.equal(isOnCanvas({ left: 0, top: 300, right: 9, bottom: 309 }, SIZE), false);
});

test("a scale bar has a round length of at most 90 page pixels", () => {
  assert.deepEqual(scaleBar(1, 0.5), { width: 40, text: "20 µm" }); // 45 µm would fit
  assert.deepEqual(scaleBar(2, 0.1), { width: 40, text: "2 µm" }); // 4.5 µm
  assert.deepEqual(scaleBar(1, 100), { width: 50, text: "5 mm" }); // 9 mm
  assert.deepEqual(scaleBar(64, 0.1), { width: 64, text: "100 nm" }); // 141 nm
  assert.deepEqual(scaleBar(90, 1), { width: 90, text: "1 µm" });
});

test("a scale bar survives a logarithm that is rounded up", () => {
  const longest = 999.9999999999999;
  assert.equal(Math.log10(longest), 3);
  assert.equal(scaleBar(90, longest).text, "1 mm");
});
