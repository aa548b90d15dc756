"""What the product holds of a person: found through the tables' own declarations, shown to them, erased with proof."""
