// Layers as pyramids: level k has one pixel for 2^k x 2^k pixels of the picture that was sent.
const COARSEST = 256; // longer side of the last level, pixels
const ROOM = 400e6; // bytes of layers that stay in memory when nobody shows them
const layers = new Map(); // by address, the one that was used last comes last

// The layer of an address, made once.
function layerOf(url, make) {
  const known = layers.get(url) || { layer: make(), bytes: 0 };
  layers.delete(url);
  layers.set(url, known);
  known.layer.then(
    (layer) => (known.bytes = layer.bytes),
    () => layers.delete(url),
  );
  return known.layer;
}

// Forget what was not used for long; `shown` are the addresses on the page.
function tidy(shown) {
  let total = 0;
  for (const [url, { bytes }] of [...layers].reverse()) {
    if (shown.has(url)) continue;
    total += bytes;
    if (total > ROOM) layers.delete(url);
  }
}

async function loadPicture(url, facts, firstLevel = 0) {
  const scale = 2 ** firstLevel;
  const height = Math.ceil(facts.height / scale);
  const width = Math.ceil(facts.width / scale);
  const planes = await readPlanes(url, { ...facts, height, width });
  const values = facts.float ? planes : null;
  const codes = facts.float ? planes.map((plane, i) => coded(plane, facts.spans[i])) : planes;
  const levels = [];
  levels[firstLevel] = { height, width, planes: codes };
  pyramid(levels, firstLevel, (level) => ({ planes: level.planes.map((p) => halved(p, level)) }));
  return { levels, values, bytes: height * width * planes.length * facts.bytes * 1.4 };
}

async function loadCells(url, facts) {
  const { height, width } = facts;
  const { index, boxes } = await readCells(url, facts);
  const levels = [{ height, width, index }];
  pyramid(levels, 0, (level) => ({ index: thinned(level.index, level) }));
  return { levels, boxes, count: facts.cells, side: middleSide(boxes), bytes: index.byteLength * 1.4 };
}

// The median of the longer sides of the cells, from a thousand of them.
function middleSide(boxes) {
  const step = 4 * Math.max(1, Math.floor(boxes.length / 4000));
  const sides = [];
  for (let i = 4; i < boxes.length; i += step) sides.push(Math.max(boxes[i + 2] - boxes[i], boxes[i + 3] - boxes[i + 1]));
  return sides.sort((one, other) => one - other)[sides.length >> 1] || 0;
}

function pyramid(levels, first, next) {
  for (let k = first; Math.max(levels[k].height, levels[k].width) > COARSEST; k++) {
    const height = Math.ceil(levels[k].height / 2);
    const width = Math.ceil(levels[k].width / 2);
    levels[k + 1] = { height, width, ...next(levels[k]) };
  }
}

// The level for a size of its pixels on the screen: the closest one that is there.
function levelFor(levels, pixels) {
  const wanted = Math.max(0, Math.round(-Math.log2(pixels)));
  for (let k = wanted; k < levels.length; k++) if (levels[k]) return k;
  for (let k = levels.length - 1; k >= 0; k--) if (levels[k]) return k;
  return 0;
}

// Means of 2 x 2 pixels.
function halved(plane, { height, width }) {
  const rows = Math.ceil(height / 2);
  const columns = Math.ceil(width / 2);
  const half = new plane.constructor(rows * columns);
  for (let y = 0, at = 0; y < rows; y++) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < columns; x++, at++) {
      const left = 2 * x;
      const right = left + 1 < width ? left + 1 : left;
      half[at] =
        (plane[upper + left] + plane[upper + right] + plane[lower + left] + plane[lower + right] + 2) >> 2;
    }
  }
  return half;
}

// One pixel of each 2 x 2, as numbers of cells have no mean.
function thinned(index, { height, width }) {
  const rows = Math.ceil(height / 2);
  const columns = Math.ceil(width / 2);
  const half = new index.constructor(rows * columns);
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 2 * y * width, end = x + width; x < end; x += 2) half[at++] = index[x];
  }
  return half;
}

// Numbers of any size as 65,536 steps between two of them.
function coded(plane, [low, high]) {
  const codes = new Uint16Array(plane.length);
  const factor = 65535 / (high - low || 1);
  for (let i = 0; i < plane.length; i++) {
    const code = (plane[i] - low) * factor;
    codes[i] = code < 0 ? 0 : code > 65535 ? 65535 : code;
  }
  return codes;
}

// How many pixels have each code, in the finest level that is there; counted once for each level.
function histogram(picture, channel) {
  const level = picture.levels.find(Boolean);
  level.histograms ||= [];
  if (!level.histograms[channel]) {
    const plane = level.planes[channel];
    const counts = new Uint32Array(plane instanceof Uint8Array ? 256 : 65536);
    for (let i = 0; i < plane.length; i++) counts[plane[i]]++;
    level.histograms[channel] = counts;
  }
  return level.histograms[channel];
}

// The code below which a share of the pixels lies, between codes in proportion.
function percentile(counts, percent) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rank = (percent / 100) * (total - 1);
  const low = Math.floor(rank);
  let below = 0;
  for (let code = 0; code < counts.length; code++) {
    below += counts[code];
    if (below <= low) continue;
    if (below > low + 1 || rank === low) return code;
    let next = code + 1;
    while (next < counts.length - 1 && !counts[next]) next++;
    return code + (rank - low) * (next - code);
  }
  return counts.length - 1;
}
