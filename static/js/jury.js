// How many criteria have a score, told while one scores; draft.js does the keeping.
const told = document.querySelector("[data-scored]");
const boxes = [...document.querySelectorAll(".criterion")];

function tell() {
  told.textContent = boxes.filter((box) => {
    const typed = box.querySelector("input[type=number]");
    return typed ? typed.value : box.querySelector(".scale input:checked");
  }).length;
}

document.addEventListener("change", tell);
tell();
