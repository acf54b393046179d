// The backward pass as it stands after some steps. Pure: it reads a folding and a number, and touches no document.
page.sweep = (() => {
  const last = (folding) => folding.steps.length + (folding.steps.length ? 1 : 0);
  const line = (box) => `${box.symbol} ${box.gradient.equals}`;
  const NOTHING = "not computed yet";

  // The step that stands at a number: null before the sweep and at its start, which is no box's turn.
  const turn = (folding, step) => (step > 1 ? folding.steps[step - 2] : null);

  // All terms of the sum that is a box's gradient.
  const termsOf = (folding, id) =>
    folding.steps.flatMap((step) => step.terms).filter((term) => folding.edges[term.edge].source === id);

  // What is known: for each box with a gradient the sum so far as a text, whether it is complete, and the terms that
  // have come. It is computed from the beginning each time, so that going back needs no undoing.
  function known(folding, step) {
    const { boxes, edges, results, steps } = folding;
    const found = {};
    for (const [id, box] of Object.entries(boxes)) {
      if (box.gradient) found[id] = { sum: NOTHING, complete: false, terms: [] };
    }
    if (step > 0) for (const id of results) if (found[id]) Object.assign(found[id], { sum: boxes[id].gradient.equals, complete: true });
    for (const taken of steps.slice(0, Math.max(0, step - 1))) {
      for (const term of taken.terms) {
        const id = edges[term.edge].source;
        const entry = found[id];
        if (!entry) continue;
        entry.terms.push(term);
        entry.complete = term.complete;
        entry.sum = term.complete ? boxes[id].gradient.equals : `${term.total} + …`;
      }
    }
    return found;
  }

  // The line of a box that speaks of its gradient.
  const written = (box, entry) => (entry.sum === NOTHING ? NOTHING : `${box.symbol} ${entry.sum}`);

  // The boxes whose turn it is.
  function taking(folding, step) {
    if (step === 1) return folding.results;
    const now = turn(folding, step);
    return now ? now.take : [];
  }

  // The terms that have gone back, this step's among them.
  const passed = (folding, step) => folding.steps.slice(0, Math.max(0, step - 1)).flatMap(({ terms }) => terms);

  // The terms that go back in this step.
  const flowing = (folding, step) => turn(folding, step)?.terms ?? [];

  function said(folding, step) {
    const { boxes, edges, results, steps } = folding;
    if (!steps.length) return "Nothing here asks for a gradient.";
    if (step === 0) return "Before the backward pass: every value is known, no gradient is.";
    if (step === 1) {
      const starts = results.map((id) => boxes[id]).filter((box) => box.gradient);
      return starts.map((box) => `${box.sheet}The sweep starts at ${box.name}: ${line(box)}.`).join("\n");
    }
    const { take, terms: handed } = turn(folding, step);
    const lines = take.length < results.length ? ["A step that not every graph takes:"] : [];
    for (const id of take) {
      lines.push(`${boxes[id].sheet}${boxes[id].name} passes on ${line(boxes[id])}.`);
      for (const term of handed.filter(({ edge }) => edges[edge].target === id)) {
        const to = boxes[edges[term.edge].source];
        const end = term.complete ? `complete: ${line(to)}` : `so far ${to.symbol} ${term.total}, more is to come`;
        lines.push(`To ${to.symbol}, ${term.text}; ${end}.`);
      }
    }
    return lines.join("\n");
  }

  return { last, termsOf, known, written, taking, passed, flowing, said };
})();
