// Fetches the layers that a viewer shows.
import { changed, contrastChanged } from "./frames.js";
import { cachedLayer, evictLayers, isCached, loadCells, loadImage } from "./layers.js";

// Fetches what is not there yet: small things first, so that something shows on a slow line.
export async function fetchLayers(state) {
  const { data, urls } = state;
  const { image, cells, truth, probability } = data;
  const coming = [
    load(state, "cells", cells?.url, () => loadCells(cells.url, cells)),
    load(state, "truth", truth?.url, () => loadCells(truth.url, truth)),
    load(state, "probability", state.settings.layers.probability ? probability?.url : null, () =>
      loadImage(probability.url, probability),
    ),
  ];
  if (urls.image !== image.url) {
    state.image = null;
    if (image.preview && !isCached(image.url)) {
      const level = Math.log2(image.coarseness);
      urls.image = null;
      coming.push(
        load(state, "image", image.preview, () => loadImage(image.preview, image, level)),
      );
      await Promise.all(coming);
      if (state.data.image.url !== image.url) return;
    }
    await load(state, "image", image.url, () => loadImage(image.url, image), true);
  }
  evictLayers(new Set(Object.values(state.urls)));
}

// Loads one layer; what comes after the user wants another one in its place is dropped.
//   keep : whether the layer before is shown meanwhile.
async function load(state, name, url, loader, keep = false) {
  const wanted = url || null;
  if (state.urls[name] === wanted) return;
  state.urls[name] = wanted;
  if (!keep) state[name] = null;
  state.tablesStale = true;
  if (!wanted) return;
  try {
    const layer = await cachedLayer(wanted, loader);
    if (state.urls[name] !== wanted) return;
    state[name] = layer;
    state.error = "";
  } catch (error) {
    if (state.urls[name] !== wanted) return;
    state.urls[name] = undefined; // so that the next change of the page tries again
    state.error = `The image could not be loaded. Reload the page. (${error.message})`;
  }
  if (name === "image") contrastChanged(state);
  else changed(state);
}
