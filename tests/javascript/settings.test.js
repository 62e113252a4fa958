import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { followOffer, initialSettings, saveSettings, settingsOf } from "#viewer/settings.js";

afterEach(() => {
  delete globalThis.localStorage;
});

function storeWith(items) {
  globalThis.localStorage = {
    getItem: (key) => items[key] ?? null,
    setItem: (key, value) => {
      items[key] = value;
    },
  };
  return items;
}

const styleOf = ({ style, opacity, colour }) => [style, opacity, colour];

test("what was stored is used again", () => {
  const stored = { style: "outline", opacity: 0, colour: "label" };
  assert.deepEqual(styleOf(initialSettings(stored)), ["outline", 0, "label"]);
});

test("what was stored by nobody we know is not", () => {
  const usual = ["filled", 45, "green"];
  assert.deepEqual(styleOf(initialSettings({})), usual);
  const odd = { style: "dotted", opacity: 101, colour: "toString" };
  assert.deepEqual(styleOf(initialSettings(odd)), usual);
  assert.deepEqual(styleOf(initialSettings({ opacity: null })), usual);
});

test("at first all layers show but the probability, with the contrast of the dtype", () => {
  const { layers, channel, stretch, low, high, by } = initialSettings({});
  assert.deepEqual(layers, { image: true, cells: true, truth: true, probability: false });
  assert.deepEqual([channel, stretch, low, high, by], [-1, null, 1, 99.8, ""]);
});

test("settings are kept for each viewer, and the style for the next page", () => {
  const items = storeWith({ "cellseg-viewer": '{"opacity":80}' });
  const settings = settingsOf("a");
  assert.equal(settings.opacity, 80);
  assert.equal(settingsOf("a"), settings);
  settings.opacity = 30;
  saveSettings(settings);
  assert.equal(
    items["cellseg-viewer"],
    JSON.stringify({ style: "filled", opacity: 30, colour: "green" }),
  );
  assert.equal(settingsOf("b").opacity, 30);
});

test("a browser that stores nothing has the usual settings", () => {
  assert.equal(settingsOf("without").opacity, 45); // there is no localStorage
  saveSettings({ style: "filled", opacity: 1, colour: "green" });
  storeWith({ "cellseg-viewer": "not JSON" });
  assert.equal(settingsOf("broken").opacity, 45);
  storeWith({ "cellseg-viewer": "null" });
  assert.equal(settingsOf("empty").opacity, 45);
});

test("what Python newly offers to colour by is shown, until it is taken away", () => {
  const settings = { by: "" };
  followOffer(settings, "value", "area", undefined);
  assert.equal(settings.by, "value");
  settings.by = ""; // the user chooses a plain colour
  followOffer(settings, "value", "area", "area");
  assert.equal(settings.by, "");
  followOffer(settings, "value", "perimeter", "area");
  assert.equal(settings.by, "value");
  followOffer(settings, "marks", undefined, undefined);
  assert.equal(settings.by, "value");
  followOffer(settings, "value", undefined, "perimeter");
  assert.equal(settings.by, "");
});
