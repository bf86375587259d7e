// A litmus by name, or of a user's own text, without loading more than it needs: the coarse anchor does not want the kernel's
// procedures, and a search of a second should not wait for them.
import type { Litmus } from '../core/explorer/litmus/litmus.js';
import type { LitmusText } from '../core/scenarios/litmus/text/own-litmus.js';

export async function findLitmus({
  litmus: name,
  userLitmus,
}: {
  readonly litmus: string;
  readonly userLitmus?: LitmusText | undefined;
}): Promise<Litmus> {
  if (userLitmus !== undefined) {
    const { litmusOf } = await import('../core/scenarios/litmus/text/own-litmus.js');
    const { machineLitmus } = await import('../core/explorer/litmus/machine-litmus.js');
    return machineLitmus(litmusOf(userLitmus));
  }
  if (name === 'reference-coarse') {
    const { REFERENCE_COARSE } = await import('../core/explorer/coarse/reference-coarse.js');
    return REFERENCE_COARSE;
  }
  const registry = await import('../core/explorer/litmus/registry.js');
  return registry.findLitmus(name);
}
