// Below a sheet of several graphs: the gradients that correspond, and how many times that of the first graph they are.
// A row is written once the backward pass has completed it in every graph.
page.ratios = (() => {
  const panel = document.getElementById("ratios");
  const body = panel.querySelector("tbody");

  function row(tag, texts, parent) {
    const made = document.createElement("tr");
    for (const [i, text] of texts.entries()) {
      const cell = document.createElement(i ? tag : "th");
      if (tag === "th" || i === 0) cell.scope = tag === "th" ? "col" : "row";
      cell.textContent = text;
      made.append(cell);
    }
    parent.append(made);
  }

  const title = (id) => page.store.folding().boxes[id].sheet.replace(/: $/, "");
  const length = (numbers) => Math.hypot(...numbers);

  // How many times `of` it is, of arrays by their lengths; empty where there is no such number.
  function times({ gradient: { numbers } }, { gradient: { numbers: of } }) {
    if (!numbers || !of) return "";
    const [above, below] = numbers.length === 1 && of.length === 1 ? [numbers[0], of[0]] : [length(numbers), length(of)];
    const ratio = above / below;
    return Number.isFinite(ratio) ? `${page.numbers.number(ratio)} times` : "";
  }

  function line(folding, column) {
    const [first, ...others] = column.map((id) => folding.boxes[id]);
    return [first.name, ...[first, ...others].map((box) => box.gradient.line), ...others.map((box) => times(box, first))];
  }

  page.store.watch(({ step }) => {
    const folding = page.store.folding();
    panel.hidden = !folding.columns.length;
    if (panel.hidden) return;
    const [of, ...others] = folding.columns[0].map(title);
    const known = page.sweep.known(folding, step);
    const head = panel.querySelector("thead");
    head.replaceChildren();
    row("th", ["gradient of", of, ...others, ...others.map((other) => `${other}, compared with ${of}`)], head);
    body.replaceChildren();
    for (const column of folding.columns) {
      if (column.every((id) => known[id]?.complete)) row("td", line(folding, column), body);
    }
  });

  return {};
})();
