// Every pixel of the screen is worked out from the layers for each frame. Colours, filters and
// selection are tables with an entry for each cell, so that changing them costs one frame.
const BLACK = 0xff000000;
const WHITE = 0xffffffff;
const HIDDEN = 0;
const SHOWN = 1;
const LIT = 2;

// For each pixel of a side, and a margin around it, the pixel of the layer; -1 outside.
//   origin : of the side in the layer, per : layer pixels for one on the screen.
function samples(count, margin, origin, per, limit) {
  const found = new Int32Array(count + 2 * margin);
  for (let i = 0; i < found.length; i++) {
    const at = Math.floor(origin + (i - margin + 0.5) * per);
    found[i] = at >= 0 && at < limit ? at : -1;
  }
  return found;
}

// Where the samples lie inside: from, to.
function inside(found) {
  let from = 0;
  let to = found.length;
  while (from < to && found[from] < 0) from++;
  while (to > from && found[to - 1] < 0) to--;
  return [from, to];
}

// frame : out (pixels), width, height, left and top (in pixels sent), per (of these for one).
function grid(frame, levels, margin = 0) {
  const k = levelFor(levels, 1 / frame.per);
  const level = levels[k];
  const scale = 2 ** k;
  return {
    level,
    columns: samples(frame.width, margin, frame.left / scale, frame.per / scale, level.width),
    rows: samples(frame.height, margin, frame.top / scale, frame.per / scale, level.height),
  };
}

// The image: one table for a grey picture, three for red, green and blue.
function drawPicture(frame, picture, tables, channel) {
  const { level, columns, rows } = grid(frame, picture.levels);
  const { out, width } = frame;
  const [from, to] = inside(columns);
  const [red, green, blue] = tables;
  const [r, g, b] = level.planes;
  const grey = level.planes[channel];
  for (let y = 0; y < rows.length; y++) {
    if (rows[y] < 0) continue;
    const line = rows[y] * level.width;
    const at = y * width;
    if (!green) {
      for (let x = from; x < to; x++) out[at + x] = red[grey[line + columns[x]]];
    } else {
      for (let x = from; x < to; x++) {
        const i = line + columns[x];
        out[at + x] = red[r[i]] | green[g[i]] | blue[b[i]];
      }
    }
  }
}

// Black where the picture would be.
function drawNothing(frame, levels) {
  const { columns, rows } = grid(frame, levels);
  const [from, to] = inside(columns);
  for (let y = 0; y < rows.length; y++) {
    if (rows[y] >= 0) frame.out.fill(BLACK, y * frame.width + from, y * frame.width + to);
  }
}

function drawMap(frame, map, opacity) {
  const { level, columns, rows } = grid(frame, map.levels);
  const { out, width } = frame;
  const [from, to] = inside(columns);
  const paint = diluted(HEAT, opacity);
  const rest = 256 - opacity;
  const plane = level.planes[0];
  for (let y = 0; y < rows.length; y++) {
    if (rows[y] < 0) continue;
    const line = rows[y] * level.width;
    for (let x = from, at = y * width + from; x < to; x++, at++) {
      out[at] = over(out[at], paint[plane[line + columns[x]]], rest);
    }
  }
}

function over(below, diluted, rest) {
  const odd = (((below & 0xff00ff) * rest) >>> 8) & 0xff00ff;
  const even = (((below >>> 8) & 0xff) * rest) & 0xff00;
  return (BLACK | ((odd | even) + diluted)) >>> 0;
}

// The cells of the screen with a margin, in a buffer that lives as long as the frame.
function cellsOnScreen(frame, layer, margin) {
  const { level, columns, rows } = grid(frame, layer.levels, margin);
  const wide = columns.length;
  const size = wide * rows.length;
  if (!frame.cells || frame.cells.length < size) frame.cells = new Uint32Array(size);
  const cells = frame.cells;
  const [from, to] = inside(columns);
  const { index, width } = level;
  for (let y = 0, at = 0; y < rows.length; y++, at += wide) {
    if (rows[y] < 0) {
      cells.fill(0, at, at + wide);
    } else if (y && rows[y] === rows[y - 1]) {
      cells.copyWithin(at, at - wide, at);
    } else {
      const line = rows[y] * width;
      cells.fill(0, at, at + from);
      cells.fill(0, at + to, at + wide);
      for (let x = from; x < to; x++) cells[at + x] = index[line + columns[x]];
    }
  }
  return { cells, wide };
}

// look : paint (a colour for each cell), state (HIDDEN, SHOWN or LIT), filled, opacity (0 to 256),
// line and ring (thickness of outlines on the screen, and of those of LIT cells).
function drawCells(frame, layer, look) {
  const { state, paint, filled, line, ring } = look;
  const margin = Math.max(line, 2 * ring);
  const { cells, wide } = cellsOnScreen(frame, layer, margin);
  const { out, width, height } = frame;
  const fill = diluted(paint, look.opacity);
  const rest = 256 - look.opacity;
  const firm = Math.min(256, look.opacity + 90);
  const edge = filled ? diluted(paint, firm) : paint;
  const edgeRest = 256 - firm;
  const strong = diluted(paint, Math.max(150, look.opacity));
  const strongRest = 256 - Math.max(150, look.opacity);
  const up = wide * line;
  const differs = (i, cell, dx, dy) =>
    cells[i - dx] !== cell || cells[i + dx] !== cell || cells[i - dy] !== cell || cells[i + dy] !== cell;
  for (let y = 0; y < height; y++) {
    let i = (y + margin) * wide + margin;
    for (let at = y * width, end = at + width; at < end; at++, i++) {
      const cell = cells[i];
      if (cell === 0) continue;
      const shown = state[cell];
      if (shown === HIDDEN) continue;
      if (shown === LIT) {
        if (differs(i, cell, ring, wide * ring)) out[at] = WHITE;
        else if (differs(i, cell, 2 * ring, 2 * wide * ring)) out[at] = BLACK;
        else out[at] = over(out[at], strong[cell], strongRest);
      } else if (
        cells[i - line] !== cell ||
        cells[i + line] !== cell ||
        cells[i - up] !== cell ||
        cells[i + up] !== cell
      ) {
        out[at] = filled ? over(out[at], edge[cell], edgeRest) : edge[cell];
      } else if (filled) {
        out[at] = over(out[at], fill[cell], rest);
      }
    }
  }
}
