// The uploader on the page: a zone for files, and a job while they are sent.
import { chosenFiles, droppedFiles, tooLarge } from "./uploader_files.js";
import { countFiles, progress, sizeText } from "./uploader_progress.js";
import { cancel, newEntry, sendAll } from "./uploader_transfer.js";

const states = new WeakMap(); // by the element that holds the uploader

// Streamlit calls this at the start and for each run of the page, with what Python says.
export default function mount(component) {
  const { data, parentElement: root, setTriggerValue } = component;
  let state = states.get(root);
  if (!state) {
    state = { job: null };
    states.set(root, state);
  }
  state.data = data;
  state.tellPython = (files) => setTriggerValue("done", files);
  connect(root, state);
  return () => stop(state, "");
}

function connect(root, state) {
  const find = (selector) => root.querySelector(selector);
  const { label, help, directory } = state.data;
  const input = find("input");
  state.find = find;
  find(".label").textContent = label;
  find(".zone").title = help;
  find(".hint").textContent = directory ? "or drop a folder" : "or drop files or folders";
  input.multiple = true;
  input.webkitdirectory = directory;
  input.setAttribute("aria-label", `${label}. ${help}`);
  input.onchange = () => {
    const files = chosenFiles(input.files);
    input.value = ""; // so that the same files can be chosen again
    begin(state, files);
  };
  find(".work button").onclick = () => stop(state, "Cancelled; no files were added.");
  connectZone(find(".zone"), state);
}

function connectZone(zone, state) {
  zone.title = state.data.help;
  zone.ondragover = (event) => {
    event.preventDefault();
    zone.classList.add("over");
  };
  zone.ondragleave = () => zone.classList.remove("over");
  zone.ondrop = async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (state.job) return;
    try {
      begin(state, await droppedFiles(event.dataTransfer));
    } catch (problem) {
      showStatus(state, `The files could not be read: ${problem.message}`, true);
    }
  };
}

async function begin(state, files) {
  if (!files.length || state.job) return;
  const { limit } = state.data;
  const large = tooLarge(files, limit);
  if (large) {
    const size = sizeText(large.file.size);
    showStatus(state, `${large.name} has ${size}; the limit is ${sizeText(limit)}.`, true);
    return;
  }
  const entries = files.map(newEntry);
  const job = { entries, abort: new AbortController(), began: Date.now(), lastAnswer: Date.now() };
  state.job = job;
  showBusy(state, true);
  showProgress(state, job);
  const report = {
    progress: () => showProgress(state, job),
    broken: (sentence) => showStatus(state, sentence, true),
  };
  try {
    await sendAll(job, () => state.data, report);
    finish(state);
    const { total } = progress(entries, 0);
    showStatus(state, `${countFiles(files.length)}, ${sizeText(total)} added.`);
    state.tellPython(entries.map(({ id, name, file }) => ({ id, name, size: file.size })));
  } catch (problem) {
    if (state.job === job) stop(state, problem.message); // else it was stopped already
  }
}

function stop(state, sentence) {
  const { job } = state;
  if (!job) return;
  finish(state);
  cancel(job);
  if (sentence) showStatus(state, sentence, true);
}

function finish(state) {
  state.job = null;
  showBusy(state, false);
}

function showBusy({ find }, busy) {
  find("input").disabled = busy;
  find(".work").hidden = !busy;
}

function showProgress(state, job) {
  const { total, sent, text } = progress(job.entries, (Date.now() - job.began) / 1000);
  const bar = state.find("progress");
  bar.max = total || 1;
  bar.value = sent;
  showStatus(state, text);
}

function showStatus({ find }, text, bad = false) {
  find(".status").textContent = text;
  find(".status").classList.toggle("bad", bad);
}
