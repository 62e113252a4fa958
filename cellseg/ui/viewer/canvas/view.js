// The part of the image that is on the screen, as plain geometry.
//   view : scale (page pixels for one pixel of the image), x and y (of the image's upper left
//     corner, in page pixels from that of the canvas).
//   shape : height and width of the image. size : width and height of the canvas, page pixels.
const LARGEST_SCALE = 64;
const MARGIN = 48; // page pixels of the image that stay visible
const ROUND_DIGITS = [1, 2, 5];
const SCALE_BAR = 90; // longest scale bar, page pixels

// The whole image, centred.
export function fittedView([height, width], size) {
  const scale = Math.min(size.width / width, size.height / height, LARGEST_SCALE);
  return { scale, x: (size.width - width * scale) / 2, y: (size.height - height * scale) / 2 };
}

// A view moved by page pixels, as far as a margin of the image stays visible.
export function pannedView(view, [height, width], size, dx, dy) {
  const clamp = (at, room, length) => Math.min(room - MARGIN, Math.max(MARGIN - length, at));
  return {
    scale: view.scale,
    x: clamp(view.x + dx, size.width, width * view.scale),
    y: clamp(view.y + dy, size.height, height * view.scale),
  };
}

// A view scaled by a factor about a place on the canvas, which keeps its pixel of the image. The
// smallest scale shows the image at a quarter of the canvas.
export function zoomedView(view, shape, size, factor, x, y) {
  const [height, width] = shape;
  const smallest = Math.min(1, size.width / width / 4, size.height / height / 4);
  const scale = Math.max(smallest, Math.min(LARGEST_SCALE, view.scale * factor));
  const zoomed = {
    scale,
    x: x - ((x - view.x) * scale) / view.scale,
    y: y - ((y - view.y) * scale) / view.scale,
  };
  return pannedView(zoomed, shape, size, 0, 0);
}

// Column and row of the image's pixel under a place on the canvas; null outside.
export function pixelAt(view, [height, width], x, y) {
  const column = Math.floor((x - view.x) / view.scale);
  const row = Math.floor((y - view.y) / view.scale);
  return column >= 0 && row >= 0 && column < width && row < height ? [column, row] : null;
}

// A box in sent pixels (one for `step` x `step` of the image) on the canvas.
export function boxOnCanvas(view, step, [left, top, right, bottom]) {
  const factor = view.scale * step;
  return {
    left: view.x + left * factor,
    top: view.y + top * factor,
    right: view.x + right * factor,
    bottom: view.y + bottom * factor,
  };
}

export function isOnCanvas(box, size) {
  return box.right > 0 && box.bottom > 0 && box.left < size.width && box.top < size.height;
}

// The longest scale bar of a round length that fits: its width in page pixels, and its text.
//   pixelSize : side of a pixel of the image in µm.
export function scaleBar(scale, pixelSize) {
  const longest = (SCALE_BAR / scale) * pixelSize;
  const power = 10 ** Math.floor(Math.log10(longest));
  // The logarithm of 999.9999999999999 rounds to 3: then no digit fits, and 1 is right.
  const digit = ROUND_DIGITS.findLast((each) => each * power <= longest) ?? 1;
  const length = digit * power;
  let text = `${length} µm`;
  if (length >= 1000) text = `${length / 1000} mm`;
  else if (length < 1) text = `${Math.round(length * 1000)} nm`;
  return { width: (length / pixelSize) * scale, text };
}
