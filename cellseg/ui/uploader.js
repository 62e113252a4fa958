// Sends the chosen files slice by slice, each slice as the body of one request. The server counts
// what has arrived; after a broken connection the sender asks for that count and goes on from there.
const LANES = 3; // files on their way at the same time
const PATIENCE = 10 * 60 * 1000; // without any answer, in milliseconds
const states = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let state = states.get(parentElement);
  if (!state) {
    state = { job: null };
    states.set(parentElement, state);
  }
  state.data = data;
  state.done = (files) => setTriggerValue("done", files);
  connect(parentElement, state);
  return () => state.job && stop(state, null);
}

function connect(root, state) {
  const find = (selector) => root.querySelector(selector);
  const input = find("input");
  const zone = find(".zone");
  state.show = (text, bad) => {
    find(".status").textContent = text;
    find(".status").classList.toggle("bad", Boolean(bad));
  };
  state.busy = (busy) => {
    input.disabled = busy;
    find(".work").hidden = !busy;
  };
  state.bar = find("progress");
  find(".label").textContent = state.data.label;
  find(".hint").textContent = state.data.directory ? "or drop a folder" : "or drop files or folders";
  zone.title = state.data.help;
  input.multiple = true;
  input.webkitdirectory = state.data.directory;
  input.setAttribute("aria-label", `${state.data.label}. ${state.data.help}`);
  input.onchange = () => {
    const files = [...input.files].map((file) => ({
      file,
      name: file.webkitRelativePath || file.name,
    }));
    input.value = "";
    begin(state, files);
  };
  find(".work button").onclick = () => stop(state, "Cancelled; nothing was kept.");
  zone.ondragover = (event) => {
    event.preventDefault();
    zone.classList.add("over");
  };
  zone.ondragleave = () => zone.classList.remove("over");
  zone.ondrop = async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (!state.job) begin(state, await dropped(event.dataTransfer));
  };
}

async function begin(state, files) {
  if (!files.length || state.job) return;
  const large = files.find(({ file }) => file.size > state.data.limit);
  if (large) {
    state.show(`${large.name} has ${size(large.file.size)}; at most ${size(state.data.limit)} are taken.`, true);
    return;
  }
  const job = { abort: new AbortController(), heard: Date.now(), began: Date.now() };
  job.files = files.map(({ file, name }) => ({ file, name, id: identity(), sent: 0 }));
  job.total = files.reduce((sum, { file }) => sum + file.size, 0);
  state.job = job;
  state.busy(true);
  tell(state, job);
  try {
    while (!(await round(state, job))) tell(state, job);
    finish(state);
    state.show(`${count(files.length)}, ${size(job.total)} added.`);
    state.done(job.files.map(({ id, name, file }) => ({ id, name, size: file.size })));
  } catch (problem) {
    if (state.job === job) stop(state, problem.message);
  }
}

// Everything once under one pass; false where a restarted server gave the page a new pass.
async function round(state, job) {
  const address = { url: state.data.url, pass: state.data.pass, header: state.data.header };
  job.address = address;
  job.files.forEach((entry) => (entry.sent = 0));
  const waiting = job.files.filter((entry) => entry.file.size);
  const lane = async () => {
    while (waiting.length && state.data.pass === address.pass) {
      await send(state, job, address, waiting.shift());
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return state.data.pass === address.pass;
}

async function send(state, job, address, entry) {
  const { file } = entry;
  let failures = 0;
  while (entry.sent < file.size && state.data.pass === address.pass) {
    const body = file.slice(entry.sent, entry.sent + state.data.slice);
    entry.begun = true;
    const query = `?offset=${entry.sent}&size=${file.size}`;
    const answer = await ask(job, address, entry, "PUT", query, body);
    if (answer.ok) {
      entry.sent = answer.have;
      failures = 0;
      tell(state, job);
    } else if (answer.status && ![403, 409, 410, 502, 503, 504].includes(answer.status)) {
      throw new Error(answer.error || `The server answered ${answer.status}.`);
    } else {
      if (Date.now() - job.heard > PATIENCE) {
        throw new Error("The connection did not come back; upload the files again.");
      }
      if (!answer.status) await readable(entry);
      if (answer.status !== 409) state.show("The connection broke; trying again.", true);
      await sleep(job, Math.min(8000, 250 * 2 ** failures++));
      const known = await ask(job, address, entry, "GET", "");
      if (known.ok) entry.sent = known.have;
    }
  }
}

// A file that was moved or changed since it was chosen looks like a broken connection.
async function readable({ file, name }) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new Error(`${name} was moved or changed meanwhile; choose it again.`);
  }
}

async function ask(job, address, entry, method, query, body) {
  const signal = job.abort.signal;
  const headers = { [address.header]: address.pass };
  try {
    const answer = await fetch(`${address.url}/${entry.id}${query}`, { method, headers, body, signal });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) job.heard = Date.now();
    return { ok: answer.ok && "have" in said, status: answer.status, ...said };
  } catch (problem) {
    if (signal.aborted) throw problem;
    return { ok: false, status: 0 };
  }
}

function stop(state, sentence) {
  const job = state.job;
  if (!job) return;
  finish(state);
  job.abort.abort();
  for (const { id, begun } of job.files) {
    if (!begun) continue;
    const headers = { [job.address.header]: job.address.pass };
    fetch(`${job.address.url}/${id}`, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  }
  if (sentence) state.show(sentence, true);
}

function finish(state) {
  state.job = null;
  state.busy(false);
}

function tell(state, job) {
  const sent = job.files.reduce((sum, entry) => sum + entry.sent, 0);
  const whole = job.files.filter((entry) => entry.sent === entry.file.size).length;
  const seconds = (Date.now() - job.began) / 1000;
  const left = sent && seconds > 2 ? `, about ${duration(((job.total - sent) / sent) * seconds)} left` : "";
  state.bar.max = job.total || 1;
  state.bar.value = sent;
  state.show(`${whole} of ${count(job.files.length)}, ${size(sent)} of ${size(job.total)}${left}`);
}

function sleep(job, milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    job.abort.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const child of some) await walk(child, found);
  }
}

function identity() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function count(number) {
  return number === 1 ? "1 file" : `${number} files`;
}

function size(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
