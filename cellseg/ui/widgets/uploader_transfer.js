// Sends files slice by slice, each slice as the body of one request. The server counts what has
// arrived; after a broken connection the sender asks for that count and resumes from there.
//
// A job: entries (see newEntry), abort (an AbortController), lastAnswer (when the server last took
// a request, milliseconds), target (url, pass and header of the requests).
const PARALLEL_FILES = 3;
const PATIENCE = 10 * 60 * 1000; // milliseconds without an answer until the upload fails
const FIRST_PAUSE = 250; // milliseconds before the first repetition; each next one takes twice that
const LONGEST_PAUSE = 8000;
// Refusals that pass: the page has a new pass soon (403), the server counts differently (409), the
// upload was dropped (410), a proxy finds the server down (502 to 504).
const PASSING = [403, 409, 410, 502, 503, 504];

// A chosen file and its upload.
export function newEntry({ file, name }) {
  return { file, name, id: randomId(), sent: 0, begun: false };
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Sends all files of a job. A restarted server gives the page a new pass; then all begin again,
// as what arrived lies in a folder that the new pass does not open.
//   server : says the url, pass, header and slice (bytes) that Python names now.
//   report : progress() is called when bytes arrived, broken(sentence) when none do.
export async function sendAll(job, server, report) {
  for (;;) {
    const { url, pass, header } = server();
    job.target = { url, pass, header };
    for (const entry of job.entries) entry.sent = 0;
    const waiting = job.entries.filter(({ file }) => file.size); // an empty file is no request
    const sendWaiting = async () => {
      while (waiting.length && server().pass === pass) {
        await sendFile(job, server, waiting.shift(), report);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_FILES }, sendWaiting));
    if (server().pass === pass) return;
    report.progress();
  }
}

// Sends one file, as long as the server knows the pass of the job.
export async function sendFile(job, server, entry, report) {
  const { file } = entry;
  let failures = 0;
  while (entry.sent < file.size && server().pass === job.target.pass) {
    const slice = file.slice(entry.sent, entry.sent + server().slice);
    entry.begun = true;
    const answer = await request(job, entry, "PUT", slice);
    if (answer.taken) {
      entry.sent = answer.have;
      failures = 0;
      report.progress();
      continue;
    }
    if (isFinal(answer.status)) {
      throw new Error(answer.error || `The server answered ${answer.status}.`);
    }
    if (Date.now() - job.lastAnswer > PATIENCE) {
      throw new Error("The connection could not be restored; upload the files again.");
    }
    if (!answer.status) await checkReadable(entry);
    if (answer.status !== 409) report.broken("The connection was lost; retrying.");
    await pause(job, retryDelay(failures++));
    const count = await request(job, entry, "GET");
    if (count.taken) entry.sent = count.have;
  }
}

// Whether a refusal ends the upload. A status of 0 stands for a broken connection.
export function isFinal(status) {
  return status !== 0 && !PASSING.includes(status);
}

// Milliseconds to wait after a number of failures in a row.
export function retryDelay(failures) {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures);
}

// A file that was moved or changed since it was chosen looks like a broken connection.
async function checkReadable({ file, name }) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new Error(`${name} was moved or changed during the upload; select it again.`);
  }
}

// Sends a slice (PUT) or asks how many bytes have arrived (GET).
//   taken : whether the server took the request; then `have` is the count of bytes.
//   status : of the response, 0 where the connection broke. error : why the server refused.
async function request(job, entry, method, slice) {
  const { abort, target } = job;
  const query = slice ? `?offset=${entry.sent}&size=${entry.file.size}` : "";
  try {
    const response = await fetch(`${target.url}/${entry.id}${query}`, {
      method,
      headers: { [target.header]: target.pass },
      body: slice,
      signal: abort.signal,
    });
    const { have, error } = await parsed(response);
    const taken = response.ok && have !== undefined;
    if (taken) job.lastAnswer = Date.now();
    return { taken, status: response.status, have, error };
  } catch (problem) {
    if (abort.signal.aborted) throw problem;
    return { taken: false, status: 0 };
  }
}

// The JSON of a response; a proxy may answer with a page of its own instead.
async function parsed(response) {
  try {
    return (await response.json()) ?? {};
  } catch (problem) {
    if (problem instanceof SyntaxError) return {};
    throw problem; // the connection broke within the response
  }
}

// Ends a job and lets the server delete what arrived of it.
export function cancel({ abort, entries, target }) {
  abort.abort();
  for (const { id, begun } of entries) {
    if (!begun) continue;
    const headers = { [target.header]: target.pass };
    fetch(`${target.url}/${id}`, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  }
}

function pause({ abort }, milliseconds) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      abort.signal.removeEventListener("abort", end); // one job may pause thousands of times
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    abort.signal.addEventListener("abort", end);
  });
}
