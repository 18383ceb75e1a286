// The window of an article's pictures: the one chosen goes back to the text editor that opened it.
const number = new URLSearchParams(location.search).get("CKEditorFuncNum");
const tools = window.opener?.CKEDITOR?.tools;
if (number && tools) {
  for (const button of document.querySelectorAll("[data-pick]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      tools.callFunction(number, button.dataset.pick, {
        alternative_text: button.dataset.alt,
        caption: button.dataset.caption,
      });
      window.close();
    });
  }
}
