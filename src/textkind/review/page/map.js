// The map: every row a few pixels of one image, which stays fluent with 100,000 of them.

import { numbers, rows } from "./data.js";
import { by, make, told } from "./dom.js";
import { bytes, setLasso } from "./filters.js";

const COLOURS = {
  light: { ink: "#1d1d1f", soft: "#9a9aa2", faint: "#e6e4df", accent: "#185ea8",
    labels: ["#185ea8", "#c27a0a", "#2c8553", "#b03a10", "#6b4bb0", "#b03a68", "#157a80", "#6f6f14"] },
  dark: { ink: "#ececee", soft: "#77777f", faint: "#303035", accent: "#6eb0f0",
    labels: ["#6eb0f0", "#f0bd6a", "#8fd3a6", "#e88c5a", "#c7a6f0", "#f09ab5", "#7fd4d8", "#c9c97a"] },
};
const CROSS = [[-2, -2], [-1, -1], [0, 0], [1, 1], [2, 2], [-2, 2], [-1, 1], [1, -1], [2, -2]];

const canvas = by("map"), pen = canvas.getContext("2d"), dark = matchMedia("(prefers-color-scheme: dark)");
const view = { x: 0.5, y: 0.5, zoom: 1 }; // the middle, in [0, 1], and how near
let passing = null, chosen = -1, lasso = false, drawn = [], start = null, waiting = false, choose = () => {};

export function startMap(onChoose) {
  if (!rows.x) return;
  choose = onChoose;
  by("map-view").hidden = false;
  by("map-move").addEventListener("click", () => mode(false));
  by("map-lasso").addEventListener("click", () => mode(true));
  by("map-in").addEventListener("click", () => zoom(1.5));
  by("map-out").addEventListener("click", () => zoom(1 / 1.5));
  by("map-all").addEventListener("click", () => { Object.assign(view, { x: 0.5, y: 0.5, zoom: 1 }); later(); });
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400), at(event)); }, { passive: false });
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", () => { start = null; drawn = []; later(); });
  canvas.addEventListener("keydown", keys);
  dark.addEventListener("change", () => { legend(); later(); });
  new ResizeObserver(later).observe(canvas);
  legend();
}

export function showMap(ranks, rank) {
  passing = ranks.length === rows.n ? null : bytes(ranks);
  chosen = rank;
  later();
}

function mode(on) {
  lasso = on;
  by("map-lasso").setAttribute("aria-pressed", String(on));
  by("map-move").setAttribute("aria-pressed", String(!on));
  canvas.classList.toggle("lasso", on);
}

function legend() {
  const colours = palette(), few = rows.labels.length <= colours.labels.length;
  const keys = few ? rows.labels.map((name, number) => {
    const key = make("span", { className: "key" }, make("i"), told(name));
    key.style.setProperty("--colour", colours.labels[number]);
    return key;
  }) : [];
  by("legend").replaceChildren(...keys, make("span", { className: "key" }, "× label and answer differ"));
}

const palette = () => COLOURS[dark.matches ? "dark" : "light"];
const rgba = (hex) => (0xff000000 | (parseInt(hex.slice(5, 7), 16) << 16) | (parseInt(hex.slice(3, 5), 16) << 8) | parseInt(hex.slice(1, 3), 16)) >>> 0;

// Where a row is, in device pixels: a square map in the middle of the canvas, with a margin.
function place(rank) {
  const side = Math.min(canvas.width, canvas.height) * 0.94 * view.zoom;
  return [canvas.width / 2 + (rows.x[rank] / rows.grid - view.x) * side, canvas.height / 2 - (rows.y[rank] / rows.grid - view.y) * side];
}

function later() {
  if (waiting || !rows.x) return;
  waiting = true;
  requestAnimationFrame(draw);
}

function draw() {
  waiting = false;
  const sharp = devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * sharp), height = Math.round(canvas.clientHeight * sharp);
  if (!width || !height) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const image = pen.createImageData(width, height), pixels = new Uint32Array(image.data.buffer), colours = palette();
  const own = colours.labels.map(rgba), plain = rgba(colours.soft), faint = rgba(colours.faint), ink = rgba(colours.ink);
  const few = rows.labels.length <= own.length, size = Math.round((view.zoom > 3 ? 3 : 2) * sharp);
  const dot = [];
  for (let down = 0; down < size; down += 1) for (let right = 0; right < size; right += 1) dot.push([right, down]);
  const paint = (rank, shape, colour) => {
    const [x, y] = place(rank);
    for (const [right, down] of shape) {
      const column = Math.round(x) + right, line = Math.round(y) + down;
      if (column >= 0 && column < width && line >= 0 && line < height) pixels[line * width + column] = colour;
    }
  };
  const coloured = (rank) => (few ? own[numbers(rows.label[rank])[0]] ?? plain : plain);
  // Crosses stand out in ink; where there are so many that ink is all one sees, they have their labels' colours
  const many = few && rows.wrong.reduce((sum, one) => sum + (one ? 1 : 0), 0) > rows.n / 5;
  const passes = (rank) => !passing || passing[rank];
  if (passing) for (let rank = 0; rank < rows.n; rank += 1) if (!passing[rank]) paint(rank, dot, faint);
  for (let rank = 0; rank < rows.n; rank += 1)
    if (passes(rank) && !rows.wrong[rank]) paint(rank, dot, coloured(rank));
  for (let rank = 0; rank < rows.n; rank += 1) if (passes(rank) && rows.wrong[rank]) paint(rank, CROSS, many ? coloured(rank) : ink);
  pen.putImageData(image, 0, 0);
  overlay(sharp, colours);
}

function overlay(sharp, colours) {
  pen.strokeStyle = colours.accent;
  pen.lineWidth = 2 * sharp;
  if (chosen >= 0) {
    pen.beginPath();
    pen.arc(...place(chosen), 8 * sharp, 0, 7);
    pen.stroke();
  }
  if (!lasso || drawn.length < 2) return;
  pen.beginPath();
  for (const point of drawn) pen.lineTo(...point);
  pen.closePath();
  pen.globalAlpha = 0.15;
  pen.fillStyle = colours.accent;
  pen.fill();
  pen.globalAlpha = 1;
  pen.stroke();
}

const at = (event) => [event.offsetX * (canvas.width / canvas.clientWidth), event.offsetY * (canvas.height / canvas.clientHeight)];

function zoom(times, [x, y] = [canvas.width / 2, canvas.height / 2]) {
  const before = Math.min(canvas.width, canvas.height) * 0.94 * view.zoom;
  view.zoom = Math.max(0.8, Math.min(400, view.zoom * times));
  const after = Math.min(canvas.width, canvas.height) * 0.94 * view.zoom; // what is under the pointer stays there
  view.x += (x - canvas.width / 2) * (1 / before - 1 / after);
  view.y -= (y - canvas.height / 2) * (1 / before - 1 / after);
  later();
}

function down(event) {
  if (event.button) return;
  if (event.pointerType !== "touch" || lasso) canvas.setPointerCapture(event.pointerId);
  start = { at: at(event), far: false, lasso: lasso || event.shiftKey, x: view.x, y: view.y };
  drawn = [start.at];
}

function move(event) {
  if (!start) return;
  const [x, y] = at(event), [right, down] = [x - start.at[0], y - start.at[1]];
  start.far ||= Math.hypot(right, down) > 4;
  if (start.lasso) {
    if (!lasso) mode(true);
    drawn.push([x, y]);
  } else {
    const side = Math.min(canvas.width, canvas.height) * 0.94 * view.zoom;
    Object.assign(view, { x: start.x - right / side, y: start.y + down / side });
  }
  later();
}

function up() {
  if (!start) return;
  const { far, lasso: closed, at: place } = start;
  start = null;
  if (!far) pick(place);
  else if (closed) setLasso(bytes(inside(drawn)));
  drawn = [];
  later();
}

function pick([x, y]) {
  let best = -1, nearest = 10 * (devicePixelRatio || 1);
  for (let rank = 0; rank < rows.n; rank += 1) {
    if (passing && !passing[rank]) continue;
    const [across, along] = place(rank), far = Math.hypot(across - x, along - y);
    if (far < nearest) [best, nearest] = [rank, far];
  }
  if (best >= 0) choose(best);
}

// Rows inside the outline, by the even-odd rule.
function inside(outline) {
  const found = [];
  const [left, right] = [Math.min(...outline.map(([x]) => x)), Math.max(...outline.map(([x]) => x))];
  for (let rank = 0; rank < rows.n; rank += 1) {
    const [x, y] = place(rank);
    if (x < left || x > right) continue;
    let within = false;
    for (let one = 0, other = outline.length - 1; one < outline.length; other = one, one += 1) {
      const [[x1, y1], [x2, y2]] = [outline[one], outline[other]];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) within = !within;
    }
    if (within) found.push(rank);
  }
  return found;
}

function keys(event) {
  const step = 0.1 / view.zoom;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
  if (moves) Object.assign(view, { x: view.x + moves[0], y: view.y + moves[1] });
  else if (event.key === "+" || event.key === "=") zoom(1.5);
  else if (event.key === "-") zoom(1 / 1.5);
  else if (event.key === "Escape") setLasso(null);
  else return;
  event.preventDefault();
  event.stopPropagation();
  later();
}
