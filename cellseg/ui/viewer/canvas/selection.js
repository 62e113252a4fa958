// Cells: their labels, which of them are drawn, which one is under a pixel, and which are selected.
//
// Within the viewer a cell is known by its index: 1 for the lowest label of the image and so on.
// Python and the user know it by its label.
import { announce } from "./dom.js";
import { changed } from "./frames.js";
import { pixelAt } from "./view.js";

export const HIDDEN = 0;
export const SHOWN = 1;
export const SELECTED = 2;
const REACH = 4; // page pixels by which a click may miss a cell

// The label of a cell. facts : what Python says of the layer; without labels they are 1, 2, 3 ...
export function labelOf(facts, cell) {
  return facts.labels ? facts.labels[cell - 1] : cell;
}

// The index of the cell with a label; 0 where there is none.
export function cellOf(facts, label) {
  if (!facts) return 0;
  if (facts.cellOfLabel) return facts.cellOfLabel.get(label) || 0;
  return label >= 1 && label <= facts.cells ? label : 0;
}

// The index of the cell at a pixel [x, y] of the image; 0 for none.
//   step : every how many rows and columns of the image were sent.
export function cellAt(layer, step, pixel) {
  if (!pixel) return 0;
  const { index, width } = layer.levels[0];
  return index[Math.floor(pixel[1] / step) * width + Math.floor(pixel[0] / step)];
}

// HIDDEN, SHOWN or SELECTED for each cell by its index, and how many are not hidden.
//   facts.kept : a bit for each cell that passes the filters, the lowest first; none for all.
export function visibilityTable(facts, selected) {
  const { cells: count, kept } = facts;
  const visibility = new Uint8Array(count + 1).fill(SHOWN);
  let shown = count;
  if (kept) {
    shown = 0;
    for (let cell = 1; cell <= count; cell++) {
      const bit = (kept[(cell - 1) >> 3] >> ((cell - 1) & 7)) & 1;
      visibility[cell] = bit ? SHOWN : HIDDEN;
      shown += bit;
    }
  }
  for (const label of selected) {
    const cell = cellOf(facts, label);
    if (cell && visibility[cell] !== HIDDEN) visibility[cell] = SELECTED;
  }
  return { visibility, shown };
}

// Whether the filters leave a cell out. The table is missing until the first frame with the cells.
export function isHidden(state, cell) {
  return state.visibility?.[cell] === HIDDEN;
}

// The visible cell at a place on the canvas or, where there is none, the closest one within reach.
export function nearestCell(state, x, y) {
  for (const [dx, dy] of OFFSETS) {
    const pixel = pixelAt(state.view, state.data.shape, x + dx, y + dy);
    const cell = cellAt(state.cells, state.data.step, pixel);
    if (cell && !isHidden(state, cell)) return cell;
  }
  return 0;
}

const OFFSETS = offsetsWithin(REACH);

function offsetsWithin(reach) {
  const offsets = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) offsets.push([dx, dy]);
  }
  const distance = ([dx, dy]) => dx * dx + dy * dy;
  return offsets.sort((one, other) => distance(one) - distance(other));
}

// The next visible cell by its label (direction 1), or the one before (-1); 0 after the last one.
export function nextCell(state, direction) {
  const facts = state.data.cells;
  const start = direction > 0 ? 0 : facts.cells + 1;
  const current = state.selected.length ? cellOf(facts, state.selected.at(-1)) : start;
  for (let cell = current + direction; cell > 0 && cell <= facts.cells; cell += direction) {
    if (!isHidden(state, cell)) return cell;
  }
  return 0;
}

// The selection after a click on a cell (label undefined: beside all of them).
//   adding : with Ctrl or Shift; then a click on a selected cell takes it out.
export function selectionAfterClick(selected, label, adding) {
  if (!adding) return label === undefined ? [] : [label];
  if (label === undefined) return selected;
  if (selected.includes(label)) return selected.filter((one) => one !== label);
  return [...selected, label];
}

// Selects cells for the user, and tells Python after some milliseconds; a newer selection within
// that time takes the place of this one.
export function select(state, labels, delay = 0) {
  if (labels.join() === state.selected.join()) return;
  state.selected = labels;
  const names =
    labels.length > 3
      ? `${labels.length} cells`
      : labels.map((label) => `cell ${label}`).join(", ");
  announce(state, labels.length ? `Selected: ${names}.` : "Nothing selected.");
  clearTimeout(state.sendTimer);
  state.unsent = true;
  state.sendTimer = setTimeout(() => {
    state.unsent = false;
    state.unanswered.push(labels.join());
    state.component.setTriggerValue("clicked", labels);
  }, delay);
  changed(state);
}

// Takes over the cells that Python selects; true where they differ from those selected so far.
// Python repeats each selection of the user: such an answer must not undo a newer selection,
// whether that one is on its way to Python or waits to be sent.
export function acceptSelection(state, labels) {
  const answered = state.unanswered.indexOf(labels.join());
  if (answered >= 0) {
    state.unanswered.splice(0, answered + 1);
    if (state.unanswered.length || state.unsent) return false;
  }
  clearTimeout(state.sendTimer); // Python's own selection is the newest one
  state.unsent = false;
  if (labels.join() === state.selected.join()) return false;
  state.selected = [...labels];
  return true;
}
