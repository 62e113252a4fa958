// What the uploader says of files and their way to the server.
const FIRST_ESTIMATE = 2; // seconds after which the time left is estimated

// How much of a job has arrived: bytes, and a sentence.
//   seconds : since the job began.
export function progress(entries, seconds) {
  const total = entries.reduce((sum, { file }) => sum + file.size, 0);
  const sent = entries.reduce((sum, entry) => sum + entry.sent, 0);
  const whole = entries.filter((entry) => entry.sent === entry.file.size).length;
  const estimated = sent > 0 && seconds > FIRST_ESTIMATE;
  const left = estimated ? `, about ${durationText(((total - sent) / sent) * seconds)} left` : "";
  const files = `${whole} of ${countFiles(entries.length)}`;
  return { total, sent, text: `${files}, ${sizeText(sent)} of ${sizeText(total)}${left}` };
}

export function countFiles(number) {
  return number === 1 ? "1 file" : `${number} files`;
}

export function sizeText(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

export function durationText(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
