// Colours as 32-bit numbers, alpha, blue, green and red from the highest byte down.
const GREEN = "#00b894";
const YELLOW = "#ffd166";
const MAGENTA = "#e83e8c";
const PLAIN = { green: GREEN, yellow: YELLOW, magenta: MAGENTA };
// Stops of the colour maps viridis and inferno (van der Walt and Smith, CC0).
const VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];
const INFERNO = ["#000004", "#280b53", "#65156e", "#9f2a63", "#d44842", "#f57d15", "#fac127", "#fcffa4"];
const MISSING = pack(128, 128, 128); // a cell without a value

function pack(red, green, blue) {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

function packed(hex) {
  const digits = parseInt(hex.slice(1), 16);
  return pack(digits >> 16, (digits >> 8) & 255, digits & 255);
}

// The colour of a label where each has its own: the one of cellseg/analysis/overlay.py.
function colourOf(label) {
  const hue = ((label * 137.508) % 360) / 30;
  const part = (n) => {
    const k = (n + hue) % 12;
    return Math.round(255 * (0.55 - 0.45 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return pack(part(0), part(8), part(4));
}

// A colour map as 256 colours.
function ramp(stops) {
  const colours = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (stops.length - 1);
    const first = Math.min(Math.floor(place), stops.length - 2);
    const [from, to] = [packed(stops[first]), packed(stops[first + 1])];
    const mixed = (shift) => {
      const start = (from >> shift) & 255;
      return Math.round(start + (place - first) * (((to >> shift) & 255) - start));
    };
    colours[i] = pack(mixed(0), mixed(8), mixed(16));
  }
  return colours;
}

const VALUES = ramp(VIRIDIS);
const HEAT = ramp(INFERNO);

// A colour for each cell of a layer.
//   by : "value", "marks", "label", or a colour. facts : what Python says of the layer.
function painted(count, facts, labels, by, colour) {
  const paint = new Uint32Array(count + 1);
  if (by === "value" && facts.values) {
    const { low, high } = facts.values;
    const values = facts.values.numbers;
    for (let cell = 1; cell <= count; cell++) {
      const share = (values[cell - 1] - low) / (high - low || 1);
      paint[cell] = share === share ? VALUES[Math.round(255 * Math.max(0, Math.min(1, share)))] : MISSING;
    }
  } else if (by === "marks" && facts.marks) {
    const colours = [MISSING, ...facts.marks.colours.map(packed)];
    for (let cell = 1; cell <= count; cell++) paint[cell] = colours[facts.marks.numbers[cell - 1]];
  } else if (by === "label") {
    for (let cell = 1; cell <= count; cell++) paint[cell] = colourOf(labels(cell));
  } else {
    paint.fill(packed(colour));
  }
  return paint;
}

// Colours times an opacity from 0 to 256; what they are laid over counts 256 minus that.
function diluted(colours, opacity) {
  return colours.map((colour) => {
    const odd = (((colour & 0xff00ff) * opacity) >>> 8) & 0xff00ff;
    const even = (((colour >>> 8) & 0xff) * opacity) & 0xff00;
    return odd | even;
  });
}

// What each code of a channel looks like, as a part of a colour: `shifts` says of which.
function brightness(size, low, high, shifts) {
  const table = new Uint32Array(size);
  for (let code = 0; code < size; code++) {
    const share = (code - low) / (high - low || 1);
    const level = Math.round(255 * Math.max(0, Math.min(1, share)));
    let colour = 0xff000000;
    for (const shift of shifts) colour |= level << shift;
    table[code] = colour;
  }
  return table;
}
