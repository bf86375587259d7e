// A search under a protocol that a user brought: in the process that runs the protocol, on one thread. No step is taken to commute
// with another (persistent sets rest on what shipped procedures are known to do), and no name is exchanged: what a local of the
// user's means is not known. The verdict does not depend on either; the search takes longer.
import { MAX_PROTOCOL_SEARCH_BYTES } from '../config/limits.js';
import { BadInput } from '../core/base/errors.js';
import { machineLitmusOf } from '../core/explorer/litmus/machine-litmus.js';
import type { Protocol } from '../core/protocols/protocol.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { Exploration, ExplorationResult } from '../explorations/exploration.js';
import { explore } from '../explorations/explore.js';
import type { SearchAnswer } from './messages.js';
import { Sandbox } from './sandbox.js';

/** What of a request a user's protocol can have. Throws BadInput for the rest. */
export function searchedAlone(asked: Exploration, checkpoint: boolean): Exploration {
  if (checkpoint)
    throw new BadInput(
      'user-protocol',
      'a search under a protocol of yours takes no --checkpoint: it runs in a process of its own',
    );
  const { spec, bounds } = asked;
  return {
    ...asked,
    workers: 1,
    spec: { ...spec, reductions: { persistent: false, symmetry: false } },
    bounds: { ...bounds, bytes: Math.min(bounds.bytes, MAX_PROTOCOL_SEARCH_BYTES) },
  };
}

/** In the server's or the command's process. `onOpen` is given what stops the search at its next look. */
export async function searchInSandbox(
  text: UserProtocolText,
  asked: Exploration,
  onOpen: (stop: () => void) => void,
): Promise<ExplorationResult> {
  const sandbox = await Sandbox.open(text);
  try {
    onOpen(() => sandbox.send({ kind: 'stop' }));
    const answer = await sandbox.ask('explore', asked);
    if ('refused' in answer) throw new BadInput(answer.refused.code, answer.refused.message);
    return answer.result;
  } finally {
    sandbox.close();
  }
}

/** In the process of the protocol. */
export async function searchUnder(
  protocol: Protocol,
  asked: Exploration,
  cancelled: () => boolean,
): Promise<SearchAnswer> {
  try {
    const litmus = machineLitmusOf(asked.spec.litmus, protocol);
    return { result: await explore(asked, { litmus, cancelled }) };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { refused: { code: error.code, message: error.message } };
  }
}
