// The review page: what the keys and buttons do, and what is shown when something changed.

import * as data from "./data.js";
import { mine, rows, session, shared } from "./data.js";
import { current, digits, drafts, few, now, showDecision, showRow } from "./detail.js";
import { askLabel, askName, startDialogs } from "./dialogs.js";
import { by, make, told } from "./dom.js";
import { fillReviewers, filtered, startFilters } from "./filters.js";
import { indexOf, later, rankAt, select, showList, startList } from "./list.js";
import { showMap, startMap } from "./map.js";
import { showMatrix, startMatrix } from "./matrix.js";
import { place, sampling, showSample, startSample, waits } from "./sample.js";

let shown = [], saving = false, noted = Promise.resolve(); // noted: when an edited note is saved

async function start() {
  await data.load();
  by("run").textContent = session.run;
  document.title = `${session.run} · textkind review`;
  by("reviewer").replaceChildren("as ", told(session.reviewer, "strong"));
  by("log").textContent = session.log;
  by("commands").textContent = session.commands.join("\n");
  by("digits").textContent = `${rows.multi_label ? "add or take away" : "relabel to"} the label whose button shows the digit${few() ? "" : ", of the row's most probable ones"}`;
  startFilters((act) => guarded(async () => { await act?.(); await refilter(); }));
  startSample(() => guarded(begin));
  startList((rank) => guarded(() => go(rank)));
  startMatrix();
  startMap((rank) => guarded(() => go(rank)));
  startDialogs((decision, names) => decide(decision, names));
  listen();
  progress();
  await refilter();
}

async function refilter() {
  shown = filtered();
  await showAt(isShown(current.rank) ? current.rank : shown[0] ?? -1);
}

// Show the order that was chosen from its first row that waits.
async function begin() {
  shown = filtered();
  current.rank = -1; // its number is another one in this order
  await showAt(shown.find(waits) ?? shown[0] ?? -1);
}

async function showAt(rank) {
  showList(shown, rank);
  showMatrix();
  showMap(shown, rank);
  if (rank !== current.rank || rank < 0) await showRow(rank);
}

async function go(rank) {
  if (rank < 0 || (rank === current.rank && current.row)) return;
  select(rank);
  showMap(shown, rank);
  await showRow(rank);
}

const isShown = (rank) => rank >= 0 && shown.includes(rank);
const step = (rows_) => go(rankAt(indexOf(current.rank, false) + rows_));

// Write a decision down, and go on to the next row that I have not decided; `stay` does not go on.
async function decide(decision, names = null, stay = false) {
  await guarded(async () => {
    if (current.row && !saving) await write(decision, names, stay);
  });
}

async function write(decision, names, stay) {
  busy(true);
  try {
    const { rank, row } = current, to = names && (rows.multi_label ? names : names[0]);
    const { decided } = await data.decide(rank, row.id, decision, to, by("note").value);
    drafts.delete(rank);
    say(`${row.split} row ${row.row}: ${data.outcome(decided)}`);
    await decidedNow(rank, stay);
  } finally {
    busy(false);
  }
}

// What is pressed before the next row is on the page is not meant for it, and does nothing.
function busy(on) {
  saving = on;
  by("detail").setAttribute("aria-busy", String(on));
}

async function decidedNow(rank, stay) {
  const grown = progress();
  if (stay) {
    showDecision();
    if (grown) await refilter();
    later();
    return;
  }
  shown = filtered(); // the sample may have grown
  const after = (other) => place(other) > place(rank);
  const skipped = () => (sampling() ? shown.find(waits) : undefined); // a sample with a hole is none
  const next = shown.find((other) => after(other) && waits(other)) ?? skipped() ?? shown.find(after) ?? rank;
  showList(shown, next);
  showMap(shown, next);
  if (next === rank) showDecision();
  else await showRow(next);
}

async function undo() {
  await guarded(async () => {
    if (saving) return;
    busy(true);
    try {
      const { rank, decided } = await data.undo();
      say(rank === null ? "Nothing to undo" : decided ? `Undone: back to ${data.outcome(decided)}` : "Undone");
      progress();
      if (rank === null) return;
      shown = filtered();
      showList(shown, rank);
      showMap(shown, rank);
      await showRow(rank);
    } finally {
      busy(false);
    }
  });
}

// A note that was edited is left by a click or a key that is meant for the same row: it waits in `guarded`.
function annotate() {
  const rank = current.rank;
  noted = noted.then(() => attempted(async () => {
    const own = mine.get(rank);
    if (!own || current.rank !== rank || saving || own.note === by("note").value) return;
    await write(own.decision, own.to === null ? null : [own.to].flat(), true);
  }));
}

function give(name) {
  if (!rows.multi_label) return decide("relabel", [name]);
  const names = new Set(now());
  if (!names.delete(name)) names.add(name);
  return decide("relabel", [...names], true); // one more label may follow
}

function progress() {
  const changed = [...mine.values()].filter((one) => one.decision !== "keep").length;
  by("bar").value = mine.size / rows.n;
  by("counts").textContent = `${mine.size.toLocaleString("en")} of ${rows.n.toLocaleString("en")} decided, ${changed.toLocaleString("en")} changed`;
  by("agreement-view").hidden = !shared.agreement.length;
  by("agreement").replaceChildren(...shared.agreement.map(({ reviewers, rows: n, share, kappa }) => make("li", {},
    told(reviewers[0]), " and ", told(reviewers[1]), `: ${Math.round(share * 100)} % of ${n.toLocaleString("en")} rows, kappa ${kappa === null ? "–" : kappa.toFixed(2)}`)));
  return showSample();
}

const ACTIONS = {
  k: () => decide("keep"), d: () => decide("drop"), a: () => decide("ambiguous"), u: undo,
  r: () => current.row && askLabel(), n: () => current.row && askName(),
  s: () => current.row && decide("relabel", [current.row.suggested].flat()),
  m: () => by("note").focus(), "/": () => by("search").focus(), "?": () => by("help").showModal(),
  j: () => guarded(() => step(1)), arrowdown: () => guarded(() => step(1)), arrowup: () => guarded(() => step(-1)),
  pagedown: () => guarded(() => step(8)), pageup: () => guarded(() => step(-8)),
};
const STEPS = new Set(["j", "arrowdown", "arrowup", "pagedown", "pageup"]);

function listen() {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
    if (event.key === "Escape" && typing && !typing.closest("dialog")) typing.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase(), name = current.row && digits().get(key);
    if (!name && !ACTIONS[key]) return;
    event.preventDefault();
    if (event.repeat && !STEPS.has(key)) return; // a key that is held decides one row
    if (name) give(name);
    else ACTIONS[key]();
  });
  by("actions").addEventListener("click", (event) => ACTIONS[event.target.closest("button")?.dataset.key]?.());
  by("labels").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) give(button.dataset.label);
  });
  by("note").addEventListener("input", () => drafts.set(current.rank, by("note").value));
  by("note").addEventListener("change", annotate);
  by("show-help").addEventListener("click", ACTIONS["?"]);
  document.addEventListener("visibilitychange", () => document.hidden || guarded(async () => {
    await data.refresh(); // others may have decided meanwhile
    fillReviewers();
    if (progress()) await refilter();
    showDecision();
    later();
  }));
}

const say = (text) => { by("status").textContent = text; };

async function guarded(act) {
  await noted;
  await attempted(act);
}

// Show what was refused instead of a decision that is not on the disk.
async function attempted(act) {
  try {
    await act();
    by("trouble").hidden = true;
  } catch (error) {
    if (!(error instanceof data.Refused)) throw error;
    by("trouble").textContent = error.message;
    by("trouble").hidden = false;
  }
}

guarded(start);
