// The litmus `reference-coarse`: which protocols and parameters the anchor takes.
import type { Litmus } from '../litmus/litmus.js';
import { CoarseModel } from './coarse-model.js';
import { rootLifetime } from './root-lifetime.js';

/** Whether a protocol has references of the MMU's own (PATCHED of the .pml). */
const PATCHED: { readonly [protocol: string]: boolean } = {
  'v5.18': false,
  'seed-draft': true,
  'v6.4': true,
};

export const REFERENCE_COARSE: Litmus = {
  name: 'reference-coarse',
  summary:
    '2 vCPUs load, fault and reset over two roles beside a memslot update, two zap workers and destruction',
  protocols: Object.keys(PATCHED),
  parameters: {
    resets: { default: 2, min: 1, max: 8, what: 'context resets of each vCPU (K of the .pml)' },
  },
  build: ({ protocol, parameters, reductions }) => {
    const { program, roots } = rootLifetime(PATCHED[protocol], parameters['resets']);
    return new CoarseModel(program, roots, reductions);
  },
};
