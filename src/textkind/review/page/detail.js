// One row with everything: the text, what is said of it, and the labels that it may get.

import * as data from "./data.js";
import { allLabels, mine, others, outcome, rows, shownLabel } from "./data.js";
import { by, fill, make, told } from "./dom.js";
import { place, sampling } from "./sample.js";

const FIRST = 20_000; // characters of a long text that are shown at once
const DIGITS = "123456789";

export const current = { rank: -1, row: null };
export const drafts = new Map(); // rank -> a note that no decision has taken along yet

// Fetch and show a row; false if another one was asked for meanwhile.
export async function showRow(rank) {
  current.rank = rank;
  current.row = null;
  by("note").value = drafts.get(rank) ?? mine.get(rank)?.note ?? "";
  const row = rank < 0 ? null : await data.row(rank);
  if (current.rank !== rank) return false;
  current.row = row;
  by("row").hidden = !row;
  by("nothing").hidden = Boolean(row);
  if (!row) return true;
  by("place").textContent = `${row.split} row ${row.row.toLocaleString("en")} · number ${(place(rank) + 1).toLocaleString("en")} of the ${sampling() ? "random sample" : "queue"}`;
  showText(row.text, false);
  by("detail").scrollTop = 0;
  by("text").scrollTop = 0;
  showDecision();
  return true;
}

function showText(text, whole) {
  const long = text.length > FIRST && !whole;
  const end = long && /[\ud800-\udbff]/.test(text[FIRST - 1]) ? FIRST - 1 : FIRST; // a pair is one character
  const found = fill(by("text"), long ? text.slice(0, end) : text);
  by("whole").hidden = !long;
  by("whole").textContent = `Show all ${text.length.toLocaleString("en")} characters`;
  by("whole").onclick = () => showText(text, true);
  by("invisible").hidden = !found;
  by("invisible").textContent = `${found.toLocaleString("en")} invisible character${found > 1 ? "s" : ""}, named where they stand`;
}

// What is said of the row: again after each decision about it.
export function showDecision() {
  const row = current.row, own = mine.get(current.rank), theirs = others.get(current.rank) ?? [];
  if (!row) return;
  const wrong = rows.wrong[current.rank];
  const facts = [
    ["label", told(shownLabel(row.label), "strong")],
    ["answered", make("span", {}, told(shownLabel(row.answered), wrong ? "strong wrong" : "strong"), likely(row))],
    ["suggested", told(shownLabel(row.suggested))],
    ["doubt", `${row.score.toFixed(2)} that the label is wrong · loss ${row.loss.toFixed(2)} · expected gain ${row.gain.toFixed(2)}`],
    ["why here", row.reasons.filter((reason) => !reason.startsWith("doubt ")).join("; ")],
    ["decided", own ? told(outcome(own), `badge ${own.decision}`) : ""],
  ];
  by("facts").replaceChildren(...facts.filter(([, what]) => what).flatMap(([name, what]) => [make("dt", { textContent: name }), make("dd", {}, what)]));
  showLabels(row);
  for (const button of by("actions").querySelectorAll("[data-key]")) button.setAttribute("aria-pressed", String(pressed(button.dataset.key, own)));
  by("others").replaceChildren(...theirs.map((one) => make("span", { className: "theirs" },
    told(one.reviewer, "strong"), ": ", told(outcome(one), `badge ${one.decision}`), one.note ? " " : "", told(one.note))));
}

const isDigit = (name) => /^[0-9]$/.test(name), isNumber = (name) => /^[-+\d.,]+$/.test(name);

// Whether digits stand for the same labels on every row. Classes that are added on the page change nothing in it.
export const few = () => rows.labels.length <= DIGITS.length || rows.labels.every(isDigit);

// Digit -> label: a label that is a digit has that one; those that are left go to the others in their order,
// of many labels to the row's most probable ones.
export function digits() {
  const names = few() ? allLabels() : current.row.probabilities.map(([name]) => name);
  const named = few() ? names.filter(isDigit) : [], others = names.filter((name) => !named.includes(name));
  const free = [...DIGITS].filter((digit) => !named.includes(digit)).slice(0, others.length);
  return new Map([...named.map((name) => [name, name]), ...free.map((digit, number) => [digit, others[number]])]);
}

// The labels that the row has now, after my decision, by name.
export function now() {
  const own = mine.get(current.rank);
  return own?.to === null || own?.to === undefined ? [current.row.label].flat() : [own.to].flat();
}

// Buttons are changed and not replaced: the pointer may be down on one.
function showLabels(row) {
  const keys = [...digits()], all = by("labels"), have = now();
  while (all.children.length > keys.length) all.lastChild.remove();
  while (all.children.length < keys.length) all.append(make("button", { type: "button" }, make("kbd"), " ", told(""), make("small")));
  keys.forEach(([digit, name], number) => {
    const button = all.children[number], [key, label, figure] = button.children;
    const share = row.probabilities.find(([other]) => other === name)?.[1];
    button.dataset.label = name;
    button.setAttribute("aria-pressed", String(have.includes(name)));
    button.classList.toggle("suggested", [row.suggested].flat().includes(name) && ![row.label].flat().includes(name));
    button.toggleAttribute("data-number", isNumber(name) && (digit !== name || !few())); // it could be taken for its key
    key.textContent = digit;
    label.textContent = name;
    figure.textContent = share === undefined ? "" : ` ${Math.round(share * 100)} %`;
  });
}

const pressed = (key, own) => Boolean(own) && { k: "keep", d: "drop", a: "ambiguous" }[key] === own.decision;
const likely = (row) => (rows.multi_label ? "" : ` with ${Math.round(row.confidence * 100)} %`);
