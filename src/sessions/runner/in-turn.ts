// Work on one session, one piece after the other; work on different sessions does not wait for each other.

export class InTurn {
  private readonly last = new Map<string, Promise<unknown>>();

  async after<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(sessionId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.last.set(sessionId, settled);
    try {
      return await mine;
    } finally {
      if (this.last.get(sessionId) === settled) this.last.delete(sessionId);
    }
  }
}
