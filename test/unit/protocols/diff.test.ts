// The diff of seed-draft and v5.18 is the mail's patch and shows nothing else; the diff of the merged fix shows its fixes.
import { describe, expect, it } from 'vitest';
import { diffProtocols } from '../../../src/core/protocols/diff.js';
import { findProtocol, PROTOCOLS } from '../../../src/core/protocols/registry.js';

const changed = (from: string, to: string): string[] =>
  diffProtocols(findProtocol(from), findProtocol(to)).functions.map((f) => f.function);

describe('diffProtocols', () => {
  it('v5.18 -> seed-draft: the four functions of the mail', () => {
    expect(changed('v5.18', 'seed-draft').toSorted()).toEqual([
      'kvm_mmu_uninit_tdp_mmu',
      'kvm_tdp_mmu_get_vcpu_root_hpa',
      'kvm_tdp_mmu_invalidate_all_roots',
      'kvm_tdp_mmu_put_root',
    ]);
    const { rules, constants } = diffProtocols(findProtocol('v5.18'), findProtocol('seed-draft'));
    expect(rules.map((r) => r.rule)).toEqual([
      'newRoot',
      'lastPutOfValidRoot',
      'invalidation',
      'destruction',
    ]);
    expect(constants).toEqual([]);
  });

  it('seed-draft -> v6.4: both bugs that the fuzzer found, and the CR0.WP fix of that release', () => {
    expect(changed('seed-draft', 'v6.4').toSorted()).toEqual([
      'kvm_set_cpu_state',
      'kvm_tdp_mmu_invalidate_all_roots',
    ]);
  });

  it.each(PROTOCOLS.map((p) => p.id))('%s does not differ from itself', (id) => {
    expect(diffProtocols(findProtocol(id), findProtocol(id))).toMatchObject({
      functions: [],
      rules: [],
      constants: [],
    });
  });
});
