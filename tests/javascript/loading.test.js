import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { deflateSync } from "node:zlib";
import { evictLayers } from "#viewer/layers.js";
import { fetchLayers } from "#viewer/loading.js";

const realFetch = globalThis.fetch;
const CELLS = { height: 1, width: 2, runs: 1, wide: [false, false], cells: 1 };

let state;
let asked;
let files;

beforeEach(() => {
  globalThis.requestAnimationFrame = () => 1;
  asked = [];
  files = {
    "/image": [2, 2],
    "/preview": [2],
    "/other": [4, 2],
    "/cells": [0, 2, 0, 1],
    "/truth": [0, 2, 0, 1],
    "/probability": [2, 2],
  };
  globalThis.fetch = async (url) => {
    asked.push(url);
    return new Response(deflateSync(Uint8Array.from(await files[url])));
  };
  state = {
    urls: {},
    settings: { layers: { probability: false } },
    data: {
      image: imageFacts("/image"),
      cells: { url: "/cells", ...CELLS },
      truth: null,
      probability: { ...imageFacts("/probability") },
    },
  };
});

afterEach(() => {
  globalThis.fetch = realFetch;
  delete globalThis.requestAnimationFrame;
  evictLayers(new Set(), -1); // forget all that a test has loaded
});

function imageFacts(url) {
  return { url, preview: "", coarseness: 8, height: 1, width: 2, channels: 1, bytes: 1 };
}

// Holds a file back until the returned function is called.
function hold(url) {
  const bytes = files[url];
  let release;
  files[url] = new Promise((resolve) => {
    release = () => resolve(bytes);
  });
  return release;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Wait until nothing has been asked for ten pauses, on a busy machine too. */
async function settled() {
  for (let quiet = 0, known = -1; quiet < 10; quiet += 1) {
    if (asked.length !== known) quiet = 0;
    known = asked.length;
    await pause();
  }
}

test("layers are fetched once, and the probability only where it is shown", async () => {
  await fetchLayers(state);
  await settled();
  assert.deepEqual(asked.toSorted(), ["/cells", "/image"]);
  assert.deepEqual(state.image.levels[0].planes, [Uint8Array.of(1, 2)]);
  assert.deepEqual(state.cells.levels[0].index, Uint16Array.of(1, 1));
  assert.equal(state.tablesStale, true);
  state.settings.layers.probability = true;
  await fetchLayers(state);
  await settled();
  assert.deepEqual(asked.slice(2), ["/probability"]);
  state.settings.layers.probability = false;
  await fetchLayers(state);
  assert.equal(state.probability, null);
});

test("small layers and a preview come before the image, which takes the preview's place", async () => {
  state.data.image.preview = "/preview";
  const release = hold("/image");
  const fetching = fetchLayers(state);
  await settled();
  assert.deepEqual(asked, ["/cells", "/preview", "/image"]);
  assert.deepEqual(state.image.levels[3].planes, [Uint8Array.of(1)]);
  state.brightness = "of the preview";
  release();
  await fetching;
  assert.deepEqual(state.image.levels[0].planes, [Uint8Array.of(1, 2)]);
  assert.equal(state.brightness, null);
});

test("an image that is in memory needs no preview", async () => {
  await fetchLayers(state);
  state.data = { ...state.data, image: { ...imageFacts("/other") } };
  await fetchLayers(state);
  state.data = { ...state.data, image: { ...imageFacts("/image"), preview: "/preview" } };
  await fetchLayers(state);
  assert.deepEqual(asked.toSorted(), ["/cells", "/image", "/other"]);
  assert.deepEqual(state.image.levels[0].planes, [Uint8Array.of(1, 2)]);
});

test("an image that arrives too late is not shown", async () => {
  const release = hold("/image");
  const first = fetchLayers(state);
  state.data = { ...state.data, image: imageFacts("/other") };
  await fetchLayers(state);
  assert.deepEqual(state.image.levels[0].planes, [Uint8Array.of(2, 3)]);
  release();
  await first;
  assert.deepEqual(state.image.levels[0].planes, [Uint8Array.of(2, 3)]);
});

test("another layer of cells is not drawn over the image before it arrives", async () => {
  await fetchLayers(state);
  await settled();
  const release = hold("/truth");
  state.data = { ...state.data, cells: { url: "/truth", ...CELLS } };
  const fetching = fetchLayers(state);
  assert.equal(state.cells, null);
  release();
  await fetching;
  await settled();
  assert.deepEqual(state.cells.levels[0].index, Uint16Array.of(1, 1));
});

test("what does not arrive is said, and tried again with the next change of the page", async () => {
  files["/image"] = [2]; // too short
  await fetchLayers(state);
  assert.match(
    state.error,
    /^The image could not be loaded\. Reload the page\. \(Received 1 of 2 bytes/,
  );
  await settled();
  files["/image"] = [2, 2];
  await fetchLayers(state);
  assert.equal(state.error, "");
  assert.deepEqual(state.image.levels[0].planes, [Uint8Array.of(1, 2)]);
});
