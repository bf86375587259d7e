// A litmus by name without loading more than it needs: the coarse anchor does not want the kernel's procedures, and a
// search of a second should not wait for them.
import type { Litmus } from '../core/explorer/litmus/litmus.js';

export async function findLitmus(name: string): Promise<Litmus> {
  if (name === 'reference-coarse') {
    const { REFERENCE_COARSE } = await import('../core/explorer/coarse/reference-coarse.js');
    return REFERENCE_COARSE;
  }
  const registry = await import('../core/explorer/litmus/registry.js');
  return registry.findLitmus(name);
}
