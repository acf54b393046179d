// What the page is of, and what its reader has chosen. No other script keeps what another one reads.
//   data     the JSON that Python wrote: data.foldings[key] is the picture with these calls open, see data.py
//   folding  the key of the folding that is shown
//   step     how many steps of the backward pass are taken: 0 before it, 1 with the result's own gradient
//   chosen   the id of the box that is explained, or null
//   note     what the last change has to say, for the status line
page.store = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const watchers = [];
  let now = Object.freeze({ folding: data.first, step: 0, chosen: null, note: "" });

  // Every watcher is called once, after the change, in the order in which the scripts came.
  function change(part) {
    const before = now;
    now = Object.freeze({ ...now, note: "", ...part });
    for (const watcher of watchers) watcher(now, before);
  }

  return { data, get: () => now, folding: () => data.foldings[now.folding], change, watch: (watcher) => watchers.push(watcher) };
})();
