// Which recordings are held against which runs, and what is compared in each: data, no rules of KVM. Why a figure is
// left out stands here too.
//
// 6.1.192-nofix: its worker is free, so nothing that depends on how far it has come is compared: in the SMM scenarios
//   the references of walkers (a dying root is listed or not), never times, interrupt exits or where an RCU free falls.
// 6.1.192 against the draft: the draft shares the fix's references of vCPUs and of the TDP MMU and its invalidations,
//   not who zaps (its worker instead of the caller): so vCPU threads are compared, the main task is not.
// 6.1.192, 6.12.117 and 7.2.13 against their own profiles: everything, walkers included; those kernels are synchronous.
// 5.10.262: walkers' references, invalidations and zaps are unprobed, so they have no row; the last put of a root is its death.
// plain, memslot, notifier (free-running): threads run at once, so no order is anybody's. plain: what each thread does adds up to
//   the same counts in any order (its first round is taken alone). memslot: how often a vCPU spins on the INVALID slot, or finds
//   the slot gone, is the clock's; roots are born, invalidated and freed once a deletion, if vCPUs run between two of them
//   (they do in all recordings). notifier: one root all along.
import type { ExitKind } from '../traces/recorded-event.js';
import type { RecordedFigures } from '../traces/recorded-figures.js';

export type ComparedFigure = Exclude<
  keyof RecordedFigures,
  'otherExits' | 'rootFrees' | 'putsAgreeing' | 'putsDisagreeing'
>;

/** Words of a row, by figure. */
export const FIGURE_WORDS: { readonly [F in ComparedFigure]: string } = {
  rootAllocations: 'root allocations',
  smmRootAllocations: 'root allocations, SMM',
  vcpuGets: 'vCPU gets',
  vcpuReuses: 'vCPU gets that reuse a root',
  vcpuPuts: 'vCPU puts',
  iteratorGets: 'iterator gets',
  iteratorPuts: 'iterator puts',
  lastPutsOfValidRoots: 'last puts of valid roots',
  invalidations: 'invalidations',
  rootZaps: 'root zaps',
  npfExits: 'npf exits',
  ioExits: 'io exits',
  rsmExits: 'rsm exits',
};

/** Exits that the host's clock makes, not the guest. */
export const UNCOMPARED_EXITS: readonly ExitKind[] = ['interrupt'];

export interface ValidationCase {
  /** Directory name of the recording. */
  readonly kernel: string;
  /** File name of the recording. */
  readonly recording: string;
  readonly protocol: string;
  /** Where its replacements stand on: the recorded kernel's other rules. The same as `protocol`: as it is. */
  readonly otherRulesOf: string;
  readonly scenario: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly figures: readonly ComparedFigure[];
  /** References of walkers belong to the sequences. */
  readonly iterators: boolean;
  /** The main task's and the workers' own order, and each root's, are compared; if not, only those of vCPUs. */
  readonly wholeOrder: boolean;
  /** Threads run at once: the figures only, no sequence and no other exits than those named. */
  readonly freeRunning?: boolean;
}

interface Script {
  readonly recording: string;
  readonly scenario: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly smm: boolean;
}

const SCRIPTS: readonly Script[] = [
  { recording: 'smi', scenario: 'smi', parameters: {}, smm: true },
  {
    recording: 'smi_heavy_p8_v1',
    scenario: 'smi-heavy',
    parameters: { smis: 100, pages: 8, vcpus: 1 },
    smm: true,
  },
  { recording: 'reset1', scenario: 'reset1', parameters: {}, smm: false },
  { recording: 'memslot_idle', scenario: 'memslot-idle', parameters: {}, smm: false },
  { recording: 'destroy_fwd', scenario: 'destroy-fwd', parameters: {}, smm: false },
  { recording: 'destroy_partial', scenario: 'destroy-partial', parameters: {}, smm: false },
  { recording: 'dirty', scenario: 'dirty', parameters: {}, smm: false },
];

const SHARED_FIGURES: readonly ComparedFigure[] = [
  'rootAllocations',
  'smmRootAllocations',
  'vcpuGets',
  'vcpuReuses',
  'vcpuPuts',
  'lastPutsOfValidRoots',
  'invalidations',
  'rootZaps',
  'npfExits',
  'ioExits',
  'rsmExits',
];

const NOFIX = '6.1.192-nofix';
const FIXED = '6.1.192';

/** Recordings of a synchronous kernel against the profile of the same name; what was not recorded has no case. */
function synchronous(kernel: string, recorded: readonly string[]): ValidationCase[] {
  return SCRIPTS.filter(({ recording }) => recorded.includes(recording)).map(
    ({ recording, scenario, parameters }) => ({
      kernel,
      recording,
      protocol: kernel,
      otherRulesOf: kernel,
      scenario,
      parameters,
      figures: [...SHARED_FIGURES, 'iteratorGets', 'iteratorPuts'],
      iterators: true,
      wholeOrder: true,
    }),
  );
}

const FREE_RUNNING: Readonly<Record<string, readonly ComparedFigure[]>> = {
  plain: [...SHARED_FIGURES, 'iteratorGets', 'iteratorPuts'],
  memslot: ['rootAllocations', 'smmRootAllocations', 'lastPutsOfValidRoots', 'invalidations'],
  notifier: ['rootAllocations', 'smmRootAllocations'],
};

/** Scripts whose threads run at once. */
function freeRunning(kernel: string, recorded: readonly string[]): ValidationCase[] {
  return recorded.map((recording) => ({
    kernel,
    recording,
    protocol: kernel,
    otherRulesOf: kernel,
    scenario: recording,
    parameters: {},
    figures: FREE_RUNNING[recording] ?? [],
    iterators: false,
    wholeOrder: false,
    freeRunning: true,
  }));
}

const ALL_SCRIPTS = SCRIPTS.map(({ recording }) => recording);
const ALL_FREE_RUNNING = Object.keys(FREE_RUNNING);

/** 5.10.262: what mmu_free_root_page and kvm_tdp_mmu_free_root can show. */
const UNPROBED: readonly ComparedFigure[] = [
  'iteratorGets',
  'iteratorPuts',
  'lastPutsOfValidRoots',
  'invalidations',
  'rootZaps',
];

function probed(wanted: ValidationCase): ValidationCase {
  const figures = wanted.figures.filter((figure) => !UNPROBED.includes(figure));
  return { ...wanted, figures, iterators: false };
}

export const VALIDATION_CASES: readonly ValidationCase[] = [
  ...[...synchronous('5.10.262', ALL_SCRIPTS), ...freeRunning('5.10.262', ALL_FREE_RUNNING)].map(probed),
  ...SCRIPTS.map(
    ({ recording, scenario, parameters, smm }): ValidationCase => ({
      kernel: NOFIX,
      recording,
      protocol: NOFIX,
      otherRulesOf: NOFIX,
      scenario,
      parameters,
      figures: smm ? SHARED_FIGURES : [...SHARED_FIGURES, 'iteratorGets', 'iteratorPuts'],
      iterators: !smm,
      wholeOrder: true,
    }),
  ),
  ...SCRIPTS.map(
    ({ recording, scenario, parameters }): ValidationCase => ({
      kernel: FIXED,
      recording,
      protocol: 'seed-draft',
      otherRulesOf: NOFIX,
      scenario,
      parameters,
      figures: SHARED_FIGURES,
      iterators: false,
      wholeOrder: false,
    }),
  ),
  ...synchronous(FIXED, ALL_SCRIPTS),
  ...freeRunning(FIXED, ALL_FREE_RUNNING),
  ...synchronous('6.12.117', ALL_SCRIPTS),
  ...freeRunning('6.12.117', ALL_FREE_RUNNING),
  ...synchronous('7.2.13', ['smi', 'smi_heavy_p8_v1']),
  ...freeRunning('7.2.13', ['plain']),
];
