"""All that touches tensors: masks, selection, starts and training."""
