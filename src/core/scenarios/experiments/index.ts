// The experiments that hold the model against published figures, by name.
import { chromeosZapExperiment } from './chromeos-zap.js';
import type { Experiment } from './experiment.js';
import { maxRootsExperiment } from './max-roots.js';
import { memslotStormExperiment } from './memslot-storm.js';
import { smiRoundsExperiment } from './smi-rounds.js';
import { wslSeabiosExperiment } from './wsl-seabios.js';
import { xenShimSmepExperiment } from './xen-shim-smep.js';

export const EXPERIMENTS: readonly Experiment[] = [
  wslSeabiosExperiment,
  xenShimSmepExperiment,
  memslotStormExperiment,
  chromeosZapExperiment,
  maxRootsExperiment,
  smiRoundsExperiment,
];

/** The founding experiment has a table of its own (scenarios/experiment.ts). */
export const FOUNDING_EXPERIMENT = {
  name: 'forced-reset',
  title: 'kvm_mmu_reset_context forced after exits, before and after the draft patch',
  source: 'the founding mail, 13 Apr 2023, ZDhO02VeRcOMTQz0@google.com',
} as const;

export const EXPERIMENT_NAMES: readonly string[] = [
  FOUNDING_EXPERIMENT.name,
  ...EXPERIMENTS.map((e) => e.name),
];

export function findExperiment(name: string): Experiment | undefined {
  return EXPERIMENTS.find((e) => e.name === name);
}
