// The confusion matrix as a door to its rows; with many labels, the pairs that are confused most.

import { labelNames, numbers, rows } from "./data.js";
import { by, make, told } from "./dom.js";
import { cell, setCell } from "./filters.js";

const MOST = 12; // labels that fit into a table
const PAIRS = 40;

let counts, largest = 1;

export function startMatrix() {
  count();
  const table = !rows.multi_label && rows.labels.length <= MOST;
  by("matrix-title").textContent = table ? "Confusion matrix" : "Most confused";
  by("matrix").replaceChildren(table ? grid() : pairs());
  by("matrix").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const on = button.getAttribute("aria-pressed") === "true";
    setCell(...(on ? ["", ""] : [button.dataset.label, button.dataset.answered]));
  });
  by("matrix").addEventListener("keydown", walk);
}

export function showMatrix() {
  const [label, answered] = cell();
  for (const button of by("matrix").querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.dataset.label === label && button.dataset.answered === answered));
}

function count() {
  counts = new Map();
  for (let rank = 0; rank < rows.n; rank += 1) {
    const given = numbers(rows.label[rank]), answers = numbers(rows.answered[rank]);
    const pairs = rows.multi_label
      ? given.filter((one) => !answers.includes(one)).flatMap((one) => answers.filter((two) => !given.includes(two)).map((two) => [one, two]))
      : [[given[0], answers[0]]];
    for (const [one, two] of pairs) {
      const key = one * rows.labels.length + two, now = (counts.get(key) ?? 0) + 1;
      counts.set(key, now);
      if (one !== two) largest = Math.max(largest, now);
    }
  }
}

function door(label, answered, found, ...children) {
  const [one, two] = labelNames([label, answered]);
  const button = make("button", {
    type: "button", "data-label": label, "data-answered": answered, "aria-pressed": "false",
    "aria-label": `${one} answered ${two}: ${found} rows`, title: `${one} answered ${two}`,
  }, ...children);
  button.style.setProperty("--share", label === answered ? 0 : found / largest);
  return button;
}

function grid() {
  const k = rows.labels.length, head = make("tr", {}, make("th", { textContent: "label ↓ answered →" }));
  for (const name of rows.labels) head.append(make("th", { scope: "col", title: name }, told(name)));
  const body = rows.labels.map((name, label) => {
    const line = make("tr", {}, make("th", { scope: "row", title: name }, told(name)));
    for (let answered = 0; answered < k; answered += 1) {
      const found = counts.get(label * k + answered) ?? 0;
      const button = door(label, answered, found, String(found || "·"));
      button.tabIndex = label + answered ? -1 : 0;
      button.classList.toggle("hit", label === answered);
      line.append(make("td", {}, button));
    }
    return line;
  });
  return make("div", { className: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

function pairs() {
  const k = rows.labels.length;
  const most = [...counts].filter(([key]) => Math.floor(key / k) !== key % k).sort((one, two) => two[1] - one[1]).slice(0, PAIRS);
  return make("ol", { className: "pairs" }, ...most.map(([key, found]) => {
    const label = Math.floor(key / k), answered = key % k;
    return make("li", {}, door(label, answered, found,
      make("span", {}, told(rows.labels[label]), " ≠ ", told(rows.labels[answered], "wrong")), make("b", { textContent: found })));
  }));
}

// One stop for Tab, arrows between the cells.
function walk(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const here = event.target.closest("td");
  if (!step || !here) return;
  const line = here.parentNode.parentNode.rows[here.parentNode.sectionRowIndex + step[0]];
  const button = line?.cells[here.cellIndex + step[1]]?.querySelector("button");
  event.preventDefault();
  event.stopPropagation();
  if (!button) return;
  event.target.tabIndex = -1;
  button.tabIndex = 0;
  button.focus();
}
