// Shapes on edges: the arrow that points back, and a place for a label where no other text is. It measures what it is
// given and changes nothing.
page.arrows = (() => {
  const NARROW = 0.35; // half the width of a head, in its lengths
  const GAP = 3; // between a label and what stands next to it
  const RING = 5; // by how much a label moves away when its place is taken
  const RINGS = 80;
  const GROWING = 1.5; // by how much a head is longer for each point that its edge is wide
  const FAR = 8; // rings from which on a line joins a label to its edge
  const ALONG = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9]; // where on its edge a label is tried

  const from = (p) => (a, b) => Math.hypot(b.x - p.x, b.y - p.y) - Math.hypot(a.x - p.x, a.y - p.y);

  // The head at the source's end of a path, and the line that takes the place of the head at its target. wide: for a
  // larger head, how wide the path is.
  function backwards(path, head, wide = 0) {
    const long = path.getTotalLength();
    const [start, end] = [path.getPointAtLength(0), path.getPointAtLength(long)];
    const [tip] = [...head.points].sort(from(end));
    const size = Math.hypot(tip.x - end.x, tip.y - end.y);
    const reach = Math.min(size + GROWING * wide, long);
    const base = path.getPointAtLength(reach);
    const [dx, dy] = [(base.y - start.y) * NARROW, (start.x - base.x) * NARROW];
    const corners = [start, { x: base.x + dx, y: base.y + dy }, { x: base.x - dx, y: base.y - dy }];
    return {
      points: corners.map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" "),
      line: `M${end.x},${end.y}L${tip.x},${tip.y}`,
      reach,
    };
  }

  // Some points of a path, from its target to its source.
  function wayBack(path, count = 24) {
    const long = path.getTotalLength();
    return Array.from({ length: count + 1 }, (_, i) => path.getPointAtLength(long * (1 - i / count)));
  }

  const meet = (a, b) =>
    a.x < b.x + b.width + GAP && b.x < a.x + a.width + GAP && a.y < b.y + b.height + GAP && b.y < a.y + a.height + GAP;

  // The point of a rectangle that is nearest to a point.
  const nearest = ({ x, y, width, height }, to) => ({ x: Math.min(Math.max(to.x, x), x + width), y: Math.min(Math.max(to.y, y), y + height) });

  // Whether the straight line between two points goes through a rectangle: it is cut at its four sides.
  function crosses(a, b, { x, y, width, height }) {
    let [low, high] = [0, 1];
    for (const [from, step, least, most] of [[a.x, b.x - a.x, x, x + width], [a.y, b.y - a.y, y, y + height]]) {
      const ends = [(least - from) / step, (most - from) / step].sort((p, q) => p - q);
      if (step === 0 ? from < least || from > most : ends[0] > high || ends[1] < low) return false;
      if (step !== 0) [low, high] = [Math.max(low, ends[0]), Math.min(high, ends[1])];
    }
    return low < high;
  }

  // The point of the path that a far label is joined to by a line: the nearest to which the line goes through nothing.
  function joined(place, path, taken) {
    const far = (at) => Math.hypot(at.x - nearest(place, at).x, at.y - nearest(place, at).y);
    const points = wayBack(path).sort((a, b) => far(a) - far(b));
    return points.find((at) => !taken.some((other) => crosses(nearest(place, at), at, other)));
  }

  // Where a label of this size stands free of all that is taken, as near to its path as can be: the upper left corner,
  // and the point of the path that it belongs to. Where nothing is free within the bounds, it may stand outside, and
  // where every line to the path goes through something, so does its own. wide: how wide the path is.
  function free(path, { width, height }, taken, bounds, wide) {
    const long = path.getTotalLength();
    const points = ALONG.map((t) => {
      const at = path.getPointAtLength(long * t);
      const next = path.getPointAtLength(Math.min(long, long * t + 1));
      const step = Math.hypot(next.x - at.x, next.y - at.y) || 1;
      return { at, normal: { x: (at.y - next.y) / step, y: (next.x - at.x) / step } };
    });
    const inside = ({ x, y }) =>
      x >= bounds.x && y >= bounds.y && x + width <= bounds.x + bounds.width && y + height <= bounds.y + bounds.height;
    for (const allowed of [inside, () => true]) {
      let crossing = null;
      for (let ring = 0; ring < RINGS; ring++) {
        for (const { at, normal } of points) {
          const clear = (Math.abs(normal.x) * width + Math.abs(normal.y) * height) / 2 + wide / 2 + GAP + ring * RING;
          for (const side of [1, -1]) {
            const place = { x: at.x + side * clear * normal.x - width / 2, y: at.y + side * clear * normal.y - height / 2, width, height };
            if (!allowed(place) || taken.some((other) => meet(place, other))) continue;
            const to = ring > FAR ? joined(place, path, taken) : at;
            if (to) return { ...place, at: to, far: ring > FAR };
            crossing ??= { ...place, at, far: true };
          }
        }
      }
      if (crossing) return crossing;
    }
    const { at } = points[0];
    return { x: at.x, y: at.y, width, height, at, far: false };
  }

  return { backwards, wayBack, free, nearest };
})();
