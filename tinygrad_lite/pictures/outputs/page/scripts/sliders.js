// The controls with which numbers are changed: a slider and a field for each leaf of one number, a small table for the
// leaf of more numbers that is chosen.
page.sliders = (() => {
  const MOST = 8; // leaves of one number that always have their controls
  const MOST_CELLS = 64; // fields of a table
  const LEAST = 4; // a slider goes at least from −4 to 4
  const PAUSE = 600; // milliseconds without a change after which it is read out
  const panel = document.getElementById("live");
  const strip = panel.querySelector(".leaves");
  const spoken = panel.querySelector(".spoken");
  const loud = ["status", "details"].map((id) => document.getElementById(id));
  const { inputs } = page.live;

  const shortest = (x) => String(Number(x.toPrecision(6)));
  const isNumber = (text) => text.trim() !== "" && Number.isFinite(Number(text));

  function make(tag, attributes, parent) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  }

  // Leaves of several graphs that have one name and one shape are changed together.
  const groups = new Map();
  inputs.forEach(({ name, shape }, index) => {
    const key = JSON.stringify([name, shape]);
    if (!groups.has(key)) groups.set(key, { name, shape, members: [] });
    groups.get(key).members.push(index);
  });
  const sizeOf = ({ members }) => page.live.engines[members[0]].length;
  const singles = [...groups.values()].filter((group) => sizeOf(group) === 1);
  const always = singles.slice(0, MOST);

  // The numbers of a group, null where its members differ (each graph went its own way downhill).
  function numbersOf({ members }) {
    const all = members.map((i) => page.live.leaves()[i]);
    return all.every((x) => x.every((value, k) => value === all[0][k])) ? all[0] : null;
  }

  // Other numbers have other gradients: while a prediction is asked for, they are asked for again.
  function change({ members }, list) {
    const before = page.live.leaves();
    page.live.set((i) => (members.includes(i) ? list : null));
    const moved = page.live.leaves() !== before;
    if (moved && page.predict.isAhead() && page.store.get().step > 0) page.store.change({ step: 0 });
  }

  // --- a slider and a field --------------------------------------------------------------------------------------

  // A field in which a number is typed; what is none changes nothing, and is marked.
  function field(label, parent, act) {
    const made = make("input", { type: "text", inputmode: "decimal", "aria-label": label, size: 9, autocomplete: "off" }, parent);
    made.addEventListener("input", () => {
      const valid = isNumber(made.value);
      made.setAttribute("aria-invalid", String(!valid));
      if (valid) act(Number(made.value));
    });
    return made;
  }

  function fill(made, value) {
    if (made === document.activeElement) { // it stays as it is typed; what was refused is marked
      const taken = isNumber(made.value) && value !== null && Math.abs(Number(made.value) - value) <= 1e-6 * (1 + Math.abs(value));
      made.setAttribute("aria-invalid", String(!taken));
      return;
    }
    made.value = value === null ? "" : shortest(value);
    made.placeholder = value === null ? "differ" : "";
    made.setAttribute("aria-invalid", "false");
  }

  // From where to where a slider goes: what a function takes, else to both sides of 0. It grows, and never shrinks.
  function range({ members }, value, high) {
    const { within } = inputs[members[0]];
    if (within) return within;
    let end = Math.max(LEAST, high);
    while (end < (high ? 1 : 2) * Math.abs(value) && end < 1e300) end *= 2;
    return [-end, end];
  }

  // Adds the controls of a leaf of one number, and gives the function that shows what it is now.
  function single(group, parent) {
    const row = make("div", { class: "leaf" }, parent);
    make("span", { class: "name", "aria-hidden": "true" }, row).textContent = group.name;
    const slider = make("input", { type: "range", "aria-label": group.name }, row);
    const typed = field(`${group.name}, as a number`, row, (value) => change(group, [value]));
    slider.addEventListener("input", () => change(group, [Number(slider.value)]));
    let [low, high] = [0, 0];
    return () => {
      const now = numbersOf(group);
      const value = (now ?? page.live.leaves()[group.members[0]])[0];
      [low, high] = range(group, value, high);
      Object.assign(slider, { min: low, max: high, step: (high - low) / 400 });
      if (slider !== document.activeElement || Number(slider.value) !== value) slider.value = value;
      slider.setAttribute("aria-valuetext", shortest(value));
      fill(typed, now && now[0]);
    };
  }

  // --- a table ---------------------------------------------------------------------------------------------------

  function table(group, parent) {
    make("p", { class: "name" }, parent).textContent = `${group.name}, ${group.shape.join(" × ")} numbers`;
    const size = sizeOf(group);
    if (size > MOST_CELLS) {
      make("p", { class: "hint" }, parent).textContent = "These are too many to be shown one by one.";
      return () => {};
    }
    const columns = group.shape.at(-1);
    const body = make("tbody", {}, make("table", { "aria-label": group.name }, make("div", { class: "scroll" }, parent)));
    const cells = Array.from({ length: size }, (_, k) => {
      const row = k % columns ? body.lastElementChild : make("tr", {}, body);
      const place = group.shape.map((n, axis) => Math.floor(k / group.shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % n);
      return field(`${group.name}[${place.join(", ")}]`, make("td", {}, row), (value) => {
        change(group, page.live.leaves()[group.members[0]].map((old, i) => (i === k ? value : old)));
      });
    });
    return () => {
      const now = numbersOf(group);
      cells.forEach((cell, k) => fill(cell, now && now[k]));
    };
  }

  // --- what is shown ---------------------------------------------------------------------------------------------

  const shown = always.map((group) => single(group, strip));
  const more = make("div", { class: "chosen-leaf" }, strip);
  let extra = null; // the group of the chosen leaf that has no controls otherwise
  let showExtra = () => {};

  function choose(id) {
    const index = id === null ? undefined : page.live.marks(id).input;
    const group = [...groups.values()].find(({ members }) => members.includes(index)) ?? null;
    const wanted = group && !always.includes(group) ? group : null;
    if (wanted === extra) return;
    extra = wanted;
    more.replaceChildren();
    showExtra = extra ? (sizeOf(extra) === 1 ? single : table)(extra, more) : () => {};
  }

  function hint() {
    if (!page.live.ready) return `Numbers cannot be changed here: ${page.live.refusal}`;
    return always.length ? "" : "Choose a leaf to change its numbers: everything follows.";
  }

  const told = make("p", { class: "hint" }, panel);
  let timer = null;

  // Read out once it rests: the line of the step and the chosen box would be read out with every pixel of a drag.
  function speak(names) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const { boxes, results } = page.store.folding();
      const said = results.map((id) => `${boxes[id].sheet}${boxes[id].name} = ${boxes[id].value.line}`);
      spoken.textContent = [...names, ...said].join(", ");
    }, PAUSE);
  }

  page.store.watch((now, before) => {
    const moved = now.leaves !== before.leaves;
    for (const region of loud) region.setAttribute("aria-live", moved ? "off" : "polite");
    if (!page.live.ready) return;
    choose(now.chosen);
    for (const show of [...shown, showExtra]) show();
    told.textContent = extra ? "" : hint();
    const changed = (group) => group.members.some((i) => now.leaves?.[i] !== before.leaves?.[i]);
    if (moved) speak(singles.filter(changed).map((group) => `${group.name} = ${numbersOf(group)?.[0] ?? "differ"}`));
  });

  panel.hidden = false;
  panel.querySelector(".controls").hidden = !page.live.ready;
  told.textContent = hint();

  return { make };
})();
