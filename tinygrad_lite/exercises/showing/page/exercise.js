// An exercise whose page judges its answers. Its truth is the graph of the cost as a program, run at the points of the
// exercise: the page holds no answer. A formula is read and judged as in a picture's predict mode.
page.exercise = (() => {
  const data = JSON.parse(document.getElementById("exercise").textContent);
  const runs = data.points.map((leaves) => page.program.run(data.program, leaves));
  const rooms = [...document.querySelectorAll("textarea")];
  const summary = document.getElementById("judged");
  const right = new Set();

  // A place in the program, or the numbers of what never changes there.
  const at = (place, run) => ({ shape: [], numbers: Array.isArray(place) ? place.map(Number) : [...run[place]] });

  function question(step) {
    const { symbol, terms, known } = data.steps[step];
    const point = (run) => ({
      of: (name) => (Object.hasOwn(data.values, name) ? at(data.values[name], run)
        : Object.hasOwn(data.gradients, name) ? at(data.truth[data.gradients[name]], run) : undefined),
      truth: at(data.truth[step], run),
      terms: terms.map((term) => ({ ...term, amount: at(term.amount, run).numbers, upstream: at(term.upstream, run).numbers })),
    });
    const names = Object.keys(data.values);
    return { symbol, known: new Set(names), names, missing, formula: true, points: runs.map(point) };

    function missing(name) {
      if (names.includes(name) || name === "pi") return "";
      const of = Object.hasOwn(data.gradients, name) ? data.gradients[name] : null;
      if (of === step) return `${name} is what is asked for here`;
      if (known.includes(of)) return "";
      const usable = [...names, ...known.map((other) => `d${other}`)].join(", ");
      return of === null ? `“${name}” is no name of this exercise; the names are ${usable}` : `${name} comes later: the names are ${usable}`;
    }
  }

  function judge(room, verdict) {
    const step = room.name.slice(1);
    const { outcome, text } = page.judging.judged(question(step), room.value);
    verdict.textContent = `${outcome === "right" ? "✓" : "✗"} ${text}`;
    room.setAttribute("aria-invalid", String(outcome !== "right"));
    right[outcome === "right" ? "add" : "delete"](step);
    summary.textContent = `${right.size} of ${rooms.length} gradients are right.`;
  }

  function prepare(room) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "check";
    const verdict = document.createElement("span");
    verdict.className = "verdict";
    verdict.setAttribute("role", "status");
    verdict.style.marginLeft = ".8em";
    room.after(button, verdict);
    button.addEventListener("click", () => judge(room, verdict));
    room.addEventListener("input", () => { verdict.textContent = ""; });
    room.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      judge(room, verdict);
    });
  }

  rooms.forEach(prepare);

  return {};
})();
