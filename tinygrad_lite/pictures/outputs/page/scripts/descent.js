// Gradient descent by hand: each parameter that learns goes one step downhill, and small plots show where that led.
page.descent = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 230;
  const HEIGHT = 120;
  const EDGE = { left: 8, right: 8, top: 20, bottom: 20 };
  const panel = document.getElementById("live");
  const plots = panel.querySelector(".traces");
  const rate = panel.querySelector(".rate");
  const number = (x) => page.numbers.number(x);
  let trace = []; // the leaves before the first step and after each

  // Where the leaves go from some numbers: each parameter θ to θ − η ∂C/∂θ.
  function stepped(leaves, eta) {
    const all = page.live.of(leaves);
    return page.live.moved(leaves, (i) => {
      const { learns, gradient } = page.live.inputs[i];
      if (!learns || gradient === null) return null;
      const slope = Array.isArray(gradient) ? gradient.map(Number) : all[gradient];
      return leaves[i].map((value, k) => value - eta * slope[k]);
    });
  }

  function go(count) {
    if (!rate.reportValidity()) return;
    if (!trace.length) trace = [page.live.leaves()];
    let next = null;
    for (let i = 0; i < count; i += 1) {
      next = stepped(trace.at(-1), Number(rate.value));
      if (page.live.refused(next)) break;
      trace.push(next);
    }
    page.store.change({ leaves: trace.at(-1) });
    if (page.live.refused(next)) page.live.put(next); // it says why
  }

  // --- what is plotted: by name the numbers of each graph, over the steps ----------------------------------------

  function quantities() {
    const { boxes, results } = page.store.folding();
    const { chosen } = page.store.get();
    const activations = Object.keys(boxes).filter((id) => page.live.marks(id).saturation);
    const found = new Map();
    for (const id of [...results, ...activations, ...(chosen ? [chosen] : [])]) {
      const place = page.live.marks(id).value?.[0];
      if (place === undefined || page.live.of(page.live.leaves())[place].length !== 1) continue;
      const { name, sheet } = boxes[id];
      if (!found.has(name)) found.set(name, new Map());
      found.get(name).set(place, { sheet, numbers: trace.map((leaves) => page.live.of(leaves)[place][0]) });
    }
    return found;
  }

  const sheets = () => page.store.folding().results.map((id) => page.store.folding().boxes[id].sheet);

  function draw(tag, attributes, parent) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  }

  function write(text, x, y, anchor, parent, kind = "") {
    draw("text", { x, y, "text-anchor": anchor, class: kind }, parent).textContent = text;
  }

  function plot(name, series) {
    const all = series.flatMap(({ numbers }) => numbers).filter(Number.isFinite);
    if (!all.length) return;
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const last = trace.length - 1;
    const x = (i) => EDGE.left + (i / last) * (WIDTH - EDGE.left - EDGE.right);
    const y = (value) => HEIGHT - EDGE.bottom - (high === low ? 0.5 : (value - low) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
    const told = series.map(({ sheet, numbers }) => `${sheet}from ${number(numbers[0])} to ${number(numbers[last])}`).join("; ");
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img", "aria-label": `${name} over ${last} steps: ${told}` }, plots);
    draw("rect", { x: EDGE.left, y: EDGE.top, width: WIDTH - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom }, svg);
    write(name, EDGE.left, 14, "start", svg, "name");
    write(low === high ? number(low) : `${number(low)} … ${number(high)}`, WIDTH - EDGE.right, 14, "end", svg);
    write("0", EDGE.left, HEIGHT - 6, "start", svg);
    write(`${last} steps`, WIDTH - EDGE.right, HEIGHT - 6, "end", svg);
    for (const { sheet, numbers } of series) {
      const k = Math.max(0, sheets().indexOf(sheet)); // a graph has its own line in every plot
      const points = numbers.map((value, i) => [x(i), y(value)]).filter(([, height]) => Number.isFinite(height));
      draw("polyline", { class: `line line${k}`, points: points.map((point) => point.join(",")).join(" ") }, svg);
      for (const [cx, cy] of points.length <= 30 ? points : points.slice(-1)) draw("circle", { class: `dot line${k}`, cx, cy, r: 2.5 }, svg);
    }
  }

  function show() {
    plots.replaceChildren();
    if (trace.length < 2) return;
    for (const [name, series] of quantities()) plot(name, [...series.values()]);
    const names = sheets();
    if (names.length < 2) return;
    const legend = draw("svg", { width: WIDTH, height: 20 * names.length + 4, "aria-hidden": "true" }, plots);
    names.forEach((name, k) => {
      draw("line", { class: `line line${k}`, x1: 0, x2: 34, y1: 20 * k + 12, y2: 20 * k + 12 }, legend);
      write(name.replace(": ", ""), 42, 20 * k + 16, "start", legend);
    });
  }

  const possible = page.live.inputs.some(({ learns, gradient }) => learns && gradient !== null);

  page.store.watch((now, before) => {
    panel.querySelector(".descent").hidden = !possible || page.predict.isAhead(); // a step would give its gradient away
    if (now.leaves !== trace.at(-1)) trace = []; // by a slider, or back to the beginning
    if (now.leaves !== before.leaves || now.chosen !== before.chosen || now.folding !== before.folding) show();
  });

  for (const button of panel.querySelectorAll("[data-descend]")) {
    button.addEventListener("click", () => go(Number(button.dataset.descend)));
  }
  panel.querySelector("[data-reset]").addEventListener("click", page.live.reset);
  return {};
})();
