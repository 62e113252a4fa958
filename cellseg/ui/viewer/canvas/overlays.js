// How the two layers of cells, prediction and truth, lie over the image.
import { cellColours, PLAIN } from "./colours.js";
import { labelOf, SHOWN } from "./selection.js";

const OUTLINE = 1.6; // thickness of outlines, page pixels
const CELL_PER_OUTLINE = 8; // an outline is at most an eighth of a cell thick, to leave its inside

// The colours of both layers. The primary one has the style and the colour that the user chose;
// the secondary one is outlined above it in a colour that differs. The prediction is the primary
// one unless the truth is shown alone.
export function layerColours(data, { layers, colour }) {
  const other = colour === "magenta" ? "yellow" : "magenta";
  if (data.cells && layers.cells) {
    return { primary: { layer: "cells", colour }, secondary: { layer: "truth", colour: other } };
  }
  const plain = PLAIN[colour] ? colour : "green";
  return {
    primary: { layer: "truth", colour: other },
    secondary: { layer: "cells", colour: plain },
  };
}

// The layers of cells that are on, in the order in which they are drawn, as `drawCells` takes them
// (without the thickness of their outlines).
export function visibleOverlays(state) {
  const { primary, secondary } = layerColours(state.data, state.settings);
  return [primary, secondary]
    .filter(({ layer }) => state.settings.layers[layer] && state[layer])
    .map(({ layer, colour }) => overlayOf(state, layer, colour, layer === primary.layer));
}

function overlayOf(state, name, colour, isPrimary) {
  const { settings } = state;
  const facts = state.data[name];
  const by = settings.by || (isPrimary && settings.colour === "label" ? "label" : "");
  return {
    layer: state[name],
    colours: cellColours(
      facts,
      (cell) => labelOf(facts, cell),
      by === "value" && name === "truth" ? "" : by, // only found cells are measured
      PLAIN[colour] || PLAIN.green,
    ),
    visibility: name === "cells" ? state.visibility : new Uint8Array(facts.cells + 1).fill(SHOWN),
    filled: isPrimary && settings.style === "filled",
    opacity: Math.round(2.56 * settings.opacity),
  };
}

// Thickness of the outlines of an overlay, and of a selected cell, in pixels of the frame.
//   frame.factor : its pixels for one of the page.
export function outlineWidths({ layer, filled }, { factor, perPixel }) {
  const selectedLine = Math.max(1, Math.round(OUTLINE * factor));
  const wanted = filled ? Math.round(factor) : selectedLine;
  const most = Math.floor(layer.medianSide / perPixel / CELL_PER_OUTLINE);
  return { line: Math.max(1, Math.min(most, wanted)), selectedLine };
}
