// Page tables below a root, as events: made, hung into their parent, freed.
import { PAGE, VM } from '../aggregates/layout.js';
import { ROLE } from '../aggregates/role.js';
import { E } from '../events/catalogue.js';
import type { KvmEvent } from '../traces/kvm-event.js';
import type { LeftOut } from './cast.js';
import { OBSERVED, type TraceRows } from './trace-rows.js';
import type { TracedRoots, TracedTable } from './traced-roots.js';
import type { Vm } from './who.js';

type TableInit = Extract<KvmEvent, { readonly type: 'tableInit' }>;

const PAGE_BYTES = 4_096;
const SPTE_BYTES = 8;
/** gfns are stored as 31 bits: 8 TiB of guest memory. */
export const GFN_RADIX = 2 ** 31;

export class TableEvents {
  constructor(
    private readonly rows: TraceRows,
    private readonly roots: TracedRoots,
    private readonly leftOut: LeftOut,
  ) {}

  born(event: TableInit, vm: Vm | null, seenIn: string): void {
    const { rows, roots } = this;
    const page = roots.pageForTable();
    if (page < 0) {
      this.leftOut.tables++;
      return;
    }
    if (vm === null) return;
    roots.addTable(event.sp, event.spt, page);
    const level = event.role & ROLE.LEVEL_MASK;
    const gfn = (event.gfn ?? 0) % GFN_RADIX;
    rows.emit(E.TableAllocated!, rows.site(seenIn, OBSERVED), 'table', page, level, gfn, vm.number);
    this.link(event, page, vm, seenIn);
  }

  /** The entry of the parent that the new table is for says where it will hang. */
  private link({ sptep, spt }: TableInit, page: number, vm: Vm, seenIn: string): void {
    if (sptep === null || sptep === 0) return;
    const { roots, rows } = this;
    const parentSpt = sptep - (sptep % PAGE_BYTES);
    const parent = roots.atTable(parentSpt)?.page ?? roots.table(parentSpt)?.page;
    const table = roots.table(spt);
    if (parent === undefined || table === undefined) return;
    table.linked = true;
    const index = Math.floor((sptep % PAGE_BYTES) / SPTE_BYTES);
    const tables = rows.world.vmWord(vm.number, VM.TDP_MMU_PAGES) + 1;
    const how = 'inferred: sptep of its initialisation';
    rows.emit(E.TableLinked!, rows.site(seenIn, how), 'table', page, parent, index, tables);
  }

  free(table: TracedTable, seenIn: string, how: string): void {
    const { rows, roots } = this;
    const level = rows.world.pageWord(table.page, PAGE.LEVEL);
    const vm = rows.world.pageWord(table.page, PAGE.VM);
    const tables = rows.world.vmWord(vm, VM.TDP_MMU_PAGES) - 1;
    const freed = rows.site(seenIn, 'inferred: it is freed');
    if (table.linked) rows.emit(E.TableUnlinked!, freed, 'table', table.page, 0, level, tables);
    rows.emit(E.TableFreed!, rows.site(seenIn, how), 'table', table.page, 0, level, 0);
    roots.removeTable(table);
  }
}
