// Small helpers for elements of the page.

export function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// Fills a list with options, each [value, text], and chooses one.
export function fillSelect(list, options, chosen) {
  const wanted = options.map((option) => option.join(" ")).join("\n");
  if (list.dataset.options !== wanted) {
    list.dataset.options = wanted;
    list.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  }
  list.value = chosen;
}

// Lets a screen reader say a sentence.
export function announce(state, sentence) {
  state.find(".announcement").textContent = sentence;
}
