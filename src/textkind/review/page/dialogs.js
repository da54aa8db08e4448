// The dialogs: a label out of many, several labels, a new class.

import { allLabels, rows } from "./data.js";
import { current, now } from "./detail.js";
import { by, make, told } from "./dom.js";

let give = () => {};

// onGive(decision, names): what was chosen
export function startDialogs(onGive) {
  give = onGive;
  by("choose-search").addEventListener("input", showChoices);
  by("choose-search").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); by("choices").querySelector("button, input")?.focus(); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = by("choices").querySelector("button");
    if (rows.multi_label) save();
    else if (first) first.click();
  });
  by("choices").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], all = [...by("choices").querySelectorAll("button, input")];
    if (step) { event.preventDefault(); all[all.indexOf(event.target) + step]?.focus(); }
    if (event.key === "Enter" && rows.multi_label) { event.preventDefault(); save(); }
  });
  by("choices").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    by("choose").close();
    give("relabel", [button.dataset.label]);
  });
  by("choices").addEventListener("change", (event) => {
    if (event.target.checked) picked.add(event.target.value);
    else picked.delete(event.target.value);
  });
  by("choose-save").addEventListener("click", save);
  by("choose-save").hidden = !rows.multi_label;
  by("new-cancel").addEventListener("click", () => by("new").close());
  by("new-form").addEventListener("submit", () => {
    const name = by("new-name").value.trim();
    if (name) give("new", rows.multi_label ? [...new Set([...now(), name])] : [name]);
  });
}

const picked = new Set();

export function askLabel() {
  picked.clear();
  for (const name of now()) picked.add(name);
  by("choose-search").value = "";
  showChoices();
  by("choose").showModal();
}

export function askName() {
  by("new-name").value = "";
  by("new").showModal();
}

function save() {
  by("choose").close();
  give("relabel", [...picked]);
}

function showChoices() {
  const words = by("choose-search").value.toLocaleLowerCase();
  const share = new Map(current.row.probabilities);
  const names = allLabels().filter((name) => name.toLocaleLowerCase().includes(words));
  if (names.length > 9) names.sort((one, two) => (share.get(two) ?? -1) - (share.get(one) ?? -1)); // stable
  by("choices").replaceChildren(...names.map((name) => {
    const figure = make("small", { textContent: share.has(name) ? ` ${Math.round(share.get(name) * 100)} %` : "" });
    if (!rows.multi_label) return make("button", { type: "button", "data-label": name }, told(name), figure);
    return make("label", { className: "check" }, make("input", { type: "checkbox", value: name, checked: picked.has(name) }), told(name), figure);
  }));
}
