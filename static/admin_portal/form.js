// The form of a record in two languages: which language is shown, counters, ways to a field, and a
// word before what was typed is left behind. Without it everything stands there, both languages.
"use strict";
(() => {
  const start = () => {
    const form = document.querySelector("body.record-form form[method=post][id$=_form]");
    if (form) {
      showLanguages(form);
      countLetters(form);
      keepTyped(form);
      findFields();
    }
    nameButtons();
  };

  // The text editor's buttons speak the language of the page.
  const nameButtons = () => {
    const labels = new Map();
    for (const label of document.querySelectorAll("[data-editor-labels] [data-for]")) {
      labels.set(label.dataset.for, label.textContent);
    }
    const name = () => {
      for (const [key, label] of labels) {
        for (const button of document.querySelectorAll(`.prose-menubar [data-name="${key}"]`)) {
          const text = button.matches(".prose-menubar__option") && button.firstElementChild;
          if (text && text.textContent !== label) text.textContent = label;
          else if (!text && button.title !== label) {
            button.title = label;
            button.setAttribute("aria-label", label);
          }
        }
      }
      // The button that shows the kind of the block has no name of its own.
      for (const button of document.querySelectorAll(".prose-menubar__selected button")) {
        const label = labels.get(button.title.replace(/ /g, ""));
        if (label) {
          button.title = label;
          button.setAttribute("aria-label", label);
        }
        // A style that is chosen shows its name; the words for none are the editor’s own.
        const style = labels.get(`=${button.textContent}`);
        if (style) button.textContent = style;
        else if (/: default$/.test(button.textContent)) {
          button.textContent = labels.get("nodeClass:blockquote:clear");
        }
      }
    };
    if (!labels.size) return;
    name();
    // The editors draw their bars when they are ready, and a block's kind anew with each selection.
    new MutationObserver((changes) => {
      if (changes.some(({ target }) => !target.closest?.(".tiptap"))) name();
    }).observe(document.body, { childList: true, subtree: true });
  };

  // One language or both; remembered, and both where the hidden one holds an error.
  const showLanguages = (form) => {
    const bar = form.querySelector("[data-language-view]");
    if (!bar || !form.querySelector(".pair")) return;
    bar.hidden = false;
    const show = (which) => {
      form.dataset.languages = which;
      for (const button of bar.querySelectorAll("[data-show]")) {
        button.setAttribute("aria-pressed", String(button.dataset.show === which));
      }
    };
    bar.addEventListener("click", (event) => {
      const which = event.target.dataset.show;
      if (!which) return;
      show(which);
      try { localStorage.setItem("admin-languages", which); } catch { /* private window */ }
    });
    let remembered = null;
    try { remembered = localStorage.getItem("admin-languages"); } catch { /* private window */ }
    const needsBoth = form.querySelector(".pair .errorlist, .pair .theirs");
    show(!needsBoth && ["ky", "ru"].includes(remembered) ? remembered : "both");
  };

  // «84 / 120» under a text with a limit, from the moment one types in it.
  const countLetters = (form) => {
    form.addEventListener("input", (event) => {
      const limit = Number(event.target.dataset.limit);
      if (!limit) return;
      let counter = event.target.parentElement.querySelector(".counter");
      if (!counter) {
        counter = document.createElement("span");
        counter.className = "counter";
        event.target.after(counter);
      }
      const length = event.target.value.length;
      counter.textContent = `${length} / ${limit}`;
      counter.classList.toggle("is-over", length > limit);
    });
  };

  const keepTyped = (form) => {
    let isTyped = false;
    form.addEventListener("input", () => { isTyped = true; });
    form.addEventListener("submit", () => { isTyped = false; });
    window.addEventListener("beforeunload", (event) => {
      if (isTyped) event.preventDefault();
    });
  };

  // A link to a field opens what hides it and puts the cursor there.
  const findFields = () => {
    const find = () => {
      const target = location.hash && document.getElementById(location.hash.slice(1));
      if (!target) return;
      for (let node = target; node; node = node.parentElement) {
        if (node.tagName === "DETAILS") node.open = true;
      }
      const field = target.closest(".field");
      if (field?.dataset.language && !field.offsetParent) {
        document.querySelector("[data-show=both]")?.click();
      }
      const place = target.offsetParent ? target : target.closest(".form-row") ?? target;
      place.scrollIntoView({ block: "center" });
      const control = target.matches("input, select, textarea") && target.offsetParent ? target
        : place.querySelector(".ProseMirror, .select2-selection, input:not([type=hidden]), select, textarea");
      control?.focus({ preventScroll: true });
    };
    window.addEventListener("hashchange", find);
    find();
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
