// What the page is of, and what its reader has chosen. No other script keeps what another one reads.
//   data     the JSON that Python wrote: data.foldings[key] is the picture with these calls open, see data.py
//   folding  the key of the folding that is shown
//   step     how many steps of the backward pass are taken: 0 before it, 1 with the result's own gradient; below 0
//            how many values are still to come in the forward pass
//   forward  whether the forward pass is stepped through, too
//   playing  whether the page takes step after step by itself, and speed how fast
//   chosen   the id of the box that is explained, or null
//   opened   the id of the frame or box that the last change unfolded or folded, else null
//   note     what the last change has to say, for the status line
//   predict  whether what is ahead of the step is hidden
//   widths   whether an edge that was walked is as wide as its term is large
//   leaves   the numbers of the leaves, a list for each input of the program; null while they are those of the engine
page.store = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  for (const { boxes } of Object.values(data.foldings)) {
    for (const box of Object.values(boxes)) {
      box.value = data.arrays[box.value];
      box.gradient = box.gradient === null ? null : data.arrays[box.gradient];
    }
  }
  const watchers = [];
  let now = Object.freeze({
    folding: data.first, step: 0, forward: false, playing: false, speed: 1, chosen: null, opened: null, note: "",
    predict: data.answers !== null, widths: data.widths, leaves: null,
  });
  const filters = []; // live.js puts the numbers of now into a folding, predict.js hides what is ahead

  // Every watcher is called once, after the change, in the order in which the scripts came.
  function change(part) {
    const before = now;
    now = Object.freeze({ ...now, opened: null, note: "", ...part });
    for (const watcher of watchers) watcher(now, before);
  }

  const folding = () => filters.reduce((made, filter) => filter(made, now), data.foldings[now.folding]);

  return {
    data, get: () => now, folding, change,
    through: (filter) => filters.push(filter), // what folding() gives goes through all of these
    watch: (watcher) => watchers.push(watcher),
  };
})();
