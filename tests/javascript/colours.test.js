import assert from "node:assert/strict";
import { test } from "node:test";
import {
  blend,
  cellColours,
  colourMap,
  labelColour,
  NO_VALUE,
  pack,
  packHex,
  premultiply,
  shareOfRange,
} from "#viewer/colours.js";

const hex = (colour) => colour.toString(16);

test("a colour has alpha, blue, green and red from the highest byte down", () => {
  assert.equal(hex(pack(0x11, 0x22, 0x33)), "ff332211");
  assert.equal(hex(packHex("#112233")), "ff332211");
});

test("labels have the colours of the overlay in Python", () => {
  // Hue 0 at lightness 0.55 and saturation 1: 255 * (0.55 + 0.45), 255 * (0.55 - 0.45).
  assert.equal(labelColour(0), pack(255, 26, 26));
  // 137.508 degrees lie between green (120) and cyan (180): red 26, green 255, blue in between:
  // k = 4 + 4.5836 = 8.5836, min(k - 3, 9 - k, 1) = 0.4164, 255 * (0.55 - 0.45 * 0.4164) = 92.47.
  assert.equal(labelColour(1), pack(26, 255, 92));
});

test("a colour map runs straight from stop to stop", () => {
  const map = colourMap(["#000000", "#ff0000", "#ffff00"]);
  assert.equal(map.length, 256);
  assert.equal(map[0], pack(0, 0, 0));
  assert.equal(map[51], pack(102, 0, 0)); // 0.4 of the first half
  assert.equal(map[204], pack(255, 153, 0)); // 0.6 of the second half
  assert.equal(map[255], pack(255, 255, 0));
});

test("values beyond a range take its ends", () => {
  assert.deepEqual(
    [5, 10, 12.5, 20, 99].map((value) => shareOfRange(value, 10, 20)),
    [0, 0, 0.25, 1, 1],
  );
  assert.equal(shareOfRange(3, 3, 3), 0);
});

const label = (cell) => 10 * cell;

test("values span viridis, and a cell without one is grey", () => {
  const values = { low: 0, high: 10, numbers: Float32Array.of(-5, 10, Number.NaN) };
  const colours = cellColours({ cells: 3, values }, label, "value", "#000000");
  assert.equal(colours[1], packHex("#440154"));
  assert.equal(colours[2], packHex("#fde725"));
  assert.equal(colours[3], NO_VALUE);
});

test("marks have the colours that Python chose", () => {
  const marks = { colours: ["#ff0000", "#00ff00"], numbers: Uint8Array.of(2, 0, 1) };
  const colours = cellColours({ cells: 3, marks }, label, "marks", "#000000");
  assert.deepEqual([...colours.subarray(1)], [pack(0, 255, 0), NO_VALUE, pack(255, 0, 0)]);
});

test("many colours go by label, not by index", () => {
  const colours = cellColours({ cells: 1 }, label, "label", "#000000");
  assert.equal(colours[1], labelColour(10));
});

test("cells have one colour where Python has no values or marks for them", () => {
  for (const by of ["", "value", "marks"]) {
    const colours = cellColours({ cells: 2 }, label, by, "#010203");
    assert.deepEqual([...colours.subarray(1)], [pack(1, 2, 3), pack(1, 2, 3)]);
  }
});

test("an opacity mixes a colour with the one below", () => {
  const half = premultiply(Uint32Array.of(pack(200, 100, 0)), 128)[0];
  assert.equal(hex(half), hex((100 << 0) | (50 << 8)));
  assert.equal(blend(pack(0, 100, 255), half, 128), pack(100, 100, 127));
  const [opaque] = premultiply(Uint32Array.of(pack(255, 254, 253)), 256);
  assert.equal(blend(pack(9, 9, 9), opaque, 0), pack(255, 254, 253));
  const [clear] = premultiply(Uint32Array.of(pack(255, 255, 255)), 0);
  assert.equal(blend(pack(255, 254, 253), clear, 256), pack(255, 254, 253));
});
