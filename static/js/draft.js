// Comfort for whoever writes: keeps by itself, survives a lost connection, makes photos smaller.
// Without this file the buttons of the page do the same work.
const form = document.querySelector("form[data-draft]");
const words = form.dataset;
const state = form.querySelector(".state");
const key = `draft:${words.draft}`;
const EVERY = 20000;
const AGAIN = 4000;
const LONGEST_SIDE = 1920;
const OLD = 30 * 24 * 3600 * 1000;
let isDirty = false;
let isBehind = false; // the server has words that this page does not show yet
let last = Promise.resolve();
let again = 0;
let unanswered = ""; // may have arrived: sent as it was until it is answered, newer words after it
const refused = [];
const unsent = keptHere();
if ([...form.elements].some(isTouched)) {
  isDirty = true;
  keepHere();
}

function say(text, { off = false, link = "" } = {}) {
  state.textContent = text;
  state.classList.toggle("off", off);
  if (!link) return;
  const a = document.createElement("a");
  a.href = link;
  a.textContent = ` ${words.signedOut}`;
  state.append(" ", a);
}

// What is typed, with the digests it was opened with; files go their own way.
function body(all) {
  const found = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value instanceof File) continue;
    if (!all && /^(choose|remove):/.test(name)) continue;
    found.append(name, value);
  }
  return found;
}

// What no answer of the server has confirmed: of pages opened before, and of this one.
function keepHere() {
  const bodies = [...refused, ...unsent, ...(isDirty ? [body(false).toString()] : [])];
  try {
    if (bodies.length) localStorage.setItem(key, JSON.stringify({ bodies, at: Date.now() }));
    else localStorage.removeItem(key);
  } catch { /* no room or not allowed: the server has it within seconds anyway */ }
}

function bodiesIn(name) {
  try {
    const { bodies, body: only, at } = JSON.parse(localStorage.getItem(name));
    return Date.now() - at < OLD ? bodies || [only] : null;
  } catch {
    return null;
  }
}

// Some browsers inside other programs allow no storage: the page then keeps on the server alone.
function keptHere() {
  try {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith("draft:") && !bodiesIn(name)) localStorage.removeItem(name);
    }
  } catch { /* not allowed */ }
  return bodiesIn(key) || [];
}

function hasReturned() {
  try {
    const found = sessionStorage.getItem("returned");
    sessionStorage.removeItem("returned");
    return found;
  } catch {
    return null;
  }
}

// On a slow line one types before this file is here.
function isTouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) {
    const drawn = [...field.options].find((one) => one.defaultSelected) || field.options[0];
    return Boolean(drawn) && field.value !== drawn.value;
  }
  // A browser shows nothing where it cannot read a number or a day: that is not emptied by anybody.
  if (!/^(text|textarea|url|tel|email)$/.test(field.type) && !field.value) return false;
  if (/^(hidden|file)$/.test(field.type)) return false;
  return "defaultValue" in field && field.value !== field.defaultValue;
}

function tryAgain() {
  clearTimeout(again);
  again = setTimeout(keep, AGAIN);
}

// The server's answer; null: to be tried again; false: it will never be taken as it is.
async function send(data, keepalive = false) {
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  let response;
  try {
    response = await fetch(location.pathname, {
      method: "POST", body: data, keepalive, headers: { Accept: "application/json" },
    });
  } catch {
    say(words.offline, { off: true });
    tryAgain();
    return null;
  }
  let answer = {};
  try {
    answer = await response.json();
  } catch { /* an error page of a server in trouble */ }
  if (response.ok) return answer;
  if (response.status === 400 && answer.problems) {
    say(answer.problems.join(" "), { off: true });
    return answer.was ? answer : false;
  }
  if (answer.sign_in) say(answer.message, { off: true, link: answer.sign_in });
  else say(answer.message || words.offline, { off: true });
  if (response.status >= 500) tryAgain();
  return [400, 409, 413].includes(response.status) ? false : null;
}

function show(answer) {
  for (const field of form.elements) {
    if (field.name in answer.was) field.value = answer.was[field.name];
  }
  for (const box of form.querySelectorAll(".answer")) {
    const sentences = answer.errors[box.id] || [];
    const field = box.querySelector(".field");
    if (!field) continue;
    field.classList.toggle("wrong", sentences.length > 0);
    const control = field.querySelector("input, select, textarea");
    let list = field.querySelector(".errorlist");
    if (!sentences.length) {
      if (list) list.remove();
      control.removeAttribute("aria-invalid");
      continue;
    }
    if (!list) {
      list = document.createElement("ul");
      list.className = "errorlist";
      control.before(list);
    }
    control.setAttribute("aria-invalid", "true");
    list.textContent = "";
    for (const text of sentences) {
      const item = document.createElement("li");
      item.textContent = text;
      list.append(item);
    }
  }
  say(answer.conflict || answer.message, { off: Boolean(answer.conflict) });
  if (answer.conflict) {
    const a = document.createElement("a");
    a.href = location.pathname;
    a.textContent = "→";
    state.append(" ", a);
  }
}

// One after another, so that each goes on from the digests of the one before.
function keep(options) {
  const next = () => keepNow(options);
  last = last.then(next, next);
  return last;
}

async function keepNow({ all = false, keepalive = false } = {}) {
  while (unsent.length) {
    const answer = await send(new URLSearchParams(unsent[0]), keepalive);
    if (answer === null) return false;
    if (answer === false) refused.push(unsent[0]);
    else isBehind = true;
    unsent.shift();
    keepHere();
  }
  if (!isDirty && !all) {
    if (isBehind) openAnew();
    return true;
  }
  if (unanswered) {
    const answer = await send(new URLSearchParams(unanswered), keepalive);
    if (answer === null) return false;
    unanswered = "";
    if (answer) show(answer);
  }
  const data = body(all);
  const before = body(false).toString();
  say(words.saving);
  unanswered = data.toString();
  const answer = await send(data, keepalive);
  if (answer !== null) unanswered = "";
  if (!answer) return false;
  // What was typed while the answer was on its way is not kept yet.
  isDirty = withoutDigests(body(false)) !== withoutDigests(new URLSearchParams(before));
  show(answer);
  keepHere();
  if (isBehind && !isDirty && !all) openAnew();
  return answer;
}

function openAnew() {
  sessionStorage.setItem("returned", "yes");
  location.reload();
}

function withoutDigests(data) {
  return [...data].filter(([name]) => !name.startsWith("was:")).join("\n");
}

// --- Photos: smaller before they are sent, tried again until they have arrived

async function smaller(file) {
  if (!file.type.startsWith("image/")) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
    if (scale === 1 && file.size < 400000) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    const name = file.name.replace(/\.[^.]*$/, "") + ".jpg";
    return blob && blob.size < file.size ? new File([blob], name, { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

function post(name, file) {
  return new Promise((done) => {
    const data = new FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.append(name, file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", location.pathname);
    request.setRequestHeader("Accept", "application/json");
    const bar = document.createElement("progress");
    bar.max = 1;
    say(`${words.progress} ${file.name} `);
    state.append(bar);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    };
    request.onloadend = () => done(request);
    request.send(data);
  });
}

const pause = (ms) => new Promise((done) => {
  setTimeout(done, ms);
  addEventListener("online", done, { once: true });
});

async function upload(input) {
  const refused = [];
  for (const original of [...input.files]) {
    const file = await smaller(original);
    for (let wait = 2000; ; wait = Math.min(wait * 2, 60000)) {
      const request = await post(input.name, file);
      if (request.status === 200) break;
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch { /* nothing came back */ }
      if (answer.sign_in) {
        say(answer.message, { off: true, link: answer.sign_in });
        return false;
      }
      if (request.status >= 400 && request.status < 500) {
        refused.push(...(answer.problems || [answer.message || file.name]));
        break;
      }
      say(words.offline, { off: true });
      await pause(wait);
    }
  }
  input.value = "";
  if (refused.length) {
    say(refused.join(" "), { off: true });
    return false;
  }
  return true;
}

async function take(input) {
  await keep();
  if (await upload(input)) location.reload();
}

// --- What the page listens to

function count(field) {
  const limit = Number(field.dataset.limit);
  const length = field.value.trim().length;
  let told = field.parentElement.querySelector(".counter");
  if (length < limit * 0.8) {
    if (told) told.remove();
    return;
  }
  if (!told) {
    told = document.createElement("p");
    told.className = "counter";
    field.after(told);
  }
  told.textContent = `${length} / ${limit}`;
  told.classList.toggle("over", length > limit);
}

form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  isDirty = true;
  keepHere();
  if (event.target.dataset.limit) count(event.target);
});

form.addEventListener("change", (event) => {
  if (event.target.type !== "file") {
    keep();
    return;
  }
  take(event.target);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.dataset.leaving) return;
  const button = event.submitter;
  const answer = await keep({ all: true });
  if (!answer) return;
  form.dataset.leaving = "yes";
  if (button && button.name === "next" && !answer.conflict && !answer.problems.length) {
    location.assign(answer.next);
  } else {
    location.reload();
  }
});

setInterval(() => keep(), EVERY);
addEventListener("online", () => keep());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) keep({ keepalive: true });
});

// Text that never reached the server, from before a crash, a dead battery or a lost session.
if (unsent.length || isDirty) {
  keep();
} else if (hasReturned()) {
  say(words.returned);
}
for (const field of form.elements) {
  if (field.type === "file" && field.files.length) take(field);
}
