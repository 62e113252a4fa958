// From the codes of an image (its grey values, or 65,536 steps for floats) to brightness.
import { shareOfRange } from "./colours.js";

export const LOW = 1; // percentiles that become black and white, as in cellseg/images/scaling.py
export const HIGH = 99.8;

// How many pixels have each code, in the finest level that has arrived; counted once for a level.
export function histogram(image, channel) {
  const level = image.levels.find(Boolean);
  level.histograms ||= [];
  if (!level.histograms[channel]) {
    const plane = level.planes[channel];
    const counts = new Uint32Array(plane instanceof Uint8Array ? 256 : 65536);
    for (let i = 0; i < plane.length; i++) counts[plane[i]]++;
    level.histograms[channel] = counts;
  }
  return level.histograms[channel];
}

// A percentile of the pixels from their histogram, linear between neighbours as in NumPy.
export function percentile(counts, percent) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rank = (percent / 100) * (total - 1);
  const lower = Math.floor(rank);
  let seen = 0;
  for (let code = 0; code < counts.length; code++) {
    seen += counts[code];
    if (seen <= lower) continue;
    if (seen > lower + 1 || rank === lower) return code;
    let next = code + 1;
    while (next < counts.length - 1 && !counts[next]) next++;
    return code + (rank - lower) * (next - code);
  }
  return counts.length - 1;
}

// Whether the grey values are stretched; until the user decides, all images but those of 8 bits.
export function isStretched(settings, image) {
  return settings.stretch === null ? image.bytes > 1 : settings.stretch;
}

// The codes that become black and white.
export function blackAndWhite(counts, stretched, { low, high }) {
  if (stretched) {
    const bounds = [percentile(counts, low), percentile(counts, high)];
    if (bounds[0] < bounds[1]) return bounds;
  } else if (counts.length === 256) {
    return [0, 255];
  }
  return [percentile(counts, 0), percentile(counts, 100)];
}

// A colour for each code of a channel. `shifts` are the bits of the colour that the channel fills:
// 0 for red, 8 for green, 16 for blue, all of them for grey.
export function brightnessTable(size, low, high, shifts) {
  const table = new Uint32Array(size);
  for (let code = 0; code < size; code++) {
    const level = Math.round(255 * shareOfRange(code, low, high));
    let colour = 0xff000000;
    for (const shift of shifts) colour |= level << shift;
    table[code] = colour;
  }
  return table;
}

// A table for a grey image, or three for red, green and blue, and the grey values that they show
// as black and white.
//   facts : what Python says of the image. channel : the one that is shown alone, or -1 for all.
export function brightnessTables(image, facts, settings) {
  const channel = facts.channels === 1 ? 0 : settings.channel;
  const stretched = isStretched(settings, facts);
  const bounds = [];
  const tableOf = (c, shifts) => {
    const counts = histogram(image, c);
    const last = counts.length - 1;
    const [low, high] = blackAndWhite(counts, stretched, settings);
    const [from, to] = facts.float ? facts.spans[c] : [0, last];
    bounds.push([low, high].map((code) => from + (code / last) * (to - from)));
    return brightnessTable(counts.length, low, high, shifts);
  };
  const tables =
    channel < 0 ? [0, 1, 2].map((c) => tableOf(c, [8 * c])) : [tableOf(channel, [0, 8, 16])];
  return { tables, bounds };
}
