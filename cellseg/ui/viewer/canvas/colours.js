// Colours as 32-bit numbers as ImageData stores them: alpha, blue, green, red from the highest
// byte down.
export const PLAIN = { green: "#00b894", yellow: "#ffd166", magenta: "#e83e8c" };
// Stops of the colour maps viridis and inferno (van der Walt and Smith, CC0).
export const VIRIDIS = [
  ...["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c"],
  ...["#28ae80", "#5ec962", "#addc30", "#fde725"],
];
export const INFERNO = [
  ...["#000004", "#280b53", "#65156e", "#9f2a63", "#d44842"],
  ...["#f57d15", "#fac127", "#fcffa4"],
];
export const NO_VALUE = pack(128, 128, 128); // a cell without a value is grey

export function pack(red, green, blue) {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

export function packHex(hex) {
  const rgb = parseInt(hex.slice(1), 16);
  return pack(rgb >> 16, (rgb >> 8) & 255, rgb & 255);
}

// A colour for each label, the same as in cellseg/analysis/overlay.py: hues turn by the golden
// angle, so that neighbouring labels differ.
export function labelColour(label) {
  const hue = ((label * 137.508) % 360) / 30;
  const component = (n) => {
    const k = (n + hue) % 12;
    return Math.round(255 * (0.55 - 0.45 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return pack(component(0), component(8), component(4));
}

// A colour map of 256 colours, linear between its stops.
export function colourMap(stops) {
  const colours = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const position = (i / 255) * (stops.length - 1);
    const first = Math.min(Math.floor(position), stops.length - 2);
    const [from, to] = [packHex(stops[first]), packHex(stops[first + 1])];
    const mix = (shift) => {
      const start = (from >> shift) & 255;
      return Math.round(start + (position - first) * (((to >> shift) & 255) - start));
    };
    colours[i] = pack(mix(0), mix(8), mix(16));
  }
  return colours;
}

export const VIRIDIS_MAP = colourMap(VIRIDIS);
export const INFERNO_MAP = colourMap(INFERNO);

// The share of a range at which a value lies, from 0 to 1; a range without length starts at `low`.
export function shareOfRange(value, low, high) {
  return Math.max(0, Math.min(1, (value - low) / (high - low || 1)));
}

// The colour of each cell of a layer, by its index.
//   by : "value", "marks", "label", or anything else for the one `colour` (CSS hex).
//   facts : what Python says of the layer. labelOf : the label of an index.
export function cellColours(facts, labelOf, by, colour) {
  const count = facts.cells;
  const colours = new Uint32Array(count + 1);
  if (by === "value" && facts.values) {
    const { low, high, numbers } = facts.values;
    for (let cell = 1; cell <= count; cell++) {
      const value = numbers[cell - 1];
      colours[cell] = Number.isNaN(value)
        ? NO_VALUE
        : VIRIDIS_MAP[Math.round(255 * shareOfRange(value, low, high))];
    }
  } else if (by === "marks" && facts.marks) {
    const palette = [NO_VALUE, ...facts.marks.colours.map(packHex)];
    for (let cell = 1; cell <= count; cell++)
      colours[cell] = palette[facts.marks.numbers[cell - 1]];
  } else if (by === "label") {
    for (let cell = 1; cell <= count; cell++) colours[cell] = labelColour(labelOf(cell));
  } else {
    colours.fill(packHex(colour));
  }
  return colours;
}

// Colours times an opacity from 0 to 256, without alpha; `blend` lays them over others. Red and
// blue are multiplied at once: their bytes leave room for each other's carry.
export function premultiply(colours, opacity) {
  return colours.map((colour) => {
    const redBlue = (((colour & 0xff00ff) * opacity) >>> 8) & 0xff00ff;
    const green = (((colour >>> 8) & 0xff) * opacity) & 0xff00;
    return redBlue | green;
  });
}

// A premultiplied colour over another one, of which a share of `rest` / 256 remains.
export function blend(below, premultiplied, rest) {
  const redBlue = (((below & 0xff00ff) * rest) >>> 8) & 0xff00ff;
  const green = (((below >>> 8) & 0xff) * rest) & 0xff00;
  return (0xff000000 | ((redBlue | green) + premultiplied)) >>> 0;
}
