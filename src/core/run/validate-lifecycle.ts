// A simulated run in the words of a recording: its event columns become the same lifecycle stream that the tracefs
// reader gives. Figures and sequences of both sides then come from one implementation, so that a difference is one of
// the kernels, never of two ways to count.
import { ROLE } from '../aggregates/role.js';
import { E } from '../events/catalogue.js';
import { ACCESS, CPU_STATE, EXIT, EXIT_NAMES } from '../events/constants.js';
import { SUBJECT_RADIX } from '../events/define.js';
import { HOLDER } from '../events/root.events.js';
import type {
  DropCause,
  ExitKind,
  Lifecycle,
  RecordedEvent,
  RecordedRoot,
  ThreadRole,
} from '../traces/recorded-event.js';
import type { DictionaryEntry, StoredColumns } from './contract.js';

type At = Pick<RecordedEvent, 'lineNumber' | 'timestampNs' | 'pid' | 'thread'>;
type Writable<T> = { -readonly [K in keyof T]: T[K] };

const PAGE_BYTES = 4_096;

export interface LifecycleOptions {
  /** The protocol's rule: the last put of a valid root stores 1 again and a worker zaps (era c). */
  readonly resurrects: boolean;
  /** The last put frees the root there and then (era a): its zap and "last put" are no events of their own, nor are they probed. */
  readonly freesAtLastPut?: boolean;
}

/** Reads columns of a run recorded at level `full`, in order; `lifecycle()` gives what it made of them. */
export class SimulatedLifecycle {
  private readonly events: RecordedEvent[] = [];
  private readonly roots: Writable<RecordedRoot>[] = [];
  /** Subject number -> root, by order of birth. */
  private readonly bySubject = new Map<number, Writable<RecordedRoot>>();
  private readonly roles = new Map<number, ThreadRole>();
  private readonly sites = new Map<number, { readonly function: string; readonly parent: number }>();
  private position = 0;

  constructor(private readonly options: LifecycleOptions) {}

  names(dictionary: readonly DictionaryEntry[]): void {
    for (const entry of dictionary) {
      if (entry.kind === 'thread') this.roles.set(entry.id, roleOf(entry.name));
      else this.sites.set(entry.id, entry);
    }
  }

  rows(columns: StoredColumns): void {
    for (let i = 0; i < columns.length; i++) this.row(columns, i);
  }

  lifecycle(): Lifecycle {
    return {
      events: this.events,
      roots: this.roots,
      putsCompared: 0,
      disagreements: [],
      gaps: [],
      rootPagesAnnounced: this.roots.length,
      unknownEvents: new Map(),
    };
  }

  private row(rows: StoredColumns, i: number): void {
    this.position++;
    const type = rows.type[i];
    const subject = Math.floor(rows.subject[i] / SUBJECT_RADIX);
    const a = rows.a[i];
    const b = rows.b[i];
    const at: At = {
      lineNumber: this.position,
      timestampNs: rows.timeNs[i],
      pid: rows.thread[i],
      thread: this.roles.get(rows.thread[i]) ?? 'other',
    };
    switch (type) {
      case E.RootAllocated:
        this.allocated(subject, a, b, at);
        break;
      case E.RootGot:
      case E.RootReferenceKept:
      case E.RootPut:
      case E.RootInvalidated:
      case E.RootResurrected:
      case E.RootZapScheduled:
      case E.RootZapStarted:
      case E.RootZapFinished:
      case E.RootFreed:
      case E.WorkQueued:
      case E.WorkStarted:
      case E.WorkFinished: {
        const root = this.bySubject.get(subject);
        if (root !== undefined) this.ofRoot(type, root, a, b, rows.site[i], at);
        break;
      }
      case E.VcpuExited:
        this.exit(subject, a, b, rows.c[i], at);
        break;
      case E.ContextReset:
        this.events.push({ ...at, type: 'contextReset', vcpu: subject });
        break;
      case E.SmmEntered:
        this.events.push({ ...at, type: 'smmEntered', vcpu: subject });
        break;
      case E.SmmLeft:
        this.events.push({ ...at, type: 'smmLeft', vcpu: subject });
        break;
      case E.FastZapBegun:
        this.events.push({ ...at, type: 'fastZapBegun' });
        break;
      case E.FastZapEnded:
        this.events.push({ ...at, type: 'fastZapEnded' });
        break;
      default:
    }
  }

  private allocated(subject: number, role: number, count: number, at: At): void {
    const smm = (role & ROLE.SMM) !== 0;
    const level = role & ROLE.LEVEL_MASK;
    const root = { ordinal: this.roots.length + 1, smm, level, count, valid: true, freed: false };
    this.roots.push(root);
    this.bySubject.set(subject, root);
    this.events.push({ ...at, type: 'rootAllocated', root: root.ordinal, smm, level, count });
    // A root is born with the reference of the vCPU that asked for it.
    this.events.push({ ...at, type: 'vcpuGet', root: root.ordinal, vcpu: null, reuse: false, count });
  }

  private ofRoot(
    type: number,
    root: Writable<RecordedRoot>,
    a: number,
    b: number,
    site: number,
    at: At,
  ): void {
    const of = { ...at, root: root.ordinal };
    switch (type) {
      case E.RootGot:
        root.count = b;
        if (a === HOLDER.vcpu)
          this.events.push({ ...of, type: 'vcpuGet', vcpu: null, reuse: true, count: b });
        if (a === HOLDER.iterator) {
          this.events.push({ ...of, type: 'iteratorGet', caller: this.walker(site), count: b });
        }
        break;
      case E.RootReferenceKept:
        this.kept(root, at);
        break;
      case E.RootPut:
        this.put(root, a, b, site, at);
        break;
      case E.RootInvalidated:
        root.valid = false;
        // Where a worker zaps, the recorded probe stands where the zap is scheduled, its reference taken.
        if (!this.options.resurrects) this.invalidated(root, root.count, at);
        break;
      case E.RootResurrected:
        root.count = b;
        this.events.push({ ...of, type: 'lastPutOfValidRoot', count: b });
        break;
      case E.RootZapScheduled:
        if (this.options.resurrects) this.invalidated(root, b, at);
        break;
      case E.RootZapStarted:
        if (this.options.freesAtLastPut === true) break;
        this.events.push({ ...of, type: 'zapStarted', shared: a === 1, count: b });
        break;
      case E.RootZapFinished:
        if (this.options.freesAtLastPut === true) break;
        this.events.push({ ...of, type: 'zapFinished', shared: false, count: b });
        break;
      case E.RootFreed:
        root.freed = true;
        this.events.push({ ...of, type: 'freed' });
        break;
      case E.WorkQueued:
        this.events.push({ ...of, type: 'workQueued' });
        break;
      case E.WorkStarted:
        this.events.push({ ...of, type: 'workStarted' });
        break;
      case E.WorkFinished:
        this.events.push({ ...of, type: 'workFinished' });
        break;
      default:
    }
  }

  /** The step at which a lookup stopped: the reader of recordings, too, books it as the vCPU's get, at the lookup's end. */
  private kept(root: RecordedRoot, at: At): void {
    const step = this.events.findLastIndex(
      (event) => event.type === 'iteratorGet' && event.pid === at.pid && event.root === root.ordinal,
    );
    if (step >= 0) this.events.splice(step, 1);
    const { ordinal, count } = root;
    this.events.push({ ...at, root: ordinal, type: 'vcpuGet', vcpu: null, reuse: true, count });
  }

  private invalidated(root: RecordedRoot, count: number, at: At): void {
    this.events.push({ ...at, root: root.ordinal, type: 'invalidated', cause: 'invalidateAll', count });
  }

  private put(root: Writable<RecordedRoot>, holder: number, count: number, site: number, at: At): void {
    root.count = count;
    const put = {
      ...at,
      root: root.ordinal,
      countBefore: count + 1,
      countAfter: count,
      printed: count + 1,
      shared: false,
    };
    switch (holder) {
      case HOLDER.vcpu:
        this.events.push({ ...put, type: 'vcpuPut', vcpu: null, cause: this.dropCause(site) });
        break;
      case HOLDER.iterator:
        this.events.push({ ...put, type: 'iteratorPut', caller: this.walker(site) });
        break;
      case HOLDER.work:
        this.events.push({ ...put, type: 'workerPut' });
        break;
      case HOLDER.tdpMmu:
        this.events.push({ ...put, type: 'tdpMmuPut' });
        break;
      default:
        this.events.push({ ...put, type: 'otherPut' });
    }
    if (count === 0 && root.valid && !this.options.resurrects && this.options.freesAtLastPut !== true) {
      this.events.push({ ...at, root: root.ordinal, type: 'lastPutOfValidRoot', count });
    }
  }

  private exit(vcpu: number, reason: number, gfn: number, access: number, at: At): void {
    const name = exitName(reason, gfn, access);
    this.events.push({ ...at, type: 'exit', vcpu, kind: exitKind(name), reason: name });
    if (reason !== EXIT.EPT_VIOLATION) return;
    const kind = (access & ACCESS.EXEC) !== 0 ? 'fetch' : (access & ACCESS.WRITE) !== 0 ? 'write' : 'read';
    const present = (access & ACCESS.PRESENT) !== 0;
    this.events.push({ ...at, type: 'guestFault', vcpu, gpa: gfn * PAGE_BYTES, access: kind, present });
  }

  /** The function that walks the list: the recorded kernel has what it calls inlined. */
  private walker(site: number): string {
    let found = 'unknown';
    for (const name of this.callers(site)) {
      if (name.startsWith('kvm_tdp_mmu_') && name !== 'kvm_tdp_mmu_put_root') found = name;
    }
    return found;
  }

  private dropCause(site: number): DropCause {
    for (const name of this.callers(site)) {
      if (name === 'kvm_mmu_reset_context') return 'resetContext';
      if (name === 'kvm_mmu_free_obsolete_roots') return 'obsolete';
    }
    return 'unload';
  }

  /** Functions of the stack, innermost first. */
  private *callers(site: number): Generator<string> {
    for (let s = this.sites.get(site); s !== undefined; s = this.sites.get(s.parent)) yield s.function;
  }
}

function roleOf(thread: string): ThreadRole {
  if (thread === 'main') return 'main';
  const vcpu = /^vcpu(\d+)$/.exec(thread)?.[1];
  if (vcpu !== undefined) return `vcpu${Number(vcpu)}`;
  if (thread.startsWith('kworker')) return 'worker';
  return thread.startsWith('rcu') ? 'rcu' : 'other';
}

/** SVM's name of an exit, as the recorded kernels print it. */
function exitName(reason: number, bits: number, access: number): string {
  switch (reason) {
    case EXIT.EPT_VIOLATION:
      return 'npf';
    case EXIT.IO_INSTRUCTION:
      return 'io';
    case EXIT.RSM:
      return 'rsm';
    case EXIT.EXTERNAL_INTERRUPT:
      return 'interrupt';
    case EXIT.CR_ACCESS:
      if ((access & ACCESS.WRITE) === 0) return 'read_cr4';
      return (bits & CPU_STATE.CR0_WP) !== 0 ? 'cr0_sel_write' : 'write_cr4';
    default:
      return (EXIT_NAMES[reason] ?? `exit ${reason}`).toLowerCase();
  }
}

function exitKind(name: string): ExitKind {
  return name === 'npf' || name === 'io' || name === 'rsm' || name === 'interrupt' ? name : 'other';
}
