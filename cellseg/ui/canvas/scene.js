// From data, settings and layers to a frame.
const LOW = 1; // percentiles that become black and white, as in cellseg/images/scaling.py
const HIGH = 99.8;
const SLOW = 24; // milliseconds for a frame beyond which movements are drawn coarser

// Tables that depend on settings, filter and selection.
function renew(s) {
  s.stale = false;
  const { data, settings } = s;
  s.state = null;
  s.shown = data.cells ? data.cells.cells : 0;
  if (data.cells) {
    const { cells: count, kept } = data.cells;
    s.state = new Uint8Array(count + 1).fill(SHOWN);
    if (kept) {
      s.shown = 0;
      for (let cell = 1; cell <= count; cell++) {
        s.state[cell] = (kept[(cell - 1) >> 3] >> ((cell - 1) & 7)) & 1 ? SHOWN : HIDDEN;
        s.shown += s.state[cell];
      }
    }
    for (const label of s.selected) {
      const cell = cellOf(s, label);
      if (cell && s.state[cell]) s.state[cell] = LIT;
    }
  }
  if (s.picture && !s.tables) s.tables = brightnessTables(s);
  const { front, back } = frontAndBack(s);
  s.looks = [back, front].filter(({ layer }) => settings.layers[layer] && s[layer]).map((look) => lookOf(s, look));
  if (s.cells && s.bringing) {
    s.bringing = false;
    bring(s, s.selected.map((label) => cellOf(s, label)).filter(Boolean));
  }
  const wait = s.find(".wait");
  wait.textContent = s.failed || (s.picture ? "" : "Loading the image …");
  wait.hidden = !wait.textContent;
  showPanel(s);
}

// Which layer of cells has the style of the user, and which one is outlined above it.
function frontAndBack(s) {
  const { settings, data } = s;
  const other = settings.colour === "magenta" ? "yellow" : "magenta";
  const own = { cells: settings.colour, truth: other };
  if (!data.cells || !settings.layers.cells) {
    const back = PLAIN[settings.colour] ? settings.colour : "green";
    return { front: { layer: "truth", colour: own.truth }, back: { layer: "cells", colour: back } };
  }
  return { front: { layer: "cells", colour: own.cells }, back: { layer: "truth", colour: own.truth } };
}

function lookOf(s, { layer, colour }) {
  const { settings, data } = s;
  const facts = data[layer];
  const { front } = frontAndBack(s);
  const filled = front.layer === layer && settings.style === "filled";
  const name = (cell) => (facts.labels ? facts.labels[cell - 1] : cell);
  const ownHues = front.layer === layer && settings.colour === "label" && !settings.by;
  const by = settings.by === "value" && layer === "truth" ? "" : settings.by;
  return {
    layer: s[layer],
    paint: painted(facts.cells, facts, name, by || (ownHues ? "label" : ""), PLAIN[colour] || GREEN),
    state: layer === "cells" ? s.state : new Uint8Array(facts.cells + 1).fill(SHOWN),
    filled,
    opacity: Math.round(2.56 * settings.opacity),
  };
}

function stretches({ settings, data }) {
  return settings.stretch === null ? data.image.bytes > 1 : settings.stretch;
}

// What each code of each channel looks like.
function brightnessTables(s) {
  const { settings, picture, data } = s;
  const { channels } = data.image;
  const channel = channels === 1 ? 0 : settings.channel;
  const bounds = [];
  const table = (c, shifts) => {
    const counts = histogram(picture, c);
    let [low, high] = [0, counts.length - 1];
    if (stretches(s)) [low, high] = [percentile(counts, settings.low), percentile(counts, settings.high)];
    if (high <= low || (counts.length > 256 && !stretches(s))) {
      [low, high] = [percentile(counts, 0), percentile(counts, 100)];
    }
    const [from, to] = data.image.float ? data.image.spans[c] : [0, counts.length - 1];
    bounds.push([low, high].map((code) => from + (code / (counts.length - 1)) * (to - from)));
    return brightness(counts.length, low, high, shifts);
  };
  const tables = channel < 0 ? [table(0, [0]), table(1, [8]), table(2, [16])] : [table(channel, [0, 8, 16])];
  return Object.assign(tables, { bounds });
}

function paint(s) {
  if (s.stale) renew(s);
  const began = performance.now();
  const frame = frameOf(s);
  compose(s, frame);
  show(s, frame);
  const spent = performance.now() - began;
  s.slow = frame.shrunk ? spent * 4 > SLOW : spent > SLOW;
  s.coarse = frame.shrunk;
  const { scale, x, y } = s.view;
  const { dataset } = s.canvas;
  dataset.scale = scale.toFixed(4);
  dataset.origin = `${(-x / scale).toFixed(2)},${(-y / scale).toFixed(2)}`;
  dataset.overlay = s.cells && s.picture ? "1" : "";
  dataset.ready = s.picture?.levels[0] && Boolean(s.cells) === Boolean(s.data.cells) ? "1" : "";
  s.find(".zoom").textContent = `${scale >= 0.1 ? Math.round(100 * scale) : (100 * scale).toFixed(1)} %`;
  showScaleBar(s);
  tellPixel(s);
}

// The pixels of the next frame: coarser while a slow browser moves.
function frameOf(s) {
  const ratio = window.devicePixelRatio || 1;
  const shrunk = s.moving && s.slow;
  const factor = shrunk ? ratio / 2 : ratio;
  const width = Math.max(1, Math.round(s.size.width * factor));
  const height = Math.max(1, Math.round(s.size.height * factor));
  if (!s.frame || s.frame.width !== width || s.frame.height !== height) {
    const pixels = new ImageData(width, height);
    s.frame = { pixels, out: new Uint32Array(pixels.data.buffer), width, height };
  }
  const { frame, view } = s;
  const per = 1 / (view.scale * s.data.step);
  Object.assign(frame, { shrunk, factor, per: per / factor, left: -view.x * per, top: -view.y * per });
  return frame;
}

function compose(s, frame) {
  const { settings, data } = s;
  frame.out.fill(0);
  if (s.picture && settings.layers.image) {
    drawPicture(frame, s.picture, s.tables, data.image.channels === 1 ? 0 : Math.max(0, settings.channel));
  } else if (s.picture) {
    drawNothing(frame, s.picture.levels);
  }
  if (s.bare || !s.picture) return;
  if (s.map && settings.layers.map) drawMap(frame, s.map, settings.layers.image ? 160 : 256);
  const ring = Math.max(1, Math.round(1.6 * frame.factor));
  for (const look of [...s.looks].reverse()) {
    const most = Math.floor(look.layer.side / frame.per / 8); // a line must leave something to see
    const line = Math.max(1, Math.min(most, look.filled ? Math.round(frame.factor) : ring));
    drawCells(frame, look.layer, { ...look, line, ring });
  }
}

function show(s, frame) {
  const { canvas, context } = s;
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(s.size.width * ratio);
  const height = Math.round(s.size.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  if (!frame.shrunk) {
    context.putImageData(frame.pixels, 0, 0);
    return;
  }
  const { small } = s;
  small.width = frame.width;
  small.height = frame.height;
  small.getContext("2d").putImageData(frame.pixels, 0, 0);
  context.clearRect(0, 0, width, height);
  context.drawImage(small, 0, 0, width, height);
}
