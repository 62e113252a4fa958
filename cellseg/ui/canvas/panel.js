// The controls around the picture, and what is said in words.
const OFFERED = [["green", "Green"], ["yellow", "Yellow"], ["magenta", "Magenta"], ["label", "Many colours"]];

function connect(s) {
  const { find } = s;
  const does = {
    fit: () => fit(s),
    one: () => zoom(s, 1 / s.view.scale),
    in: () => zoom(s, 1.5),
    out: () => zoom(s, 1 / 1.5),
    screen: () => fullScreen(s),
    contrast: () => contrast(s, { stretch: null, low: LOW, high: HIGH }),
  };
  for (const button of s.root.querySelectorAll("[data-do]")) button.onclick = does[button.dataset.do];
  for (const button of s.root.querySelectorAll("[data-layer]")) {
    button.onclick = () => {
      const { layers } = s.settings;
      layers[button.dataset.layer] = !layers[button.dataset.layer];
      s.bare = false;
      fetchLayers(s);
      changed(s);
    };
  }
  find(".style").onchange = (event) => set(s, { style: event.target.value });
  find(".opacity").oninput = (event) => set(s, { opacity: Number(event.target.value) });
  find(".colour").onchange = (event) => {
    const chosen = event.target.value;
    set(s, chosen === "value" || chosen === "marks" ? { by: chosen } : { by: "", colour: chosen });
  };
  find(".channel select").onchange = (event) => contrast(s, { channel: Number(event.target.value) });
  find(".stretch").onchange = (event) => contrast(s, { stretch: event.target.checked });
  find(".low").oninput = (event) => contrast(s, { stretch: true, low: Number(event.target.value) });
  find(".high").oninput = (event) => contrast(s, { stretch: true, high: Number(event.target.value) });
  const sheets = [...s.root.querySelectorAll("details")];
  find(".viewer").addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && sheets.find((sheet) => sheet.open);
    if (!open) return;
    open.open = false;
    open.firstElementChild.focus();
  });
  s.away = (event) => {
    const path = event.composedPath();
    for (const sheet of sheets) if (sheet.open && !path.includes(sheet)) sheet.open = false;
  };
  document.addEventListener("pointerdown", s.away, true);
}

function set(s, settings) {
  Object.assign(s.settings, settings);
  remember(s.settings);
  s.bare = false;
  changed(s);
}

function contrast(s, settings) {
  Object.assign(s.settings, settings);
  s.tables = null;
  changed(s);
}

// Controls as the settings and the layers are.
function showPanel(s) {
  const { find, data, settings } = s;
  const there = { image: true, cells: data.cells, truth: data.truth, map: data.probability };
  for (const button of s.root.querySelectorAll("[data-layer]")) {
    button.hidden = !there[button.dataset.layer];
    button.setAttribute("aria-pressed", String(Boolean(settings.layers[button.dataset.layer])));
  }
  find(".paint").hidden = !data.cells && !data.truth;
  for (const part of s.root.querySelectorAll(".both")) part.hidden = !data.cells || !data.truth;
  find(".style").value = settings.style;
  find(".opacity").value = settings.opacity;
  const offered = [...OFFERED];
  if (data.cells?.values) offered.push(["value", data.cells.values.name]);
  if (data.cells?.marks || data.truth?.marks) offered.push(["marks", "Outcome"]);
  options(find(".colour"), offered, settings.by || settings.colour);
  const names = channelNames(data.image);
  find(".channel").hidden = names.length < 2;
  options(find(".channel select"), [[-1, "All"], ...names.map((name, i) => [i, name])], settings.channel);
  const stretched = stretches(s);
  find(".stretch").checked = stretched;
  for (const end of ["low", "high"]) {
    find(`.${end}`).value = settings[end];
    const [bounds, ...others] = s.tables?.bounds || [];
    const value = bounds && stretched && !others.length ? `, ${rounded(bounds[end === "low" ? 0 : 1])}` : "";
    find(`.${end}-of`).textContent = `${settings[end].toFixed(1)} % of the pixels${value}`;
    find(`.${end}`).closest("label").classList.toggle("idle", !stretched);
  }
  showLegend(s);
  describe(s);
}

function options(box, offered, chosen) {
  const wanted = offered.map((option) => option.join(" ")).join("\n");
  if (box.dataset.offered !== wanted) {
    box.dataset.offered = wanted;
    box.replaceChildren(...offered.map(([value, text]) => new Option(text, value)));
  }
  box.value = chosen;
}

function channelNames({ channels, names }) {
  if (channels < 2) return [];
  return names.length === channels ? names : ["Red", "Green", "Blue"];
}

function showLegend(s) {
  const { data, settings } = s;
  const legend = s.find(".legend");
  const lines = [];
  const cells = settings.layers.cells && data.cells;
  const truth = settings.layers.truth && data.truth;
  const values = cells && settings.by === "value" && data.cells.values;
  if (values) {
    const [below, above] = values.cut;
    const low = (below ? "≤ " : "") + rounded(values.low);
    lines.push(band(VIRIDIS, values.name, low, (above ? "≥ " : "") + rounded(values.high)));
  }
  if ((cells || truth) && settings.by === "marks" && data.legend.length) {
    for (const [colour, text] of data.legend) lines.push(patch(colour, text));
  } else if (cells && truth) {
    const { front, back } = frontAndBack(s);
    const own = { cells: "Prediction", truth: "Truth" };
    if (PLAIN[front.colour] && !settings.by) lines.push(patch(PLAIN[front.colour], own[front.layer]));
    lines.push(patch(PLAIN[back.colour], own[back.layer]));
  }
  if (settings.layers.map && data.probability) lines.push(band(INFERNO, "Probability", "0", "1"));
  legend.replaceChildren(...lines);
  legend.hidden = !lines.length;
}

function patch(colour, text) {
  const line = element("div", "line", text);
  const square = element("i", "patch");
  square.style.background = colour;
  line.prepend(square);
  return line;
}

function band(stops, title, low, high) {
  const line = element("div", "band", title);
  const ramp = element("i", "ramp");
  ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const ends = element("div", "ends");
  ends.append(element("span", "", low), element("span", "", high));
  line.append(ramp, ends);
  return line;
}

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

// What a screen reader says of the picture.
function describe(s) {
  const { data, canvas, shown, selected } = s;
  const [height, width] = data.shape;
  const parts = [`${data.name}: ${width} by ${height} pixels`];
  if (data.cells) {
    const all = data.cells.cells;
    parts.push(shown === all ? counted(all) : `${shown.toLocaleString("en")} of ${counted(all)} shown`);
    parts.push(selected.length ? `${selected.length} selected` : "none selected");
  }
  canvas.setAttribute("aria-label", `${parts.join(", ")}. Arrow keys move, plus and minus zoom, N goes to the next cell.`);
  canvas.dataset.cells = shown;
  canvas.dataset.selected = selected.join(",");
}

function counted(number) {
  return `${number.toLocaleString("en")} ${number === 1 ? "cell" : "cells"}`;
}

function announce(s, sentence) {
  s.find(".unseen").textContent = sentence;
}

function rounded(value) {
  return String(Number(value.toPrecision(4)));
}

// The line below the picture.
function tellPixel(s) {
  const under = s.find(".under");
  const place = s.pointer && pixelAt(s, ...s.pointer);
  under.textContent = place ? pixelInWords(s, place) : idleWords(s);
}

function idleWords({ data }) {
  const [height, width] = data.shape;
  const every = data.step > 1 ? `, every ${data.step}${data.step === 2 ? "nd" : data.step === 3 ? "rd" : "th"} pixel is shown` : "";
  return `${width} × ${height} pixels${every}`;
}

function pixelInWords(s, [x, y]) {
  const parts = [`x ${x}, y ${y}`];
  const { step, image } = s.data;
  const finest = s.picture?.levels[0];
  if (finest) {
    const i = Math.floor(y / step) * finest.width + Math.floor(x / step);
    const values = (s.picture.values || finest.planes).map((plane) => (image.float ? Number(plane[i].toPrecision(6)) : plane[i]));
    const named = channelNames(image);
    parts.push(values.length > 1 ? values.map((v, c) => `${named[c].toLowerCase()} ${v}`).join(", ") : `value ${values[0]}`);
  }
  const cell = s.cells && cellUnder(s, s.cells, [x, y]);
  if (cell) {
    const values = s.data.cells.values;
    const known = values ? `, ${values.name} ${rounded(values.numbers[cell - 1])}` : "";
    parts.push(`cell ${labelOf(s, cell)}${s.state[cell] === HIDDEN ? " (left out by the filters)" : known}`);
  }
  const drawn = s.truth && s.settings.layers.truth && cellUnder(s, s.truth, [x, y]);
  if (drawn) parts.push(`truth ${s.data.truth.labels ? s.data.truth.labels[drawn - 1] : drawn}`);
  if (s.map && s.settings.layers.map) {
    const level = s.map.levels[0];
    const i = Math.floor(y / step) * level.width + Math.floor(x / step);
    parts.push(`probability ${(level.planes[0][i] / 255).toFixed(2)}`);
  }
  return parts.join(" · ");
}
