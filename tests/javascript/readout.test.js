import assert from "node:assert/strict";
import { test } from "node:test";
import {
  channelNames,
  countCells,
  describe,
  ordinal,
  pixelText,
  rounded,
  showReadout,
  sizeText,
} from "#viewer/readout.js";
import { HIDDEN, SHOWN } from "#viewer/selection.js";

const GREY = { channels: 1, names: [], float: false };

// An image of 1 x 2 pixels with the values 7 and 9; cell 1, called 40, lies on the second pixel.
function smallState() {
  const index = Uint16Array.of(0, 1);
  return {
    data: {
      name: "slide.tif",
      shape: [1, 2],
      step: 1,
      image: GREY,
      cells: { cells: 1, labels: Float64Array.of(40), values: null },
      truth: { cells: 1 },
    },
    image: { levels: [{ width: 2, planes: [Uint8Array.of(7, 9)] }], values: null },
    cells: { levels: [{ width: 2, index }] },
    truth: { levels: [{ width: 2, index }] },
    probability: null,
    visibility: Uint8Array.of(SHOWN, SHOWN),
    settings: { layers: { truth: false, probability: false } },
    shown: 1,
    selected: [],
  };
}

test("a pixel has its place, its value and its cell", () => {
  const state = smallState();
  assert.equal(pixelText(state, [0, 0]), "x 0, y 0 · value 7");
  assert.equal(pixelText(state, [1, 0]), "x 1, y 0 · value 9 · cell 40");
  state.visibility[1] = HIDDEN;
  assert.match(pixelText(state, [1, 0]), /cell 40 \(excluded by the filters\)$/);
});

test("a cell has the value that colours it, or an unknown one", () => {
  const state = smallState();
  state.data.cells.values = { name: "area", numbers: Float32Array.of(123.456) };
  assert.match(pixelText(state, [1, 0]), /cell 40, area 123.5$/);
  state.data.cells.values.numbers[0] = Number.NaN;
  assert.match(pixelText(state, [1, 0]), /cell 40, area unknown$/);
});

test("truth and probability are told where they are shown", () => {
  const state = smallState();
  state.probability = { levels: [{ width: 2, planes: [Uint8Array.of(0, 51)] }] };
  assert.equal(pixelText(state, [1, 0]), "x 1, y 0 · value 9 · cell 40");
  state.settings.layers = { truth: true, probability: true };
  assert.match(pixelText(state, [1, 0]), /cell 40 · ground truth 1 · probability 0.20$/);
});

test("a colour has its channels, and a float its digits", () => {
  const state = smallState();
  state.data.image = { channels: 3, names: [], float: false };
  state.image.levels[0].planes = [Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5, 6)];
  assert.equal(pixelText(state, [0, 0]), "x 0, y 0 · red 1, green 3, blue 5");
  state.data.image = { ...GREY, float: true };
  state.image.values = [Float32Array.of(0.1, 2)];
  assert.equal(pixelText(state, [0, 0]), "x 0, y 0 · value 0.1");
});

test("a preview has no values yet", () => {
  const state = smallState();
  state.image.levels = [undefined, { width: 1, planes: [Uint8Array.of(8)] }];
  assert.equal(pixelText(state, [0, 0]), "x 0, y 0");
});

test("where every second pixel was sent, pixels keep their places in the image", () => {
  const state = smallState();
  Object.assign(state.data, { shape: [2, 4], step: 2 });
  assert.equal(pixelText(state, [2, 1]), "x 2, y 1 · value 9 · cell 40");
});

test("the line below the image follows the pointer", () => {
  const line = { textContent: "" };
  const state = { ...smallState(), view: { scale: 10, x: 0, y: 0 }, find: () => line };
  state.pointer = [15, 5];
  showReadout(state);
  assert.equal(line.textContent, "x 1, y 0 · value 9 · cell 40");
  for (const pointer of [null, [25, 5]]) {
    showReadout({ ...state, pointer });
    assert.equal(line.textContent, "2 × 1 pixels");
  }
});

test("a huge image says which pixels are shown", () => {
  assert.equal(sizeText({ shape: [9, 7], step: 1 }), "7 × 9 pixels");
  assert.equal(sizeText({ shape: [9, 7], step: 2 }), "7 × 9 pixels, every 2nd pixel is shown");
  const numbers = [1, 2, 3, 4, 11, 12, 13, 21, 22, 112].map(ordinal).join(" ");
  assert.equal(numbers, "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 112th");
});

test("channels are called as in the file, else red, green and blue", () => {
  assert.deepEqual(channelNames({ channels: 3, names: ["DAPI", "GFP", "BF"] })[0], "DAPI");
  assert.deepEqual(channelNames({ channels: 3, names: ["DAPI"] }), ["Red", "Green", "Blue"]);
  assert.deepEqual(channelNames({ channels: 1, names: ["DAPI"] }), []);
});

test("a screen reader hears how many cells there are and are selected", () => {
  const state = smallState();
  assert.match(describe(state), /^slide.tif: 2 by 1 pixels, 1 cell, none selected\. Arrow keys/);
  Object.assign(state, { shown: 1200, selected: [1, 2] });
  state.data.cells.cells = 5000;
  assert.match(describe(state), /pixels, 1,200 of 5,000 cells shown, 2 selected\./);
  state.data.cells = null;
  assert.match(describe(state), /2 by 1 pixels\. Arrow keys/);
  assert.equal(countCells(0), "0 cells");
});

test("numbers have four digits", () => {
  assert.deepEqual([0.000123456, 12, 12345, 2.5].map(rounded), ["0.0001235", "12", "12350", "2.5"]);
});
