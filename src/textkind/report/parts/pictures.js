const dark = matchMedia("(prefers-color-scheme: dark)");
const touch = matchMedia("(pointer: coarse)").matches; // a finger that scrolls must not drag a chart along

function theme() {
  const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ink = of("--ink"), soft = of("--soft"), line = of("--line"), accent = `rgb(${of("--accent").split(" ").join(",")})`;
  const axis = { labelColor: ink, titleColor: soft, gridColor: line, domainColor: line, tickColor: line, labelLimit: 160, titleFontWeight: "normal" };
  return {
    background: null, font: "system-ui, sans-serif", view: { stroke: null }, axis,
    legend: { labelColor: ink, titleColor: soft }, bar: { fill: accent }, tick: { color: accent }, rule: { color: accent },
    style: { ink: { stroke: ink } },
    range: { category: dark.matches ? ["#6eb0f0", "#f0bd6a", "#8fd3a6", "#e88c5a", "#c7a6f0", "#f09ab5", "#7fd4d8", "#c9c97a"]
                                    : ["#185ea8", "#c27a0a", "#2c8553", "#b03a10", "#6b4bb0", "#b03a68", "#157a80", "#6f6f14"] },
  };
}

function withoutDragging(spec) {
  if (spec && typeof spec === "object") {
    if (Array.isArray(spec.params)) spec.params = spec.params.filter((one) => one.bind !== "scales");
    for (const part of [...(spec.layer ?? []), ...(spec.vconcat ?? [])]) withoutDragging(part);
  }
  return spec;
}

async function draw() {
  for (const plot of document.querySelectorAll(".plot")) {
    const spec = JSON.parse(plot.parentNode.querySelector("script").textContent);
    await vegaEmbed(plot, touch ? withoutDragging(spec) : spec, {
      renderer: spec.usermeta?.renderer ?? "svg", config: theme(), tooltip: { theme: dark.matches ? "dark" : "light" },
      actions: { export: true, source: false, compiled: false, editor: false }, downloadFileName: plot.dataset.name,
    });
  }
}
draw();
dark.addEventListener("change", draw);
