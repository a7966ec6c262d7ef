"""From text to values, with every fault, its group and its repair."""
