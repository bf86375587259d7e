// `tdp-mmus.VM.roots.ROOT.spte.GFN`: the entry that decides about a gfn under a root, found by walking the tables as the
// hardware does. Which entry that is changes with the entries above it.
import { PAGE } from '../../aggregates/layout.js';
import { is_nonleaf_spte, spte_to_child } from '../../aggregates/spte.js';
import type { World } from '../../aggregates/world.js';
import { BadInput } from '../../base/errors.js';
import { E } from '../../events/catalogue.js';
import { subjectOf } from '../../events/define.js';
import { spteText } from '../event-text.js';
import type { History, HistoryRows } from '../history.js';
import type { Moment } from '../moment.js';
import { rootAddress } from '../roots.js';
import type { Value } from '../state-paths.js';
import { NOT_RECORDED } from '../words.js';
import type { Target } from './target.js';

interface Entry {
  readonly table: number;
  readonly level: number;
  readonly index: number;
  readonly spte: number;
}

const ROOT_LIFE = [E.RootAllocated, E.RootListed, E.RootFreed];
/** The first of a table's own events: what came before it was another table's. */
const TABLE_TYPES = [E.SpteChanged, E.TableFilled, E.TableFrozen, E.TableAllocated];
const READ_ROWS = 256;
const GFN_MAX = 2 ** 31 - 1;

export class SpteTarget implements Target {
  constructor(
    private readonly vm: number,
    private readonly root: number,
    private readonly gfn: number,
  ) {}

  read(moment: Moment): Value {
    if (!moment.full) return NOT_RECORDED;
    const entry = this.walk(moment.world).at(-1);
    if (entry === undefined) return null;
    const { table, level, index, spte } = entry;
    return { table, level, index, spte, text: spteText(spte) };
  }

  /** From the root's table down to the entry that ends the walk; empty where there is no such root. */
  private walk(w: World): Entry[] {
    const entries: Entry[] = [];
    let table = rootAddress(w, this.root);
    if (table < 0 || w.pageWord(table, PAGE.VM) !== this.vm) return entries;
    for (let level = w.pageWord(table, PAGE.LEVEL); level >= 1; level--) {
      const index = w.indexAt(this.gfn, level);
      const spte = w.spte(table, index);
      entries.push({ table, level, index, spte });
      if (!is_nonleaf_spte(spte)) break;
      table = spte_to_child(spte);
    }
    return entries;
  }

  /** The last event at or before `to` about an entry on the way, or about the root's being there. */
  lastCandidate(history: History, to: number): number {
    const life = history.rows({
      from: 1,
      to,
      subject: subjectOf('root', this.root),
      types: ROOT_LIFE,
      limit: 1,
      backward: true,
    });
    let best = life.length === 0 ? 0 : life.position[0];
    // The lowest table has the shortest life: what is found there bounds the search for the ones above.
    for (const entry of this.walk(history.momentAt(to).world).reverse()) {
      best = Math.max(best, lastChange(history, entry, best + 1, to));
    }
    return best;
  }
}

function lastChange(history: History, { table, index }: Entry, from: number, to: number): number {
  for (let upTo = to; upTo >= from; ) {
    const rows: HistoryRows = history.rows({
      from,
      to: upTo,
      subject: subjectOf('table', table),
      types: TABLE_TYPES,
      limit: READ_ROWS,
      backward: true,
    });
    for (let i = 0; i < rows.length; i++) {
      if (rows.type[i] !== E.SpteChanged || rows.a[i] === index) return rows.position[i];
    }
    if (rows.length < READ_ROWS) return 0;
    upTo = rows.position[rows.length - 1] - 1;
  }
  return 0;
}

/** `tdp-mmus.0.roots.3.spte.GFN`, gfn decimal or 0x...; null where the path is another one. */
export function spteTarget(path: string, vms: number): SpteTarget | null {
  const segments = path.split('.');
  if (segments[0] !== 'tdp-mmus' || segments[2] !== 'roots' || segments[4] !== 'spte') return null;
  const at = (k: number): number => segments.slice(0, k).join('.').length + 2;
  const refuse = (k: number, expected: string): BadInput => {
    const segment = segments[k] ?? '';
    const what = segment === '' ? 'it ends' : `"${segment}" is unknown`;
    const column = Math.min(at(k), path.length + 1);
    return new BadInput('unknown-path', `path "${path}": ${what} at column ${column}; expected ${expected}`, [
      expected,
    ]);
  };
  const vm = /^\d{1,3}$/.test(segments[1] ?? '') ? Number(segments[1]) : -1;
  if (vm < 0 || vm >= vms) throw refuse(1, `a number from 0 to ${vms - 1}`);
  if (!/^\d{1,9}$/.test(segments[3] ?? '')) throw refuse(3, 'the number of a root');
  const gfn = segments[5] ?? '';
  const value = /^(\d{1,10}|0x[0-9a-fA-F]{1,8})$/.test(gfn) ? Number(gfn) : -1;
  if (value < 0 || value > GFN_MAX) throw refuse(5, `a gfn from 0 to ${GFN_MAX}, decimal or 0x...`);
  if (segments.length > 6) throw refuse(6, 'nothing behind the gfn');
  return new SpteTarget(vm, Number(segments[3]), value);
}
