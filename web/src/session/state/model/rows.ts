// The state at a position as rows: a tree of sections, each value with the path under which its changes are found and its
// history is asked for. What changed since the previous stop is marked; what is gone is shown struck through.
import type { Changes, State } from '../../../api/schema.js';

export type Mark = 'added' | 'changed' | 'removed';

export interface StateRow {
  /** As `blame` and `changes` name it. */
  readonly path: string;
  readonly name: string;
  readonly value: string;
  readonly depth: number;
  readonly mark: Mark | null;
  /** What it was before, where that is told. */
  readonly before: string | null;
  readonly tone: 'v' | 'i' | 'z' | 'u' | 'sm' | null;
}

export interface StateSection {
  readonly title: string;
  readonly note: string;
  readonly rows: readonly StateRow[];
}

type Change = Changes['changes'][number];
const NOT_RECORDED = 'notRecorded';
/** What a value was before is shown beside it where it is short; all of it is in its history. */
const MAX_BEFORE_CHARS = 24;

/** A value as it is shown; never as markup. */
export function valueText(value: unknown): string {
  if (value === NOT_RECORDED) return 'not recorded';
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, part]) => `${name} ${valueText(part)}`)
      .join(' ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

class Rows {
  readonly rows: StateRow[] = [];
  constructor(private readonly changes: readonly Change[]) {}

  add(path: string, name: string, value: string, depth = 0, tone: StateRow['tone'] = null): void {
    const found = this.changes.filter((change) => change.path === path || change.path.startsWith(`${path}.`));
    const own = found.find((change) => change.path === path);
    const mark: Mark | null =
      found.length === 0 ? null : own !== undefined && own.before === null ? 'added' : 'changed';
    const before = own === undefined || own.before === null ? null : valueText(own.before);
    this.rows.push({
      path,
      name,
      value,
      depth,
      mark,
      before: before === value || (before?.length ?? 0) > MAX_BEFORE_CHARS ? null : before,
      tone,
    });
  }

  /** Things below this path that are no more. */
  gone(under: string, depth: number, nameOf: (path: string) => string): void {
    for (const { path, before, after } of this.changes) {
      if (!path.startsWith(under) || after !== null || before === null) continue;
      if (path.slice(under.length).includes('.')) continue;
      this.rows.push({
        path,
        name: nameOf(path),
        value: '',
        depth,
        mark: 'removed',
        before: valueText(before),
        tone: null,
      });
    }
  }
}

const last = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

export function stateOf(root: State['roots'][number]): readonly [text: string, tone: 'v' | 'i' | 'z' | 'u'] {
  if (root.waitsForRcu) return ['⋯ waits for RCU', 'u'];
  if (root.zapsUnderWay > 0) return ['◣ being zapped', 'z'];
  return root.role.invalid ? ['▨ invalid', 'i'] : ['■ valid', 'v'];
}

export function stateSections(state: State, changes: readonly Change[]): StateSection[] {
  return [
    rootSection(state, changes),
    vcpuSection(state, changes),
    lockSection(state, changes),
    threadSection(state, changes),
    workSection(state, changes),
    rcuSection(state, changes),
    tlbSection(state, changes),
    vmSection(state, changes),
  ];
}

function rootSection(state: State, changes: readonly Change[]): StateSection {
  const out = new Rows(changes);
  for (const root of state.roots) {
    const path = `tdp-mmus.${root.vm}.roots.${root.root}`;
    const [text, tone] = stateOf(root);
    out.add(path, `root ${root.root}`, text, 0, tone);
    out.add(
      `${path}.role`,
      'role',
      `${root.role.text} 0x${root.role.word.toString(16)}`,
      1,
      root.role.smm ? 'sm' : null,
    );
    out.add(`${path}.refcount`, 'refcount', root.refcount < 0 ? '? unknown' : String(root.refcount), 1);
    const held = Object.entries(root.holders).filter(([, n]) => n > 0);
    out.add(
      `${path}.holders`,
      'held by',
      held.map(([who, n]) => (n === 1 ? who : `${who} ${n}`)).join(', ') || 'nobody',
      1,
    );
    out.add(`${path}.namedBy`, 'named by', valueText(root.namedBy), 1);
    out.add(`${path}.listed`, 'on tdp_mmu_roots', root.listed ? 'yes' : 'no', 1);
    out.add(`${path}.presentSptes`, 'present SPTEs', valueText(root.presentSptes), 1);
    if (root.zapScheduled || root.work !== 'idle')
      out.add(`${path}.work`, 'zap', root.zapScheduled ? `scheduled, ${root.work}` : root.work, 1);
  }
  for (const { vm } of state.vms) out.gone(`tdp-mmus.${vm}.roots.`, 0, (path) => `root ${last(path)}`);
  const waiting = state.roots.filter(({ waitsForRcu }) => waitsForRcu).length;
  return { title: 'Roots', note: `${state.roots.length} exist, ${waiting} wait for RCU`, rows: out.rows };
}

function vcpuSection(state: State, changes: readonly Change[]): StateSection {
  const out = new Rows(changes);
  const rootText = (root: { readonly address: number; readonly root: number | null } | null): string =>
    root === null
      ? 'INVALID_PAGE'
      : root.address < 0
        ? '? unknown'
        : root.root === null
          ? `▲ page ${root.address}, no root any more`
          : `root ${root.root}`;
  for (const vcpu of state.vcpus) {
    const path = `vcpus.${vcpu.vcpu}`;
    out.add(path, `vcpu${vcpu.vcpu}`, valueText(vcpu.mode), 0);
    out.add(`${path}.root`, 'root.hpa', rootText(vcpu.root), 1);
    out.add(`${path}.prevRoots`, 'prev_roots', vcpu.prevRoots.map(rootText).join(', '), 1);
    out.add(
      `${path}.role`,
      'wanted role',
      vcpu.role === null ? 'none' : vcpu.role.text,
      1,
      vcpu.role?.smm === true ? 'sm' : null,
    );
    out.add(`${path}.cpuState`, 'CPU state', valueText(vcpu.cpuState), 1);
    out.add(`${path}.requests`, 'requests', valueText(vcpu.requests), 1);
    if (vcpu.pendingSmi !== 0) out.add(`${path}.pendingSmi`, 'pending SMI', valueText(vcpu.pendingSmi), 1);
  }
  return { title: 'vCPUs', note: String(state.vcpus.length), rows: out.rows };
}

function lockSection(state: State, changes: readonly Change[]): StateSection {
  const out = new Rows(changes);
  if (state.locks === NOT_RECORDED) return { title: 'Locks', note: 'not recorded', rows: [] };
  const nameOf = (thread: number): string =>
    state.threads.find((one) => one.thread === thread)?.name ?? `thread ${thread}`;
  let held = 0;
  for (const lock of state.locks) {
    const path = `locks.${lock.vm}.${lock.lock}`;
    const readers = lock.readingThreads?.map(nameOf).join(', ') ?? `${lock.readers} readers`;
    const value =
      lock.writer !== null ? `W ${nameOf(lock.writer)}` : lock.readers > 0 ? `R ${readers}` : 'free';
    if (value !== 'free') held++;
    out.add(path, state.vms.length > 1 ? `${lock.lock} of VM ${lock.vm}` : lock.lock, value, 0);
    if (lock.waiting.length > 0) {
      const waiting = lock.waiting.map(({ thread, mode }) => `${nameOf(thread)} [${mode}]`).join(', ');
      out.add(`${path}.waiting`, 'waits', waiting, 1);
    }
  }
  return { title: 'Locks', note: `${held} held`, rows: out.rows };
}

function threadSection(state: State, changes: readonly Change[]): StateSection {
  const out = new Rows(
    changes.filter(
      ({ path }) => !path.endsWith('.lastEvent.position') && !path.endsWith('.lastEvent.timeNs'),
    ),
  );
  for (const thread of state.threads) {
    const path = `threads.${thread.name}`;
    const top = thread.stack === NOT_RECORDED ? undefined : thread.stack[0];
    const where =
      top === undefined
        ? thread.stack === NOT_RECORDED
          ? 'not recorded'
          : 'not begun'
        : `${top.function} @ ${top.label}`;
    out.add(`${path}.stack`, thread.name, thread.ended === true ? 'ended' : where, 0);
    if (thread.waitsFor !== null && thread.waitsFor !== NOT_RECORDED)
      out.add(`${path}.waitsFor`, 'waits for', thread.waitsFor, 1);
    if (thread.holds !== NOT_RECORDED && thread.holds.length > 0) {
      out.add(
        `${path}.holds`,
        'holds',
        thread.holds.map(({ lock, mode }) => `${lock} [${mode}]`).join(', '),
        1,
      );
    }
  }
  return { title: 'Threads', note: String(state.threads.length), rows: out.rows };
}

function workSection(state: State, changes: readonly Change[]): StateSection {
  const out = new Rows(changes);
  for (const item of state.workItems) {
    out.add(
      `tdp-mmus.${item.vm}.roots.${item.root}.work`,
      `root ${item.root}`,
      `${item.state}${item.flushed ? ', a flush waits for it' : ''}`,
    );
  }
  const running = state.workItems.filter(({ state: s }) => s === 'running').length;
  return {
    title: 'Work, tdp_mmu_zap_wq',
    note: `${running} running, ${state.workItems.length - running} queued`,
    rows: out.rows,
  };
}

function rcuSection(state: State, changes: readonly Change[]): StateSection {
  const out = new Rows(changes);
  if (state.rcu === NOT_RECORDED) return { title: 'RCU', note: 'not recorded', rows: [] };
  const { gracePeriod, readers, callbacks } = state.rcu;
  out.add(
    'rcu.gracePeriod',
    'grace period',
    gracePeriod.active ? `waits for ${gracePeriod.blockers} read sections` : 'none',
  );
  const nameOf = (thread: number): string =>
    state.threads.find((one) => one.thread === thread)?.name ?? `thread ${thread}`;
  out.add(
    'rcu.readers',
    'read sections',
    readers.map(({ thread }) => nameOf(thread)).join(', ') || 'none open',
  );
  out.add(
    'rcu.callbacks',
    'callbacks',
    `${callbacks.next} next, ${callbacks.current} current, ${callbacks.done} done`,
  );
  return {
    title: 'RCU',
    note: `${callbacks.next + callbacks.current + callbacks.done} callbacks`,
    rows: out.rows,
  };
}

function tlbSection(state: State, changes: readonly Change[]): StateSection {
  const out = new Rows(changes);
  if (state.tlbs === NOT_RECORDED) return { title: 'TLBs', note: 'not recorded', rows: [] };
  for (const { vcpu, tags } of state.tlbs) {
    const text = tags.map((tag) => {
      const of = tag.root === null ? `▲ page ${tag.address} of no root` : `root ${tag.root}`;
      return `${of}: ${tag.leaf} leaf, ${tag.pagingStructure} paging-structure`;
    });
    out.add(`tlbs.${vcpu}.tags`, `vcpu${vcpu}`, text.join('; ') || 'empty');
  }
  return { title: 'TLBs', note: '', rows: out.rows };
}

function vmSection(state: State, changes: readonly Change[]): StateSection {
  const out = new Rows(changes);
  for (const vm of state.vms) {
    const path = `vms.${vm.vm}`;
    out.add(path, `VM ${vm.vm}`, vm.bugged ? '✕ bugged' : vm.state);
    out.add(`${path}.mmuValidGen`, 'mmu_valid_gen', String(vm.mmuValidGen), 1);
    out.add(`${path}.mmuInvalidateSeq`, 'mmu_invalidate_seq', valueText(vm.mmuInvalidateSeq), 1);
    out.add(`${path}.tdpMmuPages`, 'tdp_mmu_pages', valueText(vm.tdpMmuPages), 1);
    out.add(`${path}.memslots`, 'memslots', String(vm.memslots.length), 1);
  }
  return { title: 'VMs', note: String(state.vms.length), rows: out.rows };
}
