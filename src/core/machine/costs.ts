// Cost model: data with provenance. Figures: the founding thread and the mails around it; `published` = printed in a
// source, `derived` = arithmetic on published figures, `assumed` = nobody has published one. Every value can be
// overridden per run (`--set cost.NAME=ns`) within its range, and is kept in the manifest.
import { BadInput } from '../base/errors.js';
import type { EventName } from '../events/catalogue.js';

export interface Cost {
  /** Default, ns. */
  readonly ns: number;
  readonly min: number;
  readonly max: number;
  /** Event whose occurrence costs this; null: applied by value (exit reason, kind of SPTE change). */
  readonly event: EventName | null;
  readonly account: 'guest' | 'host' | 'outer';
  readonly condition: string;
  readonly source: string;
  readonly confidence: 'published' | 'derived' | 'assumed';
}

function cost(
  ns: number,
  min: number,
  max: number,
  event: EventName | null,
  account: Cost['account'],
  confidence: Cost['confidence'],
  condition: string,
  source: string,
): Cost {
  return { ns, min, max, event, account, condition, source, confidence };
}

export const COSTS = {
  exitOther: cost(
    1_000,
    400,
    20_000,
    null,
    'host',
    'published',
    'any exit without a figure of its own',
    'perf kvm stat: 0.6-1.4 us (CPUID, DR, APIC write)',
  ),
  exit_EPT_VIOLATION: cost(
    500,
    400,
    6_300,
    null,
    'host',
    'published',
    'exit and entry, bare metal Intel; nested on Hyper-V 2.8 us with, 6.3 us without enlightened VMCS',
    'Christopherson: "roughly 1500 cycles"; Kuznetsov: 18,890 cycles, 8,304 with enlightened VMCS',
  ),
  exit_IO_INSTRUCTION: cost(
    2_000,
    1_000,
    16_000,
    null,
    'host',
    'derived',
    'between an in-kernel exit and a trip to user space',
    'nested inl_from_qemu 15 us, bare metal below',
  ),
  exit_CPUID: cost(650, 300, 1_300, null, 'host', 'published', 'avg', 'perf kvm stat: CPUID 0.65 us'),
  exit_DR_ACCESS: cost(950, 600, 1_500, null, 'host', 'published', 'avg', 'perf kvm stat: DR_ACCESS 0.95 us'),
  exit_MSR_WRITE: cost(
    1_600,
    1_600,
    3_300,
    null,
    'host',
    'published',
    'avg over 238,932 samples 1.56',
    'perf kvm stat',
  ),
  exit_MSR_READ: cost(1_600, 1_000, 3_300, null, 'host', 'derived', 'as MSR write', 'perf kvm stat'),
  exit_EXTERNAL_INTERRUPT: cost(
    2_300,
    2_300,
    20_000,
    null,
    'host',
    'published',
    'avg over 471,831 samples 2.34',
    'perf kvm stat',
  ),
  exit_PREEMPTION_TIMER: cost(620, 300, 1_300, null, 'host', 'published', 'avg', 'perf kvm stat: 0.62 us'),
  exit_EPT_MISCONFIG: cost(
    7_300,
    7_000,
    17_000,
    null,
    'host',
    'published',
    'MMIO, avg',
    'perf kvm stat: 7.27 us',
  ),
  exit_CR_ACCESS: cost(
    500,
    400,
    1_000,
    null,
    'host',
    'published',
    'CR0 write',
    'Christopherson: "roughly 1500 cycles"',
  ),
  exit_RSM: cost(
    5_000,
    2_000,
    94_000,
    null,
    'host',
    'derived',
    'RSM or SMI emulation without the new root; 94 us nested and traced',
    'Piotrowski, 13 Apr 2023',
  ),
  faultFixed: cost(
    2_000,
    1_000,
    4_500,
    'FaultFixed',
    'host',
    'derived',
    'rest of an EPT violation that installs a 4K SPTE: 2.5 us with its exit',
    '260 us a rebuild with 100-260 faults',
  ),
  faultSpurious: cost(
    500,
    300,
    1_500,
    'FaultSpurious',
    'host',
    'derived',
    'loop period ~2 us between exits, traced',
    'Vultr traces',
  ),
  faultRetried: cost(
    500,
    300,
    1_500,
    'FaultRetried',
    'host',
    'derived',
    'as a spurious fault',
    'Vultr traces',
  ),
  tableAllocated: cost(
    300,
    100,
    600,
    'TableAllocated',
    'host',
    'assumed',
    'order-0 page and zeroing',
    'not found',
  ),
  rootAllocated: cost(
    300,
    100,
    600,
    'RootAllocated',
    'host',
    'assumed',
    'order-0 page and zeroing',
    'not found',
  ),
  zapLeafSpte: cost(52, 50, 400, null, 'host', 'derived', 'bulk, 4K leaf', '64 TiB in 900 s; 512 GiB in 7 s'),
  zapTable: cost(200, 50, 1_000, null, 'host', 'assumed', 'unlink one child table', 'not found'),
  contextReset: cost(
    200,
    50,
    1_000,
    'ContextReset',
    'host',
    'assumed',
    'kvm_init_mmu and bookkeeping',
    'not found',
  ),
  resetToReload: cost(
    0,
    0,
    5_000,
    'RoleComputed',
    'host',
    'assumed',
    'rest of a context reset and of the exit, up to the reload; 0: part of the exit, which comes first',
    'not found',
  ),
  rootGot: cost(
    50,
    10,
    1_000,
    'RootGot',
    'host',
    'derived',
    'one refcount and list step; root load hit < 1 us',
    'Christopherson, Jan 2024: mostly < 1 us below 24 vCPUs',
  ),
  rootPut: cost(50, 10, 1_000, 'RootPut', 'host', 'derived', 'as above', 'Christopherson, Jan 2024'),
  rootLoaded: cost(
    150,
    50,
    1_000,
    'RootLoaded',
    'host',
    'derived',
    'kvm_mmu_load: caches, VMCS write',
    'Christopherson, Jan 2024: mostly < 1 us',
  ),
  tlbFlushed: cost(
    100,
    50,
    500,
    'TlbFlushed',
    'host',
    'published',
    'single-context invalidation, "100s of cycles"',
    'Amit, ATC 2017',
  ),
  tlbFilled: cost(
    30,
    10,
    200,
    'TlbFilled',
    'guest',
    'assumed',
    'hardware walk, tables in cache',
    'not found',
  ),
  remoteFlush: cost(
    1_500,
    1_000,
    3_000,
    'RemoteFlushBegun',
    'host',
    'published',
    'IPI shootdown, base (low quality sources)',
    'onedfrk, unseel',
  ),
  ipi: cost(
    200,
    200,
    2_000,
    'IpiSent',
    'host',
    'published',
    'per extra target (sources disagree 7x)',
    'onedfrk, unseel',
  ),
  rcuGracePeriod: cost(
    10_000_000,
    1_000_000,
    50_000_000,
    'RcuGracePeriodStarted',
    'host',
    'published',
    '"multiple milliseconds"',
    'McKenney, perfbook',
  ),
  workStart: cost(
    5_000,
    2_000,
    50_000,
    'WorkStarted',
    'host',
    'assumed',
    'queue_work to running',
    'not found',
  ),
  lockYield: cost(
    5,
    5,
    1_000,
    'LockYielded',
    'host',
    'assumed',
    'cond_resched without a switch',
    'not found',
  ),
  hostPage: cost(
    300,
    100,
    1_000,
    'HostPageChanged',
    'host',
    'derived',
    'allocate and clear a page of the process',
    '198 us without zeroing for 2 MiB',
  ),
  outerShadowFill: cost(
    0,
    0,
    100_000,
    'OuterShadowFilled',
    'outer',
    'assumed',
    'L0 rebuilds its shadow of one entry (0: bare metal)',
    'no figure found',
  ),
  outerRootShadowed: cost(
    0,
    0,
    25_000_000,
    'OuterRootShadowed',
    'outer',
    'derived',
    'L0 makes its own tables for a root that it does not know (0: bare metal); nested, at most 10-22 ms a root in all',
    'Piotrowski, Apr 2023: (120-20)/10,000 to (240-20)/10,000 s, if the roots cause all of it',
  ),
  outerFlush: cost(
    5_000,
    3_000,
    20_000,
    'OuterShadowFlushed',
    'outer',
    'assumed',
    'flush hypercall = a nested exit and a shootdown',
    'no figure found',
  ),
  ioctl: cost(300, 100, 2_000, 'IoctlBegun', 'host', 'assumed', 'system call', 'not found'),
} as const satisfies Record<string, Cost>;

/** Defaults with overrides; unknown names and values out of range are errors that say what was expected. */
export function resolveCosts(overrides: Readonly<Record<string, number>>): Record<string, number> {
  const out: Record<string, number> = {};
  for (const [name, c] of Object.entries(COSTS)) out[name] = c.ns;
  for (const [name, ns] of Object.entries(overrides)) {
    const known = (COSTS as Readonly<Record<string, Cost>>)[name];
    if (known === undefined) {
      throw new BadInput(
        'unknown-cost',
        `unknown cost "${name}"; known: ${Object.keys(COSTS).join(', ')}`,
        Object.keys(COSTS),
      );
    }
    if (!Number.isInteger(ns) || ns < known.min || ns > known.max) {
      throw new BadInput(
        'cost-range',
        `cost ${name} must be an integer from ${known.min} to ${known.max} ns, got ${ns}`,
      );
    }
    out[name] = ns;
  }
  return out;
}
