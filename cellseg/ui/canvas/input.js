// Mouse, touch and keys.
const CLICK = 4; // page pixels that a click may move
const REACH = 4; // page pixels that a click may miss a cell by
const STEP = 80; // page pixels that an arrow key moves
const GLANCE = 300; // milliseconds after which letting go of the space bar shows the cells again

function listen(s) {
  const { canvas } = s;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const pointers = new Map();
  let far = 0;
  canvas.onpointerdown = (event) => {
    if (event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    if (!pointers.size) far = 0;
    pointers.set(event.pointerId, place(event));
    s.find(".ring").hidden = true;
  };
  canvas.onpointermove = (event) => {
    const to = place(event);
    const from = pointers.get(event.pointerId);
    if (from) {
      const [, other] = [...pointers].find(([id]) => id !== event.pointerId) || [];
      pointers.set(event.pointerId, to);
      far += Math.hypot(to[0] - from[0], to[1] - from[1]);
      if (other) pinch(s, from, to, other);
      else if (far > CLICK) pan(s, to[0] - from[0], to[1] - from[1]);
      canvas.classList.toggle("dragged", far > CLICK);
    }
    s.pointer = event.pointerType === "touch" && !from ? null : to;
    tellPixel(s);
  };
  canvas.onpointerup = (event) => {
    const alone = pointers.size === 1;
    if (pointers.delete(event.pointerId) && alone && far <= CLICK && !event.button) {
      click(s, place(event), event.ctrlKey || event.metaKey || event.shiftKey);
    } else if (!alone) {
      far = CLICK + 1;
    }
    canvas.classList.remove("dragged");
  };
  canvas.onpointercancel = (event) => {
    pointers.delete(event.pointerId);
    canvas.classList.remove("dragged");
  };
  canvas.onpointerleave = () => {
    s.pointer = null;
    tellPixel(s);
  };
  canvas.addEventListener("wheel", (event) => wheel(s, event, place(event)), { passive: false });
  canvas.onkeydown = (event) => press(s, event);
  canvas.onkeyup = (event) => event.key === " " && release(s);
  canvas.onblur = () => release(s);
}

function wheel(s, event, [x, y]) {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 16 : 1;
  const speed = event.ctrlKey ? 0.01 : 0.0016; // a pinch on a touchpad comes with Ctrl
  const turn = Math.max(-240, Math.min(240, event.deltaY * lines));
  zoom(s, Math.exp(-turn * speed), x, y);
}

function pinch(s, from, to, other) {
  const before = Math.hypot(from[0] - other[0], from[1] - other[1]);
  const after = Math.hypot(to[0] - other[0], to[1] - other[1]);
  pan(s, (to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
  if (before > 8) zoom(s, after / before, (to[0] + other[0]) / 2, (to[1] + other[1]) / 2);
}

function click(s, [x, y], adding) {
  if (!s.cells) return;
  const cell = cellNear(s, x, y);
  const label = cell && labelOf(s, cell);
  if (!adding) select(s, cell ? [label] : []);
  else if (cell && s.selected.includes(label)) select(s, s.selected.filter((one) => one !== label));
  else if (cell) select(s, [...s.selected, label]);
}

// The visible cell at a place or, where there is none, the closest one within reach.
function cellNear(s, x, y) {
  const ways = [];
  for (let dy = -REACH; dy <= REACH; dy++) {
    for (let dx = -REACH; dx <= REACH; dx++) ways.push([dx * dx + dy * dy, dx, dy]);
  }
  ways.sort((one, other) => one[0] - other[0]);
  for (const [, dx, dy] of ways) {
    const cell = cellUnder(s, s.cells, pixelAt(s, x + dx, y + dy));
    if (cell && s.state[cell] !== HIDDEN) return cell;
  }
  return 0;
}

const KEYS = {
  "+": (s) => zoom(s, 1.25),
  "=": (s) => zoom(s, 1.25),
  "-": (s) => zoom(s, 0.8),
  _: (s) => zoom(s, 0.8),
  0: (s) => fit(s),
  1: (s) => zoom(s, 1 / s.view.scale),
  ArrowLeft: (s) => pan(s, STEP, 0),
  ArrowRight: (s) => pan(s, -STEP, 0),
  ArrowUp: (s) => pan(s, 0, STEP),
  ArrowDown: (s) => pan(s, 0, -STEP),
  " ": (s, event) => event.repeat || glance(s),
  t: (s) => swap(s),
  n: (s, event) => walk(s, event.shiftKey ? -1 : 1),
  f: (s) => fullScreen(s),
  Escape: (s) => select(s, []),
};

function press(s, event) {
  const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !s.selected.length) return;
  event.preventDefault();
  event.stopPropagation();
  does(s, event);
}

// A tap on the space bar hides or shows; holding it hides as long as it is held.
function glance(s) {
  s.peeked = performance.now();
  s.bare = !s.bare;
  announce(s, s.bare ? "Only the image." : "Cells are shown.");
  schedule(s);
}

function release(s) {
  if (s.bare && s.peeked && performance.now() - s.peeked > GLANCE) {
    s.bare = false;
    schedule(s);
  }
  s.peeked = 0;
}

// First the truth alone, then the prediction alone, and so on.
function swap(s) {
  if (!s.data.truth || !s.data.cells) return;
  const { layers } = s.settings;
  layers.truth = layers.cells || !layers.truth;
  layers.cells = !layers.truth;
  s.bare = false;
  announce(s, layers.truth ? "Truth." : "Prediction.");
  changed(s);
}

// The next cell by its number among those that are shown.
function walk(s, way) {
  if (!s.cells) return;
  const { count } = s.cells;
  const last = s.selected.length ? cellOf(s, s.selected[s.selected.length - 1]) : way > 0 ? 0 : count + 1;
  for (let cell = last + way; cell > 0 && cell <= count; cell += way) {
    if (s.state[cell] === HIDDEN) continue;
    select(s, [labelOf(s, cell)], 300);
    bring(s, [cell]);
    return;
  }
}

function fullScreen(s) {
  if (document.fullscreenElement) document.exitFullscreen();
  else s.find(".viewer").requestFullscreen?.().catch(() => {});
}
