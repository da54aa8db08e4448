const matrix = document.querySelector(".matrix");
if (matrix) {
  const readout = document.querySelector(".readout"), answers = matrix.tHead.rows[0].cells;
  const tell = (cell) => {
    const row = cell.parentNode, rows = [...row.cells].reduce((sum, one) => sum + Number(one.dataset.n ?? 0), 0);
    const count = Number(cell.dataset.n ?? 0), share = rows ? ` = ${(count / rows).toFixed(3)}` : "";
    const words = `true ${row.cells[0].title} → answered ${answers[cell.cellIndex].title}: `
      + `${count.toLocaleString("en")} of ${rows.toLocaleString("en")} rows${share}`;
    readout.textContent = cell.title = words;
  };
  const steps = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
  readout.hidden = false;
  matrix.tBodies[0].rows[0].cells[1].tabIndex = 0;
  for (const kind of ["pointerover", "click", "focusin"])
    matrix.addEventListener(kind, (event) => { const cell = event.target.closest("td"); if (cell) tell(cell); });
  matrix.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td"), step = steps[event.key];
    if (!cell || !step) return;
    const next = matrix.tBodies[0].rows[cell.parentNode.sectionRowIndex + step[0]]?.cells[cell.cellIndex + step[1]];
    event.preventDefault();
    if (next?.tagName !== "TD") return;
    cell.tabIndex = -1; // one stop for the Tab key, however many cells
    next.tabIndex = 0;
    next.focus();
  });
}
