// Decodes what cellseg packs for the viewer: channels of an image, and cells as runs of pixels.

const ATTEMPTS = 4;
const PAUSE = 300; // milliseconds before the second attempt; twice and three times that later

// A response that arrived. While Streamlit reruns the page, its files may be missing for a moment,
// so an error of the server counts as a failed attempt, too.
export async function fetchWithRetry(url, pause = PAUSE) {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url);
      if (response.ok) return response;
      throw new Error(`The server answered ${response.status}.`);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause * attempt));
  }
}

// The unpacked bytes of a zlib stream; `size` is how many there must be.
export async function inflate(stream, size) {
  const reader = stream.pipeThrough(new DecompressionStream("deflate")).getReader();
  const bytes = new Uint8Array(size);
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (filled + value.length <= size) bytes.set(value, filled);
    filled += value.length;
  }
  if (filled !== size) throw new Error(`Received ${filled} of ${size} bytes.`);
  return bytes;
}

const UNSIGNED = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array };

// Whole numbers whose bytes lie in planes: the highest byte of all of them first.
export function mergeBytePlanes(bytes, start, count, bytesPerValue) {
  const values = new UNSIGNED[bytesPerValue](count);
  for (let plane = 0; plane < bytesPerValue; plane++) {
    const from = start + plane * count;
    const shift = 8 * (bytesPerValue - 1 - plane);
    for (let i = 0; i < count; i++) values[i] |= bytes[from + i] << shift;
  }
  return values;
}

// Pixels from the differences to their left neighbours, in place. A difference is stored without
// a sign: 0, -1, 1, -2 ... as 0, 1, 2, 3 ... (zigzag).
export function undoDifferences(values, width) {
  for (let start = 0; start < values.length; start += width) {
    let value = 0;
    for (let i = start; i < start + width; i++) {
      const zigzag = values[i];
      values[i] = value + ((zigzag >>> 1) ^ -(zigzag & 1));
      value = values[i]; // what was stored: the sum modulo the dtype
    }
  }
  return values;
}

// The channels of an image, each as an array of the image's dtype.
export function decodeChannels(bytes, { height, width, channels, bytes: bytesPerValue, float }) {
  const pixels = height * width;
  return Array.from({ length: channels }, (_, channel) => {
    const start = channel * pixels * bytesPerValue;
    const values = undoDifferences(mergeBytePlanes(bytes, start, pixels, bytesPerValue), width);
    return float ? new Float32Array(values.buffer) : values;
  });
}

// For each pixel the index of its cell (0 is background, 1 the lowest label), and the bounding box
// of each cell: left, top, right, bottom. A run lies in one row.
export function decodeCells(bytes, { runs, wide, cells, height, width }) {
  const [lengthBytes, cellBytes] = bytesPerRun(wide);
  const lengths = mergeBytePlanes(bytes, 0, runs, lengthBytes);
  const cellOfRun = mergeBytePlanes(bytes, runs * lengthBytes, runs, cellBytes);
  const index = new UNSIGNED[cellBytes](height * width);
  const boxes = new Int32Array(4 * (cells + 1));
  for (let cell = 0; cell <= cells; cell++) boxes.set([width, height, 0, 0], 4 * cell);
  let start = 0;
  for (let run = 0; run < runs; run++) {
    const cell = cellOfRun[run];
    const end = start + lengths[run];
    if (cell) {
      index.fill(cell, start, end);
      const y = Math.floor(start / width);
      const x = start - y * width;
      const box = 4 * cell;
      boxes[box] = Math.min(boxes[box], x);
      boxes[box + 1] = Math.min(boxes[box + 1], y);
      boxes[box + 2] = Math.max(boxes[box + 2], x + lengths[run]);
      boxes[box + 3] = Math.max(boxes[box + 3], y + 1);
    }
    start = end;
  }
  return { index, boxes };
}

function bytesPerRun(wide) {
  return wide.map((isWide) => (isWide ? 4 : 2));
}

export async function fetchChannels(url, facts) {
  const { body } = await fetchWithRetry(url);
  const size = facts.height * facts.width * facts.channels * facts.bytes;
  return decodeChannels(await inflate(body, size), facts);
}

export async function fetchCells(url, facts) {
  const { body } = await fetchWithRetry(url);
  const [lengthBytes, cellBytes] = bytesPerRun(facts.wide);
  return decodeCells(await inflate(body, facts.runs * (lengthBytes + cellBytes)), facts);
}

// Numbers of an array type from base64.
export function decodeBase64(text, ArrayType = Uint8Array) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new ArrayType(bytes.buffer);
}
