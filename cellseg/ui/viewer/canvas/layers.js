// Layers as pyramids: level k has one pixel for 2^k x 2^k pixels of what was sent.
import { fetchCells, fetchChannels } from "./codec.js";

const COARSEST = 256; // longer side of the last level, pixels
const CACHE_BYTES = 400e6; // layers that stay in memory though no viewer shows them
const cache = new Map(); // by address; the one that was used last comes last

export function isCached(url) {
  return cache.has(url);
}

// The layer of an address, loaded once. A layer that did not arrive is loaded again next time.
export function cachedLayer(url, load) {
  const entry = cache.get(url) || { layer: load(), bytes: 0 };
  cache.delete(url);
  cache.set(url, entry);
  entry.layer.then(
    (layer) => {
      entry.bytes = layer.bytes;
    },
    () => cache.delete(url),
  );
  return entry.layer;
}

// Forgets the layers that were not used for longest; `shown` are the addresses on the page.
export function evictLayers(shown, limit = CACHE_BYTES) {
  let total = 0;
  for (const [url, { bytes }] of [...cache].reverse()) {
    if (shown.has(url)) continue;
    total += bytes;
    if (total > limit) cache.delete(url);
  }
}

// An image, or a coarse preview of it that begins with the level `firstLevel`.
//   levels : planes of codes. values : the channels of a float image, else null.
export async function loadImage(url, facts, firstLevel = 0) {
  const scale = 2 ** firstLevel;
  const height = Math.ceil(facts.height / scale);
  const width = Math.ceil(facts.width / scale);
  const channels = await fetchChannels(url, { ...facts, height, width });
  const codes = facts.float ? channels.map((c, i) => quantize(c, facts.spans[i])) : channels;
  const levels = [];
  levels[firstLevel] = { height, width, planes: codes };
  addLevels(levels, firstLevel, (level) => ({
    planes: level.planes.map((plane) => downsampleMean(plane, level)),
  }));
  const bytes = height * width * facts.channels * facts.bytes * 1.4; // all levels: 4/3 and a little
  return { levels, values: facts.float ? channels : null, bytes };
}

export async function loadCells(url, facts) {
  const { height, width } = facts;
  const { index, boxes } = await fetchCells(url, facts);
  const levels = [{ height, width, index }];
  addLevels(levels, 0, (level) => ({ index: downsampleNearest(level.index, level) }));
  return { levels, boxes, medianSide: medianSide(boxes), bytes: index.byteLength * 1.4 };
}

// The median of the longer sides of the cells, of about a thousand of them.
export function medianSide(boxes) {
  const step = 4 * Math.max(1, Math.floor(boxes.length / 4000));
  const sides = [];
  for (let i = 4; i < boxes.length; i += step) {
    sides.push(Math.max(boxes[i + 2] - boxes[i], boxes[i + 3] - boxes[i + 1]));
  }
  return sides.sort((one, other) => one - other)[sides.length >> 1] || 0;
}

// Levels after the first one, each from the one before, until COARSEST is reached.
export function addLevels(levels, first, halve, coarsest = COARSEST) {
  for (let k = first; Math.max(levels[k].height, levels[k].width) > coarsest; k++) {
    const height = Math.ceil(levels[k].height / 2);
    const width = Math.ceil(levels[k].width / 2);
    levels[k + 1] = { height, width, ...halve(levels[k]) };
  }
}

// The level for a size on the screen of the pixels that were sent: the one whose own pixels come
// closest to the screen's or, where that is missing, the next coarser one, else the coarsest.
export function levelFor(levels, pixelSize) {
  const wanted = Math.max(0, Math.round(-Math.log2(pixelSize)));
  for (let k = wanted; k < levels.length; k++) if (levels[k]) return k;
  for (let k = levels.length - 1; k >= 0; k--) if (levels[k]) return k;
  return 0;
}

// Means of 2 x 2 pixels; an odd last row or column counts twice.
export function downsampleMean(plane, { height, width }) {
  const rows = Math.ceil(height / 2);
  const columns = Math.ceil(width / 2);
  const half = new plane.constructor(rows * columns);
  for (let y = 0, at = 0; y < rows; y++) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < columns; x++, at++) {
      const left = 2 * x;
      const right = left + 1 < width ? left + 1 : left;
      const top = plane[upper + left] + plane[upper + right];
      half[at] = (top + plane[lower + left] + plane[lower + right] + 2) >> 2;
    }
  }
  return half;
}

// The first pixel of each 2 x 2, as indices of cells have no mean.
export function downsampleNearest(index, { height, width }) {
  const rows = Math.ceil(height / 2);
  const columns = Math.ceil(width / 2);
  const half = new index.constructor(rows * columns);
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 2 * y * width, end = x + width; x < end; x += 2) half[at++] = index[x];
  }
  return half;
}

// Floats as 65,536 steps between two values; those beyond take the first and the last step.
export function quantize(values, [low, high]) {
  const codes = new Uint16Array(values.length);
  const factor = 65535 / (high - low || 1);
  for (let i = 0; i < values.length; i++) {
    codes[i] = Math.max(0, Math.min(65535, (values[i] - low) * factor));
  }
  return codes;
}
