// One after the other. TypeORM's SQLite driver has one connection for everybody: a statement of one request that
// runs while another's transaction is open becomes part of that transaction, and is lost when it rolls back.
// So every use of the metadata database goes through one queue, reads too (they would see uncommitted rows).

export class PromiseQueue {
  private last: Promise<unknown> = Promise.resolve();

  /** Starts `work` when everything before it has ended, well or not. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work, work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything queued so far has ended. */
  async idle(): Promise<void> {
    await this.last;
  }
}
