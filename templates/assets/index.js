"use strict";
(() => {
  const field = document.getElementById("filter");
  if (!field) return;
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll(".runs tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
  field.parentElement.hidden = false;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = words.length ? `${count} of ${rows.length}` : "";
  });
})();
