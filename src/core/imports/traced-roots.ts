// The roots of a trace while they live, by every address that lines name them with, and the pages that stand for them. A
// descriptor's or a table's address names a new root from the moment when a page is initialised there again.
import { MACHINE, UNKNOWN_COUNT } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import { TRACE_TOPOLOGY } from '../run/trace-session.js';
import type { Address } from '../traces/event-fields.js';
import type { TraceRows } from './trace-rows.js';
import type { TracedRoot, Vm } from './who.js';

export interface TracedTable {
  readonly page: number;
  readonly sp: Address;
  readonly spt: Address;
  linked: boolean;
}

/** Low 48 bits of the direct map's base without KASLR; learned from the trace where it is another one. */
const DIRECT_MAP = 0x8880_0000_0000;
/** Pages that tables leave to roots. */
const ROOT_PAGES = 2_048;

export class TracedRoots {
  private readonly bySp = new Map<Address, TracedRoot>();
  private readonly bySpt = new Map<Address, TracedRoot>();
  private readonly byWorkItem = new Map<Address, TracedRoot>();
  private readonly tablesBySpt = new Map<Address, TracedTable>();
  private readonly tablesBySp = new Map<Address, TracedTable>();
  /** By birth. */
  readonly live = new Set<TracedRoot>();
  private born = 0;
  private directMap = DIRECT_MAP;

  constructor(private readonly rows: TraceRows) {}

  get count(): number {
    return this.born;
  }

  /** A page of the pool as the model hands them out, or -1. */
  private freePage(): number {
    const { world } = this.rows;
    const free = world.machineWord(MACHINE.FREE_PAGE);
    if (free !== 0) return free - 1;
    const high = world.machineWord(MACHINE.PAGES_HIGH);
    return high < TRACE_TOPOLOGY.pages ? high : -1;
  }

  pageForTable(): number {
    return this.rows.world.machineWord(MACHINE.PAGES_USED) < TRACE_TOPOLOGY.pages - ROOT_PAGES
      ? this.freePage()
      : -1;
  }

  /** A root that is to be told; its page is taken by the event that tells it. Null: no page is left. */
  add(of: Pick<TracedRoot, 'sp' | 'spt' | 'role' | 'count' | 'vm'>): TracedRoot | null {
    const page = this.freePage();
    if (page < 0) return null;
    const root: TracedRoot = {
      ...of,
      serial: ++this.born,
      page,
      valid: !role_is_invalid(of.role),
      listed: false,
      resurrected: false,
    };
    if (root.sp !== 0) this.bySp.set(root.sp, root);
    if (root.spt !== 0) this.bySpt.set(root.spt, root);
    this.live.add(root);
    return root;
  }

  remove(root: TracedRoot): void {
    this.live.delete(root);
    if (this.bySp.get(root.sp) === root) this.bySp.delete(root.sp);
    if (this.bySpt.get(root.spt) === root) this.bySpt.delete(root.spt);
  }

  at(sp: Address): TracedRoot | undefined {
    return this.bySp.get(sp);
  }

  atTable(spt: Address): TracedRoot | undefined {
    return this.bySpt.get(spt);
  }

  /** By host physical address. */
  atHpa(hpa: Address): TracedRoot | undefined {
    return this.bySpt.get(hpa + this.directMap);
  }

  /** A root that was just made has this physical address: where the direct map begins follows. */
  learn(root: TracedRoot, hpa: Address): void {
    if (root.spt > hpa) this.directMap = root.spt - hpa;
  }

  tableOf(hpa: Address): Address {
    return hpa + this.directMap;
  }

  item(work: Address): TracedRoot | undefined {
    return this.byWorkItem.get(work);
  }

  itemOf(root: TracedRoot, work: Address): void {
    this.byWorkItem.set(work, root);
  }

  dropItem(work: Address): void {
    this.byWorkItem.delete(work);
  }

  addTable(sp: Address, spt: Address, page: number): void {
    const table = { page, sp, spt, linked: false };
    this.tablesBySpt.set(spt, table);
    this.tablesBySp.set(sp, table);
  }

  table(spt: Address): TracedTable | undefined {
    return this.tablesBySpt.get(spt);
  }

  tableAt(sp: Address): TracedTable | undefined {
    return this.tablesBySp.get(sp);
  }

  removeTable(table: TracedTable): void {
    if (this.tablesBySpt.get(table.spt) === table) this.tablesBySpt.delete(table.spt);
    if (this.tablesBySp.get(table.sp) === table) this.tablesBySp.delete(table.sp);
  }

  /** New roots are linked at the list's head, and walks begin there. */
  newestFirst(vm: Vm | null): TracedRoot[] {
    return [...this.live].filter((root) => root.vm === vm || vm === null || root.vm === null).reverse();
  }

  /** Events were lost: no count is known any more. */
  forget(): void {
    for (const root of this.live) root.count = UNKNOWN_COUNT;
  }
}
