import assert from "node:assert/strict";
import { test } from "node:test";
import { labelColour, packHex } from "#viewer/colours.js";
import { layerColours, outlineWidths, visibleOverlays } from "#viewer/overlays.js";
import { SHOWN } from "#viewer/selection.js";

const BOTH = { cells: { cells: 1 }, truth: { cells: 1 } };
const shown = (cells, truth) => ({ image: true, cells, truth, probability: false });

test("the prediction has the chosen colour, the truth another one", () => {
  const colours = (colour) => {
    const { primary, secondary } = layerColours(BOTH, { layers: shown(true, true), colour });
    return [primary.layer, primary.colour, secondary.layer, secondary.colour];
  };
  assert.deepEqual(colours("green"), ["cells", "green", "truth", "magenta"]);
  assert.deepEqual(colours("magenta"), ["cells", "magenta", "truth", "yellow"]);
  assert.deepEqual(colours("label"), ["cells", "label", "truth", "magenta"]);
});

test("truth alone keeps its colour and has the chosen style", () => {
  const settings = { layers: shown(false, true), colour: "label" };
  const { primary, secondary } = layerColours(BOTH, settings);
  assert.deepEqual(primary, { layer: "truth", colour: "magenta" });
  assert.deepEqual(secondary, { layer: "cells", colour: "green" });
  const alone = layerColours({ cells: null, truth: BOTH.truth }, { ...settings, colour: "green" });
  assert.equal(alone.primary.layer, "truth");
});

function stateWith(settings) {
  return {
    data: {
      cells: { cells: 2, values: { low: 0, high: 1, numbers: Float32Array.of(0, 1) } },
      truth: { cells: 1 },
    },
    cells: "layer of cells",
    truth: "layer of truth",
    visibility: Uint8Array.of(SHOWN, SHOWN, SHOWN),
    settings: {
      layers: shown(true, true),
      style: "filled",
      colour: "green",
      by: "",
      opacity: 50,
      ...settings,
    },
  };
}

test("the prediction is filled below the outlines of the truth", () => {
  const [cells, truth] = visibleOverlays(stateWith({}));
  assert.deepEqual([cells.layer, cells.filled, cells.opacity], ["layer of cells", true, 128]);
  assert.deepEqual([truth.layer, truth.filled], ["layer of truth", false]);
  assert.equal(cells.colours[1], packHex("#00b894"));
  assert.equal(truth.colours[1], packHex("#e83e8c"));
  assert.equal(truth.visibility[1], SHOWN);
});

test("only layers that are on and have arrived are drawn", () => {
  assert.deepEqual(visibleOverlays(stateWith({ layers: shown(false, false) })), []);
  const state = stateWith({});
  state.cells = null;
  assert.deepEqual(
    visibleOverlays(state).map(({ layer }) => layer),
    ["layer of truth"],
  );
});

test("values colour the prediction only", () => {
  const [cells, truth] = visibleOverlays(stateWith({ by: "value", style: "outline" }));
  assert.equal(cells.filled, false);
  assert.equal(cells.colours[2], packHex("#fde725"));
  assert.equal(truth.colours[1], packHex("#e83e8c"));
});

test("many colours are for the primary layer", () => {
  const [cells, truth] = visibleOverlays(stateWith({ colour: "label" }));
  assert.equal(cells.colours[2], labelColour(2));
  assert.equal(truth.colours[1], packHex("#e83e8c"));
});

test("outlines leave the inside of small cells", () => {
  const widths = (medianSide, filled, factor) =>
    outlineWidths({ layer: { medianSide }, filled }, { factor, perPixel: 0.5 });
  assert.deepEqual(widths(100, false, 1), { line: 2, selectedLine: 2 }); // 1.6 rounded
  assert.deepEqual(widths(100, true, 1), { line: 1, selectedLine: 2 });
  assert.deepEqual(widths(100, false, 2), { line: 3, selectedLine: 3 }); // 3.2 rounded
  assert.deepEqual(widths(9, false, 2), { line: 2, selectedLine: 3 }); // 9 / 0.5 / 8 = 2.25
  assert.deepEqual(widths(1, false, 2), { line: 1, selectedLine: 3 });
});
