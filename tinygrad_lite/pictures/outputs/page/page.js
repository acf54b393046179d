"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const stage = document.getElementById("stage");
  const status = document.getElementById("status");
  const where = document.getElementById("where");
  const details = document.getElementById("details");
  const GRADIENT = "#0072b2"; // the ink of gradients, and of nothing else that is text
  const SMALLEST = 0.6; // the least that "fit" shrinks a picture to
  let key = data.first;
  let at = 0; // steps taken so far; 0 is before the backward pass, 1 the result's own gradient
  let chosen = null;

  const state = () => data.states[key];
  const last = () => state().steps.length + (state().steps.length ? 1 : 0);
  const part = (id) => stage.querySelector(`[id="${id}"]`);
  const element = (tag, text, parent) => {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  };

  // --- the state of the sweep after `at` steps, computed from the beginning: going back needs no undoing ---------

  function swept() {
    const { boxes, results, steps } = state();
    const shown = {};
    for (const [id, box] of Object.entries(boxes)) {
      if (box.gradient) shown[id] = { text: "not computed yet", complete: false, terms: [] };
    }
    if (at > 0) for (const id of results) if (shown[id]) shown[id] = { text: boxes[id].gradient, complete: true, terms: [] };
    for (const step of steps.slice(0, Math.max(0, at - 1))) {
      for (const term of step.terms) {
        const entry = shown[term.to];
        if (!entry) continue;
        entry.terms.push(term);
        entry.complete = term.complete;
        entry.text = term.complete ? boxes[term.to].gradient : `${boxes[term.to].symbol} = ${term.total} + …`;
      }
    }
    return shown;
  }

  function say() {
    const { boxes, results, steps } = state();
    if (!steps.length) return "Nothing here asks for a gradient.";
    if (at === 0) return "Before the backward pass: every value is known, no gradient is.";
    if (at === 1) {
      return results.map((id) => `${boxes[id].sheet}The sweep starts at ${boxes[id].name}: ${boxes[id].gradient}.`).join("\n");
    }
    const step = steps[at - 2];
    const lines = [`${boxes[step.take].sheet}${boxes[step.take].name} passes on ${boxes[step.take].gradient}.`];
    for (const term of step.terms) {
      const name = boxes[term.to].symbol;
      const end = term.complete ? `complete: ${boxes[term.to].gradient}` : `so far ${term.total}, more is to come`;
      lines.push(`To ${name}, ${term.text}; ${end}.`);
    }
    return lines.join("\n");
  }

  function show() {
    const { boxes, steps } = state();
    const shown = swept();
    const step = at > 1 ? steps[at - 2] : null;
    stage.querySelectorAll("text.term").forEach((text) => text.remove());
    stage.querySelectorAll(".flowing").forEach((edge) => edge.classList.remove("flowing"));
    for (const [id, box] of Object.entries(boxes)) {
      const node = part(id);
      if (!node) continue;
      const entry = shown[id];
      node.classList.toggle("taking", Boolean(step && step.take === id) || (at === 1 && state().results.includes(id)));
      node.classList.toggle("waiting", Boolean(entry && !entry.complete));
      node.classList.toggle("chosen", chosen === id);
      if (entry) {
        node.querySelectorAll("text.gradient").forEach((text, i) => { text.textContent = i ? "" : entry.text; });
      }
      const gradient = entry ? (entry.complete ? entry.text : `${box.symbol} ${entry.text}`) : "takes no gradient";
      node.setAttribute("aria-label", [box.title, box.kind, box.shape, `value ${box.value}`, box.said, gradient].filter(Boolean).join(", "));
    }
    if (step) for (const term of step.terms) flow(term);
    stage.querySelector(".taking")?.scrollIntoView({ block: "nearest", inline: "center" });
    where.textContent = last() ? `step ${at} of ${last()}` : "";
    status.textContent = say();
    document.querySelectorAll("[data-go]").forEach((button) => {
      const back = ["first", "back"].includes(button.dataset.go);
      button.disabled = back ? at === 0 : at === last();
    });
    explain(shown);
  }

  function flow(term) {
    const edge = part(term.edge);
    const path = edge && edge.querySelector("path");
    if (!path) return;
    edge.classList.add("flowing");
    const middle = path.getPointAtLength(path.getTotalLength() / 2);
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    text.setAttribute("class", "term");
    text.setAttribute("x", middle.x);
    text.setAttribute("y", middle.y + 16);
    text.setAttribute("text-anchor", "middle");
    text.textContent = `+ ${term.amount}`;
    edge.append(text);
  }

  // --- the box that was chosen -----------------------------------------------------------------------------------

  function explain(shown) {
    const box = chosen && state().boxes[chosen];
    if (!box) return;
    details.replaceChildren();
    element("h2", [box.title, box.kind && `(${box.kind})`].filter(Boolean).join(" "), details);
    element("p", `${box.shape}, value:`, details);
    element("pre", box.all || box.value, details);
    if (box.said) element("p", box.said, details);
    if (box.gradient) {
      const entry = shown[chosen];
      element("p", entry.complete ? `${box.gradient}, in full:` : `${box.symbol}: ${entry.text.replace(`${box.symbol} = `, "")}`, details);
      if (entry.complete) element("pre", box.allGradient, details);
      element("p", box.seed ? "The sweep starts here: the derivative of the result by itself is 1." : "The chain rule sums over everything that this value went into:", details);
      const list = element("ul", "", details);
      const come = new Set(entry.terms.map((term) => term.text));
      for (const text of box.sum) element("li", come.has(text) ? `${text} ✓` : `${text} (still to come)`, list);
    } else {
      element("p", "It takes no gradient.", details);
    }
    if (box.call !== null) {
      const button = element("button", "⊞ unfold", details);
      button.type = "button";
      button.addEventListener("click", () => toggle(box.call));
    }
  }

  function choose(id) {
    chosen = id;
    show();
  }

  // --- folding ---------------------------------------------------------------------------------------------------

  function toggle(call) {
    const around = state().around;
    const open = new Set(key === "" ? [] : key.split(",").map(Number));
    const opening = !open.has(call);
    if (opening) around[call].forEach((c) => open.add(c));
    else for (const c of [...open]) if (around[c].includes(call)) open.delete(c);
    const wanted = (set) => [...set].sort((a, b) => a - b).join(",");
    let next = wanted(open);
    let note = "";
    if (!(next in data.states)) { // not laid out beforehand: only this one open, or none
      next = wanted(new Set(opening ? around[call] : []));
      note = "Other boxes were folded to keep this page small.\n";
    }
    if (!(next in data.states)) {
      status.textContent = "This box was not laid out for this page: draw it with fold=False, or save it by itself.";
      return;
    }
    const ended = at === last();
    key = next;
    chosen = null;
    at = ended ? last() : 0;
    fill();
    show();
    if (note) status.textContent = note + status.textContent;
    stage.querySelector(".node")?.focus({ preventScroll: true });
  }

  function fill() {
    stage.innerHTML = state().svg;
    prepare();
  }

  function badge(group, call, label) {
    const text = [...group.querySelectorAll("text")].find((t) => /[⊞⊟]/.test(t.textContent));
    if (!text || call === null || call === undefined) return;
    text.classList.add("fold");
    text.setAttribute("role", "button");
    text.setAttribute("tabindex", "0");
    text.setAttribute("aria-label", label);
    const act = (event) => { event.stopPropagation(); event.preventDefault(); toggle(call); };
    text.addEventListener("click", act);
    text.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") act(event); });
  }

  function prepare() {
    const { boxes, frames } = state();
    const svg = stage.querySelector("svg");
    svg.setAttribute("role", "group");
    svg.style.minWidth = `${SMALLEST * parseFloat(svg.getAttribute("width"))}pt`; // below, text is too small: scroll
    svg.setAttribute("aria-label", document.title);
    stage.querySelectorAll("title").forEach((title) => title.remove()); // Graphviz's own ids
    stage.querySelectorAll("a").forEach((a) => a.removeAttribute("xlink:title"));
    for (const [id, box] of Object.entries(boxes)) {
      const node = part(id);
      if (!node) continue;
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "button");
      const tip = document.createElementNS("http://www.w3.org/2000/svg", "title");
      tip.textContent = `${box.title}\n${box.shape}\n${box.all}`;
      node.prepend(tip);
      node.querySelectorAll("text").forEach((text) => {
        if ((text.getAttribute("fill") || "").toLowerCase() === GRADIENT) text.classList.add("gradient");
      });
      node.addEventListener("click", () => choose(id));
      node.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(id); }
      });
      badge(node, box.call, `unfold ${box.title}`);
    }
    for (const [id, frame] of Object.entries(frames)) {
      const group = part(id);
      if (group) badge(group, frame.call, `fold ${frame.name}`);
    }
  }

  // --- buttons and keys ------------------------------------------------------------------------------------------

  function go(how) {
    at = { first: 0, back: Math.max(0, at - 1), on: Math.min(last(), at + 1), last: last() }[how];
    show();
  }

  document.querySelectorAll("[data-go]").forEach((button) => button.addEventListener("click", () => go(button.dataset.go)));
  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    stage.classList.toggle("fit", button.dataset.zoom === "fit");
    document.querySelectorAll("[data-zoom]").forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
  }));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const how = { ArrowRight: "on", ArrowLeft: "back", Home: "first", End: "last" }[event.key];
    if (!how) return;
    event.preventDefault();
    go(how);
  });

  prepare();
  show();
})();
