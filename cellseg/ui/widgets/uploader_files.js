// The files that a user chose or dropped, each { file, name }; folders are read to their depth.

export function chosenFiles(files) {
  return [...files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
}

// The first file above a limit in bytes; undefined where there is none.
export function tooLarge(files, limit) {
  return files.find(({ file }) => file.size > limit);
}

export async function droppedFiles(transfer) {
  const items = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!items.length) return chosenFiles(transfer.files);
  const found = [];
  for (const item of items) await addFiles(item, found);
  return found;
}

async function addFiles(item, found) {
  if (item.isFile) {
    const file = await new Promise((resolve, reject) => item.file(resolve, reject));
    found.push({ file, name: item.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = item.createReader();
  for (;;) {
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return; // a large folder comes in several batches
    for (const child of batch) await addFiles(child, found);
  }
}
