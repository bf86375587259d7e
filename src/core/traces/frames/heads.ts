// What stands in front of a line's CPU, `      NAME-PID`: whether it is one head, or what is left of one with another behind it. A
// name in a trace has at most 15 characters, and tools pad it so that all names end in one column.

/** TASK_COMM_LEN, without the NUL. */
export const TASK_CHARS_MAX = 15;
/** So many of the first lines must agree, and more than nine in ten. */
const LEARNED_FROM = 8;
const AGREE = 0.9;

const SPACE = 32;
const DELETE = 127;

export class Heads {
  /** Where names end; null: not in one column. */
  private column: number | null = null;
  /** Where the last name ended that ended behind it: two of a kind are another tool's. */
  private other = -1;

  /** @param columns of the first lines */
  learn(columns: readonly number[]): void {
    const counts = new Map<number, number>();
    for (const column of columns) counts.set(column, (counts.get(column) ?? 0) + 1);
    for (const [column, n] of counts)
      if (n >= LEARNED_FROM && n > columns.length * AGREE) this.column = column;
  }

  /** Nothing speaks against it. */
  isPlain(end: number, nameChars: number): boolean {
    return nameChars <= TASK_CHARS_MAX && (this.column === null || end <= this.column);
  }

  /** @param end where the name ends */
  isWhole(end: number, nameChars: number): boolean {
    if (nameChars > TASK_CHARS_MAX) return false;
    if (this.isPlain(end, nameChars)) return true;
    if (this.other === end) return true;
    this.other = end;
    return false;
  }

  /** As isWhole, of a line as text. */
  isWholeIn(text: string, task: string): boolean {
    for (let k = 0; k < task.length; k++) {
      const c = task.charCodeAt(k);
      if (c < SPACE || c === DELETE) return false;
    }
    return this.isWhole(Heads.columnOf(text, task), task.length);
  }

  static columnOf(text: string, task: string): number {
    return text.length - text.trimStart().length + task.length;
  }
}
