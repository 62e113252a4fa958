// The controls around the image: what they change, and what they show.
import { INFERNO, PLAIN, VIRIDIS } from "./colours.js";
import { HIGH, isStretched, LOW } from "./contrast.js";
import { element, fillSelect } from "./dom.js";
import { changed, contrastChanged } from "./frames.js";
import { fetchLayers } from "./loading.js";
import { fit, zoom, zoomToOne } from "./navigation.js";
import { layerColours } from "./overlays.js";
import { channelNames, describe, rounded } from "./readout.js";
import { saveSettings } from "./settings.js";

const COLOURS = [
  ["green", "Green"],
  ["yellow", "Yellow"],
  ["magenta", "Magenta"],
  ["label", "Random colours"],
];
const LAYER_NAMES = { cells: "Prediction", truth: "Ground truth" };

const ACTIONS = {
  fit,
  one: zoomToOne,
  in: (state) => zoom(state, 1.5),
  out: (state) => zoom(state, 1 / 1.5),
  screen: toggleFullScreen,
  contrast: (state) => setContrast(state, { stretch: null, low: LOW, high: HIGH }),
};

export function connectControls(state) {
  const { find, root } = state;
  for (const button of root.querySelectorAll("[data-do]")) {
    button.onclick = () => ACTIONS[button.dataset.do](state);
  }
  for (const button of root.querySelectorAll("[data-layer]")) {
    button.onclick = () => toggleLayer(state, button.dataset.layer);
  }
  find(".style").onchange = ({ target }) => setStyle(state, { style: target.value });
  find(".opacity").oninput = ({ target }) => setStyle(state, { opacity: Number(target.value) });
  find(".colour").onchange = ({ target }) => setStyle(state, colourChoice(target.value));
  const set = (settings) => setContrast(state, settings);
  find(".channel select").onchange = ({ target }) => set({ channel: Number(target.value) });
  find(".stretch").onchange = ({ target }) => set({ stretch: target.checked });
  find(".low").oninput = ({ target }) => set({ stretch: true, low: Number(target.value) });
  find(".high").oninput = ({ target }) => set({ stretch: true, high: Number(target.value) });
  connectPopovers(state);
}

// Escape closes the open popover, and so does a click beside it.
function connectPopovers(state) {
  const popovers = [...state.root.querySelectorAll("details")];
  state.find(".viewer").addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && popovers.find((popover) => popover.open);
    if (!open) return;
    open.open = false;
    open.firstElementChild.focus();
  });
  state.closePopovers = (event) => {
    const path = event.composedPath();
    for (const popover of popovers) {
      if (popover.open && !path.includes(popover)) popover.open = false;
    }
  };
  document.addEventListener("pointerdown", state.closePopovers, true);
}

// Values and marks colour the cells until Python takes them away; a plain colour is kept.
export function colourChoice(value) {
  return value === "value" || value === "marks" ? { by: value } : { by: "", colour: value };
}

function toggleLayer(state, name) {
  const { layers } = state.settings;
  layers[name] = !layers[name];
  state.overlaysHidden = false;
  fetchLayers(state);
  changed(state);
}

function setStyle(state, settings) {
  Object.assign(state.settings, settings);
  saveSettings(state.settings);
  state.overlaysHidden = false;
  changed(state);
}

function setContrast(state, settings) {
  Object.assign(state.settings, settings);
  contrastChanged(state);
}

export function toggleFullScreen(state) {
  if (document.fullscreenElement) document.exitFullscreen();
  else {
    state
      .find(".viewer")
      .requestFullscreen?.()
      .catch(() => {});
  }
}

// Shows the controls as the settings and the layers are.
export function showControls(state) {
  const { find, root, data, settings } = state;
  for (const button of root.querySelectorAll("[data-layer]")) {
    const name = button.dataset.layer;
    button.hidden = !data[name];
    button.setAttribute("aria-pressed", String(Boolean(settings.layers[name])));
  }
  find(".paint").hidden = !data.cells && !data.truth;
  for (const part of root.querySelectorAll(".both")) part.hidden = !data.cells || !data.truth;
  find(".style").value = settings.style;
  find(".opacity").value = settings.opacity;
  fillSelect(find(".colour"), colourOptions(data), settings.by || settings.colour);
  showContrast(state);
  const legend = find(".legend");
  legend.replaceChildren(...legendEntries(state).map(legendElement));
  legend.hidden = !legend.childElementCount;
  const { canvas } = state;
  canvas.setAttribute("aria-label", describe(state));
  canvas.dataset.cells = state.shown;
  canvas.dataset.selected = state.selected.join(",");
}

export function colourOptions({ cells, truth }) {
  const options = [...COLOURS];
  if (cells?.values) options.push(["value", cells.values.name]);
  if (cells?.marks || truth?.marks) options.push(["marks", "Match"]);
  return options;
}

function showContrast({ find, data, settings, brightness }) {
  const channels = channelNames(data.image).map((name, i) => [i, name]);
  find(".channel").hidden = channels.length < 2;
  fillSelect(find(".channel select"), [[-1, "All"], ...channels], settings.channel);
  const stretched = isStretched(settings, data.image);
  find(".stretch").checked = stretched;
  const [bounds, ...others] = brightness?.bounds || [];
  const single = bounds && stretched && !others.length; // one channel has one value for each end
  for (const [i, end] of ["low", "high"].entries()) {
    const value = single ? ` = ${rounded(bounds[i])}` : "";
    find(`.${end}`).value = settings[end];
    find(`.${end}-of`).textContent = `${settings[end].toFixed(1)}${value}`;
    find(`.${end}`).closest("label").classList.toggle("idle", !stretched);
  }
}

// What the colours mean: entries with a colour and a text, or with the stops of a colour map, a
// title and the texts of its ends.
export function legendEntries({ data, settings }) {
  const { layers, by } = settings;
  const cells = layers.cells && data.cells;
  const truth = layers.truth && data.truth;
  const entries = [];
  if (cells && by === "value" && data.cells.values) {
    const { name, low, high, cut } = data.cells.values;
    const ends = [`${cut[0] ? "≤ " : ""}${rounded(low)}`, `${cut[1] ? "≥ " : ""}${rounded(high)}`];
    entries.push({ stops: VIRIDIS, title: name, ends });
  }
  if ((cells || truth) && by === "marks" && data.legend.length) {
    for (const [colour, text] of data.legend) entries.push({ colour, text });
  } else if (cells && truth) {
    const { primary, secondary } = layerColours(data, settings);
    const plain = ({ layer, colour }) => ({ colour: PLAIN[colour], text: LAYER_NAMES[layer] });
    if (PLAIN[primary.colour] && !by) entries.push(plain(primary));
    entries.push(plain(secondary));
  }
  if (layers.probability && data.probability) {
    entries.push({ stops: INFERNO, title: "Probability", ends: ["0", "1"] });
  }
  return entries;
}

function legendElement({ colour, text, stops, title, ends }) {
  if (!stops) {
    const line = element("div", "line", text);
    const patch = element("i", "patch");
    patch.style.background = colour;
    line.prepend(patch);
    return line;
  }
  const band = element("div", "band", title);
  const ramp = element("i", "ramp");
  ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const labels = element("div", "ends");
  labels.append(...ends.map((end) => element("span", "", end)));
  band.append(ramp, labels);
  return band;
}
