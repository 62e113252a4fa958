import assert from "node:assert/strict";
import { test } from "node:test";
import { INFERNO, VIRIDIS } from "#viewer/colours.js";
import { colourChoice, colourOptions, legendEntries } from "#viewer/panel.js";

test("the list of colours offers what Python has for the cells", () => {
  const values = (data) => colourOptions(data).map(([value]) => value);
  const plain = ["green", "yellow", "magenta", "label"];
  assert.deepEqual(values({ cells: {}, truth: null }), plain);
  const cells = { values: { name: "area" }, marks: {} };
  assert.deepEqual(values({ cells, truth: null }), [...plain, "value", "marks"]);
  assert.deepEqual(colourOptions({ cells, truth: null })[4], ["value", "area"]);
  assert.deepEqual(values({ cells: null, truth: { marks: {} } }), [...plain, "marks"]);
});

test("a plain colour ends the colours by value or outcome", () => {
  assert.deepEqual(colourChoice("value"), { by: "value" });
  assert.deepEqual(colourChoice("marks"), { by: "marks" });
  assert.deepEqual(colourChoice("yellow"), { by: "", colour: "yellow" });
});

const AREA = { name: "area", low: 1, high: 12.3456, cut: [false, true] };

function legend(data, settings, layers) {
  return legendEntries({
    data: { cells: null, truth: null, probability: null, legend: [], ...data },
    settings: {
      by: "",
      colour: "green",
      ...settings,
      layers: { cells: true, truth: true, probability: false, ...layers },
    },
  });
}

test("one layer of cells needs no legend", () => {
  assert.deepEqual(legend({ cells: {} }), []);
  assert.deepEqual(legend({ cells: {}, truth: {} }, {}, { truth: false }), []);
});

test("prediction and truth have their colours", () => {
  const both = { cells: {}, truth: {} };
  assert.deepEqual(legend(both), [
    { colour: "#00b894", text: "Prediction" },
    { colour: "#e83e8c", text: "Ground truth" },
  ]);
  // Random colours have no patch.
  assert.deepEqual(legend(both, { colour: "label" }), [
    { colour: "#e83e8c", text: "Ground truth" },
  ]);
});

test("values have the ends of their range, with a sign where some lie beyond", () => {
  const data = { cells: { values: AREA }, truth: {} };
  assert.deepEqual(legend(data, { by: "value" }), [
    { stops: VIRIDIS, title: "area", ends: ["1", "≥ 12.35"] },
    { colour: "#e83e8c", text: "Ground truth" },
  ]);
  assert.deepEqual(legend(data, { by: "value" }, { cells: false }), []);
});

test("outcomes have the legend that Python says", () => {
  const data = { cells: {}, truth: {}, legend: [["#ff0000", "missed"]] };
  assert.deepEqual(legend(data, { by: "marks" }), [{ colour: "#ff0000", text: "missed" }]);
});

test("a probability has its map where it is shown", () => {
  const data = { probability: {} };
  assert.deepEqual(legend(data), []);
  assert.deepEqual(legend(data, {}, { probability: true }), [
    { stops: INFERNO, title: "Probability", ends: ["0", "1"] },
  ]);
});
