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

  // The step of another folding at which the same is computed: what is made later than the last box is to come. Of
  // several graphs the one with the most boxes decides, so that folding what was unfolded leads back.
  function same(folding, step, next) {
    const places = orders(next).map((order) => {
      const { sheet } = next.boxes[order[0]];
      const here = orders(folding).find(([id]) => folding.boxes[id].sheet === sheet) ?? [];
      const last = folding.boxes[here.slice(0, step).at(-1)]?.made ?? -1;
      const toCome = order.filter((id) => next.boxes[id].made > last);
      return { boxes: Math.max(order.length, here.length), step: -toCome.length };
    });
    return places.reduce((a, b) => (b.boxes > a.boxes ? b : a)).step;
  }

  // The edges along which values go into a box.
  const into = (folding, ids) => Object.entries(folding.edges).filter(([, edge]) => ids.includes(edge.target)).map(([id]) => id);

  function said(folding, step, forward) {
    const made = computing(folding, step, forward).map((id) => folding.boxes[id]);
    if (!made.length) return step < 0 ? "Before the forward pass: only the inputs are known." : "";
    return made.map((box) => `${box.sheet}${box.title} gives ${box.value.line}.`).join("\n");
  }

  return { first, ahead, same, computing, into, said };
})();
