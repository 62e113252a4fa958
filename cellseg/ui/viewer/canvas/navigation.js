// Moves the view of a viewer.
import { moved } from "./frames.js";
import { boxOnCanvas, fittedView, isOnCanvas, pannedView, scaleBar, zoomedView } from "./view.js";

const TINY = 14; // page pixels of a selected cell below which the view zooms in
const COMFORTABLE = 60; // to this side
const RING_TIME = 1200; // milliseconds

export function fit(state) {
  state.view = fittedView(state.data.shape, state.size);
  state.fitted = true;
  moved(state);
}

export function zoom(state, factor, x = state.size.width / 2, y = state.size.height / 2) {
  state.view = zoomedView(state.view, state.data.shape, state.size, factor, x, y);
  state.fitted = false;
  moved(state);
}

export function pan(state, dx, dy) {
  state.view = pannedView(state.view, state.data.shape, state.size, dx, dy);
  state.fitted = false;
  moved(state);
}

// One page pixel for one pixel of the image.
export function zoomToOne(state) {
  zoom(state, 1 / state.view.scale);
}

// Moves so that one of the cells can be seen; a single one is pointed out and, where it is tiny,
// enlarged.
export function bringIntoView(state, cells) {
  if (!cells.length) return;
  const [cell, ...others] = cells;
  const isVisible = (one) => isOnCanvas(boxOf(state, one), state.size);
  if (!cells.some(isVisible)) centre(state, cell);
  if (others.length) return;
  const box = boxOf(state, cell);
  const side = longerSide(box);
  if (side < TINY) {
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    zoom(state, COMFORTABLE / Math.max(side, 1), x, y);
    centre(state, cell);
  }
  pointOut(state, cell);
}

function boxOf(state, cell) {
  const box = state.cells.boxes.subarray(4 * cell, 4 * cell + 4);
  return boxOnCanvas(state.view, state.data.step, box);
}

function longerSide({ left, top, right, bottom }) {
  return Math.max(right - left, bottom - top);
}

function centre(state, cell) {
  const { left, top, right, bottom } = boxOf(state, cell);
  const { width, height } = state.size;
  pan(state, (width - left - right) / 2, (height - top - bottom) / 2);
}

// A ring that closes on a cell for a moment.
function pointOut(state, cell) {
  const box = boxOf(state, cell);
  const ring = state.find(".ring");
  const side = longerSide(box) + 16;
  ring.style.left = `${(box.left + box.right - side) / 2}px`;
  ring.style.top = `${(box.top + box.bottom - side) / 2}px`;
  ring.style.width = ring.style.height = `${side}px`;
  ring.hidden = false;
  clearTimeout(state.ringTimer);
  state.ringTimer = setTimeout(() => {
    ring.hidden = true;
  }, RING_TIME);
}

export function showScaleBar(state) {
  const bar = state.find(".scalebar");
  const { pixelSize } = state.data;
  bar.hidden = !pixelSize;
  if (bar.hidden) return;
  const { width, text } = scaleBar(state.view.scale, pixelSize);
  bar.lastElementChild.style.width = `${width}px`;
  bar.firstElementChild.textContent = text;
}
