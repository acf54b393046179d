// The numbers of now: the program run on the leaves that the reader has set, and the foldings with these numbers in
// all their texts. Whoever reads page.store.folding() reads them, and need not know that they have changed.
page.live = (() => {
  const ROUNDING = 1e-12;
  const { live } = page.store.data;
  const ready = Boolean(live.program);
  const inputs = ready ? live.inputs : [];
  const read = (numbers) => Float64Array.from(numbers, Number);
  const engines = inputs.map((input) => read(input.numbers)); // the leaves as the engine had them
  const known = new WeakMap(); // for each list of leaves the values of the program, and the foldings made of them

  function entry(some) {
    if (!known.has(some)) known.set(some, { values: page.program.run(live.program, some), foldings: new Map() });
    return known.get(some);
  }

  const leaves = () => page.store.get().leaves ?? engines; // of now
  const of = (some) => entry(some).values; // all values of the program for some leaves, by their places

  // --- a folding with other numbers ------------------------------------------------------------------------------

  function remade(folding, marks, all) {
    const numbersOf = ([place]) => (Array.isArray(place) ? read(place) : all[place]);
    const figure = (mark, style = mark[1]) => page.numbers[style](numbersOf(mark), mark[2], mark[3]);
    const text = (parts) => parts.map((part) => (typeof part === "string" ? part : figure(part))).join("");
    const array = (mark) => ({
      line: figure(mark), equals: figure(mark, "equals"), full: figure(mark, "full"), numbers: [...numbersOf(mark)], shape: mark[2],
    });
    const each = (found, make) => Object.fromEntries(Object.entries(found).map(([id, one]) => [id, make(one, id)]));

    function saturation([place, largest, twoValued]) {
      const found = place === null ? null : page.saturation.judged(all[place], largest, twoValued);
      return found ?? { level: "", parts: [] };
    }

    function box(old, id) {
      const mark = marks.boxes[id] ?? {};
      const made = { ...old };
      if (mark.value) made.value = array(mark.value);
      if (mark.gradient) made.gradient = array(mark.gradient);
      if (mark.saturation) {
        const { level, parts } = saturation(mark.saturation);
        made.saturation = { level, text: parts.join(": ") };
      }
      return made;
    }

    function edge(old, id) {
      const made = { ...old };
      if (marks.edges[id]) made.figure = text(marks.edges[id]);
      if (marks.jacobians[id]) made.jacobian = page.numbers.matrix(numbersOf(marks.jacobians[id]), marks.jacobians[id][1]);
      return made;
    }

    // The terms as they come, each with the sum so far.
    function steps() {
      const totals = {};
      const term = (old) => {
        const mark = marks.terms[old.edge];
        const to = folding.edges[old.edge].source;
        const amount = numbersOf(mark.amount);
        totals[to] = totals[to] ? totals[to].map((x, i) => x + amount[i]) : amount;
        const total = page.numbers.equals(totals[to], mark.amount[2], mark.amount[3]);
        return { ...old, text: mark.text ? text(mark.text) : old.text, amount: figure(mark.amount), total, size: Math.hypot(...amount) };
      };
      return folding.steps.map((step) => ({ ...step, terms: step.terms.map(term) }));
    }

    return {
      ...folding,
      boxes: each(folding.boxes, box),
      edges: each(folding.edges, edge),
      frames: each(folding.frames, (frame, id) => (marks.frames[id] ? { ...frame, saturation: saturation(marks.frames[id]).parts } : frame)),
      steps: steps(),
    };
  }

  page.store.through((folding, now) => {
    if (!ready || now.leaves === null) return folding;
    const { values: all, foldings } = entry(now.leaves);
    if (!foldings.has(now.folding)) foldings.set(now.folding, remade(folding, live.foldings[now.folding], all));
    return foldings.get(now.folding);
  });

  // --- changing numbers ------------------------------------------------------------------------------------------

  const cast = (list, { dtype }) => (dtype === "float32" ? read(list).map(Math.fround) : read(list));

  // These leaves with other numbers: a function of the index gives the list, or null where a leaf stays as it is.
  const moved = (some, other) => some.map((old, i) => { const list = other(i); return list ? cast(list, inputs[i]) : old; });

  // What the engine would refuse in these leaves, empty where it takes them. Rounding is no reason.
  function refused(some) {
    const outside = (x) => x < -ROUNDING || x > 1 + ROUNDING;
    return live.conditions.find(({ place }) => of(some)[place].some(outside))?.said ?? "";
  }

  // Puts leaves in the place of those of now, or says why not.
  function put(some) {
    const reason = refused(some);
    page.store.change(reason ? { note: `Nothing was changed: ${reason}.\n` } : { leaves: some });
  }

  const set = (other) => put(moved(leaves(), other));

  const reset = () => page.store.change({ leaves: null });

  // Where a box of the folding that is shown has its numbers in the program: {input, value, gradient, saturation}.
  const marks = (id) => (ready ? live.foldings[page.store.get().folding].boxes[id] ?? {} : {});

  // The mark of what an edge adds to the gradient of its source; its place may be the numbers, where they never change.
  const term = (edge) => (ready ? live.foldings[page.store.get().folding].terms[edge]?.amount : undefined);

  return { ready, refusal: live.refusal ?? "", inputs, engines, leaves, of, moved, refused, put, set, reset, marks, term };
})();
