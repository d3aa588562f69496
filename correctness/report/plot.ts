/** Curves over time, as a picture that stands in the page itself. */

export interface Plot {
  readonly title: string;
  /** Of the values. */
  readonly unit: string;
  readonly curves: readonly Curve[];
  /** What begins when, in seconds, one after the other. */
  readonly phases: readonly Phase[];
  /** The end of the last phase, and of the axis, in seconds. */
  readonly until: number;
}

export interface Curve {
  readonly name: string;
  /** Seconds and values; null where there is none. */
  readonly points: readonly (readonly [number, number | null])[];
}

export interface Phase {
  readonly name: string;
  readonly from: number;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [900, 236, 70, 20, 20, 40];
const colours = ["#1f5fbf", "#c4511d", "#2f8a4c", "#8a3fa0", "#6b7280"];

const rounded = (n: number): string => n.toFixed(1).replace(/\.0$/, "");

/** The least of 1, 2 or 5 and zeros that is not below it. */
export function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value)!;
}

/** `escape` makes text fit for the page. */
export function svg(
  { unit, curves, phases, title, until }: Plot,
  escape: (text: string) => string,
): string {
  const points = curves.flatMap((curve) => curve.points);
  const top = ceiling(Math.max(0, ...points.map(([, value]) => value ?? 0)));
  const x = (at: number) => LEFT + (at / until) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const level = (value: number) =>
    `<path d="M${LEFT} ${rounded(y(value))}H${WIDTH - RIGHT}" stroke="#dde2ea"/>` +
    `<text x="${LEFT - 6}" y="${rounded(y(value) + 4)}" text-anchor="end">` +
    `${value.toLocaleString("en")}</text>`;
  const instant = (at: number) =>
    `<path d="M${rounded(x(at))} ${TOP}V${HEIGHT - BOTTOM}" stroke="#aab2c0"/>` +
    below(x(at), `${Math.round(at)} s`, 16);
  const phase = ({ name, from }: Phase, i: number) =>
    instant(from) + below(x((from + (phases[i + 1]?.from ?? until)) / 2), escape(name), 32);
  const curve = ({ points }: Curve, i: number) =>
    `<path d="${path(points, x, y)}" fill="none" stroke="${colours[i % colours.length]}"/>`;
  const key = ({ name }: Curve, i: number) =>
    `<tspan fill="${colours[i % colours.length]}" dx="12">${escape(name)}</tspan>`;
  return `<figure><figcaption>${escape(title)}, ${escape(unit)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-size="12" fill="#1c2330">
${[0, top / 2, top].map(level).join("\n")}
${phases.map(phase).join("\n")}
${instant(until)}
${curves.map(curve).join("\n")}
<text x="${LEFT}" y="12">${curves.map(key).join("")}</text>
</svg></figure>`;
}

/** A text under the axis, by so much. */
const below = (x: number, text: string, by: number): string =>
  `<text x="${rounded(x)}" y="${HEIGHT - BOTTOM + by}" text-anchor="middle">${text}</text>`;

/** A line, with a gap where there is no value. */
function path(
  points: Curve["points"],
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  let drawing = false;
  const steps = points.map(([at, value]) => {
    const step =
      value === null ? "" : `${drawing ? "L" : "M"}${rounded(x(at))} ${rounded(y(value))}`;
    drawing = value !== null;
    return step;
  });
  return steps.join("");
}
