// Stretches of positions with a few numbers each, flat: thousands of them cross threads and the network as one list.

/** Whoever is open has its beginning kept until it ends. `to` is the first position that is not in it any more. */
export class Spans {
  /** What says what it is, then from and to, one after the other. */
  readonly flat: number[] = [];
  private readonly open = new Map<number, readonly number[]>();

  /** @param key one span of a key is open at a time */
  begin(key: number, from: number, ...what: readonly number[]): void {
    if (!this.open.has(key)) this.open.set(key, [...what, from]);
  }

  /** A span of no length is not kept. */
  end(key: number, to: number): void {
    const begun = this.open.get(key);
    if (begun === undefined) return;
    this.open.delete(key);
    if (begun[begun.length - 1] < to) this.flat.push(...begun, to);
  }

  has(key: number): boolean {
    return this.open.has(key);
  }

  endAll(to: number): void {
    for (const key of this.open.keys()) this.end(key, to);
  }
}
