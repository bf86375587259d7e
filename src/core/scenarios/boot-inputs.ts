// The inputs of the founding experiment that are not simply read off a source: what they are set to, within what range,
// and why. Printed with every table, so that nobody takes a fitted figure for a predicted one.
import { COSTS } from '../machine/costs.js';
import { BOOT_PHASES, RESETTABLE_EXITS } from './boot-phases.js';

export interface ExperimentInput {
  readonly name: string;
  readonly value: string;
  readonly range: string;
  readonly unit: string;
  /** fitted: to published figures; assumed: nobody has published it; unaudited: see the source. */
  readonly kind: 'fitted' | 'assumed' | 'unaudited' | 'published' | 'derived';
  readonly source: string;
}

/** Costs that the boot sets by itself; overrides of a run come on top. */
export const BOOT_COSTS = { faultFixed: 4_200 } as const satisfies {
  readonly [K in keyof typeof COSTS]?: number;
};

const perPhase = (value: (p: (typeof BOOT_PHASES)[number]) => number): string =>
  BOOT_PHASES.map((p) => `${p.name} ${value(p)}`).join(', ');

export const BOOT_INPUTS: readonly ExperimentInput[] = [
  {
    name: 'resettable exits',
    value: String(RESETTABLE_EXITS),
    range: '50000-400000',
    unit: 'exits to the console',
    kind: 'fitted',
    source: 'the mail: 100k allocations; with one vCPU allocations equal resets',
  },
  {
    name: 'exits by type',
    value: 'IO 29 %, CPUID 29 %, EPT misconfig 7 %, HLT 6 %, ...',
    range: 'one table',
    unit: 'share',
    kind: 'unaudited',
    source: "a student's table (nicolashanout/linux, assignment 4), scaled; the split over phases is assumed",
  },
  {
    name: 'window',
    value: perPhase((p) => p.window),
    range: '10-260',
    unit: 'pages touched between exits',
    kind: 'fitted',
    source: '10 leaves in a real teardown (trace, AP bring-up); 50-260 faults a rebuild from 260 us',
  },
  {
    name: 'compute',
    value: perPhase((p) => p.computeUs / 1_000),
    range: 'sums below the boot times',
    unit: 'ms of guest time',
    kind: 'fitted',
    source: 'the mail: PID 1 after ~2 s, console after ~4 s without resets',
  },
  {
    name: 'cost.faultFixed',
    value: String(BOOT_COSTS.faultFixed),
    range: `${COSTS.faultFixed.min}-${COSTS.faultFixed.max}`,
    unit: 'ns beside the exit',
    kind: 'fitted',
    source: `${COSTS.faultFixed.source}; an EPT violation that installs a 4K SPTE: 1.5-5 us`,
  },
  {
    name: 'pages of guest memory',
    value: String(BOOT_PHASES.reduce((n, p) => n + p.pages, 0)),
    range: '36000',
    unit: 'pages',
    kind: 'unaudited',
    source: "35,708 EPT violations in the student's boot",
  },
  {
    name: 'memslotUpdates',
    value: '7',
    range: '0-64',
    unit: 'deletions of a slot that is added again, in firmware',
    kind: 'assumed',
    source: "PAM and SMRAM registers, BARs and option ROMs; with smis gives the mail's 15 allocations",
  },
  {
    name: 'smis',
    value: '7',
    range: '0-100000',
    unit: 'synchronous SMIs, in firmware',
    kind: 'assumed',
    source: 'SMM set-up and a few call32_smm; the mail: "largely limited to synchronous exits"',
  },
  {
    name: 'MOV-DR',
    value: perPhase((p) => p.movDrs),
    range: '2-20',
    unit: 'instructions',
    kind: 'assumed',
    source: "cpu_init clears six debug registers; the student's table counts 2 exits",
  },
];
