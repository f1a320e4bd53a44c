"use strict";
/* The range lies over the whole picture, so that mouse, finger and arrow keys all move the same number. */
for (const range of document.querySelectorAll(".frame input[type=range]")) {
  const frame = range.parentElement;
  const show = () => {
    frame.style.setProperty("--split", range.value + "%");
    range.setAttribute("aria-valuetext", Math.round(range.value) + " percent of the left picture");
  };
  range.addEventListener("input", show);
  show();
}
