// Predict mode: what is ahead of the step is hidden, the reader says what the next gradient will be, the answer is
// judged, and then it is revealed. Off, the page shows everything.
page.predict = (() => {
  const POINTS = 4; // other points at which a formula is tried, where the page can compute them
  const TRIES = 20; // of which some may be none that the engine takes
  const NO_SATURATION = { level: "", text: "" };
  const panel = document.getElementById("predict");
  const form = panel.querySelector("form");
  const label = panel.querySelector("label");
  const input = panel.querySelector("input");
  const verdict = panel.querySelector(".verdict");
  const hint = panel.querySelector(".hint");
  const main = document.querySelector("main");
  const toggle = document.querySelector("[data-predict]");
  const { canonical } = page.formula;
  let answered = 0; // questions of the step that is to come, that are answered already
  let ahead = false; // whether anything is hidden

  const isAhead = (folding, { predict, step }) => predict && step < page.sweep.last(folding);

  // --- what is hidden ----------------------------------------------------------------------------------------------

  // The folding in which what the backward pass has not come to is not said: an edge's derivative before a gradient
  // goes along it, and where a function saturates, which is where its derivative is nearly 0.
  function hidden(folding, step) {
    const passed = new Set(folding.steps.slice(0, Math.max(0, step - 1)).flatMap(({ take }) => take));
    const boxes = Object.entries(folding.boxes).map(([id, box]) => [id, passed.has(id) ? box : { ...box, saturation: NO_SATURATION }]);
    const edges = Object.entries(folding.edges).map(([id, edge]) => [id, { ...edge, ahead: !passed.has(edge.target) }]);
    const frames = Object.entries(folding.frames).map(([id, frame]) => [id, { ...frame, saturation: [] }]);
    return { ...folding, boxes: Object.fromEntries(boxes), edges: Object.fromEntries(edges), frames: Object.fromEntries(frames) };
  }

  const made = new WeakMap(); // for each folding what is shown of it after each step

  page.store.through((folding, now) => {
    if (!isAhead(folding, now)) return folding;
    if (!made.has(folding)) made.set(folding, new Map());
    const steps = made.get(folding);
    if (!steps.has(now.step)) steps.set(now.step, hidden(folding, now.step));
    return steps.get(now.step);
  });

  // --- what is asked -----------------------------------------------------------------------------------------------

  // The boxes whose gradients the next step completes.
  function asked(folding, step) {
    if (!folding.steps.length) return [];
    if (step === 0) return folding.results.filter((id) => folding.boxes[id].gradient);
    const terms = folding.steps[step - 1]?.terms ?? [];
    return terms.filter(({ complete }) => complete).map(({ edge }) => folding.edges[edge].source);
  }

  const marksOf = (id) => page.live.marks(id);
  const array = (mark, all) => ({ shape: mark[2] ?? [], numbers: [...(Array.isArray(mark[0]) ? Float64Array.from(mark[0], Number) : all[mark[0]])] });
  const still = ({ numbers, shape }) => (numbers === null ? undefined : { shape: shape ?? [], numbers: numbers.map(Number) });

  // The number of a box or its gradient at other numbers of the leaves; all is null where the page cannot compute any.
  const at = (id, what, box, all) => (all && marksOf(id)[what] ? array(marksOf(id)[what], all) : box[what] && still(box[what]));

  // A pseudo-random number between −1 and 1 for each place: the same page judges in the same way each time.
  function scattered(seed) {
    let state = seed * 2654435761;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    };
  }

  // Leaves near those of now, with other numbers each: near, so that a logarithm stays one of a positive number.
  function elsewhere(seed) {
    const next = scattered(seed);
    const leaves = page.live.leaves();
    return page.live.moved(leaves, (i) => [...leaves[i]].map((x) => x * (1 + next() / 3) + next() / 10));
  }

  function places() {
    const tried = Array.from({ length: TRIES }, (_, seed) => elsewhere(seed + 1));
    return [page.live.leaves(), ...tried.filter((leaves) => !page.live.refused(leaves)).slice(0, POINTS)];
  }

  function question(folding, step, id) {
    const known = page.sweep.known(folding, step);
    const { boxes, edges } = folding;
    const own = Object.keys(boxes).filter((other) => boxes[other].sheet === boxes[id].sheet);
    const values = new Map(own.map((other) => [canonical(boxes[other].name), other]));
    const gradients = new Map();
    for (const other of own) {
      if (!boxes[other].gradient) continue;
      for (const name of [canonical(boxes[other].symbol), `d${canonical(boxes[other].name)}`]) gradients.set(name, other);
    }
    const terms = page.sweep.termsOf(folding, id).map(({ edge }) => edge);
    const point = (leaves) => {
      const all = leaves && page.live.of(leaves);
      const term = (edge) => {
        const target = edges[edge].target;
        const mark = page.live.term(edge);
        return { amount: mark && all ? array(mark, all).numbers : [], upstream: at(target, "gradient", boxes[target], all)?.numbers ?? [],
          through: boxes[target].name, gradient: boxes[target].symbol };
      };
      const of = (name) => (values.has(name) ? at(values.get(name), "value", boxes[values.get(name)], all)
        : gradients.has(name) ? at(gradients.get(name), "gradient", boxes[gradients.get(name)], all) : undefined);
      return { of, truth: at(id, "gradient", boxes[id], all), terms: all ? terms.map(term) : [] };
    };
    const points = page.live.ready ? places().map(point) : [point(null)];
    return { symbol: boxes[id].symbol, known: new Set(values.keys()), names: [...values.keys()], missing, points };

    function missing(name) {
      if (values.has(name) || name === "pi") return "";
      const other = gradients.get(name);
      if (other === id) return `${boxes[id].symbol} is what is asked for`;
      if (other) return known[other].complete ? "" : `${boxes[other].symbol} is not known yet in this step`;
      return `“${name}” is no name of this picture; the names are ${[...values.keys()].join(", ")}`;
    }
  }

  // --- what the reader does ----------------------------------------------------------------------------------------

  function current() {
    const folding = page.store.folding();
    const { step } = page.store.get();
    const ids = asked(folding, step);
    return { folding, step, id: ids[answered] ?? null, left: ids.length - answered };
  }

  // Goes on to the next question, and where there is none left in this step, takes it.
  function on(said) {
    const { step, left } = current();
    input.value = "";
    if (left > 1) {
      answered += 1;
      show();
      say(said);
    } else {
      page.store.change({ step: step + 1, playing: false, note: said.text && `${said.text}\n` });
    }
  }

  function say({ outcome, text }) {
    verdict.textContent = text;
    verdict.className = `verdict ${outcome}`;
  }

  function submit() {
    const { folding, step, id } = current();
    if (id === null) return on({ outcome: "", text: "" });
    const told = page.judging.judged(question(folding, step, id), input.value);
    if (told.outcome === "right") return on({ ...told, text: `${told.text.slice(0, -1)} ${folding.boxes[id].gradient.equals}.` });
    say(told);
    panel.scrollIntoView({ block: "nearest" }); // the verdict may be below the window
    input.focus();
    if (told.place !== undefined) input.setSelectionRange(told.place, Math.min(input.value.length, told.place + 1));
    return undefined;
  }

  function show() {
    const { folding, id } = current();
    const numbers = id === null ? null : page.store.folding().boxes[id].gradient.numbers;
    const nothing = id === null || numbers === null;
    label.hidden = input.hidden = nothing;
    form.querySelector("[type=submit]").hidden = nothing;
    if (id === null) hint.textContent = "No sum is complete after the next step: it adds a term.";
    else if (numbers === null) hint.textContent = `${folding.boxes[id].symbol} has too many numbers to be judged here: write its formula on paper, then go on.`;
    else hint.textContent = "A number, or a formula in the names of the picture. A gradient that is known is written dC/du, the slope of a function σ′(u).";
    label.textContent = id === null ? "" : `What will ${folding.boxes[id].sheet}${folding.boxes[id].symbol} be?`;
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  panel.querySelector("[data-reveal]").addEventListener("click", () => on({ outcome: "", text: "" }));
  toggle.addEventListener("click", () => page.store.change({ predict: !page.store.get().predict }));

  page.store.watch((now, before) => {
    const folding = page.store.folding();
    ahead = isAhead(folding, now);
    if (now.step !== before.step || now.folding !== before.folding || now.predict !== before.predict) {
      answered = 0;
      say({ outcome: "", text: "" });
    }
    main.classList.toggle("ahead", ahead);
    panel.hidden = !ahead || now.step < 0; // in the forward pass nothing is asked
    toggle.setAttribute("aria-pressed", String(now.predict));
    if (!panel.hidden) show();
  });

  return { isAhead: () => ahead };
})();
