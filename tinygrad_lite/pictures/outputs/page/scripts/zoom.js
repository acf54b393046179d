// How large the picture is shown, and which part of it: buttons, keys, wheel, drag, two fingers. The picture scrolls in
// its frame; the frame takes the wheel only where Ctrl is held or the reader has chosen it, so the page scrolls on.
page.zoom = (() => {
  const READABLE = 0.6; // below, text is too small: a picture is fitted to the width, and scrolls
  const LARGE = 1.5; // a small picture is not blown up any further
  const [LEAST, MOST] = [0.1, 8];
  const STEP = 1.25;
  const FEEL = 0.0015; // of the wheel
  const STILL = 4; // pixels that a click may move before it is a drag
  const MARGIN = 24; // around what is brought into view
  const { stage } = page.drawing;
  const buttons = document.querySelectorAll("[data-zoom]");
  const watchers = [];
  let scale = null; // null: as it fits

  // --- the size --------------------------------------------------------------------------------------------------

  const inside = (style) => ({
    width: stage.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),
    height: (parseFloat(style.maxHeight) || stage.clientHeight) - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom),
  });

  // All of it where that can be read, else its width.
  function fitting() {
    const room = inside(getComputedStyle(stage));
    const { width, height } = page.drawing.size();
    const whole = Math.min(room.width / width, room.height / height, LARGE);
    return whole >= READABLE ? whole : Math.max(READABLE, Math.min(1, room.width / width));
  }

  const shown = () => scale ?? fitting();

  // The point of the picture under (x, y) of the window stays there.
  function apply(x, y) {
    const before = page.drawing.place();
    const [across, down] = [(x - before.left) / before.width, (y - before.top) / before.height];
    page.drawing.scale(shown());
    const after = page.drawing.place();
    stage.scrollLeft += after.left + across * after.width - x;
    stage.scrollTop += after.top + down * after.height - y;
    for (const button of buttons) {
      const pressed = { fit: scale === null, full: scale === 1 }[button.dataset.zoom];
      if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
    }
    for (const watcher of watchers) watcher();
  }

  function middle() {
    const { left, top } = stage.getBoundingClientRect();
    return [left + stage.clientWidth / 2, top + stage.clientHeight / 2];
  }

  function set(next, at = middle()) {
    scale = next === null ? null : Math.min(MOST, Math.max(LEAST, next));
    apply(...at);
  }

  const show = (how) => set({ fit: null, full: 1, larger: shown() * STEP, smaller: shown() / STEP }[how]);
  const KEYS = { "+": "larger", "=": "larger", "-": "smaller", 0: "fit" };

  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.zoom));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.("input, textarea, select")) return;
    const turn = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (KEYS[event.key]) show(KEYS[event.key]);
    else if (event.shiftKey && turn) stage.scrollBy(turn[0] * stage.clientWidth / 3, turn[1] * stage.clientHeight / 3);
    else return;
    event.preventDefault();
  });

  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== stage) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    set(shown() * Math.exp(-event.deltaY * lines * FEEL), [event.clientX, event.clientY]);
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => { if (!page.drawing.isPart(event.target)) set(null); });

  // --- two fingers; one finger scrolls by itself -----------------------------------------------------------------

  let fingers = null; // how far apart they were, and the scale then

  const apart = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  stage.addEventListener("touchstart", ({ touches }) => {
    fingers = touches.length === 2 ? { apart: apart(touches), scale: shown() } : null;
  }, { passive: true });
  stage.addEventListener("touchmove", (event) => {
    if (!fingers || event.touches.length !== 2) return;
    event.preventDefault();
    const [a, b] = event.touches;
    set((fingers.scale * apart([a, b])) / fingers.apart, [(a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2]);
  }, { passive: false });

  // --- dragging with a mouse -------------------------------------------------------------------------------------

  let grip = null; // where the picture was taken hold of

  stage.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    grip = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop, moved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const [right, down] = [event.clientX - grip.x, event.clientY - grip.y];
    grip.moved ||= Math.hypot(right, down) > STILL;
    if (grip.moved) stage.scrollTo(grip.left - right, grip.top - down);
    stage.classList.toggle("dragged", grip.moved);
  });
  window.addEventListener("pointerup", () => {
    const dragged = grip?.moved;
    grip = null;
    stage.classList.remove("dragged");
    if (dragged) { // the click that follows is none
      const swallow = (event) => event.stopPropagation();
      stage.addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => stage.removeEventListener("click", swallow, { capture: true }));
    }
  });
  window.addEventListener("pointercancel", () => { grip = null; });

  // --- what must be seen -----------------------------------------------------------------------------------------

  // The rectangle around some parts of the picture, null where none of them is drawn.
  function around(ids) {
    const parts = ids.map((id) => page.drawing.place(id)).filter(Boolean);
    const [left, top] = ["left", "top"].map((side) => Math.min(...parts.map((part) => part[side])));
    const [right, bottom] = ["right", "bottom"].map((side) => Math.max(...parts.map((part) => part[side])));
    return parts.length ? { left, top, right, bottom } : null;
  }

  const hasRoom = ({ left, top, right, bottom }) =>
    right - left <= stage.clientWidth - 2 * MARGIN && bottom - top <= stage.clientHeight - 2 * MARGIN;

  // Scrolls the frame, not the page: the buttons stay where they are.
  function bring({ left, top, right, bottom }) {
    const frame = stage.getBoundingClientRect();
    const by = ([low, high], from, long) => {
      const [before, after] = [low - from - MARGIN, high - from - long + MARGIN];
      return before < 0 || high - low > long - 2 * MARGIN ? Math.min(before, 0) || Math.max(0, before) : Math.max(after, 0);
    };
    stage.scrollLeft += by([left, right], frame.left, stage.clientWidth);
    stage.scrollTop += by([top, bottom], frame.top, stage.clientHeight);
  }

  // Brings what a step is about into view: the boxes whose turn it is, the edges along which something moves, and what
  // these lead to; where the frame is too small for all of it, the edges above all.
  function follow({ step, forward }) {
    const folding = page.store.folding();
    const turn = [...page.sweep.taking(folding, step), ...page.forward.computing(folding, step, forward)];
    const back = page.sweep.flowing(folding, step).map(({ edge }) => edge);
    const moving = [...back, ...page.forward.into(folding, turn).filter(() => step <= 0)];
    const ends = moving.map((edge) => folding.edges[edge].source);
    const parts = [[...turn, ...moving, ...ends], [...turn, ...moving], moving].map(around).filter(Boolean);
    if (parts.length) bring(parts.find(hasRoom) ?? parts.at(-1));
  }

  page.store.watch((now, before) => {
    if (now.folding !== before.folding) apply(...middle());
    const opened = now.opened && around([now.opened]);
    if (opened) bring(opened);
    else if (now.step !== before.step) follow(now);
  });
  window.addEventListener("resize", () => apply(...middle()));

  // The upper left corner stays where Python laid it, but for the step that the address asks for.
  function begin() {
    const { left, top } = stage.getBoundingClientRect();
    set(null, [left, top]);
    if (page.store.get().step) follow(page.store.get());
  }

  return { show, begin, watch: (watcher) => watchers.push(watcher) };
})();
