// Comfort only: every task of the public pages works without this file.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.done;
  });
}

// What one may be about to type, under each search box: a combobox after the ARIA pattern.
const PAUSE = 200, SHORTEST = 2;
const saves = navigator.connection && navigator.connection.saveData;
if (!saves) document.querySelectorAll('form[action$="/search/"] input[name=q]').forEach(suggest);

function suggest(input, number) {
  const { form } = input;
  const list = document.createElement("ul");
  list.id = `suggestions-${number}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].textContent);
  form.append(list);
  for (const [name, value] of Object.entries({
    role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-controls": list.id,
    "aria-expanded": "false",
  })) input.setAttribute(name, value);
  let timer, request, active = -1, urls = [];

  function mark(next) {
    active = next;
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", index === active));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function show(found) {
    urls = found.map((one) => one.url);
    list.textContent = "";
    found.forEach((one, index) => {
      const option = document.createElement("li"), kind = document.createElement("small");
      option.id = `${list.id}-${index}`;
      option.setAttribute("role", "option");
      option.textContent = one.text;
      if (one.lang) option.lang = one.lang;
      kind.className = "soft";
      kind.textContent = one.kind && ` ${one.kind}`;
      option.append(kind);
      list.append(option);
    });
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", !list.hidden);
    mark(-1);
  }

  function close() {
    clearTimeout(timer);
    if (request) request.abort();
    show([]);
  }

  async function ask() {
    if (request) request.abort();
    request = new AbortController();
    const { signal } = request, text = input.value.trim();
    try {
      const answer = await fetch(`${form.action}suggestions/?q=${encodeURIComponent(text)}`, { signal });
      if (answer.ok) show(await answer.json());
    } catch (error) {
      // Broken off by the next letter, or no network: the box works without.
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value.trim().length < SHORTEST) return close();
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const size = urls.length + 1; // one place is the box itself
      mark(((active + 1 + step + size) % size) - 1);
    } else if (event.key === "Enter" && active >= 0) location.assign(urls[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  // A press must not take the focus from the box: the list would close under the finger.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const index = [...list.children].indexOf(event.target.closest("li"));
    if (index >= 0) location.assign(urls[index]);
  });
  input.addEventListener("blur", close);
}
