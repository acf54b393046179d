// A small map of a picture that is larger than its frame: its boxes, and the part that is seen, which can be moved.
page.overview = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const MANY = 8; // boxes from which on a map helps
  const LARGER = 1.15; // than its frame
  const map = document.getElementById("overview");
  const { stage } = page.drawing;
  let seen = null;
  let drawn = null; // the folding that it shows

  function put(attributes, parent, tag = "rect") {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  }

  // Everything is in parts of the picture's width and height, so that no size changes it.
  function draw() {
    const { folding } = page.store.get();
    if (drawn === folding) return;
    drawn = folding;
    const whole = page.drawing.place();
    const svg = put({ viewBox: `0 0 ${whole.width} ${whole.height}`, "aria-hidden": "true" }, map, "svg");
    map.replaceChildren(svg);
    for (const id of Object.keys(page.store.folding().boxes)) {
      const box = page.drawing.place(id);
      if (box) put({ class: "box", x: box.left - whole.left, y: box.top - whole.top, width: box.width, height: box.height }, svg);
    }
    seen = put({ class: "seen" }, svg);
  }

  function show() {
    const whole = page.drawing.place();
    const larger = whole.width > LARGER * stage.clientWidth || whole.height > LARGER * stage.clientHeight;
    map.hidden = !larger || Object.keys(page.store.folding().boxes).length < MANY;
    if (map.hidden) return;
    draw();
    const svg = map.firstChild;
    const k = svg.viewBox.baseVal.width / whole.width;
    const frame = stage.getBoundingClientRect();
    const part = { x: frame.left - whole.left, y: frame.top - whole.top, width: stage.clientWidth, height: stage.clientHeight };
    for (const [name, value] of Object.entries(part)) seen.setAttribute(name, value * k);
  }

  // The middle of what is seen goes where the map is touched.
  function go(event) {
    if (!(event.buttons & 1)) return;
    const place = map.firstChild.getBoundingClientRect();
    const whole = page.drawing.place();
    const frame = stage.getBoundingClientRect();
    const across = whole.left + ((event.clientX - place.left) / place.width) * whole.width;
    const down = whole.top + ((event.clientY - place.top) / place.height) * whole.height;
    stage.scrollLeft += across - frame.left - stage.clientWidth / 2;
    stage.scrollTop += down - frame.top - stage.clientHeight / 2;
    event.preventDefault();
  }

  for (const kind of ["pointerdown", "pointermove"]) map.addEventListener(kind, go);
  stage.addEventListener("scroll", show);
  page.zoom.watch(show);

  return {};
})();
