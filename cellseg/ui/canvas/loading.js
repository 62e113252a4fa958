// Layers on their way to the browser.

// Get what is not there yet: first the small things, so that something shows on a slow line.
async function fetchLayers(s) {
  const { data, urls } = s;
  const { image, cells, truth, probability } = data;
  const map = s.settings.layers.map && probability;
  const wanted = {
    cells: cells && [cells.url, () => loadCells(cells.url, cells)],
    truth: truth && [truth.url, () => loadCells(truth.url, truth)],
    map: map && [map.url, () => loadPicture(map.url, map)],
  };
  const coming = Object.entries(wanted).map(([role, want]) => bringIn(s, role, want));
  if (urls.picture !== image.url) {
    s.picture = null;
    if (image.preview && !layers.has(image.url)) {
      const level = Math.log2(image.coarseness);
      urls.picture = null;
      coming.push(bringIn(s, "picture", [image.preview, () => loadPicture(image.preview, image, level)]));
      await Promise.all(coming);
      if (s.data.image.url !== image.url) return;
    }
    await bringIn(s, "picture", [image.url, () => loadPicture(image.url, image)], true);
  }
  tidy(new Set(Object.values(s.urls)));
}

async function bringIn(s, role, want, keeping = false) {
  const url = want ? want[0] : null;
  if (s.urls[role] === url) return;
  s.urls[role] = url;
  if (!keeping) s[role] = null;
  s.stale = true;
  if (!want) return;
  try {
    const layer = await layerOf(url, want[1]);
    if (s.urls[role] !== url) return;
    s[role] = layer;
    s.failed = "";
    if (role === "picture") s.tables = null;
  } catch (problem) {
    if (s.urls[role] !== url) return;
    s.urls[role] = undefined;
    s.failed = `The picture did not arrive. Reload the page. (${problem.message})`;
  }
  changed(s);
}
