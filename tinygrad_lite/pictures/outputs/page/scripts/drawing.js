// The picture: the one script that looks into the SVG. Texts are found by the role that Python marked them with.
page.drawing = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const SMALLEST = 0.6; // the least that "fit" shrinks a picture to
  const stage = document.getElementById("stage");
  const part = (id) => stage.querySelector(`[id="${id}"]`);
  let laid = page.store.get().folding; // Python laid the first folding into the page
  const first = stage.innerHTML; // as it was before anything was changed in it
  let told = {}; // what is to be called: choose(id) for a box, fold(call) for what folds or unfolds

  page.store.watch((now, before) => {
    const folding = page.store.folding();
    const again = laid !== now.folding;
    if (again) {
      stage.innerHTML = folding.svg ?? first;
      laid = now.folding;
      prepare(folding);
    }
    show(folding, now);
    stage.classList.toggle("moved", now.leaves !== null);
    if (now.leaves === before.leaves) stage.querySelector(".taking")?.scrollIntoView({ block: "nearest", inline: "center" });
    if (again) stage.querySelector(".node")?.focus({ preventScroll: true });
  });

  // --- what a step and a choice change ---------------------------------------------------------------------------

  function show(folding, { step, chosen }) {
    const known = page.sweep.known(folding, step);
    const taking = page.sweep.taking(folding, step);
    stage.querySelectorAll("text.term").forEach((text) => text.remove());
    stage.querySelectorAll(".flowing").forEach((edge) => edge.classList.remove("flowing"));
    for (const [id, box] of Object.entries(folding.boxes)) {
      const node = part(id);
      if (!node) continue;
      const entry = known[id];
      node.querySelector("title").textContent = `${box.title}\n${box.shape}\n${box.value.full}`;
      setText(node, "value", box.value.line);
      saturate(node, box.saturation);
      node.classList.toggle("taking", taking.includes(id));
      node.classList.toggle("waiting", Boolean(entry && !entry.complete));
      node.classList.toggle("chosen", chosen === id);
      if (entry) setText(node, "gradient", page.sweep.written(box, entry));
      node.setAttribute("aria-label", label(box, entry));
    }
    for (const [id, edge] of Object.entries(folding.edges)) if (edge.figure) setText(part(id), "figure", edge.figure);
    for (const [id, frame] of Object.entries(folding.frames)) setTexts(part(id), "saturation", frame.saturation);
    for (const term of page.sweep.flowing(folding, step)) flow(term);
  }

  // A text of several lines becomes one line.
  const setText = (node, role, text) => setTexts(node, role, [text]);

  function setTexts(node, role, texts) {
    node?.querySelectorAll(`text.${role}`).forEach((line, i) => { line.textContent = texts[i] ?? ""; });
  }

  function saturate(node, { level, text }) {
    setText(node, "saturation", `${{ saturated: "▲ ", slowed: "△ " }[level] ?? ""}${text}`);
    for (const name of ["saturated", "slowed"]) node.classList.toggle(name, level === name);
  }

  function label(box, entry) {
    const gradient = entry ? page.sweep.written(box, entry) : "takes no gradient";
    const of = entry && !entry.complete ? `${box.symbol} ` : "";
    return [box.title, box.kind, box.shape, `value ${box.value.line}`, box.saturation.text, of + gradient].filter(Boolean).join(", ");
  }

  function flow(term) {
    const edge = part(term.edge);
    const path = edge && edge.querySelector("path");
    if (!path) return;
    edge.classList.add("flowing");
    const middle = path.getPointAtLength(path.getTotalLength() / 2);
    const text = document.createElementNS(SVG, "text");
    text.setAttribute("class", "term");
    text.setAttribute("x", middle.x);
    text.setAttribute("y", middle.y + 16);
    text.setAttribute("text-anchor", "middle");
    text.textContent = `+ ${term.amount}`;
    edge.append(text);
  }

  // --- a picture that was just laid into the page ----------------------------------------------------------------

  function prepare({ boxes, frames }) {
    const svg = stage.querySelector("svg");
    svg.setAttribute("role", "group");
    svg.style.minWidth = `${SMALLEST * parseFloat(svg.getAttribute("width"))}pt`; // below, text is too small: scroll
    svg.setAttribute("aria-label", document.title);
    for (const [id, box] of Object.entries(boxes)) {
      const node = part(id);
      if (!node) continue;
      node.prepend(document.createElementNS(SVG, "title"));
      button(node, () => told.choose(id));
      fold(node.querySelector("text.badge"), box.call, `unfold ${box.title}`);
    }
    for (const [id, frame] of Object.entries(frames)) {
      fold(part(id)?.querySelector("text.name"), frame.call, `fold ${frame.name}`);
    }
  }

  function fold(text, call, label) {
    if (!text || call === null || call === undefined) return;
    text.classList.add("fold");
    text.setAttribute("aria-label", label);
    button(text, () => told.fold(call));
  }

  function button(element, act) {
    const acted = (event) => { event.stopPropagation(); event.preventDefault(); act(); };
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    element.addEventListener("click", acted);
    element.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") acted(event); });
  }

  function listen(calls) {
    told = calls;
    prepare(page.store.folding());
  }

  const fit = (whole) => stage.classList.toggle("fit", whole);

  return { listen, fit };
})();
