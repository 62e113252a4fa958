import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import {
  acceptSelection,
  cellAt,
  cellOf,
  HIDDEN,
  isHidden,
  labelOf,
  nearestCell,
  nextCell,
  SELECTED,
  SHOWN,
  select,
  selectionAfterClick,
  visibilityTable,
} from "#viewer/selection.js";

// Five cells; those in a state are called 10, 20, 30, 40 and 50.
const NAMED = {
  cells: 5,
  labels: Float64Array.of(10, 20, 30, 40, 50),
  cellOfLabel: new Map([10, 20, 30, 40, 50].map((label, i) => [label, i + 1])),
};

test("labels and indices of cells", () => {
  assert.equal(labelOf(NAMED, 2), 20);
  assert.equal(cellOf(NAMED, 20), 2);
  assert.equal(cellOf(NAMED, 2), 0);
  const numbered = { cells: 5 };
  assert.equal(labelOf(numbered, 2), 2);
  assert.deepEqual(
    [0, 1, 5, 6].map((label) => cellOf(numbered, label)),
    [0, 1, 5, 0],
  );
  assert.equal(cellOf(null, 1), 0);
});

test("a bit for each cell says whether the filters keep it", () => {
  const facts = { cells: 9, kept: Uint8Array.of(0b10000010, 0b1) };
  const { visibility, shown } = visibilityTable(facts, [8, 1]);
  assert.deepEqual([...visibility.subarray(1, 4)], [HIDDEN, SHOWN, HIDDEN]);
  assert.deepEqual([...visibility.subarray(7)], [HIDDEN, SELECTED, SHOWN]);
  assert.equal(shown, 3);
});

test("without filters all cells show, and labels that are not there are passed over", () => {
  const { visibility, shown } = visibilityTable(NAMED, [30, 3]);
  assert.deepEqual([...visibility.subarray(1)], [SHOWN, SHOWN, SELECTED, SHOWN, SHOWN]);
  assert.equal(shown, 5);
});

test("no cell is hidden before the first frame with the cells", () => {
  assert.equal(isHidden({ visibility: null }, 1), false);
  assert.equal(isHidden({ visibility: Uint8Array.of(1, HIDDEN, SHOWN) }, 1), true);
  assert.equal(isHidden({ visibility: Uint8Array.of(1, HIDDEN, SHOWN) }, 2), false);
});

test("the cell at a pixel, where every second pixel was sent", () => {
  const layer = { levels: [{ width: 2, height: 2, index: Uint16Array.of(0, 1, 2, 3) }] };
  assert.equal(cellAt(layer, 2, [3, 1]), 1);
  assert.equal(cellAt(layer, 2, [1, 2]), 2);
  assert.equal(cellAt(layer, 2, null), 0);
});

// 20 x 20 pixels with cell 1 at (10, 10) and cell 2 at (13, 10), one page pixel each.
function twoCells() {
  const index = new Uint16Array(400);
  index[10 * 20 + 10] = 1;
  index[10 * 20 + 13] = 2;
  return {
    view: { scale: 1, x: 0, y: 0 },
    data: { shape: [20, 20], step: 1 },
    cells: { levels: [{ width: 20, height: 20, index }] },
    visibility: Uint8Array.of(SHOWN, SHOWN, SHOWN),
  };
}

test("a click picks the cell under it or the closest one within four page pixels", () => {
  const state = twoCells();
  assert.equal(nearestCell(state, 10.5, 10.5), 1);
  assert.equal(nearestCell(state, 11.5, 10.5), 1); // one pixel from cell 1, two from cell 2
  assert.equal(nearestCell(state, 12.5, 10.5), 2);
  assert.equal(nearestCell(state, 10.5, 14.5), 1);
  assert.equal(nearestCell(state, 10.5, 15.5), 0);
  assert.equal(nearestCell(state, 10.5, 6.5), 1);
  assert.equal(nearestCell(state, 9.5, 14.5), 1); // the square of the reach, not its circle
  assert.equal(nearestCell(state, 12.5, 14.5), 2);
});

test("a click passes through hidden cells", () => {
  const state = twoCells();
  state.visibility[1] = HIDDEN;
  assert.equal(nearestCell(state, 10.5, 10.5), 2);
  state.visibility[2] = HIDDEN;
  assert.equal(nearestCell(state, 10.5, 10.5), 0);
});

test("N walks through the visible cells by label", () => {
  const visibility = Uint8Array.of(SHOWN, SHOWN, HIDDEN, SHOWN, SHOWN, HIDDEN);
  const next = (selected, direction) =>
    nextCell({ data: { cells: NAMED }, visibility, selected }, direction);
  assert.equal(next([], 1), 1);
  assert.equal(next([10], 1), 3);
  assert.equal(next([40], 1), 0); // the last one that shows
  assert.equal(next([], -1), 4);
  assert.equal(next([50, 30], -1), 1); // from the one that was selected last
  assert.equal(next([10], -1), 0);
});

test("a click selects one cell; with Ctrl or Shift it adds or takes out", () => {
  assert.deepEqual(selectionAfterClick([1, 2], 3, false), [3]);
  assert.deepEqual(selectionAfterClick([1, 2], undefined, false), []);
  assert.deepEqual(selectionAfterClick([1, 2], 3, true), [1, 2, 3]);
  assert.deepEqual(selectionAfterClick([1, 2], 1, true), [2]);
  assert.deepEqual(selectionAfterClick([1, 2], undefined, true), [1, 2]);
});

// --- what the browser and Python tell each other ------------------------------------------------

let state;
let sent;
let said;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.requestAnimationFrame = () => 1;
  sent = [];
  said = { textContent: "" };
  state = {
    selected: [],
    unanswered: [],
    find: () => said,
    component: { setTriggerValue: (name, labels) => sent.push([name, labels]) },
  };
});

afterEach(() => {
  mock.timers.reset();
  delete globalThis.requestAnimationFrame;
});

test("a selection is drawn at once and told to Python and to a screen reader", () => {
  select(state, [7]);
  assert.deepEqual(state.selected, [7]);
  assert.equal(state.tablesStale, true);
  assert.equal(said.textContent, "Selected: cell 7.");
  mock.timers.tick(0);
  assert.deepEqual(sent, [["clicked", [7]]]);
  select(state, [1, 2, 3, 4]);
  assert.equal(said.textContent, "Selected: 4 cells.");
  select(state, []);
  assert.equal(said.textContent, "Nothing selected.");
});

test("the same selection again is nothing new", () => {
  state.selected = [7];
  select(state, [7]);
  mock.timers.tick(1000);
  assert.deepEqual(sent, []);
  assert.equal(state.tablesStale, undefined);
});

test("of selections in quick succession Python hears the last one", () => {
  select(state, [1], 300);
  mock.timers.tick(200);
  select(state, [2], 300);
  mock.timers.tick(300);
  assert.deepEqual(sent, [["clicked", [2]]]);
});

test("what Python selects of its own is taken over", () => {
  assert.equal(acceptSelection(state, [5, 6]), true);
  assert.deepEqual(state.selected, [5, 6]);
  assert.equal(acceptSelection(state, [5, 6]), false);
});

test("an answer to an older click does not undo a newer one", () => {
  select(state, [1]);
  mock.timers.tick(0);
  select(state, [2]);
  mock.timers.tick(0);
  assert.equal(acceptSelection(state, [1]), false);
  assert.deepEqual(state.selected, [2]);
  assert.equal(acceptSelection(state, [2]), false);
  assert.deepEqual([state.selected, state.unanswered], [[2], []]);
});

test("an answer does not undo a selection that Python has not heard of yet", () => {
  select(state, [1], 300);
  mock.timers.tick(300);
  select(state, [2], 300); // N again while Python still works on the first one
  assert.equal(acceptSelection(state, [1]), false);
  assert.deepEqual(state.selected, [2]);
  mock.timers.tick(300);
  assert.deepEqual(sent.at(-1), ["clicked", [2]]);
});

test("what Python selects of its own takes the place of a selection that waits to be sent", () => {
  select(state, [1], 300);
  assert.equal(acceptSelection(state, [9]), true); // such as a row of a table that was clicked
  mock.timers.tick(1000);
  assert.deepEqual([state.selected, sent], [[9], []]);
});
