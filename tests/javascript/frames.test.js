import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { changed, contrastChanged, moved, requestFrame } from "#viewer/frames.js";

let state;
let frames;
let drawn;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  frames = [];
  drawn = 0;
  globalThis.requestAnimationFrame = (callback) => frames.push(callback);
  const ring = { hidden: false };
  state = {
    size: { width: 9, height: 9 },
    canvas: { isConnected: true },
    draw: () => drawn++,
    find: () => ring,
    brightness: "tables",
    tablesStale: false,
  };
});

afterEach(() => {
  mock.timers.reset();
  delete globalThis.requestAnimationFrame;
});

test("any number of changes is one frame", () => {
  requestFrame(state);
  changed(state);
  moved(state);
  assert.equal(frames.length, 1);
  frames[0]();
  assert.equal(drawn, 1);
  requestFrame(state);
  assert.equal(frames.length, 2);
});

test("nothing is drawn off the page or without a size", () => {
  state.canvas.isConnected = false;
  requestFrame(state);
  frames.pop()();
  Object.assign(state, { canvas: { isConnected: true }, size: {} });
  requestFrame(state);
  frames.pop()();
  assert.equal(drawn, 0);
});

test("a change makes tables stale, and one of contrast the brightness", () => {
  changed(state);
  assert.deepEqual([state.tablesStale, state.brightness], [true, "tables"]);
  contrastChanged(state);
  assert.equal(state.brightness, null);
});

test("a movement leaves the tables and hides the ring", () => {
  moved(state);
  assert.equal(state.tablesStale, false);
  assert.equal(state.find().hidden, true);
});

test("a coarse frame is drawn in full once the view rests", () => {
  moved(state);
  frames.pop()();
  state.drawnCoarse = true;
  mock.timers.tick(100);
  moved(state); // still moving
  frames.pop()();
  mock.timers.tick(159);
  assert.deepEqual([state.moving, frames.length], [true, 0]);
  mock.timers.tick(1);
  assert.deepEqual([state.moving, frames.length], [false, 1]);
});

test("a full frame is not drawn again", () => {
  moved(state);
  frames.pop()();
  state.drawnCoarse = false;
  mock.timers.tick(160);
  assert.equal(frames.length, 0);
});
