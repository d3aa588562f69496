/** How many of the numbers, which are sorted, are below the bound, or at it too. */
export function countBelow(sorted: readonly number[], bound: number, at: "at too" | "below") {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < bound || (at === "at too" && sorted[middle] === bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}
