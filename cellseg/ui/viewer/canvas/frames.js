// When the canvas is drawn, and what must be worked out before that.
//   state.tablesStale : settings, filter, selection or layers changed; tables per cell, controls
//     and legend follow them.
//   state.brightness : null where the contrast or the image changed.
//   state.moving : frames may be coarse until the view has rested.
const REST = 160; // milliseconds after a movement until the image is drawn in full

// One frame for any number of changes.
export function requestFrame(state) {
  state.frameRequest ||= requestAnimationFrame(() => {
    state.frameRequest = 0;
    if (state.size.width && state.canvas.isConnected) state.draw();
  });
}

// After anything but zoom and pan.
export function changed(state) {
  state.tablesStale = true;
  requestFrame(state);
}

// After a change of contrast or channel.
export function contrastChanged(state) {
  state.brightness = null;
  changed(state);
}

// After zoom and pan.
export function moved(state) {
  state.moving = true;
  state.find(".ring").hidden = true;
  clearTimeout(state.restTimer);
  state.restTimer = setTimeout(() => {
    state.moving = false;
    if (state.drawnCoarse) requestFrame(state);
  }, REST);
  requestFrame(state);
}
