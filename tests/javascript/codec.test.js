import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { deflateSync } from "node:zlib";
import {
  decodeBase64,
  decodeCells,
  decodeChannels,
  fetchCells,
  fetchChannels,
  fetchWithRetry,
  inflate,
  mergeBytePlanes,
  undoDifferences,
} from "#viewer/codec.js";

const realFetch = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = realFetch;
});

// Answers requests with these responses in turn; an Error stands for a broken connection.
function answerWith(...responses) {
  const urls = [];
  globalThis.fetch = async (url) => {
    urls.push(url);
    const response = responses.shift();
    if (response instanceof Error) throw response;
    return response;
  };
  return urls;
}

const packed = (bytes) => new Response(deflateSync(Uint8Array.from(bytes)));

test("the highest bytes of all values come first", () => {
  const bytes = Uint8Array.of(99, 0x01, 0xff, 0x02, 0xfe); // one byte before the planes
  assert.deepEqual(mergeBytePlanes(bytes, 1, 2, 2), Uint16Array.of(0x0102, 0xfffe));
  assert.deepEqual(mergeBytePlanes(bytes, 0, 2, 1), Uint8Array.of(99, 1));
  const large = mergeBytePlanes(Uint8Array.of(0xff, 0x00, 0x00, 0x01), 0, 1, 4);
  assert.deepEqual(large, Uint32Array.of(0xff000001));
});

test("differences add up from the start of each row", () => {
  // Stored 0, 1, 2, 3, 4 mean 0, -1, +1, -2, +2.
  const values = Uint8Array.of(20, 1, 2, /* second row */ 4, 0, 3);
  assert.deepEqual(undoDifferences(values, 3), Uint8Array.of(10, 9, 10, 2, 2, 0));
});

test("differences wrap around the range of the dtype", () => {
  // 0 - 1 = 255, 255 + 1 = 0; and in 32 bits 0 - 1 = 4294967295.
  assert.deepEqual(undoDifferences(Uint8Array.of(0, 1, 2), 3), Uint8Array.of(0, 255, 0));
  assert.deepEqual(undoDifferences(Uint32Array.of(1, 2), 2), Uint32Array.of(0xffffffff, 0));
});

test("channels follow each other", () => {
  const facts = { height: 1, width: 2, channels: 2, bytes: 1, float: false };
  const channels = decodeChannels(Uint8Array.of(2, 2, 8, 1), facts);
  assert.deepEqual(channels, [Uint8Array.of(1, 2), Uint8Array.of(4, 3)]);
});

test("floats are the bits of whole numbers", () => {
  // 1.5 is 0x3fc00000; as the first difference of a row it is stored as twice that, 0x7f800000.
  const facts = { height: 1, width: 1, channels: 1, bytes: 4, float: true };
  const [channel] = decodeChannels(Uint8Array.of(0x7f, 0x80, 0, 0), facts);
  assert.deepEqual(channel, Float32Array.of(1.5));
});

// 0 1 1
// 2 2 1   in runs of 1, 2; 2, 1 pixels
const RUNS = { runs: 4, wide: [false, false], cells: 2, height: 2, width: 3 };
const RUN_BYTES = [0, 0, 0, 0, 1, 2, 2, 1, 0, 0, 0, 0, 0, 1, 2, 1];

test("runs of cells become an index for each pixel and a box around each cell", () => {
  const { index, boxes } = decodeCells(Uint8Array.from(RUN_BYTES), RUNS);
  assert.deepEqual(index, Uint16Array.of(0, 1, 1, 2, 2, 1));
  assert.deepEqual([...boxes.subarray(4, 8)], [1, 0, 3, 2]); // left, top, right, bottom
  assert.deepEqual([...boxes.subarray(8, 12)], [0, 1, 2, 2]);
  const below = decodeCells(Uint8Array.of(0, 0, 2, 2, 0, 0, 0, 1), { ...RUNS, runs: 2, width: 2 });
  assert.deepEqual([...below.boxes.subarray(4, 8)], [0, 1, 2, 2]); // the second of two rows
});

test("many cells have indices of four bytes", () => {
  const facts = { runs: 1, wide: [false, true], cells: 70_000, height: 1, width: 2 };
  const { index } = decodeCells(Uint8Array.of(0, 2, 0, 1, 0x11, 0x70), facts); // 0x11170 = 70,000
  assert.deepEqual(index, Uint32Array.of(70_000, 70_000));
});

test("a cell without pixels has an empty box", () => {
  const facts = { runs: 1, wide: [false, false], cells: 1, height: 1, width: 2 };
  const { boxes } = decodeCells(Uint8Array.of(0, 2, 0, 0), facts);
  assert.deepEqual([...boxes.subarray(4, 8)], [2, 1, 0, 0]);
});

test("packed bytes are unpacked, and their number is checked", async () => {
  assert.deepEqual(await inflate(packed([1, 2, 3]).body, 3), Uint8Array.of(1, 2, 3));
  await assert.rejects(inflate(packed([1, 2, 3]).body, 4), /Received 3 of 4 bytes/);
  await assert.rejects(inflate(packed([1, 2, 3]).body, 2), /Received 3 of 2 bytes/);
});

test("layers are fetched and decoded", async () => {
  const urls = answerWith(packed([2, 2]), packed(RUN_BYTES));
  const facts = { height: 1, width: 2, channels: 1, bytes: 1, float: false };
  assert.deepEqual(await fetchChannels("/image", facts), [Uint8Array.of(1, 2)]);
  assert.deepEqual((await fetchCells("/cells", RUNS)).index, Uint16Array.of(0, 1, 1, 2, 2, 1));
  assert.deepEqual(urls, ["/image", "/cells"]);
});

test("a missing file is asked for again, four times at most", async () => {
  const missing = () => new Response("", { status: 404 });
  const urls = answerWith(missing(), new Error("broken"), missing(), new Response("there"));
  assert.equal(await (await fetchWithRetry("/a", 0)).text(), "there");
  assert.equal(urls.length, 4);
  const others = answerWith(missing(), missing(), missing(), missing(), new Response("late"));
  await assert.rejects(fetchWithRetry("/b", 0), /The server answered 404/);
  assert.equal(others.length, 4);
});

test("base64 becomes numbers of an array type", () => {
  assert.deepEqual(decodeBase64("AQL/"), Uint8Array.of(1, 2, 255));
  assert.deepEqual(decodeBase64("AADAPw==", Float32Array), Float32Array.of(1.5)); // 00 00 c0 3f
});
