// What the comments in front of a trace say: the tracer, and whether the ring buffer held everything that was written.

/** Null where the text does not say (trace_pipe prints no header at all). */
export interface TraceHeader {
  readonly tracer: string | null;
  readonly entriesInBuffer: number | null;
  readonly entriesWritten: number | null;
  readonly cpus: number | null;
}

const ENTRIES = /^# entries-in-buffer\/entries-written:\s*(\d{1,15})\/(\d{1,15})\s+#P:(\d{1,5})/;
/** The latency format's: `# latency: 0 us, #190/190, CPU#0 | (... #P:2)`. */
const LATENCY = /^# latency: \d+ us, #(\d{1,15})\/(\d{1,15}),.*#P:(\d{1,5})/;
const TRACER = /^# tracer:\s*(\S+)/;

export class HeaderReader {
  #tracer: string | null = null;
  #entries: readonly [inBuffer: number, written: number, cpus: number] | null = null;

  /** A comment line. */
  take(text: string): void {
    this.#tracer ??= TRACER.exec(text)?.[1] ?? null;
    const found = this.#entries === null ? (ENTRIES.exec(text) ?? LATENCY.exec(text)) : null;
    if (found !== null) this.#entries = [Number(found[1]), Number(found[2]), Number(found[3])];
  }

  header(): TraceHeader {
    return {
      tracer: this.#tracer,
      entriesInBuffer: this.#entries?.[0] ?? null,
      entriesWritten: this.#entries?.[1] ?? null,
      cpus: this.#entries?.[2] ?? null,
    };
  }
}
