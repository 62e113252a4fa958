import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { deflateSync } from "node:zlib";
import {
  addLevels,
  cachedLayer,
  downsampleMean,
  downsampleNearest,
  evictLayers,
  isCached,
  levelFor,
  loadCells,
  loadImage,
  medianSide,
  quantize,
} from "#viewer/layers.js";

const realFetch = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = realFetch;
  evictLayers(new Set(), -1); // forget all that a test has loaded
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("the mean of 2 x 2 pixels, where an odd edge counts twice", () => {
  const plane = Uint8Array.of(1, 2, 10, /**/ 3, 5, 20, /**/ 250, 255, 8);
  // (1 + 2 + 3 + 5 + 2) >> 2 = 3, (2 * 10 + 2 * 20 + 2) >> 2 = 15, 505 * 2 + 2 >> 2 = 253, 8
  assert.deepEqual(downsampleMean(plane, { height: 3, width: 3 }), Uint8Array.of(3, 15, 253, 8));
});

test("indices of cells are taken, not averaged", () => {
  const index = Uint16Array.of(1, 9, 2, /**/ 9, 9, 9, /**/ 3, 9, 4);
  assert.deepEqual(downsampleNearest(index, { height: 3, width: 3 }), Uint16Array.of(1, 2, 3, 4));
});

test("levels halve until the coarsest", () => {
  const levels = [{ height: 3, width: 9 }];
  addLevels(levels, 0, (level) => ({ from: level.width }), 3);
  assert.deepEqual(levels.slice(1), [
    { height: 2, width: 5, from: 9 },
    { height: 1, width: 3, from: 5 },
  ]);
});

test("the level whose pixels are closest to the screen's is drawn", () => {
  const all = ["0", "1", "2"];
  assert.equal(levelFor(all, 4), 0); // enlarged
  assert.equal(levelFor(all, 1), 0);
  assert.equal(levelFor(all, 0.5), 1);
  assert.equal(levelFor(all, 0.3), 2); // 2 ** -1.74
  assert.equal(levelFor(all, 0.01), 2);
  const preview = [undefined, undefined, undefined, "3", "4"];
  assert.equal(levelFor(preview, 1), 3);
  assert.equal(levelFor(preview, 1 / 16), 4);
});

test("floats become steps between two values", () => {
  const codes = quantize(Float32Array.of(-9, 0, 0.5, 1, 9, Number.NaN), [0, 1]);
  assert.deepEqual(codes, Uint16Array.of(0, 0, 32767, 65535, 65535, 0));
  assert.deepEqual(quantize(Float32Array.of(2, 2), [2, 2]), Uint16Array.of(0, 0));
});

test("the median side of the cells", () => {
  const boxes = Int32Array.from([
    ...[0, 0, 0, 0], // background
    ...[0, 0, 2, 1], // 2
    ...[5, 5, 6, 12], // 7
    ...[1, 1, 4, 4], // 3
  ]);
  assert.equal(medianSide(boxes), 3);
  assert.equal(medianSide(new Int32Array(4)), 0);
});

test("a layer is loaded once", async () => {
  let loads = 0;
  const load = async () => ({ bytes: ++loads });
  const [first, again] = await Promise.all([cachedLayer("/a", load), cachedLayer("/a", load)]);
  assert.equal(first, again);
  assert.equal(loads, 1);
});

test("a layer that did not arrive is loaded again", async () => {
  const failing = async () => {
    throw new Error("broken");
  };
  await assert.rejects(cachedLayer("/a", failing), /broken/);
  await settled();
  assert.equal(isCached("/a"), false);
  assert.deepEqual(await cachedLayer("/a", async () => ({ bytes: 3 })), { bytes: 3 });
});

test("the layers that were used last stay in memory, and so do those on the page", async () => {
  const load = async () => ({ bytes: 40 });
  for (const url of ["/shown", "/old", "/a", "/b", "/a"]) await cachedLayer(url, load);
  await settled();
  evictLayers(new Set(["/shown"]), 80);
  assert.deepEqual(["/shown", "/old", "/a", "/b"].map(isCached), [true, false, true, true]);
  evictLayers(new Set(), 80);
  assert.deepEqual(["/shown", "/a", "/b"].map(isCached), [false, true, true]);
});

function answerWith(bytes) {
  globalThis.fetch = async () => new Response(deflateSync(Uint8Array.from(bytes)));
}

test("an image keeps its values where it is drawn in steps", async () => {
  answerWith([0, 0x7f, 0, 0x80, 0, 0, 0, 0]); // 0 and 1.5; see the codec's test
  const facts = { height: 1, width: 2, channels: 1, bytes: 4, float: true, spans: [[0, 3]] };
  const image = await loadImage("/float", facts);
  assert.deepEqual(image.values, [Float32Array.of(0, 1.5)]);
  assert.deepEqual(image.levels[0].planes, [Uint16Array.of(0, 32767)]);
});

test("a preview begins with a coarse level", async () => {
  answerWith([2, 2]);
  const facts = { height: 8, width: 9, channels: 1, bytes: 1, float: false };
  const image = await loadImage("/preview", facts, 3);
  assert.equal(image.values, null);
  assert.equal(image.levels[0], undefined);
  assert.deepEqual(image.levels[3], { height: 1, width: 2, planes: [Uint8Array.of(1, 2)] });
});

test("cells come with their boxes", async () => {
  answerWith([0, 0, 1, 1, 0, 0, 0, 1]); // one pixel of background, one of cell 1
  const facts = { height: 1, width: 2, runs: 2, wide: [false, false], cells: 1 };
  const cells = await loadCells("/cells", facts);
  assert.deepEqual(cells.levels[0].index, Uint16Array.of(0, 1));
  assert.deepEqual([...cells.boxes.subarray(4)], [1, 0, 2, 1]);
  assert.equal(cells.medianSide, 1);
});
