"""From a graph of Tensors to the boxes, edges and frames that are drawn, whatever the output."""
