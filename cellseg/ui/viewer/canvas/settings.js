// What the user sets in a viewer. Style, opacity and colour outlive the page in the browser's
// storage; the rest lives as long as the page.
import { PLAIN } from "./colours.js";
import { HIGH, LOW } from "./contrast.js";

const STORAGE_KEY = "cellseg-viewer";
const byViewer = new Map(); // by the key of the viewer

// The settings of the viewer with a key; a changed image under the same key keeps them.
export function settingsOf(key) {
  if (!byViewer.has(key)) byViewer.set(key, initialSettings(storedSettings()));
  return byViewer.get(key);
}

export function initialSettings(stored) {
  const { style, opacity, colour } = stored;
  return {
    style: style === "outline" ? style : "filled",
    opacity: typeof opacity === "number" && opacity >= 0 && opacity <= 100 ? opacity : 45, // %
    colour: colour === "label" || Object.hasOwn(PLAIN, colour) ? colour : "green",
    by: "", // or "value" or "marks": what Python colours the cells by
    layers: { image: true, cells: true, truth: true, probability: false },
    channel: -1, // all of them
    stretch: null, // as the dtype of the image suggests
    low: LOW,
    high: HIGH,
  };
}

function storedSettings() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY)) || {};
  } catch {
    return {}; // a browser that stores nothing
  }
}

export function saveSettings({ style, opacity, colour }) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify({ style, opacity, colour }));
  } catch {
    // a browser that stores nothing
  }
}

// Colours that Python newly offers are shown; where it takes them away, the plain colour is back.
//   offered, before : the name of what is offered now and was before, or undefined.
export function followOffer(settings, by, offered, before) {
  if (offered && offered !== before) settings.by = by;
  else if (!offered && settings.by === by) settings.by = "";
}
