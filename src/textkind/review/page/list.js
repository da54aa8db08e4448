// A list of any length of which only the rows in sight are elements.

import { mine, numbers, others, outcome, rows } from "./data.js";
import { by, make, preview, told } from "./dom.js";
import { place } from "./sample.js";

const ROW = 58; // pixels, as in style.css
const TALLEST = 12_000_000; // pixels that browsers let an element be high; beyond it the bar is scaled
const SPARE = 6; // rows above and below what is in sight

const list = by("list"), tall = by("tall");
let shown = [], chosen = -1, choose = () => {}, waiting = false;

export function startList(onChoose) {
  choose = onChoose;
  list.addEventListener("scroll", later, { passive: true });
  new ResizeObserver(later).observe(list);
  tall.addEventListener("click", (event) => {
    const item = event.target.closest("[data-rank]");
    if (item) choose(Number(item.dataset.rank));
  });
}

export function showList(ranks, rank) {
  shown = ranks;
  tall.style.height = `${Math.min(TALLEST, ranks.length * ROW)}px`;
  select(rank);
}

export function select(rank) {
  chosen = rank;
  const index = indexOf(rank);
  if (index >= 0) reveal(index);
  later();
}

// The place of a row in the list, or of the first one after it: rows are sorted by their place in the order.
export function indexOf(rank, exact = true) {
  let low = 0, high = shown.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (place(shown[middle]) < place(rank)) low = middle + 1;
    else high = middle;
  }
  return exact && shown[low] !== rank ? -1 : low;
}

export const rankAt = (index) => shown[Math.max(0, Math.min(shown.length - 1, index))] ?? -1;

export function later() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(draw);
}

const scale = () => {
  const view = list.clientHeight, all = shown.length * ROW;
  return all > TALLEST ? (all - view) / (TALLEST - view) : 1;
};

function reveal(index) {
  const view = list.clientHeight, at = list.scrollTop * scale(), top = index * ROW;
  if (top < at) list.scrollTop = top / scale();
  else if (top + ROW > at + view) list.scrollTop = (top + ROW - view) / scale();
}

function draw() {
  waiting = false;
  const at = list.scrollTop * scale(), view = list.clientHeight;
  const first = Math.max(0, Math.floor(at / ROW) - SPARE);
  const last = Math.min(shown.length, Math.ceil((at + view) / ROW) + SPARE);
  const before = new Map([...tall.children].map((element) => [Number(element.dataset.rank), element]));
  const items = [];
  for (let index = first; index < last; index += 1) items.push(item(before.get(shown[index]), index, list.scrollTop + index * ROW - at));
  // what is the same stays where it is: the pointer may be down on it
  if (items.length !== tall.children.length || items.some((element, number) => element !== tall.children[number])) tall.replaceChildren(...items);
  if (indexOf(chosen) >= 0) list.setAttribute("aria-activedescendant", `row-${chosen}`);
  else list.removeAttribute("aria-activedescendant");
}

function item(before, index, top) {
  const rank = shown[index], own = mine.get(rank), theirs = others.get(rank);
  const line = make("span", { className: "second" });
  if (own) line.append(make("span", { className: `badge ${own.decision}` }, told(outcome(own))));
  if (theirs) line.append(make("span", { className: "badge other", title: "decided by others" }, `${theirs.length} other${theirs.length > 1 ? "s" : ""}`));
  line.append(names(rows.label[rank]));
  if (rows.wrong[rank]) line.append(" ≠ ", names(rows.answered[rank], "wrong"));
  const element = before ?? make("div", { id: `row-${rank}`, role: "option", "data-rank": rank });
  element.className = own ? "item done" : "item";
  for (const [name, value] of [["selected", rank === chosen], ["posinset", index + 1], ["setsize", shown.length]]) element.setAttribute(`aria-${name}`, value);
  element.replaceChildren(make("bdi", { className: "first", textContent: preview(rows.text[rank]) || "(empty)", dir: "auto" }), line);
  element.style.transform = `translateY(${top}px)`;
  return element;
}

const names = (value, className = "") => told(numbers(value).map((number) => rows.labels[number]).join(" + ") || "(none)", className);
