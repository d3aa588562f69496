/** A queue as it is measured: someone enqueues, workers complete what comes. */

/** The payload of a job. */
export interface Body {
  /** When the job was to be offered, in milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

export interface Workers {
  /** Resolves when none of them has a job, or a call under way. */
  stop(): Promise<void>;
}

export interface Contestant {
  install(): Promise<void>;
  /** Resolves when the batch is committed. */
  enqueue(bodies: readonly Body[]): Promise<void>;
  /** Completes what comes, and tells of it once that is committed. */
  work(completed: (bodies: readonly Body[]) => void): Workers;
  close(): Promise<void>;
}

/** What every contestant is given. */
export interface Terms {
  readonly url: string;
  /** Where the peers are installed. */
  readonly folder: string;
  /** The most jobs that a call is about. */
  readonly batch: number;
  /** How many work at once. */
  readonly workers: number;
}
