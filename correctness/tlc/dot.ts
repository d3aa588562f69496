/**
 * Reads the state graph that TLC dumps with `-dump dot,actionlabels`, as a stream.
 *
 * Measured with TLC 2.18: a state outside a CONSTRAINT, and every edge into it, is left out of the
 * dump (coverage still counts it); self-loops are kept; an edge is written once per successor that
 * Next generates, so two instances of an action between the same two states are two equal lines,
 * also in a "strict" digraph; each state is declared once, the initial ones filled, the others
 * after the first edge into them. Under SYMMETRY a node is printed as the member of its class that
 * was found first, and edges lead to that node. Invariants and action properties, unlike the dump,
 * reach one step outside the CONSTRAINT.
 */
export interface DotSink {
  /** `text` is the state as TLC prints it, for `parseState`. */
  readonly onState: (fp: string, text: string, initial: boolean) => void;
  readonly onEdge: (from: string, to: string, action: string) => void;
}

export interface DotSummary {
  readonly states: number;
  readonly edges: number;
  /** False when the graph was not closed: TLC was stopped while writing. */
  readonly complete: boolean;
}

const NODE = /^(-?\d+) \[label="((?:[^"\\]|\\.)*)"(.*)$/;
const EDGE = /^(-?\d+) -> (-?\d+) \[label="((?:[^"\\]|\\.)*)"/;

export async function readDot(
  stream: AsyncIterable<Buffer | string>,
  sink: DotSink,
): Promise<DotSummary> {
  const summary = { states: 0, edges: 0 };
  let opened = 0;
  let closed = 0;
  for await (const line of lines(stream)) {
    const edge = EDGE.exec(line);
    if (edge) {
      summary.edges++;
      sink.onEdge(edge[1]!, edge[2]!, actionName(unescape(edge[3]!)));
      continue;
    }
    const node = NODE.exec(line);
    if (!node) {
      opened += line.split("{").length - 1;
      closed += line.split("}").length - 1;
      continue;
    }
    summary.states++;
    sink.onState(node[1]!, unescape(node[2]!), node[3]!.includes("style = filled"));
  }
  return { ...summary, complete: opened > 0 && opened === closed };
}

/** Some versions of TLC label an edge `Claim`, others `Claim(j1, 2)`, some with a location. */
export function actionName(label: string): string {
  return /^\w+(?:!\w+)*/.exec(label.trim().replace(/^</, ""))?.[0] ?? label.trim();
}

async function* lines(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const text = rest;
    const end = text.lastIndexOf("\n");
    rest = text.slice(end + 1);
    if (end >= 0) yield* text.slice(0, end).split("\n");
  }
  if (rest !== "") yield rest;
}

function unescape(label: string): string {
  return label.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));
}
