// Mouse, touch and keys.
import { announce } from "./dom.js";
import { changed, requestFrame } from "./frames.js";
import { bringIntoView, fit, pan, zoom, zoomToOne } from "./navigation.js";
import { toggleFullScreen } from "./panel.js";
import { showReadout } from "./readout.js";
import { labelOf, nearestCell, nextCell, select, selectionAfterClick } from "./selection.js";

const CLICK = 4; // page pixels that a click may move
const ARROW = 80; // page pixels that an arrow key moves
const HOLD = 300; // milliseconds after which releasing the space bar shows the cells again
const SEND_DELAY = 300; // milliseconds until Python hears where N has led
const WHEEL_LIMIT = 240; // most page pixels of one turn of the wheel
const WHEEL_UNITS = [1, 16, 800]; // page pixels for a pixel, a line and a page of the wheel
const LEAST_PINCH = 8; // page pixels between two fingers from which on they zoom

export function listen(state) {
  const { canvas } = state;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  listenToPointers(state, place);
  const onWheel = (event) => {
    event.preventDefault();
    zoom(state, wheelFactor(event), ...place(event));
  };
  canvas.addEventListener("wheel", onWheel, { passive: false });
  canvas.onkeydown = (event) => press(state, event);
  canvas.onkeyup = (event) => event.key === " " && releaseSpace(state);
  canvas.onblur = () => releaseSpace(state);
}

function listenToPointers(state, place) {
  const { canvas } = state;
  const pointers = new Map(); // where the pressed mouse button or each finger is
  let travelled = 0; // page pixels since the first of them was pressed
  canvas.onpointerdown = (event) => {
    if (event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    if (!pointers.size) travelled = 0;
    pointers.set(event.pointerId, place(event));
    state.find(".ring").hidden = true;
  };
  canvas.onpointermove = (event) => {
    const to = place(event);
    const from = pointers.get(event.pointerId);
    if (from) {
      const [, other] = [...pointers].find(([id]) => id !== event.pointerId) || [];
      pointers.set(event.pointerId, to);
      travelled += Math.hypot(to[0] - from[0], to[1] - from[1]);
      if (other) pinch(state, from, to, other);
      else if (travelled > CLICK) pan(state, to[0] - from[0], to[1] - from[1]);
      canvas.classList.toggle("dragged", travelled > CLICK);
    }
    state.pointer = event.pointerType === "touch" && !from ? null : to;
    showReadout(state);
  };
  canvas.onpointerup = (event) => {
    const alone = pointers.size === 1;
    if (pointers.delete(event.pointerId) && alone && travelled <= CLICK && !event.button) {
      click(state, place(event), event.ctrlKey || event.metaKey || event.shiftKey);
    } else if (!alone) {
      travelled = CLICK + 1; // the last finger of a pinch is no click
    }
    canvas.classList.remove("dragged");
  };
  canvas.onpointercancel = (event) => {
    pointers.delete(event.pointerId);
    canvas.classList.remove("dragged");
  };
  canvas.onpointerleave = () => {
    state.pointer = null;
    showReadout(state);
  };
}

// The factor by which a turn of the wheel zooms.
export function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const speed = ctrlKey ? 0.01 : 0.0016; // a pinch on a touchpad comes with Ctrl
  const turn = Math.max(-WHEEL_LIMIT, Math.min(WHEEL_LIMIT, deltaY * WHEEL_UNITS[deltaMode]));
  return Math.exp(-turn * speed);
}

// One of two fingers moves: the middle between them pans, their distance zooms.
export function pinch(state, from, to, other) {
  const before = Math.hypot(from[0] - other[0], from[1] - other[1]);
  const after = Math.hypot(to[0] - other[0], to[1] - other[1]);
  pan(state, (to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
  if (before > LEAST_PINCH) {
    zoom(state, after / before, (to[0] + other[0]) / 2, (to[1] + other[1]) / 2);
  }
}

function click(state, [x, y], adding) {
  if (!state.cells) return;
  const cell = nearestCell(state, x, y);
  const label = cell ? labelOf(state.data.cells, cell) : undefined;
  select(state, selectionAfterClick(state.selected, label, adding));
}

const KEYS = {
  "+": (state) => zoom(state, 1.25),
  "=": (state) => zoom(state, 1.25), // the key of + without Shift
  "-": (state) => zoom(state, 0.8),
  _: (state) => zoom(state, 0.8),
  0: fit,
  1: zoomToOne,
  ArrowLeft: (state) => pan(state, ARROW, 0),
  ArrowRight: (state) => pan(state, -ARROW, 0),
  ArrowUp: (state) => pan(state, 0, ARROW),
  ArrowDown: (state) => pan(state, 0, -ARROW),
  " ": (state, event) => event.repeat || pressSpace(state),
  t: swapTruth,
  n: (state, event) => goToNextCell(state, event.shiftKey ? -1 : 1),
  f: toggleFullScreen,
  Escape: (state) => select(state, []),
};

// What a key does; undefined where it is left to the browser, which is so with Ctrl, Alt and the
// command key, and for Escape with nothing selected (it closes a popover).
export function actionOf(event, hasSelection) {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === "Escape" && !hasSelection) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
}

function press(state, event) {
  const action = actionOf(event, state.selected.length > 0);
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action(state, event);
}

// A tap on the space bar hides the cells or shows them; while it is held, they stay hidden.
export function pressSpace(state, now = performance.now()) {
  state.spaceSince = now;
  state.overlaysHidden = !state.overlaysHidden;
  announce(state, state.overlaysHidden ? "Only the image." : "Cells are shown.");
  requestFrame(state);
}

export function releaseSpace(state, now = performance.now()) {
  if (state.overlaysHidden && state.spaceSince && now - state.spaceSince > HOLD) {
    state.overlaysHidden = false;
    requestFrame(state);
  }
  state.spaceSince = 0;
}

// Shows the truth alone, then the prediction alone, and so on.
export function swapTruth(state) {
  if (!state.data.truth || !state.data.cells) return;
  const { layers } = state.settings;
  layers.truth = layers.cells || !layers.truth;
  layers.cells = !layers.truth;
  state.overlaysHidden = false;
  announce(state, layers.truth ? "Ground truth." : "Prediction.");
  changed(state);
}

export function goToNextCell(state, direction) {
  const cell = state.cells && nextCell(state, direction);
  if (!cell) return;
  select(state, [labelOf(state.data.cells, cell)], SEND_DELAY);
  bringIntoView(state, [cell]);
}
