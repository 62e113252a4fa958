import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { chosenFiles, droppedFiles, tooLarge } from "#uploader/uploader_files.js";
import { countFiles, durationText, progress, sizeText } from "#uploader/uploader_progress.js";
import { cancel, isFinal, newEntry, retryDelay, sendAll } from "#uploader/uploader_transfer.js";

const realFetch = globalThis.fetch;
const START = 1_000_000; // milliseconds on the clock of a test

let python; // what Python says of the server
let job;
let said;
let requests;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  python = { url: "/upload/tab", pass: "p1", header: "x-pass", slice: 4, limit: 100 };
  job = { abort: new AbortController(), lastAnswer: START };
  said = [];
  requests = [];
});

afterEach(() => {
  mock.timers.reset();
  globalThis.fetch = realFetch;
});

function entry(content, name = "a.tif") {
  return newEntry({ file: new File([content], name), name });
}

// A server that answers the requests, each [method, offset, bytes, pass] in `requests`, in turn:
// with a Response, a number of bytes that it has, or an Error for a broken connection.
function answerWith(...answers) {
  globalThis.fetch = async (url, { method, headers, body, signal }) => {
    if (signal?.aborted) throw signal.reason;
    const offset = new URL(url, "http://server").searchParams.get("offset");
    requests.push([method, offset, body ? await body.text() : "", headers["x-pass"]]);
    let answer = answers.shift();
    if (typeof answer === "function") answer = answer();
    if (answer instanceof Error) throw answer;
    return typeof answer === "number" ? Response.json({ have: answer }) : answer;
  };
}

const refusal = (status, error) => Response.json({ error, have: 0 }, { status });

// Sends the entries; the clock runs on whenever the sender waits.
async function send(...entries) {
  job.entries = entries;
  const report = {
    progress: () => said.push(entries.map(({ sent }) => sent).join()),
    broken: (sentence) => said.push(sentence),
  };
  let ended = false;
  const sending = sendAll(job, () => python, report).finally(() => {
    ended = true;
  });
  sending.catch(() => {});
  while (!ended) {
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(250);
  }
  return sending;
}

test("a file goes slice by slice, with its place and the pass", async () => {
  answerWith(4, 8, 10);
  await send(entry("0123456789"));
  assert.deepEqual(requests, [
    ["PUT", "0", "0123", "p1"],
    ["PUT", "4", "4567", "p1"],
    ["PUT", "8", "89", "p1"],
  ]);
  assert.deepEqual(said, ["4", "8", "10"]);
});

test("an empty file needs no request", async () => {
  answerWith(2);
  await send(entry("", "empty.txt"), entry("ab"));
  assert.deepEqual(requests, [["PUT", "0", "ab", "p1"]]);
});

test("three files are on their way at a time", async () => {
  let open = 0;
  let most = 0;
  globalThis.fetch = async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
    return Response.json({ have: 1 });
  };
  await send(...["a", "b", "c", "d", "e"].map((content) => entry(content)));
  assert.equal(most, 3);
  assert.ok(job.entries.every(({ sent }) => sent === 1));
});

test("after a broken connection the sender resumes from what has arrived", async () => {
  answerWith(4, new TypeError("broken"), 6, 10);
  await send(entry("0123456789"));
  assert.deepEqual(
    requests.map(([method, offset, bytes]) => [method, offset, bytes]),
    [
      ["PUT", "0", "0123"],
      ["PUT", "4", "4567"],
      ["GET", null, ""], // two bytes of the second slice came through
      ["PUT", "6", "6789"],
    ],
  );
  assert.deepEqual(said, ["4", "The connection was lost; retrying.", "10"]);
});

test("a connection that breaks within a response is broken, too", async () => {
  const cut = new ReadableStream({ start: (controller) => controller.error(new TypeError("cut")) });
  answerWith(new Response(cut), 2, 4);
  await send(entry("0123"));
  assert.deepEqual(
    requests.map(([method, offset]) => [method, offset]),
    [
      ["PUT", "0"],
      ["GET", null],
      ["PUT", "2"],
    ],
  );
});

test("a page of a proxy in place of an answer ends the upload", async () => {
  answerWith(new Response("<html>sign in</html>"));
  await assert.rejects(send(entry("0123")), /The server answered 200/);
});

test("where the server counts differently, the sender asks and says nothing", async () => {
  answerWith(refusal(409), 3, 4);
  await send(entry("0123"));
  assert.deepEqual(
    requests.map(([method, offset]) => [method, offset]),
    [
      ["PUT", "0"],
      ["GET", null],
      ["PUT", "3"],
    ],
  );
  assert.deepEqual(said, ["4"]);
});

test("a refusal that stays ends the upload with the server's sentence", async () => {
  answerWith(refusal(413, "The file is too large."));
  await assert.rejects(send(entry("0123")), /^Error: The file is too large\.$/);
  answerWith(new Response("", { status: 500 }));
  await assert.rejects(send(entry("0123")), /The server answered 500/);
});

test("which refusals are final", () => {
  assert.deepEqual([0, 403, 409, 410, 502, 503, 504].filter(isFinal), []);
  assert.deepEqual([200, 400, 404, 413, 500, 507].filter(isFinal), [200, 400, 404, 413, 500, 507]);
});

test("pauses double up to eight seconds", () => {
  const delays = [0, 1, 2, 4, 5, 6, 99].map(retryDelay);
  assert.deepEqual(delays, [250, 500, 1000, 4000, 8000, 8000, 8000]);
});

test("after ten minutes without an answer the upload fails", async () => {
  answerWith(4, ...Array(1000).fill(new TypeError("broken")));
  await assert.rejects(send(entry("0123456789")), /could not be restored; upload the files again/);
  assert.ok(Date.now() - START > 10 * 60_000);
  assert.ok(Date.now() - START < 10 * 60_000 + 20_000);
});

test("pauses leave nothing behind on the job", async () => {
  const { signal } = job.abort;
  const listeners = new Set();
  signal.addEventListener = (_, listener) => listeners.add(listener);
  signal.removeEventListener = (_, listener) => listeners.delete(listener);
  answerWith(new TypeError("broken"), 0, new TypeError("broken"), 0, 4);
  await send(entry("0123"));
  assert.equal(requests.length, 5);
  assert.equal(listeners.size, 0);
});

test("a cancelled job does not wait for the end of its pause", async () => {
  answerWith(new TypeError("broken"), 0);
  const failing = send(entry("0123"));
  await new Promise((resolve) => setImmediate(resolve));
  job.abort.abort();
  await assert.rejects(failing, { name: "AbortError" });
  assert.ok(Date.now() - START <= 250 + 250);
});

test("a file that was moved meanwhile is named", async () => {
  const moved = entry("0123", "gone.tif");
  moved.file.slice = () => ({
    text: async () => "",
    arrayBuffer: async () => {
      throw new Error("NotReadableError");
    },
  });
  answerWith(new TypeError("broken"));
  await assert.rejects(
    send(moved),
    /gone.tif was moved or changed during the upload; select it again/,
  );
});

test("with a new pass all files begin again", async () => {
  const restarted = () => {
    Object.assign(python, { url: "/upload/other", pass: "p2" });
    return refusal(403);
  };
  answerWith(4, restarted, 0, 4, 8);
  await send(entry("01234567"));
  assert.deepEqual(
    requests.map(([method, offset, , pass]) => [method, offset, pass]),
    [
      ["PUT", "0", "p1"],
      ["PUT", "4", "p1"],
      ["GET", null, "p1"],
      ["PUT", "0", "p2"],
      ["PUT", "4", "p2"],
    ],
  );
  assert.equal(job.target.url, "/upload/other");
});

test("a cancelled job sends no more, and deletes what has begun to arrive", async () => {
  const entries = [entry("01234567"), entry("")];
  answerWith(() => {
    cancel(job);
    return 4;
  });
  await assert.rejects(send(...entries), { name: "AbortError" });
  assert.deepEqual(
    requests.map(([method, , , pass]) => [method, pass]),
    [
      ["PUT", "p1"],
      ["DELETE", "p1"],
    ],
  );
});

test("every upload has an id of 32 hexadecimal digits of its own", () => {
  const [one, other] = [entry("a"), entry("a")];
  assert.match(one.id, /^[0-9a-f]{32}$/);
  assert.notEqual(one.id, other.id);
});

// --- files -------------------------------------------------------------------------------------

test("files of a folder keep their paths", () => {
  const inFolder = { name: "1.png", webkitRelativePath: "Hela/images/1.png" };
  const names = chosenFiles([inFolder, { name: "2.png", webkitRelativePath: "" }]);
  assert.deepEqual(
    names.map(({ name }) => name),
    ["Hela/images/1.png", "2.png"],
  );
});

test("the first file above the limit is found", () => {
  const files = [3, 5, 4, 6].map((size) => ({ name: `${size}`, file: { size } }));
  assert.equal(tooLarge(files, 4).name, "5");
  assert.equal(tooLarge(files, 6), undefined);
});

const fileItem = (fullPath) => ({ isFile: true, fullPath, file: (resolve) => resolve(fullPath) });

function folderItem(...batches) {
  return { createReader: () => ({ readEntries: (resolve) => resolve(batches.shift() || []) }) };
}

test("dropped folders are read to their depth, batch by batch", async () => {
  const inner = folderItem([fileItem("/a/b/1")]);
  const outer = folderItem([fileItem("/a/2"), inner], [fileItem("/a/3")]);
  const items = [outer, fileItem("/4")].map((item) => ({ webkitGetAsEntry: () => item }));
  const found = await droppedFiles({ items });
  assert.deepEqual(
    found.map(({ name }) => name),
    ["a/2", "a/b/1", "a/3", "4"],
  );
});

test("a browser that knows no folders gives the files themselves", async () => {
  const found = await droppedFiles({ items: [{}], files: [{ name: "1.png" }] });
  assert.deepEqual(found, [{ file: { name: "1.png" }, name: "1.png" }]);
});

// --- progress ----------------------------------------------------------------------------------

const partly = (sent, size) => ({ sent, file: { size } });

test("progress counts whole files and bytes", () => {
  const { total, sent, text } = progress([partly(2e6, 4e6), partly(1e6, 1e6), partly(0, 0)], 1);
  assert.deepEqual([total, sent], [5e6, 3e6]);
  assert.equal(text, "2 of 3 files, 3.0 MB of 5.0 MB");
});

test("after two seconds the time left is estimated", () => {
  assert.match(progress([partly(1e6, 4e6)], 10).text, /, about 30 s left$/);
  assert.doesNotMatch(progress([partly(1e6, 4e6)], 2).text, /left/);
  assert.doesNotMatch(progress([partly(0, 4e6)], 10).text, /left/);
});

test("sizes, durations and counts", () => {
  const sizes = [0, 1, 1001, 2.5e6, 3.21e9].map(sizeText);
  assert.deepEqual(sizes, ["0 kB", "1 kB", "2 kB", "2.5 MB", "3.2 GB"]);
  const durations = [0.2, 89, 90, 3600, 5400].map(durationText);
  assert.deepEqual(durations, ["1 s", "89 s", "2 min", "60 min", "1.5 h"]);
  assert.deepEqual([1, 2].map(countFiles), ["1 file", "2 files"]);
});
