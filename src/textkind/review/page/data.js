// The rows as they came, the decisions so far, and the questions to the server.

import { token } from "./token.js";

export const rows = {}; // columns of /api/rows, with `n`, `wrong` and `names` added
export const session = {};
export const mine = new Map(); // rank -> my decision
export const others = new Map(); // rank -> decisions of other reviewers
export const shared = { newLabels: [], agreement: [], reviewers: [] };

export class Refused extends Error {}

export async function load() {
  const [columns, who, state] = await Promise.all([ask("/api/rows"), ask("/api/session"), ask("/api/state")]);
  Object.assign(rows, columns, { n: columns.text.length });
  Object.assign(session, who);
  rows.wrong = Uint8Array.from(rows.label, (label, rank) => !same(label, rows.answered[rank]));
  remember(state);
}

export async function refresh() {
  remember(await ask("/api/state"));
}

export const row = (rank) => ask(`/api/row/${rank}`);
export const search = (words) => ask(`/api/search?q=${encodeURIComponent(words)}`);

export async function decide(rank, id, decision, to, note) {
  const answer = await ask("/api/decide", { rank, id, decision, to, note });
  mine.set(rank, answer.decided);
  summary(answer);
  return answer;
}

export async function undo() {
  const answer = await ask("/api/undo", {});
  if (answer.rank !== null) {
    if (answer.decided) mine.set(answer.rank, answer.decided);
    else mine.delete(answer.rank);
  }
  summary(answer);
  return answer;
}

function remember(state) {
  mine.clear();
  others.clear();
  const reviewers = new Set();
  for (const one of state.decided) {
    if (one.reviewer === session.reviewer) mine.set(one.rank, one);
    else {
      if (!others.has(one.rank)) others.set(one.rank, []);
      others.get(one.rank).push(one);
      reviewers.add(one.reviewer);
    }
  }
  shared.reviewers = [...reviewers].sort();
  summary(state);
}

function summary(answer) {
  shared.newLabels = answer.new_labels;
  shared.agreement = answer.agreement;
}

async function ask(address, body) {
  const options = { headers: { authorization: `Bearer ${token}` } };
  if (body) {
    options.method = "POST";
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Refused("The server does not answer. Nothing that was saved is lost: start textkind review again and open its new address.");
  }
  if (answer.ok) return answer.json();
  const said = await answer.text();
  let reason = said.trim();
  try { reason = JSON.parse(said).detail; } catch { /* plain text */ }
  throw new Refused(typeof reason === "string" ? reason : `the server refused this (${answer.status})`);
}

// Labels are column numbers, one per row, or a list per row.

export const numbers = (value) => (Array.isArray(value) ? value : [value]);
export const labelNames = (value) => numbers(value).map((number) => rows.labels[number]);
export const shownLabel = (names) => (Array.isArray(names) ? names.join(" + ") || "(none)" : names);
export const allLabels = () => [...rows.labels, ...shared.newLabels];

export function same(one, other) {
  if (!Array.isArray(one)) return one === other;
  return one.length === other.length && one.every((number) => other.includes(number));
}

export function outcome(one) {
  if (one.decision === "relabel" || one.decision === "new") return `→ ${shownLabel(one.to)}`;
  return { keep: "kept", drop: "dropped", ambiguous: "ambiguous" }[one.decision];
}
