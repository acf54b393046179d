// The picture: the one script that looks into the SVG. Texts are found by the role that Python marked them with.
page.drawing = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const TOUCH = 24; // the least width and height of what is clicked
  const UNKNOWN = "not computed yet"; // of a value in the forward pass
  const stage = document.getElementById("stage");
  const part = (id) => stage.querySelector(`[id="${id}"]`);
  let laid = page.store.get().folding; // Python laid the first folding into the page
  complete(page.store.data.answers);
  const first = stage.innerHTML; // as it was before anything was changed in it
  let layer = null; // above the picture: the terms of this step
  let moving = []; // these terms, for the script that moves them
  let told = {}; // what is to be called: choose(id) for a box, fold(call) for what folds or unfolds

  page.store.watch((now) => {
    const folding = page.store.folding();
    const again = laid !== now.folding;
    if (again) {
      stage.innerHTML = folding.svg ?? first;
      laid = now.folding;
      prepare(folding);
    }
    show(folding, now);
    if (again) (part(now.opened) ?? stage).querySelector(".fold, .node")?.focus({ preventScroll: true });
  });

  // --- what a step and a choice change ---------------------------------------------------------------------------

  function show(folding, now) {
    const known = page.sweep.known(folding, now.step);
    const taking = page.sweep.taking(folding, now.step);
    const ahead = page.forward.ahead(folding, now.step);
    const computing = page.forward.computing(folding, now.step, now.forward);
    for (const [id, box] of Object.entries(folding.boxes)) {
      const node = part(id);
      if (!node) continue;
      const entry = known[id];
      const value = ahead.includes(id) ? { line: "?", full: UNKNOWN } : box.value;
      node.querySelector("title").textContent = `${box.title}\n${box.shape}\n${value.full}`;
      setText(node, "value", value.line);
      saturate(node, ahead.includes(id) ? { level: "", text: "" } : box.saturation);
      node.classList.toggle("taking", taking.includes(id));
      node.classList.toggle("computing", computing.includes(id));
      node.classList.toggle("waiting", Boolean(entry && !entry.complete));
      node.classList.toggle("chosen", now.chosen === id);
      setTiles(node, "heat-value", value.heat);
      setTiles(node, "heat-gradient", entry?.complete ? box.gradient.heat : "");
      if (entry) setText(node, "gradient", page.sweep.written(box, entry));
      node.setAttribute("aria-label", label(box, value, entry));
    }
    for (const [id, edge] of Object.entries(folding.edges)) {
      if (edge.figure) setText(part(id), "figure", ahead.includes(edge.target) ? "" : edge.figure);
    }
    for (const [id, frame] of Object.entries(folding.frames)) setTexts(part(id), "saturation", ahead.length ? [] : frame.saturation);
    squeeze();
    showEdges(folding, now, page.forward.into(folding, computing));
  }

  // A text of several lines becomes one line.
  const setText = (node, role, text) => setTexts(node, role, [text]);

  function setTexts(node, role, texts) {
    node?.querySelectorAll(`text.${role}`).forEach((line, i) => { line.textContent = texts[i] ?? ""; });
  }

  // The tiles of an array as Python drew them; of other numbers there are none.
  function setTiles(node, role, tiles = "") {
    const group = node.querySelector(`g.${role}`);
    if (group && group.tiles !== tiles) Object.assign(group, { innerHTML: tiles, tiles });
  }

  // A text is made narrower where it would leave the room that is kept for it. All are measured at once: measuring
  // between two changes would have the browser lay the picture out again for each.
  function squeeze() {
    const texts = [...stage.querySelectorAll("text[data-room]")];
    texts.forEach((text) => text.removeAttribute("textLength"));
    const wide = texts.filter((text) => text.getComputedTextLength() > text.dataset.room);
    wide.forEach((text) => text.setAttribute("textLength", text.dataset.room));
  }

  function saturate(node, { level, text }) {
    setText(node, "saturation", `${{ saturated: "▲ ", slowed: "△ " }[level] ?? ""}${text}`);
    for (const name of ["saturated", "slowed"]) node.classList.toggle(name, level === name);
  }

  function label(box, value, entry) {
    const gradient = entry ? page.sweep.written(box, entry) : "takes no gradient";
    const of = entry && !entry.complete ? `${box.symbol} ` : "";
    const known = value === box.value ? [`value ${value.line}`, box.saturation.text] : [`value ${UNKNOWN}`];
    return [box.title, box.kind, box.shape, ...known, of + gradient].filter(Boolean).join(", ");
  }

  // --- edges and terms -------------------------------------------------------------------------------------------

  function showEdges(folding, { step, widths }, feeding) {
    const passed = new Map(page.sweep.passed(folding, step).map((term) => [term.edge, term]));
    const terms = page.sweep.flowing(folding, step);
    for (const id of Object.keys(folding.edges)) {
      const { classList } = part(id);
      classList.toggle("passed", passed.has(id));
      widen(part(id), widths ? passed.get(id)?.size : undefined);
      classList.toggle("flowing", terms.some(({ edge }) => edge === id));
      classList.toggle("feeding", feeding.includes(id));
      classList.toggle("chosen", page.store.get().chosen === id);
    }
    layer.replaceChildren();
    if (!terms.length) moving = [];
    else placeTerms(folding, terms);
  }

  // An edge as wide as the size of its term says, as Python drew it where there is none. Its head grows with it.
  function widen(edge, size) {
    const { width, line } = size === undefined ? { width: 0, line: "" } : page.widths.look(size);
    for (const name of ["plain", "zero", "odd"]) edge.classList.toggle(name, line === name);
    edge.wide = width;
    const [path, head, , back] = edge.querySelectorAll("path, polygon");
    if (!back) return;
    const { points, reach } = page.arrows.backwards(path, head, width);
    if (line) edge.setAttribute("style", `--wide: ${width.toFixed(2)}px; --reach: ${reach.toFixed(2)}px`);
    else edge.removeAttribute("style");
    back.setAttribute("points", points);
  }

  // Each term stands at its edge where no other text and no box is, joined to the edge where that is far.
  function placeTerms(folding, terms) {
    const taken = [...stage.querySelectorAll(".node"), ...stage.querySelectorAll(".edge text, .cluster text")]
      .map((element) => element.getBBox()).filter(({ width }) => width > 0);
    const { x, y, width, height } = stage.querySelector("svg").viewBox.baseVal;
    const moved = layer.getCTM().inverse().multiply(stage.querySelector("svg").getCTM()); // from the SVG to the layer
    const bounds = { x: x + moved.e, y: y + moved.f, width, height };
    moving = terms.map((term) => {
      const path = part(term.edge).querySelector("path");
      const label = put("text", { class: "term" }, layer);
      label.textContent = `+ ${term.amount}`;
      const size = label.getBBox(); // at 0, 0: its letters begin there and stand on that line
      const place = page.arrows.free(path, size, taken, bounds, part(term.edge).wide);
      taken.push(place);
      const rest = { x: place.x - size.x, y: place.y - size.y };
      label.setAttribute("x", rest.x.toFixed(2));
      label.setAttribute("y", rest.y.toFixed(2));
      const leader = place.far ? put("path", { class: "leader", d: toEdge(place) }, layer) : null;
      const middle = { x: rest.x + size.width / 2, y: rest.y };
      const sum = part(folding.edges[term.edge].source)?.querySelector("text.gradient");
      return { label, leader, way: page.arrows.wayBack(path), rest: middle, sum };
    });
  }

  function toEdge(place) {
    const { x, y } = page.arrows.nearest(place, place.at);
    return `M${x.toFixed(2)},${y.toFixed(2)}L${place.at.x.toFixed(2)},${place.at.y.toFixed(2)}`;
  }

  // The values on their way into the boxes that this step computes, each as a label at 0, 0 that has still to move.
  function inputs() {
    const folding = page.store.folding();
    const { step, forward } = page.store.get();
    const computing = page.forward.computing(folding, step, forward);
    return page.forward.into(folding, computing).map((id) => {
      const { source, target } = folding.edges[id];
      const label = put("text", { class: "carried", "text-anchor": "middle", "aria-hidden": "true" }, layer);
      label.textContent = folding.boxes[source].value.line;
      const way = page.arrows.wayBack(part(id).querySelector("path")).reverse();
      return { label, way, value: part(target)?.querySelector("text.value") };
    });
  }

  function put(tag, attributes, parent) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  }

  // The picture of a page that asks for gradients has no answers before this script runs.
  function complete(answers) {
    if (!answers) return;
    const texts = stage.querySelectorAll(answers.roles.map((role) => `text.${role}`).join(", "));
    for (const [i, [text, length]] of answers.texts.entries()) {
      texts[i].textContent = text;
      if (length) texts[i].setAttribute("textLength", length);
    }
  }

  // --- a picture that was just laid into the page ----------------------------------------------------------------

  function prepare({ boxes, edges, frames, steps }) {
    const svg = stage.querySelector("svg");
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", document.title);
    for (const text of svg.querySelectorAll("text")) text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    const graph = svg.querySelector(".graph");
    const made = ({ id }) => (boxes[id] ?? frames[id]).made;
    const parts = [...graph.querySelectorAll(".cluster, .node")]; // a frame before what is in it, as Graphviz wrote them
    graph.append(...parts.sort((a, b) => made(a) - made(b)), ...graph.querySelectorAll(".edge")); // Tab follows the data
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
    for (const { edge } of steps.flatMap(({ terms }) => terms)) turn(part(edge));
    for (const [id, edge] of Object.entries(edges)) {
      if (!edge.jacobian) continue;
      part(id).classList.add("telling");
      part(id).addEventListener("click", () => told.choose(id)); // for the keyboard, its boxes have a button
    }
    layer = put("g", { class: "terms" }, graph);
  }

  // The arrow that points back; a style shows it instead of the other where a gradient has passed.
  function turn(edge) {
    const [path, head] = [edge.querySelector("path"), edge.querySelector("polygon")];
    if (!path || !head) return;
    const { points, line } = page.arrows.backwards(path, head);
    put("path", { class: "back", d: line }, edge);
    put("polygon", { class: "back", points }, edge);
  }

  function fold(text, call, label) {
    if (!text || call === null || call === undefined) return;
    const { x, y, width, height } = text.getBBox();
    const [wide, high] = [Math.max(width, TOUCH), Math.max(height, TOUCH)]; // as large as a finger
    const hit = { class: "hit", x: x + (width - wide) / 2, y: y + (height - high) / 2, width: wide, height: high };
    text.before(put("rect", hit, text.parentNode));
    text.previousSibling.addEventListener("click", (event) => { event.stopPropagation(); told.fold(call); });
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

  // --- how large it is -------------------------------------------------------------------------------------------

  const drawn = () => stage.querySelector("svg");
  const isPart = (element) => Boolean(element.closest?.(".node, .fold, .hit"));

  // In the window's pixels: its size as it was laid out; where it or a part of it is now, null for what is not drawn.
  function size() {
    const { width, height } = drawn();
    const natural = ({ baseVal }) => { baseVal.convertToSpecifiedUnits(SVGLength.SVG_LENGTHTYPE_PX); return baseVal.value; };
    return { width: natural(width), height: natural(height) };
  }
  const place = (id) => (id === undefined ? drawn() : part(id))?.getBoundingClientRect() ?? null;

  function scale(by) {
    stage.classList.remove("fit");
    const { width, height } = size();
    Object.assign(drawn().style, { width: `${width * by}px`, height: `${height * by}px` });
  }

  return { stage, listen, terms: () => moving, inputs, isPart, size, place, scale };
})();
