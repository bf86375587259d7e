// A search under a protocol that a user brought: in the process that runs the protocol, on one thread. No step is taken to commute
// with another (persistent sets rest on what shipped procedures are known to do), and no name is exchanged: what a local of the
// user's means is not known. The verdict does not depend on either; the search takes longer.
import { MAX_PROTOCOL_SEARCH_BYTES } from '../config/limits.js';
import { ensure } from '../core/base/assert.js';
import { ProtocolFault } from '../core/base/errors.js';
import type { ModelSpec } from '../core/explorer/model.js';
import type { CounterexampleReport } from '../core/explorer/report/counterexample-text.js';
import { follow } from '../core/explorer/report/follow.js';
import type { ScheduleStep } from '../core/explorer/search/found.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { Exploration, ExplorationProgress, ExplorationResult } from '../explorations/exploration.js';
import { explore } from '../explorations/explore.js';
import { findLitmus } from '../explorations/find-litmus.js';
import type { SearchAnswer, SearchAsked } from './messages.js';
import { Sandbox } from './sandbox.js';

/** What of a request a user's protocol can have. */
export function searchedAlone(asked: Exploration, { digest }: UserProtocolText): Exploration {
  const { spec, bounds } = asked;
  return {
    ...asked,
    workers: 1,
    spec: { ...spec, reductions: { persistent: false, symmetry: false }, protocolText: digest },
    bounds: { ...bounds, bytes: Math.min(bounds.bytes, MAX_PROTOCOL_SEARCH_BYTES) },
  };
}

export interface SearchHooks {
  /** Given what stops the search at its next look. */
  readonly onOpen: (stop: () => void) => void;
  readonly progress?: (now: ExplorationProgress) => void;
}

/** Throws what building the litmus throws: ProtocolFault, or BadInput where it is not for such a protocol. */
export async function checkInSandbox(text: UserProtocolText, spec: ModelSpec): Promise<void> {
  await Sandbox.once(text, 'litmus', spec);
}

/** In the server's or the command's process: the verdict, with its report where something was found. */
export async function searchInSandbox(
  text: UserProtocolText,
  question: SearchAsked,
  hooks: SearchHooks,
): Promise<SearchAnswer> {
  const sandbox = await Sandbox.open(text);
  let stopped = false;
  try {
    sandbox.onProgress = hooks.progress ?? (() => undefined);
    hooks.onOpen(() => {
      stopped = true;
      sandbox.send({ kind: 'stop' });
    });
    const answer = await sandbox.ask('explore', question);
    if (stopped || answer.result.counterexample === null) return answer;
    const report = await sandbox
      .ask('present', { ...question, result: answer.result })
      .catch((error: unknown) => {
        // Found is found, also where there is no room to draw it.
        if (error instanceof ProtocolFault && error.kind === 'memory') return null;
        throw error;
      });
    await foundAgain(text, question.asked, answer.result, report);
    return { ...answer, result: { ...answer.result, report } };
  } finally {
    sandbox.close();
  }
}

/**
 * What was found is found again where the module is new: else it came of what the module remembers, and says nothing about the
 * protocol. Throws ProtocolFault.
 */
async function foundAgain(
  text: UserProtocolText,
  { spec }: Exploration,
  { counterexample, invariant }: ExplorationResult,
  report: CounterexampleReport | null,
): Promise<void> {
  const { schedule, cycle } = ensure(counterexample, 'counterexample of a violation');
  const { userLitmus } = report?.session ?? {};
  const { rule, refused } = await Sandbox.once(text, 'follow', {
    spec:
      report === null
        ? spec
        : { ...spec, parameters: report.parameters, ...(userLitmus === undefined ? {} : { userLitmus }) },
    schedule: report?.schedule ?? schedule,
  });
  if (!refused && (cycle > 0 || rule === invariant)) return;
  throw new ProtocolFault(
    'forbidden',
    text.file,
    '',
    `it keeps state outside the world, in a variable of its module: ${invariant} was broken in the search, and by the same steps of a new instance ${rule ?? 'nothing'} is; only the locals that a procedure declares keep anything`,
  );
}

/** In the process of the protocol. */
export async function followHere(
  spec: ModelSpec,
  schedule: readonly ScheduleStep[],
): Promise<{ readonly rule: string | null; readonly refused: boolean }> {
  const { violation, refused } = follow((await findLitmus(spec)).build(spec), schedule, true);
  return { rule: violation?.rule ?? null, refused: refused.length > 0 };
}

/** In the process of the protocol. */
export async function searchHere(
  { asked, resume }: SearchAsked,
  cancelled: () => boolean,
  progress: (now: ExplorationProgress) => void,
): Promise<SearchAnswer> {
  let rest: Int32Array | null = null;
  const result: ExplorationResult = await explore(asked, {
    beside: true,
    cancelled,
    progress,
    ...(resume === null ? {} : { resume }),
    rest: (words, ended) => {
      if (ended) rest = words;
    },
  });
  return { result, rest };
}

/** In the process of the protocol: the litmus is built, nothing is searched. */
export async function buildHere(spec: ModelSpec): Promise<void> {
  (await findLitmus(spec)).build(spec);
}
