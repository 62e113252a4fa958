// What part of the image is on the screen: scale (page pixels for one of the image), x and y (of
// the image's corner, in page pixels of the canvas).
const CLOSEST = 64;
const MARGIN = 48; // page pixels of the image that stay visible
const NICE = [1, 2, 5];

function fit(s) {
  const [height, width] = s.data.shape;
  const { view, size } = s;
  view.scale = Math.min(size.width / width, size.height / height, CLOSEST);
  view.x = (size.width - width * view.scale) / 2;
  view.y = (size.height - height * view.scale) / 2;
  s.fitted = true;
  moved(s);
}

function zoom(s, factor, x = s.size.width / 2, y = s.size.height / 2) {
  const [height, width] = s.data.shape;
  const { view, size } = s;
  const farthest = Math.min(1, size.width / width / 4, size.height / height / 4);
  const scale = Math.max(farthest, Math.min(CLOSEST, view.scale * factor));
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  view.scale = scale;
  pan(s, 0, 0);
}

function pan(s, dx, dy) {
  const [height, width] = s.data.shape;
  const { view, size } = s;
  const within = (at, room, length) => Math.min(room - MARGIN, Math.max(MARGIN - length, at));
  view.x = within(view.x + dx, size.width, width * view.scale);
  view.y = within(view.y + dy, size.height, height * view.scale);
  s.fitted = false;
  moved(s);
}

// Pixels of the image under a place on the canvas; null outside.
function pixelAt(s, x, y) {
  const [height, width] = s.data.shape;
  const column = Math.floor((x - s.view.x) / s.view.scale);
  const row = Math.floor((y - s.view.y) / s.view.scale);
  return column >= 0 && row >= 0 && column < width && row < height ? [column, row] : null;
}

// The box of a cell on the canvas: left, top, right, bottom.
function boxOf(s, cell) {
  const { x, y, scale } = s.view;
  const [left, top, right, bottom] = s.cells.boxes.subarray(4 * cell, 4 * cell + 4);
  const factor = scale * s.data.step;
  return [x + left * factor, y + top * factor, x + right * factor, y + bottom * factor];
}

// Move so that one of the cells can be seen; a single one that is tiny comes closer.
function bring(s, cells) {
  const visible = (cell) => {
    const [left, top, right, bottom] = boxOf(s, cell);
    return right > 0 && bottom > 0 && left < s.size.width && top < s.size.height;
  };
  const centre = (cell) => {
    const [left, top, right, bottom] = boxOf(s, cell);
    pan(s, (s.size.width - left - right) / 2, (s.size.height - top - bottom) / 2);
  };
  if (!cells.length) return;
  if (!cells.some(visible)) centre(cells[0]);
  if (cells.length > 1) return;
  const [left, top, right, bottom] = boxOf(s, cells[0]);
  const side = Math.max(right - left, bottom - top);
  if (side < 14) {
    zoom(s, 60 / Math.max(side, 1), (left + right) / 2, (top + bottom) / 2);
    centre(cells[0]);
  }
  point(s, cells[0]);
}

// A ring that closes on a cell for a moment.
function point(s, cell) {
  const [left, top, right, bottom] = boxOf(s, cell);
  const ring = s.find(".ring");
  const side = Math.max(right - left, bottom - top) + 16;
  ring.style.left = `${(left + right - side) / 2}px`;
  ring.style.top = `${(top + bottom - side) / 2}px`;
  ring.style.width = ring.style.height = `${side}px`;
  ring.hidden = false;
  clearTimeout(s.ringing);
  s.ringing = setTimeout(() => (ring.hidden = true), 1200);
}

function showScaleBar(s) {
  const bar = s.find(".scalebar");
  bar.hidden = !s.data.pixelSize;
  if (bar.hidden) return;
  const micrometres = (90 / s.view.scale) * s.data.pixelSize; // about 90 pixels of the page
  const power = 10 ** Math.floor(Math.log10(micrometres));
  const length = power * NICE.filter((digit) => digit * power <= micrometres).pop();
  bar.lastElementChild.style.width = `${(length / s.data.pixelSize) * s.view.scale}px`;
  bar.firstElementChild.textContent =
    length >= 1000 ? `${length / 1000} mm` : length >= 1 ? `${length} µm` : `${Math.round(length * 1000)} nm`;
}
