// The scripts are all there: connect them, and show what is chosen.
page.drawing.listen({ choose: (id) => page.store.change({ chosen: id }), fold: page.folding.toggle });
page.store.change(page.address.read());
page.zoom.begin();
