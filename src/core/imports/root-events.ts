// What lines say about roots, as events: births, references, invalidation, zap, death. Every reference is counted from the
// births on; what a probe printed about a count is compared and never adopted. What the lines do not show but must have
// happened is told as inferred, with the reason.
import { PAGE, UNKNOWN_COUNT, VM, VM_STATE } from '../aggregates/layout.js';
import { ROLE, role_is_invalid, role_made_invalid } from '../aggregates/role.js';
import { E } from '../events/catalogue.js';
import { HOLDER } from '../events/root.events.js';
import type { KvmEvent } from '../traces/kvm-event.js';
import type { Cast } from './cast.js';
import type { TraceLayout } from './layouts.js';
import { TableEvents } from './table-events.js';
import { OBSERVED, type TraceRows } from './trace-rows.js';
import { TracedRoots } from './traced-roots.js';
import type { Task, TracedRoot, Vm } from './who.js';

type Of<T extends KvmEvent['type']> = Extract<KvmEvent, { readonly type: T }>;

export interface RootTrouble {
  putsCompared: number;
  /** The printed count was another one than the counted one. */
  putsDisagree: number;
  firstDisagreeLine: number;
  /** A put in none of the places that are known to put. */
  putsUnexplained: number;
  /** A root address that no birth in the trace explains. */
  rootsFound: number;
  freesWhileReferenced: number;
}

export class RootEvents {
  readonly roots: TracedRoots;
  private readonly tables: TableEvents;
  readonly trouble: RootTrouble = {
    putsCompared: 0,
    putsDisagree: 0,
    firstDisagreeLine: 0,
    putsUnexplained: 0,
    rootsFound: 0,
    freesWhileReferenced: 0,
  };
  /** The probe that shows births has fired: the tracepoint repeats it. */
  private birthsProbed = false;

  constructor(
    private readonly rows: TraceRows,
    private readonly cast: Cast,
    private readonly layout: TraceLayout,
  ) {
    this.roots = new TracedRoots(rows);
    this.tables = new TableEvents(rows, this.roots, cast.leftOut);
  }

  // ---- births ----------------------------------------------------------------------------------------------------------

  tableInit(event: Of<'tableInit'>, task: Task, seenIn: string): void {
    this.birthsProbed = true;
    this.recycled(event.sp, event.spt, seenIn);
    if (!event.isRoot) {
      this.tables.born(event, task.vcpu?.vm ?? this.cast.vmOf(null, task), seenIn);
      return;
    }
    const vm = task.lookingFor?.vm ?? this.cast.vmOf(null, task);
    task.born = this.allocate(event.sp, event.spt, event.role, vm, seenIn, OBSERVED);
  }

  /** kvm_mmu_get_page: of use where no probe shows births. */
  announced(event: Of<'pageAnnounced'>, task: Task, seenIn: string): void {
    if (this.birthsProbed || !event.created || !this.layout.rules.announcesRoots || event.level < 4) return;
    const smm = task.vcpu?.smm === true ? ROLE.SMM : 0;
    const role = event.role ?? event.level | ROLE.DIRECT | ROLE.ACCESS_ALL | smm;
    const vm = task.vcpu?.vm ?? this.cast.vmOf(null, task);
    const root = this.allocate(0, 0, role, vm, seenIn, OBSERVED);
    if (root === null) return;
    task.born = root;
    if (task.vcpu !== null) this.entered(task, seenIn);
  }

  /** A vCPU runs: it has the root that its task made last, where no probe says which it loaded. */
  entered(task: Task, seenIn: string): void {
    const root = task.born;
    if (root === null || task.inLookup || this.birthsProbed) return;
    task.born = null;
    task.lookingFor = null;
    this.load(task, root, seenIn, 'inferred: its task made it');
  }

  /** The function tracers tell no arguments. */
  called(task: Task, seenIn: string): void {
    const vm = task.vcpu?.vm ?? this.cast.vmOf(null, task);
    const role = 4 | ROLE.DIRECT | ROLE.ACCESS_ALL;
    this.allocate(0, 0, role, vm, seenIn, 'inferred: called where a root is looked up');
  }

  private allocate(
    sp: number,
    spt: number,
    role: number,
    vm: Vm | null,
    seenIn: string,
    how: string,
  ): TracedRoot | null {
    const known = sp === 0 ? null : this.layout.born;
    const root = this.add({ sp, spt, role, vm, count: known ?? UNKNOWN_COUNT }, seenIn);
    if (root === null) return null;
    const { rows } = this;
    rows.emit(E.RootAllocated!, rows.site(seenIn, how), 'root', root.serial, role, root.count, root.page);
    this.list(root, seenIn, 'inferred: a new root is listed');
    return root;
  }

  /** Makes room, where there is none, by forgetting the oldest root whose end no line will tell. */
  private add(
    of: Pick<TracedRoot, 'sp' | 'spt' | 'role' | 'count' | 'vm'>,
    seenIn: string,
  ): TracedRoot | null {
    const root = this.roots.add(of);
    if (root !== null) return root;
    for (const old of this.roots.live) {
      if (old.count > 0) continue;
      this.free(old, seenIn, 'inferred: too many roots whose end is not in the trace');
      return this.roots.add(of);
    }
    this.cast.leftOut.roots++;
    return null;
  }

  private list(root: TracedRoot, seenIn: string, how: string): void {
    const { vm } = root;
    if (vm === null || vm.state === VM_STATE.destroyed) return;
    const { rows } = this;
    root.listed = true;
    const listed = rows.world.vmWord(vm.number, VM.ROOTS) + 1;
    rows.emit(E.RootListed!, rows.site(seenIn, how), 'root', root.serial, vm.number, listed, root.page);
  }

  /** A root that a line names and whose birth is not in the trace. */
  found(sp: number, role: number, vm: Vm | null, seenIn: string, spt = 0): TracedRoot | null {
    const root = this.add({ sp, spt, role, vm, count: UNKNOWN_COUNT }, seenIn);
    if (root === null) return null;
    this.trouble.rootsFound++;
    const { rows } = this;
    const how = 'inferred: named here, its birth is not in the trace';
    rows.emit(E.RootFound!, rows.site(seenIn, how), 'root', root.serial, role, UNKNOWN_COUNT, root.page);
    this.list(root, seenIn, how);
    return root;
  }

  /** A page is initialised at this descriptor and table: what was there is gone. */
  private recycled(sp: number, spt: number, seenIn: string): void {
    const { roots } = this;
    const how = 'inferred: its address is used again';
    for (const root of [roots.at(sp), roots.atTable(spt)])
      if (root !== undefined) this.free(root, seenIn, how);
    for (const table of [roots.tableAt(sp), roots.table(spt)])
      if (table !== undefined) this.tables.free(table, seenIn, how);
  }

  // ---- references ------------------------------------------------------------------------------------------------------

  lookupReturned(hpa: number, task: Task, seenIn: string): void {
    const { roots, rows } = this;
    const { born } = task;
    task.inLookup = false;
    let root = roots.atHpa(hpa);
    if (born !== null) {
      roots.learn(born, hpa);
      root = born;
    }
    root ??=
      this.found(0, ROLE.DIRECT | 4, task.lookingFor?.vm ?? null, seenIn, roots.tableOf(hpa)) ?? undefined;
    if (root === undefined) return;
    if (born === null) {
      if (task.walked === root) {
        const how = 'inferred: the walk stopped at the root that the lookup returned';
        rows.emit(
          E.RootReferenceKept!,
          rows.site(seenIn, how),
          'root',
          root.serial,
          HOLDER.vcpu,
          root.count,
          root.page,
        );
      } else this.get(root, HOLDER.vcpu, seenIn, 'inferred: the lookup returned a known root');
    }
    task.walked = null;
    task.born = null;
    this.load(task, root, seenIn, OBSERVED);
  }

  /** The vCPU that a task looks a root up for has it now. */
  private load(task: Task, root: TracedRoot, seenIn: string, how: string): void {
    const vcpu = task.lookingFor ?? task.vcpu;
    if (vcpu === null) return;
    vcpu.root = root;
    const { rows } = this;
    rows.emit(E.RootLoaded!, rows.site(seenIn, how), 'vcpu', vcpu.number, 0, root.role, root.page);
  }

  private get(root: TracedRoot, holder: number, seenIn: string, how: string): void {
    if (root.count !== UNKNOWN_COUNT) root.count++;
    const { rows } = this;
    rows.emit(E.RootGot!, rows.site(seenIn, how), 'root', root.serial, holder, root.count, root.page);
  }

  /** @param next what the walk was given; null: its return is not in the trace */
  walkedTo(next: number | null, caller: string, task: Task, vm: Vm | null, seenIn: string): void {
    this.endZap(task, seenIn);
    task.walker = caller === '' ? 'unknown' : caller;
    if (next === null || next === 0) return;
    const root = this.roots.at(next) ?? this.found(next, ROLE.DIRECT | 4, vm, seenIn);
    if (root === null) return;
    this.get(root, HOLDER.iterator, seenIn, OBSERVED);
    if (task.inLookup) task.walked = root;
  }

  /** mmu_free_root_page: a vCPU gives up a root. Before v5.12 this is the put. */
  dropped(hpa: number | null, task: Task, seenIn: string): void {
    const { roots } = this;
    task.freeing = null;
    this.clear(task);
    if (hpa === null) return;
    const vm = task.dropping?.vm ?? this.cast.vmOf(null, task);
    const root = roots.atHpa(hpa) ?? this.found(0, ROLE.DIRECT | 4, vm, seenIn, roots.tableOf(hpa));
    if (root === null) return;
    const vcpu = task.dropping;
    if (vcpu !== null && (vcpu.root === root || vcpu.root === null)) task.clearing = { vcpu, root, seenIn };
    if (this.layout.rules.putShownBy === 'mmu_free_root_page') {
      this.give(root, HOLDER.vcpu, seenIn, 'inferred: mmu_free_root_page is the put');
      this.clear(task);
    } else task.freeing = root;
  }

  /** mmu_free_root_page puts the root, then it clears the vCPU's slot. */
  clear(task: Task): void {
    if (task.clearing === null) return;
    const { vcpu, root, seenIn } = task.clearing;
    const { rows } = this;
    task.clearing = null;
    if (vcpu.root === root) vcpu.root = null;
    rows.emit(E.RootDropped!, rows.site(seenIn, OBSERVED), 'vcpu', vcpu.number, 0, root.role, root.page);
  }

  put(event: Of<'put'>, task: Task, vm: Vm | null, lineNumber: number, seenIn: string): void {
    this.endZap(task, seenIn);
    const root = this.roots.at(event.root) ?? this.found(event.root, event.role, vm, seenIn);
    if (root === null) return;
    const { trouble, rows } = this;
    if (root.count !== UNKNOWN_COUNT) {
      trouble.putsCompared++;
      if (root.count !== event.refcount && trouble.putsDisagree++ === 0)
        trouble.firstDisagreeLine = lineNumber;
    }
    if (task.walker !== null) this.give(root, HOLDER.iterator, seenIn, OBSERVED);
    else if (task.freeing === root) {
      task.freeing = null;
      this.give(root, HOLDER.vcpu, seenIn, OBSERVED);
      this.clear(task);
    } else if (task.inWork === root) this.give(root, HOLDER.work, seenIn, OBSERVED);
    else if (task.inZapInvalidated) this.give(root, HOLDER.tdpMmu, seenIn, OBSERVED);
    else {
      trouble.putsUnexplained++;
      this.give(root, this.likelyHolder(root), seenIn, 'observed; inferred: who gives it back');
    }
    if (root.count !== 0) return;
    if (!root.valid) {
      this.unlink(root, seenIn, 'inferred: the last reference of an invalid root');
    } else if (this.layout.rules.zapBy === 'worker') {
      this.invalidate(root, seenIn, 'inferred: the last reference of a valid root');
      root.count = 1;
      root.resurrected = true;
      const how = 'inferred: the worker gets the only reference';
      rows.emit(E.RootResurrected!, rows.site(seenIn, how), 'root', root.serial, HOLDER.work, 1, root.page);
    }
  }

  private likelyHolder(root: TracedRoot): number {
    const held = (field: number): boolean => this.rows.world.pageWord(root.page, field) > 0;
    if (held(PAGE.HOLD_VCPU)) return HOLDER.vcpu;
    return held(PAGE.HOLD_TDP_MMU) ? HOLDER.tdpMmu : held(PAGE.HOLD_WORK) ? HOLDER.work : HOLDER.iterator;
  }

  private give(root: TracedRoot, holder: number, seenIn: string, how: string): void {
    if (root.count > 0) root.count--;
    const { rows } = this;
    rows.emit(E.RootPut!, rows.site(seenIn, how), 'root', root.serial, holder, root.count, root.page);
  }

  // ---- invalidation, zap, death ------------------------------------------------------------------------------------------

  /** The kernel's loop over all roots, which no line shows. Where a worker zaps, each root's own line follows and does it. */
  invalidateAll(vm: Vm | null, seenIn: string): void {
    if (this.layout.rules.zapBy === 'worker') return;
    for (const root of this.roots.newestFirst(vm)) {
      if (root.valid && root.count !== 0)
        this.invalidate(root, seenIn, 'inferred: every valid root is marked');
    }
  }

  private invalidate(root: TracedRoot, seenIn: string, how: string): void {
    const { rows } = this;
    root.valid = false;
    root.role = role_made_invalid(root.role);
    rows.emit(
      E.RootInvalidated!,
      rows.site(seenIn, how),
      'root',
      root.serial,
      root.role,
      root.count,
      root.page,
    );
  }

  zapScheduled(event: Of<'zapScheduled'>, task: Task, vm: Vm | null, seenIn: string): void {
    const root = this.roots.at(event.root) ?? this.found(event.root, event.role, vm, seenIn);
    if (root === null) return;
    const { rows } = this;
    if (!root.resurrected) this.get(root, HOLDER.work, seenIn, 'inferred: the reference of its work item');
    root.resurrected = false;
    if (root.valid) this.invalidate(root, seenIn, 'inferred: an invalid root is given to the worker');
    rows.emit(
      E.RootZapScheduled!,
      rows.site(seenIn, OBSERVED),
      'root',
      root.serial,
      0,
      root.count,
      root.page,
    );
    task.scheduled = root;
  }

  workQueued(work: number, task: Task, seenIn: string): void {
    const root = task.scheduled;
    task.scheduled = null;
    if (root === null || root.vm === null) return;
    this.roots.itemOf(root, work);
    const { rows } = this;
    const vm = root.vm.number;
    const pending = rows.world.vmWord(vm, VM.WQ_PENDING) + 1;
    rows.emit(E.WorkQueued!, rows.site(seenIn, OBSERVED), 'root', root.serial, vm, pending, root.page);
  }

  workStarted(work: number, task: Task, seenIn: string): void {
    const root = this.roots.item(work) ?? null;
    this.roots.dropItem(work);
    task.inWork = root;
    if (root === null || root.vm === null) return;
    const { rows } = this;
    const vm = root.vm.number;
    const pending = Math.max(0, rows.world.vmWord(vm, VM.WQ_PENDING) - 1);
    rows.emit(E.WorkStarted!, rows.site(seenIn, OBSERVED), 'root', root.serial, vm, pending, root.page);
  }

  workFinished(task: Task, seenIn: string): void {
    this.endZap(task, seenIn);
    const root = task.inWork;
    task.inWork = null;
    if (root === null || root.vm === null) return;
    const { rows } = this;
    const vm = root.vm.number;
    const running = Math.max(0, rows.world.vmWord(vm, VM.WQ_RUNNING) - 1);
    rows.emit(E.WorkFinished!, rows.site(seenIn, OBSERVED), 'root', root.serial, vm, running, root.page);
  }

  /** __tdp_mmu_zap_root runs once for each level of one zap. */
  zapPass(event: Of<'zapPass'>, task: Task, vm: Vm | null, seenIn: string): void {
    const root = this.roots.at(event.root) ?? this.found(event.root, event.role, vm, seenIn);
    if (root === null || task.zapping === root) return;
    this.endZap(task, seenIn);
    if (root.valid && role_is_invalid(event.role))
      this.invalidate(root, seenIn, 'inferred: the role that the probe printed');
    task.zapping = root;
    task.zapShared = event.shared ? 1 : 0;
    const { rows } = this;
    const site = rows.site(seenIn, OBSERVED);
    rows.emit(E.RootZapStarted!, site, 'root', root.serial, task.zapShared, root.count, root.page);
  }

  /** No probe stands at the end of a zap: it is over when its task does the next thing with a root. */
  endZap(task: Task, seenIn: string): void {
    const root = task.zapping;
    if (root === null) return;
    task.zapping = null;
    if (!this.roots.live.has(root)) return;
    const { rows } = this;
    const site = rows.site(seenIn, 'inferred: its task goes on');
    rows.emit(E.RootZapFinished!, site, 'root', root.serial, 0, root.count, root.page);
  }

  private unlink(root: TracedRoot, seenIn: string, how: string): void {
    const { vm } = root;
    if (!root.listed || vm === null) return;
    root.listed = false;
    const { rows } = this;
    const left = Math.max(0, rows.world.vmWord(vm.number, VM.ROOTS) - 1);
    rows.emit(E.RootUnlinked!, rows.site(seenIn, how), 'root', root.serial, vm.number, left, root.page);
  }

  /** 5.10's kvm_tdp_mmu_free_root. */
  rootFreed(sp: number, seenIn: string): void {
    const root = this.roots.at(sp);
    if (root !== undefined) this.free(root, seenIn, OBSERVED);
  }

  /** The RCU callback: of a root or of a child's table. */
  tableFreed(event: Of<'tableFreed'>, seenIn: string): void {
    const root = this.roots.atTable(event.spt);
    if (root !== undefined) {
      this.free(root, seenIn, OBSERVED);
      return;
    }
    const table = this.roots.table(event.spt);
    if (table !== undefined) this.tables.free(table, seenIn, OBSERVED);
  }

  private free(root: TracedRoot, seenIn: string, how: string): void {
    const { rows, roots } = this;
    if (root.count > 0) this.trouble.freesWhileReferenced++;
    this.unlink(root, seenIn, 'inferred: it is freed');
    const present = rows.world.pageWord(root.page, PAGE.PRESENT);
    rows.emit(E.RootFreed!, rows.site(seenIn, how), 'root', root.serial, root.role, present, root.page);
    roots.remove(root);
  }
}
