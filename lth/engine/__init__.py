"""Everything that touches tensors: masks, selection, starts and training."""
