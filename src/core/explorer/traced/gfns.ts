// Pages of a recorded guest, named anew: tables as small as possible, and two pages in one table exactly where they were. So the
// model makes, fills and zaps the same tree with a few entries in each table.
import { BadInput } from '../../base/errors.js';
import { TRACED_LIMITS, type TracedSlot } from '../../scenarios/traced/workload.js';

const LEVELS = 4;
const ENTRIES = 512;

export class Gfns {
  readonly tableBits: number;
  /** First gfn of each lowest-level table, ascending. */
  private readonly tables: readonly number[];
  private readonly names = new Map<number, number>();

  constructor(recorded: Iterable<number>) {
    const gfns = [...new Set(recorded)].sort((a, b) => a - b);
    if (gfns.length === 0) gfns.push(0);
    const children = new Map<string, number[]>();
    for (const gfn of gfns)
      for (let level = LEVELS; level >= 1; level--) {
        const key = `${level} ${Math.floor(gfn / ENTRIES ** level)}`;
        const index = Math.floor(gfn / ENTRIES ** (level - 1)) % ENTRIES;
        const known = children.get(key) ?? [];
        children.set(key, known);
        if (!known.includes(index)) known.push(index);
      }
    const widest = Math.max(2, ...[...children.values()].map((indices) => indices.length));
    this.tableBits = Math.ceil(Math.log2(widest));
    if (this.tableBits > TRACED_LIMITS.tableBits)
      throw new BadInput(
        'traced-limit',
        `the window touches ${widest} entries of one table; at most ${2 ** TRACED_LIMITS.tableBits}: choose a smaller window`,
      );
    for (const gfn of gfns) {
      let name = 0;
      for (let level = LEVELS; level >= 1; level--) {
        const key = `${level} ${Math.floor(gfn / ENTRIES ** level)}`;
        const index = Math.floor(gfn / ENTRIES ** (level - 1)) % ENTRIES;
        name = name * 2 ** this.tableBits + children.get(key)!.indexOf(index);
      }
      this.names.set(gfn, name);
    }
    const size = 2 ** this.tableBits;
    this.tables = [...new Set([...this.names.values()].map((name) => name - (name % size)))].sort(
      (a, b) => a - b,
    );
    if (this.tables.length > TRACED_LIMITS.tables)
      throw new BadInput(
        'traced-limit',
        `the window touches ${this.tables.length} lowest-level tables; at most ${TRACED_LIMITS.tables}: choose a smaller window`,
      );
  }

  has(gfn: number): boolean {
    return this.names.has(gfn);
  }

  nameOf(gfn: number): number {
    return this.names.get(gfn) ?? 0;
  }

  get hostPages(): number {
    return this.tables.length * 2 ** this.tableBits;
  }

  /** Page of the process that backs it. */
  hostPageOf(gfn: number): number {
    return this.pageOf(this.nameOf(gfn));
  }

  private pageOf(name: number): number {
    const size = 2 ** this.tableBits;
    return this.tables.indexOf(name - (name % size)) * size + (name % size);
  }

  /**
   * Memslots over all tables: as few as the address spaces of their pages allow.
   * @param apart pages of one of them, from the first to the last
   */
  slots(spacesOf: (gfn: number) => number, all: number, apart: ReadonlySet<number>): TracedSlot[] {
    const spaces = new Map([...this.names].map(([gfn, name]) => [name, spacesOf(gfn)]));
    const own = [...apart].flatMap((gfn) => this.names.get(gfn) ?? []);
    const edges = new Set(own.length === 0 ? [] : [Math.min(...own), Math.max(...own) + 1]);
    const size = 2 ** this.tableBits;
    const out: { gfn: number; pages: number; hostPage: number; spaces: number }[] = [];
    for (const table of this.tables)
      for (let name = table; name < table + size; name++) {
        const here = spaces.get(name) ?? out.at(-1)?.spaces ?? all;
        const last = out.at(-1);
        if (
          last !== undefined &&
          !edges.has(name) &&
          last.spaces === here &&
          last.gfn + last.pages === name &&
          last.hostPage + last.pages === this.pageOf(name)
        )
          last.pages++;
        else out.push({ gfn: name, pages: 1, hostPage: this.pageOf(name), spaces: here });
      }
    for (const space of [1, 2])
      if (out.filter((slot) => (slot.spaces & space) !== 0).length > TRACED_LIMITS.slots)
        throw new BadInput(
          'traced-limit',
          `the window needs more than ${TRACED_LIMITS.slots} memslots: choose a smaller one`,
        );
    return out;
  }
}
