// Events that no protocol, no probe set and no tracepoint of KVM has: nothing explains them and nothing refutes them.

/** Names that the report tells; all lines are counted. */
const NAMES_MAX = 20;

export class UnheardOf {
  private lines = 0;
  private firstLine = 0;
  private readonly names = new Map<string, number>();

  take(name: string, lineNumber: number): void {
    if (this.lines++ === 0) this.firstLine = lineNumber;
    const n = this.names.get(name);
    if (n !== undefined || this.names.size < NAMES_MAX) this.names.set(name, (n ?? 0) + 1);
  }

  /** In a sentence, for a reader. */
  notes(): string[] {
    if (this.lines === 0) return [];
    const names = [...this.names].map(([name, n]) => `${name} (${n})`).join(', ');
    return [
      `${this.lines} lines of events that no protocol, probe set or tracepoint of KVM has, first at line ${this.firstLine}; they count as unknown: ${names}`,
    ];
  }
}
