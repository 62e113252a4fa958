import assert from "node:assert/strict";
import { test } from "node:test";
import { INFERNO_MAP, pack } from "#viewer/colours.js";
import { brightnessTable } from "#viewer/contrast.js";
import {
  drawBlack,
  drawCells,
  drawImage,
  drawProbability,
  insideRange,
  samplePositions,
} from "#viewer/render.js";
import { HIDDEN, SELECTED, SHOWN } from "#viewer/selection.js";

const BLACK = pack(0, 0, 0);
const WHITE = pack(255, 255, 255);
const GREY = [0, 8, 16];

function frame(width, height, left = 0, top = 0, perPixel = 1) {
  return { out: new Uint32Array(width * height), width, height, left, top, perPixel };
}

test("each pixel of a side is sampled at its centre", () => {
  assert.deepEqual([...samplePositions(4, 0, 0, 0.5, 9)], [0, 0, 1, 1]);
  assert.deepEqual([...samplePositions(3, 0, 0, 2, 4)], [1, 3, -1]);
  assert.deepEqual([...samplePositions(2, 1, 0, 1, 2)], [-1, 0, 1, -1]); // with a margin
  assert.deepEqual([...samplePositions(3, 0, -1.2, 1, 9)], [-1, 0, 1]);
});

test("from where to where a side is inside of the layer", () => {
  assert.deepEqual(insideRange(Int32Array.of(-1, 0, 1, -1)), [1, 3]);
  assert.deepEqual(insideRange(Int32Array.of(-1, -1)), [2, 2]);
});

test("a grey image, enlarged, with nothing beside it", () => {
  const image = { levels: [{ height: 1, width: 2, planes: [Uint8Array.of(10, 20)] }] };
  const drawn = frame(5, 2, 0, 0, 0.5); // 2 x 2 pixels of the frame for each
  drawImage(drawn, image, [brightnessTable(256, 0, 255, GREY)], 0);
  const [a, b] = [pack(10, 10, 10), pack(20, 20, 20)];
  assert.deepEqual([...drawn.out], [a, a, b, b, 0, a, a, b, b, 0]);
});

test("a single channel is grey, all three are a colour", () => {
  const planes = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
  const image = { levels: [{ height: 1, width: 1, planes }] };
  const drawn = frame(1, 1);
  drawImage(drawn, image, [brightnessTable(256, 0, 255, GREY)], 1);
  assert.equal(drawn.out[0], pack(2, 2, 2));
  const tables = [0, 8, 16].map((shift) => brightnessTable(256, 0, 255, [shift]));
  drawImage(drawn, image, tables, 0);
  assert.equal(drawn.out[0], pack(1, 2, 3));
});

test("an image that is made small is drawn from a coarser level", () => {
  const finest = { height: 2, width: 4, planes: [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0)] };
  const half = { height: 1, width: 2, planes: [Uint8Array.of(7, 8)] };
  const drawn = frame(2, 1, 0, 0, 2);
  drawImage(drawn, { levels: [finest, half] }, [brightnessTable(256, 0, 255, GREY)], 0);
  assert.deepEqual([...drawn.out], [pack(7, 7, 7), pack(8, 8, 8)]);
  const moved = frame(2, 2, 2, -2, 2); // one pixel of the level to the left and down
  drawImage(moved, { levels: [finest, half] }, [brightnessTable(256, 0, 255, GREY)], 0);
  assert.deepEqual([...moved.out], [0, 0, pack(8, 8, 8), 0]);
});

test("where the image is off, its place is black", () => {
  const drawn = frame(3, 2, -1, 0);
  drawBlack(drawn, [{ height: 1, width: 1 }]);
  assert.deepEqual([...drawn.out], [0, BLACK, 0, 0, 0, 0]);
});

test("a probability covers the image with inferno", () => {
  const probability = { levels: [{ height: 1, width: 2, planes: [Uint8Array.of(0, 255)] }] };
  const drawn = frame(2, 1);
  drawn.out.fill(WHITE);
  drawProbability(drawn, probability, 256);
  assert.deepEqual([...drawn.out], [INFERNO_MAP[0], INFERNO_MAP[255]]);
});

// --- cells: a square of 5 x 5 pixels (cell 1) and a pixel (cell 2) in 7 x 9 -----------------------

const RED = pack(255, 0, 0);
const BLUE = pack(0, 0, 255);
const SIDE = { width: 9, height: 7 };
const LAYER = { levels: [{ ...SIDE, index: squareAndPixel() }] };

function squareAndPixel() {
  const index = new Uint16Array(SIDE.width * SIDE.height);
  for (let y = 1; y < 6; y++) index.fill(1, y * SIDE.width + 1, y * SIDE.width + 6);
  index[3 * SIDE.width + 7] = 2;
  return index;
}

// What is drawn over white, one letter for each pixel.
function drawnCells(more) {
  const drawn = frame(SIDE.width, SIDE.height);
  drawn.out.fill(WHITE);
  drawCells(drawn, {
    layer: LAYER,
    colours: Uint32Array.of(0, RED, BLUE),
    visibility: Uint8Array.of(SHOWN, SHOWN, SHOWN),
    filled: false,
    opacity: 128,
    line: 1,
    selectedLine: 1,
    ...more,
  });
  const letters = { [WHITE]: ".", [BLACK]: "#", [RED]: "r", [BLUE]: "b" };
  const rows = [];
  for (let y = 0; y < SIDE.height; y++) {
    const row = [...drawn.out.subarray(y * SIDE.width, (y + 1) * SIDE.width)];
    rows.push(row.map((colour) => letters[colour] ?? "?").join(""));
  }
  return { rows, out: drawn.out };
}

test("outlines are the pixels of a cell next to other ones", () => {
  assert.deepEqual(drawnCells({}).rows, [
    ".........",
    ".rrrrr...",
    ".r...r...",
    ".r...r.b.",
    ".r...r...",
    ".rrrrr...",
    ".........",
  ]);
  assert.deepEqual(drawnCells({ line: 2 }).rows.slice(1, 4), [
    ".rrrrr...",
    ".rrrrr...",
    ".rr.rr.b.",
  ]);
});

test("a filled cell is mixed with the image, its edge more firmly", () => {
  const { out } = drawnCells({ filled: true });
  assert.equal(out[3 * SIDE.width + 3], pack(254, 127, 127)); // 255 * 128 >> 8 from each of both
  // 128 + 90 of red over white: 255 * 218 >> 8 = 217 and 255 * 38 >> 8 = 37.
  assert.equal(out[1 * SIDE.width + 1], pack(254, 37, 37));
});

test("hidden cells are not drawn", () => {
  const { rows } = drawnCells({ visibility: Uint8Array.of(SHOWN, HIDDEN, SHOWN) });
  assert.deepEqual(rows.slice(2, 4), [".........", ".......b."]);
});

test("a selected cell has a white outline within which a black one runs", () => {
  const { rows, out } = drawnCells({ visibility: Uint8Array.of(SHOWN, SELECTED, SHOWN) });
  assert.deepEqual(rows.slice(0, 5), [
    ".........",
    ".........",
    "..###....",
    "..#?#..b.",
    "..###....",
  ]);
  assert.equal(out[3 * SIDE.width + 3], pack(254, 105, 105)); // 150 of 256
});

test("cells at the edge of the frame have no outline along it", () => {
  const drawn = frame(3, 3, 2, 2); // in the middle of the square
  drawCells(drawn, {
    ...{ layer: LAYER, colours: Uint32Array.of(0, RED, BLUE), filled: false, opacity: 128 },
    ...{ visibility: Uint8Array.of(SHOWN, SHOWN, SHOWN), line: 1, selectedLine: 1 },
  });
  assert.deepEqual([...drawn.out], Array(9).fill(0));
});
