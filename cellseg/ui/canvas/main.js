// The viewer as a whole: one state for each place on the page.
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
  suit(s.find(".viewer"));
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

// Sliders and lists of the browser light or dark as the page is.
function suit(viewer) {
  const parts = getComputedStyle(viewer).backgroundColor.match(/[\d.]+/g) || [];
  const [red, green, blue] = parts.map(Number);
  viewer.style.colorScheme = 0.3 * red + 0.6 * green + 0.1 * blue < 128 ? "dark" : "light";
}

// Text to tables, once: a change of the theme brings the same data again.
function unpack(data) {
  if (data.unpacked) return;
  data.unpacked = true;
  const { cells, truth } = data;
  for (const facts of [cells, truth]) {
    if (!facts) continue;
    facts.labels = facts.ids && fromText(facts.ids, Float64Array);
    facts.places = facts.labels && new Map(Array.from(facts.labels, (label, i) => [label, i + 1]));
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
  if (labels.join() === s.selected.join()) return;
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
  const { places, cells } = s.data.cells || {};
  if (!places) return label >= 1 && label <= cells ? label : 0;
  return places.get(label) || 0;
}
