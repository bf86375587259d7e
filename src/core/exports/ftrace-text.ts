// Rows as the text of a tracefs `trace` file: the layout that core/traces reads and that people grep. What the recordings
// in fixtures/traces have a tracepoint or kprobe for is written in the words of that; everything else is `rootline_NAME`
// with its values. Times have nine decimals, as a trace clock with nanoseconds prints them, so none is lost.
import { decodeEvent, E, EVENT_BY_CODE, type EventName, type RootlineEvent } from '../events/catalogue.js';
import { EXIT_NAMES, IOCTL_NAMES } from '../events/constants.js';
import type { EventRows } from '../projections/rows.js';

export interface FtraceOptions {
  /** Lines of comment that say what this is. */
  readonly about: readonly string[];
  readonly threads: ReadonlyMap<number, string>;
  readonly functionOf: (site: number) => string | null;
  readonly labelOf: (site: number) => string | null;
  /** Events that will be written. */
  readonly events: number;
}

const NS_PER_SECOND = 1_000_000_000;
const FIRST_PID = 1_000;
const COMM_CHARS = 15;
/** Places in kernel memory, as far apart as the kernel's own: only their being different means something. */
const PAGES_AT = 0xc000_0000_0000;
const HEADERS_AT = 0xc100_0000_0000;
const HEADER_BYTES = 0xb8;
const PAGE_SHIFT = 12;

const word = (n: number): string => `0x${(n >>> 0).toString(16)}`;
const pointer = (low48: number): string => `0xffff${low48.toString(16).padStart(12, '0')}`;
const page = (address: number): string => pointer(PAGES_AT + address * 2 ** PAGE_SHIFT);
const header = (address: number): string => pointer(HEADERS_AT + address * HEADER_BYTES);
const probe = (name: string): string => `(${name}+0x0/0x100 [kvm])`;

type Of<N extends EventName> = Extract<RootlineEvent, { readonly type: N }>;
type Forms = {
  readonly [N in EventName]?: (e: Of<N>, roles: ReadonlyMap<number, number>) => [string, string];
};

/** The reason that VMX prints, of the name that the catalogue has. */
const exitName = (reason: number): string => EXIT_NAMES[reason] ?? `UNKNOWN_${reason}`;
const roleOf = (e: RootlineEvent, roles: ReadonlyMap<number, number>): number =>
  roles.get(e.subject.number) ?? 0;
const rootAt = (
  e: RootlineEvent & { readonly address: number },
  roles: ReadonlyMap<number, number>,
): string => `root=${header(e.address)} role=${word(roleOf(e, roles))}`;

const FORMS: Forms = {
  RootAllocated: (e) => [
    'tdp_mmu_init_sp',
    `${probe('tdp_mmu_init_sp')} sp=${header(e.address)} sptep=0x0 gfn=0x0 role=${word(e.role)} spt=${page(e.address)}`,
  ],
  // The probe stands at the function's entry: it prints the count before.
  RootPut: (e, roles) => [
    'kvm_tdp_mmu_put_root',
    `${probe('kvm_tdp_mmu_put_root')} ${rootAt(e, roles)} shared=0 refcount=${e.refcount + 1} spt=${page(e.address)}`,
  ],
  RootZapScheduled: (e, roles) => [
    'tdp_mmu_schedule_zap_root',
    `${probe('tdp_mmu_schedule_zap_root')} ${rootAt(e, roles)} refcount=${e.refcount}`,
  ],
  RootZapStarted: (e, roles) => [
    '__tdp_mmu_zap_root',
    `${probe('__tdp_mmu_zap_root')} ${rootAt(e, roles)} shared=${e.shared} refcount=${e.refcount}`,
  ],
  RootFreed: (e) => [
    'tdp_mmu_free_sp_rcu_callback',
    `${probe('tdp_mmu_free_sp_rcu_callback')} head=${header(e.address)} spt=${page(e.address)} role=${word(e.role)} gfn=0x0 refcount=0`,
  ],
  ContextReset: (e) => ['kvm_mmu_reset_context', `${probe('kvm_mmu_reset_context')} vcpu=${vcpuAt(e)}`],
  FastZapBegun: () => ['kvm_mmu_zap_all_fast_entry', probe('kvm_mmu_zap_all_fast')],
  FastZapEnded: () => ['kvm_mmu_zap_all_fast_ret', '(kvm_page_track_flush_slot <- kvm_mmu_zap_all_fast)'],
  VcpuEntered: (e) => ['kvm_entry', `vcpu ${e.subject.number}, rip 0x0`],
  VcpuExited: (e) => [
    'kvm_exit',
    `vcpu ${e.subject.number} reason ${exitName(e.reason)} rip 0x0 info1 ${word64(e.access)} info2 ${word64(e.gfn * 2 ** PAGE_SHIFT)} intr_info 0x00000000 error_code 0x00000000`,
  ],
  FaultBegun: (e) => [
    'kvm_page_fault',
    `vcpu ${e.subject.number} rip 0x0 address ${word64(e.gfn * 2 ** PAGE_SHIFT)} error_code ${word(e.access)}`,
  ],
  SmmEntered: (e) => ['kvm_smm_transition', `vcpu ${e.subject.number}: entering SMM, smbase 0x30000`],
  SmmLeft: (e) => ['kvm_smm_transition', `vcpu ${e.subject.number}: leaving SMM, smbase 0x30000`],
  IoctlBegun: (e) => [
    'tracing_mark_write',
    `rootline: ${IOCTL_NAMES[e.ioctl] ?? e.ioctl} object=${e.object} argument=${e.argument}`,
  ],
};

function vcpuAt(e: RootlineEvent): string {
  return pointer(0xc200_0000_0000 + e.subject.number * 0x4000);
}

function word64(n: number): string {
  return `0x${n.toString(16).padStart(16, '0')}`;
}

export class FtraceText {
  private readonly roles = new Map<number, number>();

  constructor(private readonly options: FtraceOptions) {}

  /** The comment lines at the top. */
  head(): string {
    const { about, events, threads } = this.options;
    return [
      '# tracer: nop',
      '#',
      `# entries-in-buffer/entries-written: ${events}/${events}   #P:${Math.max(1, threads.size)}`,
      '#',
      ...about.map((line) => `# ${line}`),
      '#',
      '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
      '#              | |         |   |||||     |         |',
      '',
    ].join('\n');
  }

  /** Rows before the range: they only tell which role each root has. */
  skip(rows: EventRows, length: number): void {
    for (let i = 0; i < length; i++) this.learn(rows, i);
  }

  lines(rows: EventRows, length: number): string {
    let text = '';
    for (let i = 0; i < length; i++) {
      this.learn(rows, i);
      const thread = rows.thread[i];
      const task = (this.options.threads.get(thread) ?? `thread${thread}`).slice(0, COMM_CHARS);
      const [event, body] = this.formOf(rows, i);
      const timeNs = rows.timeNs[i];
      const seconds = String(Math.floor(timeNs / NS_PER_SECOND)).padStart(5);
      const fraction = String(timeNs % NS_PER_SECOND).padStart(9, '0');
      const cpu = String(thread).padStart(3, '0');
      text += `${task.padStart(16)}-${String(FIRST_PID + thread).padEnd(7)} [${cpu}] ..... ${seconds}.${fraction}: ${event}: ${body}\n`;
    }
    return text;
  }

  private learn(rows: EventRows, i: number): void {
    const type = rows.type[i];
    if (type === E.RootAllocated || type === E.RootInvalidated)
      this.roles.set(rows.subject[i] >> 4, rows.a[i]);
    // A freed root says nothing more that needs its role.
    else if (type === E.RootFreed) this.roles.delete(rows.subject[i] >> 4);
  }

  private formOf(rows: EventRows, i: number): [string, string] {
    const e = decodeEvent(rows, i);
    const form = FORMS[e.type] as
      | ((event: RootlineEvent, roles: ReadonlyMap<number, number>) => [string, string])
      | undefined;
    if (form !== undefined) return form(e, this.roles);
    const values = (EVENT_BY_CODE[E[e.type]]?.values ?? []).map(
      (name) => ` ${name}=${(e as unknown as Record<string, number>)[name]}`,
    );
    const { functionOf, labelOf } = this.options;
    const site = rows.site[i];
    const where = site === 0 ? '' : ` at=${functionOf(site)}/${labelOf(site)}`;
    return [`rootline_${e.type}`, `${e.subject.kind}=${e.subject.number}${values.join('')}${where}`];
  }
}
