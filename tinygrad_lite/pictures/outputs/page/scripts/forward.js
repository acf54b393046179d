// The forward pass as it stands after some steps: those below 0, so that at 0 every value is known. Pure, as sweep.js is.
page.forward = (() => {
  // The boxes that are computed, in the order of their making; those of several graphs side by side.
  function orders({ boxes, edges }) {
    const computed = new Set(Object.values(edges).map(({ target }) => target));
    const sheets = new Map();
    for (const id of [...computed].sort((a, b) => boxes[a].made - boxes[b].made)) {
      const { sheet } = boxes[id];
      sheets.set(sheet, [...(sheets.get(sheet) ?? []), id]);
    }
    return [...sheets.values()];
  }

  // The step at which the reader starts: before the forward pass, or before the backward pass.
  const first = (folding, forward) => (forward ? -Math.max(0, ...orders(folding).map((order) => order.length)) : 0);

  // The boxes whose value is still to come.
  const ahead = (folding, step) => (step < 0 ? orders(folding).flatMap((order) => order.slice(step)) : []);

  // The boxes that this step computes; none where no step has come before it.
  function computing(folding, step, forward) {
    if (!forward || step > 0) return [];
    return orders(folding).map((order) => order.at(step - 1)).filter(Boolean);
  }

  // The step before a box's value is made, in any folding; box: one of another folding.
  function before(folding, { sheet, made }) {
    const order = orders(folding).find(([id]) => folding.boxes[id].sheet === sheet) ?? [];
    return -order.filter((id) => folding.boxes[id].made >= made).length;
  }

  // The edges along which values go into a box.
  const into = (folding, ids) => Object.entries(folding.edges).filter(([, edge]) => ids.includes(edge.target)).map(([id]) => id);

  function said(folding, step, forward) {
    const made = computing(folding, step, forward).map((id) => folding.boxes[id]);
    if (!made.length) return step < 0 ? "Before the forward pass: only the inputs are known." : "";
    return made.map((box) => `${box.sheet}${box.title} gives ${box.value.line}.`).join("\n");
  }

  return { first, ahead, before, computing, into, said };
})();
