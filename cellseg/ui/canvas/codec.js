// From bytes to pixels: the other end of cellseg/ui/viewer_layers.py.

const TRIES = 4;

// The answer of an address. While the page runs anew, its files may be away for a moment.
async function answered(url) {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch(url);
      if (answer.ok) return answer;
      throw new Error(`The server answered ${answer.status}.`);
    } catch (problem) {
      if (attempt === TRIES) throw problem;
    }
    await new Promise((resolve) => setTimeout(resolve, 300 * attempt));
  }
}

// The bytes behind an address, unpacked; `size` of them.
async function inflated(url, size) {
  const answer = await answered(url);
  const reader = answer.body.pipeThrough(new DecompressionStream("deflate")).getReader();
  const bytes = new Uint8Array(size);
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes.set(value, filled);
    filled += value.length;
  }
  if (filled !== size) throw new Error(`${filled} bytes came instead of ${size}.`);
  return bytes;
}

const KINDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array };

// Whole numbers whose bytes lie in planes, the highest first.
function joined(bytes, start, count, width) {
  const values = new KINDS[width](count);
  for (let plane = 0; plane < width; plane++) {
    const from = start + plane * count;
    const shift = 8 * (width - 1 - plane);
    for (let i = 0; i < count; i++) values[i] |= bytes[from + i] << shift;
  }
  return values;
}

// One channel from the differences between neighbours.
function undifferenced(bytes, start, height, width, size) {
  const values = joined(bytes, start, height * width, size);
  for (let y = 0; y < height; y++) {
    let value = 0;
    const end = (y + 1) * width;
    for (let i = y * width; i < end; i++) {
      const step = values[i];
      value += (step >>> 1) ^ -(step & 1);
      values[i] = value;
      value = values[i]; // modulo the dtype
    }
  }
  return values;
}

// The channels of an image, each as numbers of its dtype.
async function readPlanes(url, { height, width, channels, bytes: size, float }) {
  const plane = height * width * size;
  const bytes = await inflated(url, plane * channels);
  return Array.from({ length: channels }, (_, channel) => {
    const values = undifferenced(bytes, channel * plane, height, width, size);
    return float ? new Float32Array(values.buffer) : values;
  });
}

// For each pixel the number of its cell, and the box around each cell: left, top, right, bottom.
async function readCells(url, { runs, wide, cells, height, width }) {
  const sizes = wide.map((four) => (four ? 4 : 2));
  const bytes = await inflated(url, runs * (sizes[0] + sizes[1]));
  const lengths = joined(bytes, 0, runs, sizes[0]);
  const numbers = joined(bytes, runs * sizes[0], runs, sizes[1]);
  const index = new (wide[1] ? Uint32Array : Uint16Array)(height * width);
  const boxes = new Int32Array(4 * (cells + 1));
  for (let cell = 0; cell <= cells; cell++) boxes.set([width, height, 0, 0], 4 * cell);
  let at = 0;
  for (let run = 0; run < runs; run++) {
    const cell = numbers[run];
    const end = at + lengths[run];
    if (cell) {
      index.fill(cell, at, end);
      const y = Math.floor(at / width);
      const x = at - y * width;
      const box = 4 * cell;
      if (x < boxes[box]) boxes[box] = x;
      if (y < boxes[box + 1]) boxes[box + 1] = y;
      if (x + lengths[run] > boxes[box + 2]) boxes[box + 2] = x + lengths[run];
      if (y + 1 > boxes[box + 3]) boxes[box + 3] = y + 1;
    }
    at = end;
  }
  return { index, boxes };
}

// Bytes, or numbers of a kind, from base64.
function fromText(text, Kind = Uint8Array) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Kind(bytes.buffer);
}
