// For a lecture: the whole screen, in large type, without what only a reader at a desk needs. A presenter's remote sends
// PageDown and PageUp, which then take a step on and back.
page.presenting = (() => {
  const REMOTE = { PageDown: "on", PageUp: "back" };
  const button = document.querySelector("[data-present]");
  const root = document.documentElement;
  let on = false;

  function show(wanted) {
    on = wanted;
    root.classList.toggle("presenting", on);
    button.setAttribute("aria-pressed", String(on));
    page.zoom.show("fit");
  }

  // Where a frame may not fill the screen, the large type is there all the same.
  function toggle() {
    show(!on);
    if (on) root.requestFullscreen?.().catch(() => {});
    else if (document.fullscreenElement) document.exitFullscreen();
  }

  button.addEventListener("click", toggle);
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) show(false); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest?.("input, textarea, select")) return; // the keys are theirs
    if (event.key === "f" || (event.key === "Escape" && on)) toggle();
    else if (on && REMOTE[event.key]) page.stepping.go(REMOTE[event.key]);
    else return;
    event.preventDefault();
  });

  return {};
})();
