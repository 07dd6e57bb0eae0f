// Sorts and filters the verdict table. The address keeps the state: #sort=Verdict&task=sst2.
"use strict";

const table = document.getElementById("table");
const form = document.getElementById("filters");

if (table) {
  const rows = [...table.tBodies[0].rows];
  const headers = [...table.tHead.rows[0].cells];
  const titles = headers.map((header) => header.textContent.trim());
  const filters = ["task", "paper", "verdict"];
  const collator = new Intl.Collator("en", { numeric: true });
  let order = { column: -1, down: false };

  const choose = (name, value, text = value) => form.elements[name].append(new Option(text, value));
  const orderOf = (row) => row.cells[order.column].dataset.order;

  function compare(one, other) {
    const [a, b] = [orderOf(one), orderOf(other)];
    if (a === "" || b === "") return (a === "") - (b === "");
    const difference = isNaN(a) || isNaN(b) ? collator.compare(a, b) : a - b;
    return order.down ? -difference : difference;
  }

  function show() {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = filters.every((name) => ["", row.dataset[name]].includes(form.elements[name].value));
      row.hidden = !(fits && words.every((word) => text.includes(word)));
      document.getElementById(row.dataset.claim).hidden = row.hidden;
      shown += !row.hidden;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".claim:not([hidden])");
    }
    table.tBodies[0].append(...(order.column < 0 ? rows : [...rows].sort(compare)));
    headers.forEach((header, column) => {
      if (column !== order.column) header.removeAttribute("aria-sort");
      else header.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    });
    form.elements.sort.value = order.column < 0 ? "" : `${order.column} ${order.down ? "down" : "up"}`;
    document.getElementById("shown").textContent = `${shown} of ${rows.length} claims shown`;
  }

  function remember() {
    const state = new URLSearchParams();
    for (const name of ["text", ...filters]) if (form.elements[name].value) state.set(name, form.elements[name].value);
    if (order.column >= 0) state.set("sort", titles[order.column]);
    if (order.column >= 0 && order.down) state.set("order", "descending");
    history.replaceState(null, "", `#${state}`);
  }

  function recall() {
    const hash = location.hash.slice(1);
    const target = document.getElementById(hash);
    if (target) {
      for (let place = target; place; place = place.parentElement) if (place.matches("details")) place.open = true;
      target.scrollIntoView();
    }
    if (hash.includes("=")) {
      const state = new URLSearchParams(hash);
      for (const name of ["text", ...filters]) {
        form.elements[name].value = state.get(name) || "";
        if (form.elements[name].selectedIndex < 0) form.elements[name].value = "";
      }
      order = { column: titles.indexOf(state.get("sort")), down: state.get("order") === "descending" };
    }
    show();
  }

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => {
      order = { column, down: order.column === column && !order.down };
      show();
      remember();
    });
    header.append(button);
    choose("sort", `${column} up`, `${titles[column]}, ascending`);
    choose("sort", `${column} down`, `${titles[column]}, descending`);
  });
  for (const name of filters) {
    for (const value of new Set(rows.map((row) => row.dataset[name]))) choose(name, value);
  }
  form.addEventListener("input", (event) => {
    if (event.target.name === "sort") {
      const [column, direction] = event.target.value.split(" ");
      order = { column: column === "" ? -1 : Number(column), down: direction === "down" };
    }
    show();
    remember();
  });
  form.addEventListener("reset", () => {
    order = { column: -1, down: false };
    setTimeout(() => { show(); remember(); });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", recall);
  form.hidden = false;
  recall();
}
