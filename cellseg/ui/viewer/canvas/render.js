// Works out every pixel of the screen from the layers, for each frame. Colours, filters and
// selection are tables with an entry for each cell, so that changing them costs one frame.
//
// A frame: out (its pixels), width, height, left and top (of its corner in the layer, in pixels
// sent), perPixel (pixels sent for one of the frame).
import { blend, INFERNO_MAP, premultiply } from "./colours.js";
import { levelFor } from "./layers.js";
import { HIDDEN, SELECTED } from "./selection.js";

const BLACK = 0xff000000;
const WHITE = 0xffffffff;
const EDGE_OPACITY = 90; // by which the edge of a filled cell is firmer than its inside
const SELECTED_OPACITY = 150; // least opacity of a selected cell; 256 is opaque

// For each pixel along a side of the frame, and a margin around it, the pixel of the layer at its
// centre; -1 outside of the layer.
//   origin : of the side in the layer. perPixel : layer pixels for one of the frame.
export function samplePositions(count, margin, origin, perPixel, limit) {
  const positions = new Int32Array(count + 2 * margin);
  for (let i = 0; i < positions.length; i++) {
    const at = Math.floor(origin + (i - margin + 0.5) * perPixel);
    positions[i] = at >= 0 && at < limit ? at : -1;
  }
  return positions;
}

// From where to where the positions lie inside of the layer.
export function insideRange(positions) {
  let from = 0;
  let to = positions.length;
  while (from < to && positions[from] < 0) from++;
  while (to > from && positions[to - 1] < 0) to--;
  return [from, to];
}

function sampleGrid(frame, levels, margin = 0) {
  const k = levelFor(levels, 1 / frame.perPixel);
  const level = levels[k];
  const perPixel = frame.perPixel / 2 ** k;
  const [left, top] = [frame.left / 2 ** k, frame.top / 2 ** k];
  return {
    level,
    columns: samplePositions(frame.width, margin, left, perPixel, level.width),
    rows: samplePositions(frame.height, margin, top, perPixel, level.height),
  };
}

// The image: one table for a grey image or a single channel, three for red, green and blue.
export function drawImage(frame, image, tables, channel) {
  const { level, columns, rows } = sampleGrid(frame, image.levels);
  const { out, width } = frame;
  const [from, to] = insideRange(columns);
  const [red, green, blue] = tables;
  const [r, g, b] = level.planes;
  const grey = level.planes[channel];
  for (let y = 0; y < rows.length; y++) {
    if (rows[y] < 0) continue;
    const line = rows[y] * level.width;
    const at = y * width;
    if (!green) {
      for (let x = from; x < to; x++) out[at + x] = red[grey[line + columns[x]]];
    } else {
      for (let x = from; x < to; x++) {
        const i = line + columns[x];
        out[at + x] = red[r[i]] | green[g[i]] | blue[b[i]];
      }
    }
  }
}

// Black where the image would be.
export function drawBlack(frame, levels) {
  const { columns, rows } = sampleGrid(frame, levels);
  const [from, to] = insideRange(columns);
  for (let y = 0; y < rows.length; y++) {
    if (rows[y] >= 0) frame.out.fill(BLACK, y * frame.width + from, y * frame.width + to);
  }
}

export function drawProbability(frame, probability, opacity) {
  const { level, columns, rows } = sampleGrid(frame, probability.levels);
  const { out, width } = frame;
  const [from, to] = insideRange(columns);
  const colours = premultiply(INFERNO_MAP, opacity);
  const rest = 256 - opacity;
  const plane = level.planes[0];
  for (let y = 0; y < rows.length; y++) {
    if (rows[y] < 0) continue;
    const line = rows[y] * level.width;
    for (let x = from, at = y * width + from; x < to; x++, at++) {
      out[at] = blend(out[at], colours[plane[line + columns[x]]], rest);
    }
  }
}

// The cells of the frame with a margin, in a buffer that lives as long as the frame.
function cellsOfFrame(frame, layer, margin) {
  const { level, columns, rows } = sampleGrid(frame, layer.levels, margin);
  const stride = columns.length;
  const size = stride * rows.length;
  if (!frame.cells || frame.cells.length < size) frame.cells = new Uint32Array(size);
  const cells = frame.cells;
  const [from, to] = insideRange(columns);
  const { index, width } = level;
  for (let y = 0, at = 0; y < rows.length; y++, at += stride) {
    if (rows[y] < 0) {
      cells.fill(0, at, at + stride);
    } else if (y && rows[y] === rows[y - 1]) {
      cells.copyWithin(at, at - stride, at);
    } else {
      const line = rows[y] * width;
      cells.fill(0, at, at + from);
      cells.fill(0, at + to, at + stride);
      for (let x = from; x < to; x++) cells[at + x] = index[line + columns[x]];
    }
  }
  return { cells, stride };
}

// The cells of a layer over the frame. A selected one has a white outline within a black one.
//   colours and visibility : of each cell. filled : else outlines only. opacity : 0 to 256.
//   line and selectedLine : thickness of outlines in pixels of the frame.
export function drawCells(frame, overlay) {
  const { visibility, colours, filled, opacity, line, selectedLine } = overlay;
  const margin = Math.max(line, 2 * selectedLine);
  const { cells, stride } = cellsOfFrame(frame, overlay.layer, margin);
  const { out, width, height } = frame;
  const fill = premultiply(colours, opacity);
  const fillRest = 256 - opacity;
  const edgeOpacity = Math.min(256, opacity + EDGE_OPACITY);
  const edge = filled ? premultiply(colours, edgeOpacity) : colours;
  const edgeRest = 256 - edgeOpacity;
  const selectedOpacity = Math.max(SELECTED_OPACITY, opacity);
  const selected = premultiply(colours, selectedOpacity);
  const selectedRest = 256 - selectedOpacity;
  const isEdge = (i, cell, dx, dy) =>
    cells[i - dx] !== cell ||
    cells[i + dx] !== cell ||
    cells[i - dy] !== cell ||
    cells[i + dy] !== cell;
  for (let y = 0; y < height; y++) {
    let i = (y + margin) * stride + margin;
    for (let at = y * width, end = at + width; at < end; at++, i++) {
      const cell = cells[i];
      if (cell === 0) continue;
      const state = visibility[cell];
      if (state === HIDDEN) continue;
      if (state === SELECTED) {
        if (isEdge(i, cell, selectedLine, stride * selectedLine)) out[at] = WHITE;
        else if (isEdge(i, cell, 2 * selectedLine, 2 * stride * selectedLine)) out[at] = BLACK;
        else out[at] = blend(out[at], selected[cell], selectedRest);
      } else if (isEdge(i, cell, line, stride * line)) {
        out[at] = filled ? blend(out[at], edge[cell], edgeRest) : edge[cell];
      } else if (filled) {
        out[at] = blend(out[at], fill[cell], fillRest);
      }
    }
  }
}
