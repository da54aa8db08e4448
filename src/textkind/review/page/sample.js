// The random sample: the first rows of an order that is the same for everyone, and how far they are decided.

import { mine, others, rows } from "./data.js";
import { by } from "./dom.js";

const FIRST = 100; // rows of the smallest sample that the page asks for; then twice as many, and so on
const Z = 1.96;

const state = { on: false, drawn: null, goal: 0 };

// onChange: shows the rows of the order that was chosen
export function startSample(onChange) {
  state.drawn = new Uint32Array(rows.n);
  for (let at = 0; at < rows.n; at += 1) state.drawn[rows.sample[at]] = at;
  for (const [id, on] of [["by-doubt", false], ["by-chance", true]])
    by(id).addEventListener("click", () => { turn(on); onChange(); });
  turn(false);
}

function turn(on) {
  state.on = on;
  by("by-chance").setAttribute("aria-pressed", String(on));
  by("by-doubt").setAttribute("aria-pressed", String(!on));
  by("sample-progress").hidden = !on;
  by("list").setAttribute("aria-label", on ? "Rows of the random sample" : "Rows, the most worth a look first");
}

export const sampling = () => state.on;

// How many rows there are to show: all of the queue, or those of the sample that is asked for.
export const total = () => (state.on ? state.goal : rows.n);

// The row at a place of the order that was chosen, and the place of a row in it.
export const rowAt = (at) => (state.on ? rows.sample[at] : at);

export const place = (rank) => (state.on ? state.drawn[rank] : rank);

// Whether a row waits for me; in the sample one decision is enough, whoever took it.
export const waits = (rank) => !mine.has(rank) && !(state.on && others.has(rank));

// Count what is decided, and ask for twice the rows when all are; whether other rows are asked for now.
export function showSample() {
  const decided = (rank) => mine.has(rank) || others.has(rank);
  const before = state.goal;
  let first = 0;
  while (first < rows.n && decided(rows.sample[first])) first += 1;
  state.goal = Math.min(FIRST, rows.n);
  while (state.goal <= first && state.goal < rows.n) state.goal = Math.min(state.goal * 2, rows.n);
  const count = rows.sample.slice(0, state.goal).filter(decided).length;
  const enough = first === rows.n ? first : first - (first % rows.sample_step);
  by("sample-count").textContent = `${count.toLocaleString("en")} of ${state.goal.toLocaleString("en")} for an estimate within ± ${within(state.goal)} %`;
  by("sample-now").textContent = enough && enough < state.goal ? `now ± ${within(enough)} %` : "";
  by("sample-bar").value = count / state.goal;
  return state.on && state.goal !== before;
}

// Half of Wilson's interval where it is widest, in per cent: what it is at the rate so far is not said,
// because who stops when a figure pleases has no random sample any more.
const within = (n) => Math.ceil((100 * Z) / (2 * Math.sqrt(n + Z * Z)));
