// How wide an edge is: by how large the term is that went back along it, by the rules of outputs/widths.py. The switch,
// and the legend.
page.widths = (() => {
  const UNIT = 4; // for a term of size 1
  const [SMALLEST, LARGEST] = [0.001, 100]; // a term that is smaller or larger is drawn as one of this size
  const HAIRLINE = 1; // for a term that is 0
  const toggle = document.querySelector("[data-widths]");
  const legend = document.getElementById("widths");

  // The width, and the line: "zero" and "odd" (nan or infinite) are told apart by it.
  function look(size) {
    if (!Number.isFinite(size)) return { width: UNIT, line: "odd" };
    if (size === 0) return { width: HAIRLINE, line: "zero" };
    return { width: UNIT * 2 ** Math.log10(Math.min(Math.max(size, SMALLEST), LARGEST)), line: "plain" };
  }

  toggle.addEventListener("click", () => page.store.change({ widths: !page.store.get().widths }));

  page.store.watch(({ widths }) => {
    toggle.setAttribute("aria-pressed", String(widths));
    legend.hidden = !widths;
  });

  return { look };
})();
