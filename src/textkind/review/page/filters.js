// Which rows the list shows: every filter says yes or no to a row.

import { mine, numbers, others, rows, search, session, shared } from "./data.js";
import { by, make } from "./dom.js";
import { rowAt, sampling, total } from "./sample.js";

const chosen = { found: null, lasso: null }; // sets of ranks as bytes, or null for all
let changed = () => {}, asked = 0, timer = 0;
const value = (id) => by(id).value;

// onChange: shows what passes, after an act if there is one
export function startFilters(onChange) {
  changed = onChange;
  options("by-label", [["", "any"], ...rows.labels.map((name, number) => [number, name])]);
  options("by-answered", [["", "any"], ...rows.labels.map((name, number) => [number, name])]);
  options("by-split", [["", "any"], ...rows.splits.map((name, number) => [number, name])]);
  fillReviewers();
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("filters").addEventListener("change", (event) => event.target.id !== "search" && tell());
  by("filters").addEventListener("reset", (event) => { event.preventDefault(); clearFilters(); });
  by("search").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => changed(find), 120); });
  by("clear-lasso").addEventListener("click", () => setLasso(null));
  by("more-filters").open = matchMedia("(min-width: 60rem)").matches;
}

export function fillReviewers() {
  const before = value("by-reviewer");
  const names = [session.reviewer, ...shared.reviewers];
  options("by-reviewer", [
    ["", "anyone or nobody"], ["?", "somebody"], ["-", "nobody"], ["!", "several, who disagree"],
    ...names.map((name) => [`=${name}`, name]),
  ]);
  by("by-reviewer").value = before;
}

export function setCell(label, answered) {
  by("by-label").value = label;
  by("by-answered").value = answered;
  tell();
}

export const cell = () => [value("by-label"), value("by-answered")];

export function setLasso(bytes) {
  chosen.lasso = bytes;
  tell();
}

export function clearFilters() {
  for (const id of ["search", "by-label", "by-answered", "by-split", "by-reviewer"]) by(id).value = "";
  for (const id of ["only-wrong", "only-undecided"]) by(id).checked = false;
  chosen.found = chosen.lasso = null;
  tell();
}

// The ranks that pass, in the order that was chosen.
export function filtered() {
  const test = tests(), passed = new Uint32Array(rows.n);
  let count = 0;
  for (let at = 0; at < total(); at += 1) if (test.every((one) => one(rowAt(at)))) passed[count++] = rowAt(at);
  by("filters-on").hidden = !test.length;
  by("filters-on").textContent = test.length;
  by("clear").hidden = !test.length;
  by("clear-lasso").hidden = !chosen.lasso;
  const some = count === total() ? "" : `${count.toLocaleString("en")} of `;
  by("shown-count").textContent = `${some}${total().toLocaleString("en")} rows${sampling() ? " of the sample" : ""}`;
  return passed.subarray(0, count);
}

function tests() {
  const found = [], [label, answered] = cell(), split = value("by-split"), who = value("by-reviewer");
  const has = (column, number) => (rank) => numbers(rows[column][rank]).includes(number);
  if (label !== "") found.push(has("label", Number(label)));
  if (answered !== "") found.push(has("answered", Number(answered)));
  if (label !== "" && answered !== "" && label !== answered && rows.multi_label) { // as the matrix counts them
    found.push((rank) => !has("answered", Number(label))(rank), (rank) => !has("label", Number(answered))(rank));
  }
  if (split !== "") found.push((rank) => rows.split[rank] === Number(split));
  if (by("only-wrong").checked) found.push((rank) => rows.wrong[rank]);
  if (by("only-undecided").checked) found.push((rank) => !mine.has(rank));
  if (who) found.push(decidedBy(who));
  if (chosen.found) found.push((rank) => chosen.found[rank]);
  if (chosen.lasso) found.push((rank) => chosen.lasso[rank]);
  return found;
}

function decidedBy(who) {
  const all = (rank) => [...(mine.has(rank) ? [mine.get(rank)] : []), ...(others.get(rank) ?? [])];
  if (who === "?") return (rank) => all(rank).length > 0;
  if (who === "-") return (rank) => all(rank).length === 0;
  if (who === "!") return (rank) => new Set(all(rank).map((one) => JSON.stringify(one.outcome))).size > 1;
  return (rank) => all(rank).some((one) => one.reviewer === who.slice(1));
}

async function find() {
  const words = value("search"), number = ++asked;
  let ranks = null;
  if (words) ranks = await search(words);
  if (number !== asked) return; // a later question was asked meanwhile
  chosen.found = ranks && bytes(ranks);
}

export function bytes(ranks) {
  const found = new Uint8Array(rows.n);
  for (const rank of ranks) found[rank] = 1;
  return found;
}

function options(id, pairs) {
  by(id).replaceChildren(...pairs.map(([key, name]) => make("option", { value: key, textContent: name })));
}

const tell = () => changed();
