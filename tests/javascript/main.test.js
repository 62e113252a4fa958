import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { deflateSync } from "node:zlib";
import { evictLayers } from "#viewer/layers.js";
import { decodeTables, isDark, receive } from "#viewer/main.js";
import { framePlacement, percentText } from "#viewer/scene.js";

const realFetch = globalThis.fetch;

let state;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.requestAnimationFrame = () => 1;
  globalThis.getComputedStyle = () => ({ backgroundColor: "rgb(14, 17, 23)" });
  globalThis.fetch = async () => new Response(deflateSync(Uint8Array.of(0, 1, 0, 1)));
  const element = { style: { setProperty: () => {} } };
  state = {
    stage: { clientWidth: 400, clientHeight: 300, style: element.style },
    settings: { by: "", layers: {} },
    urls: {},
    view: {},
    size: {},
    selected: [],
    unanswered: [],
    find: () => element,
  };
});

afterEach(() => {
  mock.timers.reset();
  globalThis.fetch = realFetch;
  delete globalThis.requestAnimationFrame;
  delete globalThis.getComputedStyle;
  evictLayers(new Set(), -1); // forget all that a test has loaded
});

// What Python says of an image of 100 x 200 pixels with a layer of cells.
function said(more = {}) {
  return {
    shape: [100, 200],
    step: 1,
    height: 300,
    image: { url: "/image", height: 1, width: 1, channels: 1, bytes: 1 },
    cells: { url: "/cells", runs: 1, wide: [false, false], cells: 1, height: 1, width: 1 },
    truth: null,
    probability: null,
    selected: [],
    ...more,
  };
}

test("base64 becomes tables, once", () => {
  const cells = {
    ids: "AAAAAAAA8D8AAAAAAAAIQA==", // 1 and 3 as float64
    kept: "Ag==",
    values: { data: "AADAPw==" }, // 1.5 as float32
    marks: { data: "AQ==" },
  };
  const data = { cells, truth: null };
  decodeTables(data);
  decodeTables(data);
  assert.deepEqual(cells.labels, Float64Array.of(1, 3));
  assert.equal(cells.cellOfLabel.get(3), 2);
  assert.deepEqual(cells.kept, Uint8Array.of(2));
  assert.deepEqual(cells.values.numbers, Float32Array.of(1.5));
  assert.deepEqual(cells.marks.numbers, Uint8Array.of(1));
});

test("labels in order have no table", () => {
  const truth = { ids: null };
  decodeTables({ cells: null, truth });
  assert.equal(truth.labels, null);
  assert.equal(truth.cellOfLabel, null);
});

test("another image is fitted, and its contrast is worked out anew", () => {
  receive(state, said());
  assert.deepEqual(state.view, { scale: 2, x: 0, y: 50 });
  state.view = { scale: 8, x: 1, y: 2 };
  state.brightness = "tables";
  state.fitted = false;
  receive(state, said());
  assert.deepEqual([state.view.scale, state.brightness], [8, "tables"]);
  receive(state, said({ shape: [50, 100], image: { ...said().image, url: "/other" } }));
  assert.deepEqual([state.view.scale, state.brightness], [4, null]);
});

test("a fitted view stays fitted when the canvas changes its size", () => {
  receive(state, said());
  state.stage.clientWidth = 200;
  receive(state, said());
  assert.deepEqual(state.view, { scale: 1, x: 0, y: 100 });
});

test("every message makes the tables stale", () => {
  receive(state, said());
  state.tablesStale = false;
  receive(state, said());
  assert.equal(state.tablesStale, true);
});

test("cells that Python selects come into view, those of another image only if there are some", () => {
  receive(state, said());
  assert.equal(Boolean(state.bringSelection), false);
  receive(state, said({ selected: [1] }));
  assert.deepEqual([state.selected, state.bringSelection], [[1], true]);
  const others = { ...said().cells, url: "/others" };
  receive(state, said({ cells: others }));
  assert.deepEqual([state.selected, state.bringSelection], [[], false]);
});

test("a run of the page for another reason leaves a click that Python has not heard", () => {
  receive(state, said());
  state.selected = [1];
  receive(state, said());
  assert.deepEqual(state.selected, [1]);
});

test("selections of other cells wait for no answer", () => {
  receive(state, said());
  state.unanswered = ["1"];
  receive(state, said({ cells: { ...said().cells, url: "/others" } }));
  assert.deepEqual(state.unanswered, []);
});

test("colours follow what Python offers", () => {
  receive(state, said());
  const marks = { colours: ["#ff0000"], data: "AQ==" };
  receive(state, said({ cells: { ...said().cells, marks } }));
  assert.equal(state.settings.by, "marks");
  receive(state, said());
  assert.equal(state.settings.by, "");
});

test("dark and light backgrounds", () => {
  assert.equal(isDark("rgb(14, 17, 23)"), true);
  assert.equal(isDark("rgb(255, 255, 255)"), false);
  assert.equal(isDark("rgb(0, 255, 0)"), false); // 0.6 of 255
  assert.equal(isDark("transparent"), false);
  receive(state, said());
  assert.equal(state.find().style.colorScheme, "dark");
});

test("where a frame lies in the pixels that were sent", () => {
  // Two page pixels for each of the image, of which every fifth was sent: a tenth of a sent pixel
  // for one of the page, a twentieth for one of a frame with twice as many.
  const placement = framePlacement({ scale: 2, x: -30, y: 40 }, 5, 2);
  assert.deepEqual(placement, { perPixel: 0.05, left: 3, top: -4 });
});

test("small scales have a decimal", () => {
  assert.deepEqual([2.345, 0.1, 0.0987].map(percentText), ["235", "10", "9.9"]);
});
