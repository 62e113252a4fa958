// From data, settings and layers to a frame on the canvas.
import { brightnessTables } from "./contrast.js";
import { bringIntoView, showScaleBar } from "./navigation.js";
import { outlineWidths, visibleOverlays } from "./overlays.js";
import { showControls } from "./panel.js";
import { showReadout } from "./readout.js";
import { drawBlack, drawCells, drawImage, drawProbability } from "./render.js";
import { cellOf, visibilityTable } from "./selection.js";

const SLOW = 24; // milliseconds for a frame beyond which movements are drawn coarser
const PROBABILITY_OPACITY = 160; // of 256, over the image

export function draw(state) {
  if (state.tablesStale) updateTables(state);
  const began = performance.now();
  const frame = frameOf(state);
  compose(state, frame);
  show(state, frame);
  const spent = performance.now() - began;
  state.slow = frame.coarse ? spent * 4 > SLOW : spent > SLOW; // a coarse frame has a quarter
  state.drawnCoarse = frame.coarse;
  report(state);
  showScaleBar(state);
  showReadout(state);
}

// Works out the tables that depend on settings, filter, selection and layers.
export function updateTables(state) {
  state.tablesStale = false;
  const { data } = state;
  state.visibility = null;
  state.shown = 0;
  if (data.cells) Object.assign(state, visibilityTable(data.cells, state.selected));
  if (state.image && !state.brightness) {
    state.brightness = brightnessTables(state.image, data.image, state.settings);
  }
  state.overlays = visibleOverlays(state);
  if (state.cells && state.bringSelection) {
    state.bringSelection = false;
    const cells = state.selected.map((label) => cellOf(data.cells, label));
    bringIntoView(state, cells.filter(Boolean));
  }
  const message = state.find(".message");
  message.textContent = state.error || (state.image ? "" : "Loading the image …");
  message.hidden = !message.textContent;
  showControls(state);
}

// What tests and benchmarks read from the canvas.
function report({ canvas, data, image, cells, view, find }) {
  const { scale, x, y } = view;
  canvas.dataset.scale = scale.toFixed(4);
  canvas.dataset.origin = `${(-x / scale).toFixed(2)},${(-y / scale).toFixed(2)}`;
  canvas.dataset.overlay = cells && image ? "1" : "";
  canvas.dataset.ready = image?.levels[0] && Boolean(cells) === Boolean(data.cells) ? "1" : "";
  find(".zoom").textContent = `${percentText(scale)} %`;
}

export function percentText(share) {
  return share >= 0.1 ? String(Math.round(100 * share)) : (100 * share).toFixed(1);
}

// The next frame: coarser while a slow browser moves.
function frameOf(state) {
  const ratio = window.devicePixelRatio || 1;
  const coarse = Boolean(state.moving && state.slow);
  const factor = coarse ? ratio / 2 : ratio;
  const width = Math.max(1, Math.round(state.size.width * factor));
  const height = Math.max(1, Math.round(state.size.height * factor));
  if (!state.frame || state.frame.width !== width || state.frame.height !== height) {
    const pixels = new ImageData(width, height);
    state.frame = { pixels, out: new Uint32Array(pixels.data.buffer), width, height };
  }
  const place = framePlacement(state.view, state.data.step, factor);
  return Object.assign(state.frame, { coarse, factor, ...place });
}

// Where a frame lies in the pixels that were sent: its corner, and how many make one of its own.
//   factor : pixels of the frame for one of the page.
export function framePlacement({ scale, x, y }, step, factor) {
  const perPagePixel = 1 / (scale * step);
  return { perPixel: perPagePixel / factor, left: -x * perPagePixel, top: -y * perPagePixel };
}

function compose(state, frame) {
  const { settings, data, image, probability } = state;
  frame.out.fill(0);
  if (!image) return;
  if (settings.layers.image) {
    const channel = data.image.channels === 1 ? 0 : Math.max(0, settings.channel);
    drawImage(frame, image, state.brightness.tables, channel);
  } else {
    drawBlack(frame, image.levels);
  }
  if (state.overlaysHidden) return;
  if (probability && settings.layers.probability) {
    drawProbability(frame, probability, settings.layers.image ? PROBABILITY_OPACITY : 256);
  }
  for (const overlay of state.overlays) {
    drawCells(frame, { ...overlay, ...outlineWidths(overlay, frame) });
  }
}

function show(state, frame) {
  const { canvas, context, size } = state;
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(size.width * ratio);
  const height = Math.round(size.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  if (!frame.coarse) {
    context.putImageData(frame.pixels, 0, 0);
    return;
  }
  const { coarseCanvas } = state;
  coarseCanvas.width = frame.width;
  coarseCanvas.height = frame.height;
  coarseCanvas.getContext("2d").putImageData(frame.pixels, 0, 0);
  context.clearRect(0, 0, width, height);
  context.drawImage(coarseCanvas, 0, 0, width, height);
}
