// The viewer as a whole: one state for each place on the page.
const LOW = 1; // percentiles that become black and white, as in cellseg/images/scaling.py
const HIGH = 99.8;
const SLOW = 24; // milliseconds for a frame beyond which movements are drawn coarser
const REST = 160; // milliseconds after a movement until the picture is drawn in full
const STORE = "cellseg-viewer";
const states = new WeakMap();
const settings = new Map(); // of each viewer of the app, by its key

export default function (component) {
  const { data, parentElement: root } = component;
  let s = states.get(root);
  if (!s) {
    s = begin(root, data.key);
    states.set(root, s);
  }
  s.component = component;
  receive(s, data);
  return () => end(s);
}

function begin(root, key) {
  const find = (selector) => root.querySelector(selector);
  const canvas = find("canvas.view");
  const stage = find(".stage");
  const s = { root, find, canvas, stage, urls: {}, selected: [], sent: [], view: {}, size: {}, shown: 0, key };
  s.context = canvas.getContext("2d");
  s.small = document.createElement("canvas");
  s.settings = settings.get(key) || fresh();
  settings.set(key, s.settings);
  listen(s);
  connect(s);
  s.observer = new ResizeObserver(() => resize(s));
  s.observer.observe(stage);
  return s;
}

function end(s) {
  s.observer.disconnect();
  document.removeEventListener("pointerdown", s.away, true);
  cancelAnimationFrame(s.pending);
  clearTimeout(s.resting);
  clearTimeout(s.telling);
  states.delete(s.root);
}

function fresh() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(STORE)) || {};
  } catch {
    // a browser that keeps nothing
  }
  return {
    style: kept.style === "outline" ? "outline" : "filled",
    opacity: kept.opacity >= 0 && kept.opacity <= 100 ? kept.opacity : 45,
    colour: OFFERED.some(([name]) => name === kept.colour) ? kept.colour : "green",
    by: "",
    layers: { image: true, cells: true, truth: true, map: false },
    swapped: false,
    channel: -1,
    stretch: null, // as the dtype wants it
    low: LOW,
    high: HIGH,
  };
}

function remember({ style, opacity, colour }) {
  try {
    localStorage.setItem(STORE, JSON.stringify({ style, opacity, colour }));
  } catch {
    // a browser that keeps nothing
  }
}

// What Python says now.
function receive(s, data) {
  const before = s.data;
  s.data = data;
  unpack(data);
  s.stage.style.setProperty("--height", `${data.height}px`);
  if (before?.image.url !== data.image.url) {
    s.fresh = true;
    s.tables = null;
  }
  follow(s, "value", data.cells?.values?.name, before?.cells?.values?.name);
  const marked = (said) => Boolean(said?.cells?.marks || said?.truth?.marks);
  follow(s, "marks", marked(data), marked(before));
  const cellsAnew = before?.cells?.url !== data.cells?.url;
  if (cellsAnew) s.sent = [];
  const told = data.selected.join();
  const heard = before ? before.selected.join() : "";
  if (cellsAnew || told !== heard) takeSelection(s, told, !cellsAnew || data.selected.length);
  fetchLayers(s);
  resize(s);
  changed(s);
}

function unpack({ cells, truth }) {
  for (const facts of [cells, truth]) {
    if (!facts) continue;
    facts.labels = facts.ids && fromText(facts.ids, Float64Array);
    if (facts.kept) facts.kept = fromText(facts.kept);
    if (facts.values) facts.values.numbers = fromText(facts.values.data, Float32Array);
    if (facts.marks) facts.marks.numbers = fromText(facts.marks.data);
  }
}

// Colours that Python newly brings are shown; those that it takes away are left.
function follow(s, by, now, before) {
  if (now && now !== before) s.settings.by = by;
  else if (!now && s.settings.by === by) s.settings.by = "";
}

// Cells that Python selects; an answer to an older click does not undo a newer one.
function takeSelection(s, told, bringing) {
  const answered = s.sent.indexOf(told);
  if (answered >= 0) {
    s.sent.splice(0, answered + 1);
    if (s.sent.length) return;
  }
  if (told === s.selected.join()) return;
  s.selected = [...s.data.selected];
  s.bringing = Boolean(bringing);
}

// What the user selects.
function select(s, labels, after = 0) {
  s.selected = labels;
  const said = labels.length > 3 ? `${labels.length} cells` : labels.map((label) => `cell ${label}`).join(", ");
  announce(s, labels.length ? `Selected: ${said}.` : "Nothing selected.");
  clearTimeout(s.telling);
  s.telling = setTimeout(() => {
    s.sent.push(labels.join());
    s.component.setTriggerValue("clicked", labels);
  }, after);
  changed(s);
}

// Get what is not there yet: first the small things, so that something shows on a slow line.
async function fetchLayers(s) {
  const { data, urls } = s;
  const { image, cells, truth, probability } = data;
  const { height, width } = image;
  const wanted = {
    cells: cells && [cells.url, () => loadCells(cells.url, cells, height, width)],
    truth: truth && [truth.url, () => loadCells(truth.url, truth, height, width)],
    map:
      probability && s.settings.layers.map
        ? [probability.url, () => loadPicture(probability.url, { height, width, channels: 1, bytes: 1 })]
        : null,
  };
  const coming = Object.entries(wanted).map(([role, want]) => bringIn(s, role, want));
  if (urls.picture !== image.url) {
    s.picture = null;
    if (image.preview && !layers.has(image.url)) {
      const level = Math.log2(image.coarseness);
      urls.picture = null;
      coming.push(bringIn(s, "picture", [image.preview, () => loadPicture(image.preview, image, level)]));
      await Promise.all(coming);
      if (s.data.image.url !== image.url) return;
    }
    await bringIn(s, "picture", [image.url, () => loadPicture(image.url, image)], true);
  }
  tidy(new Set(Object.values(s.urls)));
}

async function bringIn(s, role, want, keeping = false) {
  const url = want ? want[0] : null;
  if (s.urls[role] === url) return;
  s.urls[role] = url;
  if (!keeping) s[role] = null;
  s.stale = true;
  if (!want) return;
  try {
    const layer = await layerOf(url, want[1]);
    if (s.urls[role] !== url) return;
    s[role] = layer;
    s.failed = "";
    if (role === "picture") s.tables = null;
  } catch (problem) {
    if (s.urls[role] !== url) return;
    s.urls[role] = undefined;
    s.failed = `The picture did not arrive. Reload the page. (${problem.message})`;
  }
  changed(s);
}

function resize(s) {
  const { clientWidth: width, clientHeight: height } = s.stage;
  if (!width || !height || !s.data) return;
  const same = s.size.width === width && s.size.height === height;
  s.size = { width, height };
  if (s.fresh) {
    s.fresh = false;
    fit(s);
  } else if (!same) {
    if (s.fitted) fit(s);
    else pan(s, 0, 0);
  }
}

// After zoom and pan.
function moved(s) {
  s.moving = true;
  s.find(".ring").hidden = true;
  clearTimeout(s.resting);
  s.resting = setTimeout(() => {
    s.moving = false;
    if (s.coarse) schedule(s);
  }, REST);
  schedule(s);
}

// After anything but zoom and pan.
function changed(s) {
  s.stale = true;
  schedule(s);
}

function schedule(s) {
  s.pending ||= requestAnimationFrame(() => {
    s.pending = 0;
    if (s.size.width && s.canvas.isConnected) paint(s);
  });
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
  if (settings.swapped || !data.cells || !settings.layers.cells) {
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
  const table = (c, shifts) => {
    const counts = histogram(picture, c);
    let [low, high] = [0, counts.length - 1];
    if (stretches(s)) [low, high] = [percentile(counts, settings.low), percentile(counts, settings.high)];
    if (high <= low || (counts.length > 256 && !stretches(s))) {
      [low, high] = [percentile(counts, 0), percentile(counts, 100)];
    }
    return brightness(counts.length, low, high, shifts);
  };
  return channel < 0 ? [table(0, [0]), table(1, [8]), table(2, [16])] : [table(channel, [0, 8, 16])];
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
  const fine = Math.max(1, Math.round(frame.factor));
  const thick = frame.per < 4 ? Math.max(1, Math.round(1.6 * frame.factor)) : fine;
  for (const look of [...s.looks].reverse()) {
    drawCells(frame, look.layer, { ...look, line: look.filled ? fine : thick });
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

// The number of a cell at a pixel of the image; 0 for none.
function cellUnder(s, layer, place) {
  if (!place) return 0;
  const { index, width } = layer.levels[0];
  return index[Math.floor(place[1] / s.data.step) * width + Math.floor(place[0] / s.data.step)];
}

function labelOf(s, cell) {
  const { labels } = s.data.cells;
  return labels ? labels[cell - 1] : cell;
}

function cellOf(s, label) {
  const { labels, cells } = s.data.cells || {};
  if (!labels) return label >= 1 && label <= cells ? label : 0;
  return labels.indexOf(label) + 1;
}
