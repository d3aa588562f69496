/** Of numbers, the least that so many are not above: the median for a half. Null of none. */
export function quantile(numbers: readonly number[], part: number): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
}

/** The one in the middle, or between the two that are. */
export function median(numbers: readonly number[]): number | null {
  const [low, high] = [
    quantile(numbers, 0.5),
    quantile(
      numbers.map((n) => -n),
      0.5,
    ),
  ];
  return low === null || high === null ? null : (low - high) / 2;
}
