"""What to compute, without computing: expressions, recipe, schedule, protocol, cost. No tensor."""
