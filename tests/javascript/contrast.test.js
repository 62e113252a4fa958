import assert from "node:assert/strict";
import { test } from "node:test";
import { pack } from "#viewer/colours.js";
import {
  blackAndWhite,
  brightnessTable,
  brightnessTables,
  histogram,
  isStretched,
  percentile,
} from "#viewer/contrast.js";

// How often each code of an image of 8 or 16 bits stands in it.
function counts(codes, size = 256) {
  const found = new Uint32Array(size);
  for (const code of codes) found[code]++;
  return found;
}

test("a histogram counts the finest level that has arrived, once", () => {
  const preview = { planes: [Uint16Array.of(5, 5, 9)] };
  const image = { levels: [undefined, preview, { planes: [Uint16Array.of(1)] }] };
  const found = histogram(image, 0);
  assert.deepEqual([found.length, found[5], found[9], found[1]], [65536, 2, 1, 0]);
  assert.equal(histogram(image, 0), found);
  image.levels[0] = { planes: [Uint8Array.of(7)] };
  assert.deepEqual([histogram(image, 0).length, histogram(image, 0)[7]], [256, 1]);
});

test("percentiles lie between the pixels as in NumPy", () => {
  const four = counts([10, 20, 40, 80]); // ranks 0 to 3
  assert.equal(percentile(four, 0), 10);
  assert.equal(percentile(four, 100), 80);
  assert.equal(percentile(four, 50), 30); // rank 1.5
  assert.equal(percentile(four, 90), 68); // rank 2.7
  assert.equal(percentile(counts([4, 4, 4, 8]), 50), 4);
  assert.equal(percentile(counts([255]), 30), 255);
});

test("images of more than 8 bits are stretched until the user decides", () => {
  assert.equal(isStretched({ stretch: null }, { bytes: 1 }), false);
  assert.equal(isStretched({ stretch: null }, { bytes: 2 }), true);
  assert.equal(isStretched({ stretch: false }, { bytes: 2 }), false);
  assert.equal(isStretched({ stretch: true }, { bytes: 1 }), true);
});

test("black and white", () => {
  const ends = { low: 50, high: 100 };
  const codes = [10, 20, 30, 40, 50];
  assert.deepEqual(blackAndWhite(counts(codes), true, ends), [30, 50]);
  assert.deepEqual(blackAndWhite(counts(codes), false, ends), [0, 255]);
  // All of 16 bits would be black: without stretching, what is there spans black to white.
  assert.deepEqual(blackAndWhite(counts(codes, 65536), false, ends), [10, 50]);
  // Percentiles that coincide would leave two colours: the extremes are taken.
  assert.deepEqual(blackAndWhite(counts([0, 7, 7, 7, 7]), true, ends), [0, 7]);
});

test("a table of brightness fills the bits of its channel", () => {
  const grey = brightnessTable(4, 1, 3, [0, 8, 16]);
  assert.deepEqual(
    [...grey],
    [0, 0, 128, 255].map((level) => pack(level, level, level)),
  );
  const green = brightnessTable(4, 1, 3, [8]);
  assert.deepEqual(
    [...green],
    [0, 0, 128, 255].map((level) => pack(0, level, 0)),
  );
  assert.equal(brightnessTable(3, 2, 2, [0])[2], pack(0, 0, 0)); // a flat image is black
});

test("a grey image has one table, a colour image three or the one of a channel", () => {
  const settings = { stretch: false, channel: -1, low: 1, high: 99.8 };
  const plane = (code) => Uint8Array.of(code);
  const grey = { levels: [{ planes: [plane(51)] }] };
  const one = brightnessTables(grey, { channels: 1, bytes: 1 }, settings);
  assert.equal(one.tables.length, 1);
  assert.deepEqual(one.bounds, [[0, 255]]);
  assert.equal(one.tables[0][51], pack(51, 51, 51));

  const colour = { levels: [{ planes: [plane(1), plane(2), plane(3)] }] };
  const facts = { channels: 3, bytes: 1 };
  const three = brightnessTables(colour, facts, settings).tables;
  assert.deepEqual(
    [three[0][9], three[1][9], three[2][9]],
    [pack(9, 0, 0), pack(0, 9, 0), pack(0, 0, 9)],
  );
  const alone = brightnessTables(colour, facts, { ...settings, channel: 2, stretch: true });
  assert.equal(alone.tables.length, 1);
  assert.deepEqual(alone.bounds, [[3, 3]]);
});

test("bounds of a float image are in its own values", () => {
  const image = { levels: [{ planes: [Uint16Array.of(0, 65535)] }] };
  const facts = { channels: 1, bytes: 4, float: true, spans: [[-1, 3]] };
  const settings = { stretch: null, channel: -1, low: 25, high: 100 };
  assert.deepEqual(brightnessTables(image, facts, settings).bounds, [[0, 3]]);
});
