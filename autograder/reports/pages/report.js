"use strict";
(() => {
  const table = document.getElementById("heat");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const sortMessage = document.getElementById("said");
  const text = document.getElementById("find");
  const status = document.getElementById("status");
  const check = document.getElementById("lost");
  let chosenRows = null; // the ids of the rows with a chosen mistake; null shows all

  const ORDER = ["p", "s", "f", "e"];

  // A cell's number or text. It is null if the cell has none: the check was not asked, or there is no score yet.
  const value = (row, column) => {
    const cell = row.cells[column];
    const number = ORDER.includes(cell.className) ? ORDER.indexOf(cell.className) : Number.parseFloat(cell.textContent);
    if (column === 0 || column === row.cells.length - 1) return cell.textContent || null;
    return Number.isNaN(number) ? null : number;
  };

  const collator = new Intl.Collator(undefined, { numeric: true });
  const compare = (a, b) => (typeof a === "number" ? a - b : collator.compare(a, b));

  // Missing values stand last in both directions.
  const sorted = (column, up) => {
    const keyed = rows.map((row) => [value(row, column), row]);
    keyed.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : (up ? 1 : -1) * compare(a, b)));
    return keyed.map(([, row]) => row);
  };

  table.tHead.querySelectorAll("button").forEach((button) =>
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const column = head.cellIndex;
      const up = head.getAttribute("aria-sort") !== "ascending";
      table.tHead.querySelectorAll("th").forEach((th) => th.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      body.append(...sorted(column, up));
      sortMessage.textContent = `Sorted by ${button.dataset.name}, ${up ? "ascending" : "descending"}.`;
    })
  );

  const filter = () => {
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const matches =
        (!wanted || row.textContent.toLowerCase().includes(wanted)) &&
        (!status.value || row.dataset.status === status.value || (status.value === "lost" && row.dataset.lost === "1")) &&
        (!check.value || row.cells[Number(check.value)].className === "f") &&
        (!chosenRows || chosenRows.has(row.id));
      row.hidden = !matches;
      shown += matches;
    }
    document.getElementById("shown").textContent = `${shown} of ${rows.length} shown`;
  };

  for (const control of [text, status, check]) control.addEventListener("input", filter);
  document.getElementById("all").addEventListener("click", () => {
    text.value = status.value = check.value = "";
    chosenRows = null;
    filter();
  });
  document.querySelectorAll("button[data-rows]").forEach((button) =>
    button.addEventListener("click", () => {
      chosenRows = new Set(button.dataset.rows.split(" "));
      filter();
      document.getElementById("students").scrollIntoView();
      table.focus();
    })
  );
})();
