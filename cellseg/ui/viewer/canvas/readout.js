// What the viewer says in words: the line below the image, and the description for screen readers.
import { cellAt, isHidden, labelOf } from "./selection.js";
import { pixelAt } from "./view.js";

const RGB = ["Red", "Green", "Blue"];

// The line below the image: the pixel under the pointer, else the size of the image.
export function showReadout(state) {
  const pixel = state.pointer && pixelAt(state.view, state.data.shape, ...state.pointer);
  state.find(".readout").textContent = pixel ? pixelText(state, pixel) : sizeText(state.data);
}

export function sizeText({ shape, step }) {
  const [height, width] = shape;
  const sampled = step > 1 ? `, every ${ordinal(step)} pixel is shown` : "";
  return `${width} × ${height} pixels${sampled}`;
}

export function ordinal(number) {
  const teens = number % 100 > 10 && number % 100 < 14;
  return `${number}${(!teens && ["th", "st", "nd", "rd"][number % 10]) || "th"}`;
}

// What is known of a pixel [x, y] of the image.
export function pixelText(state, [x, y]) {
  const { data, image, cells, truth, probability } = state;
  const { step } = data;
  const positionIn = ({ width }) => Math.floor(y / step) * width + Math.floor(x / step);
  const parts = [`x ${x}, y ${y}`];
  const finest = image?.levels[0]; // a preview has none
  if (finest) {
    const at = positionIn(finest);
    const values = (image.values || finest.planes).map((plane) => plane[at]);
    parts.push(valueText(data.image, values));
  }
  const cell = cells && cellAt(cells, step, [x, y]);
  if (cell) parts.push(cellText(data.cells, cell, isHidden(state, cell)));
  const truthCell = truth && state.settings.layers.truth && cellAt(truth, step, [x, y]);
  if (truthCell) parts.push(`ground truth ${labelOf(data.truth, truthCell)}`);
  if (probability && state.settings.layers.probability) {
    const [level] = probability.levels;
    parts.push(`probability ${(level.planes[0][positionIn(level)] / 255).toFixed(2)}`);
  }
  return parts.join(" · ");
}

function valueText(facts, values) {
  const texts = values.map((value) => (facts.float ? Number(value.toPrecision(6)) : value));
  if (texts.length < 2) return `value ${texts[0]}`;
  const names = channelNames(facts);
  return texts.map((text, channel) => `${names[channel].toLowerCase()} ${text}`).join(", ");
}

function cellText(facts, cell, hidden) {
  const name = `cell ${labelOf(facts, cell)}`;
  if (hidden) return `${name} (excluded by the filters)`;
  const value = facts.values?.numbers[cell - 1];
  if (value === undefined) return name;
  return `${name}, ${facts.values.name} ${Number.isNaN(value) ? "unknown" : rounded(value)}`;
}

export function channelNames({ channels, names }) {
  if (channels < 2) return [];
  return names.length === channels ? names : RGB;
}

// What a screen reader says of the canvas.
export function describe({ data, shown, selected }) {
  const [height, width] = data.shape;
  const parts = [`${data.name}: ${width} by ${height} pixels`];
  if (data.cells) {
    const all = data.cells.cells;
    const few = `${shown.toLocaleString("en")} of ${countCells(all)} shown`;
    parts.push(shown === all ? countCells(all) : few);
    parts.push(selected.length ? `${selected.length} selected` : "none selected");
  }
  const keys = "Arrow keys move, plus and minus zoom, N goes to the next cell.";
  return `${parts.join(", ")}. ${keys}`;
}

export function countCells(number) {
  return `${number.toLocaleString("en")} ${number === 1 ? "cell" : "cells"}`;
}

// A number with four digits.
export function rounded(value) {
  return String(Number(value.toPrecision(4)));
}
