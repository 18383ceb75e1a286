// Every page of the admin: a field whose whole text is wanted selects itself.
for (const field of document.querySelectorAll("[data-select]")) {
  field.addEventListener("focus", () => field.select());
}
