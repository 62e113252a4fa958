// The viewer as a whole: one state for each place on the page.
import { decodeBase64 } from "./codec.js";
import { changed } from "./frames.js";
import { listen } from "./input.js";
import { fetchLayers } from "./loading.js";
import { fit, pan } from "./navigation.js";
import { connectControls } from "./panel.js";
import { draw } from "./scene.js";
import { acceptSelection } from "./selection.js";
import { followOffer, settingsOf } from "./settings.js";

const states = new WeakMap(); // by the element that holds the viewer

// Streamlit calls this at the start and for each run of the page, with what Python says.
export default function mount(component) {
  const { data, parentElement: root } = component;
  let state = states.get(root);
  if (!state) {
    state = createState(root, data.key);
    states.set(root, state);
  }
  state.component = component;
  receive(state, data);
  return () => unmount(state);
}

function createState(root, key) {
  const find = (selector) => root.querySelector(selector);
  const canvas = find("canvas.view");
  const state = {
    root,
    find,
    canvas,
    context: canvas.getContext("2d"),
    coarseCanvas: document.createElement("canvas"),
    stage: find(".stage"),
    settings: settingsOf(key),
    urls: {}, // of the layers that are shown or on their way
    view: {},
    size: {}, // of the canvas, page pixels
    selected: [], // labels
    unanswered: [], // selections that Python has not answered yet
    shown: 0, // cells that the filters leave
    draw: () => draw(state),
  };
  listen(state);
  connectControls(state);
  state.observer = new ResizeObserver(() => resize(state));
  state.observer.observe(state.stage);
  return state;
}

function unmount(state) {
  state.observer.disconnect();
  document.removeEventListener("pointerdown", state.closePopovers, true);
  cancelAnimationFrame(state.frameRequest);
  for (const timer of [state.restTimer, state.sendTimer, state.ringTimer]) clearTimeout(timer);
  states.delete(state.root);
}

// Takes over what Python says.
export function receive(state, data) {
  const before = state.data;
  state.data = data;
  decodeTables(data);
  state.stage.style.setProperty("--height", `${data.height}px`);
  followTheme(state.find(".viewer"));
  if (before?.image.url !== data.image.url) {
    state.imageChanged = true;
    state.brightness = null;
  }
  const { settings } = state;
  followOffer(settings, "value", data.cells?.values?.name, before?.cells?.values?.name);
  followOffer(settings, "marks", hasMarks(data), hasMarks(before));
  const cellsChanged = before?.cells?.url !== data.cells?.url;
  if (cellsChanged) state.unanswered = [];
  if (cellsChanged || data.selected.join() !== (before?.selected || []).join()) {
    if (acceptSelection(state, data.selected)) {
      state.bringSelection = !cellsChanged || data.selected.length > 0;
    }
  }
  fetchLayers(state);
  resize(state);
  changed(state);
}

function hasMarks(data) {
  return Boolean(data?.cells?.marks || data?.truth?.marks);
}

// Base64 to arrays, once: a change of the theme brings the same data again.
export function decodeTables(data) {
  if (data.decoded) return;
  data.decoded = true;
  for (const facts of [data.cells, data.truth]) {
    if (!facts) continue;
    facts.labels = facts.ids && decodeBase64(facts.ids, Float64Array);
    facts.cellOfLabel =
      facts.labels && new Map(Array.from(facts.labels, (label, i) => [label, i + 1]));
    if (facts.kept) facts.kept = decodeBase64(facts.kept);
    if (facts.values) facts.values.numbers = decodeBase64(facts.values.data, Float32Array);
    if (facts.marks) facts.marks.numbers = decodeBase64(facts.marks.data);
  }
}

// The browser draws its own controls light or dark, as the page is.
function followTheme(viewer) {
  const background = getComputedStyle(viewer).backgroundColor;
  viewer.style.colorScheme = isDark(background) ? "dark" : "light";
}

export function isDark(background) {
  const [red, green, blue] = (background.match(/[\d.]+/g) || []).map(Number);
  return 0.3 * red + 0.6 * green + 0.1 * blue < 128;
}

function resize(state) {
  const { clientWidth: width, clientHeight: height } = state.stage;
  if (!width || !height || !state.data) return;
  const same = state.size.width === width && state.size.height === height;
  state.size = { width, height };
  if (state.imageChanged) {
    state.imageChanged = false;
    fit(state);
  } else if (!same) {
    if (state.fitted) fit(state);
    else pan(state, 0, 0);
  }
}
