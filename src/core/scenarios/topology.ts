// Default sizes of a machine; a scenario states what differs.
import type { Topology } from '../aggregates/layout.js';

const DEFAULTS: Topology = {
  vms: 1,
  vcpus: 1,
  threads: 4,
  pages: 1_024,
  tableBits: 9,
  slots: 4,
  hostPages: 4_096,
  tlbEntries: 64,
  pscEntries: 16,
  outerEntries: 0,
  stackWords: 512,
  programWords: 64,
};

export function topology(differs: Partial<Topology>): Topology {
  return { ...DEFAULTS, ...differs };
}
