// Drops one rule of a protocol after the other, on all cores: first each litmus under the protocol as it is, then each rule. A
// counterexample goes to whoever stores sessions, one at a time, while others are searched.
import { Worker } from 'node:worker_threads';
import { ensure } from '../../core/base/assert.js';
import { BadInput } from '../../core/base/errors.js';
import { checkRelaxLitmus, type LitmusRef, litmusFor } from '../../core/explorer/relax/relax-litmus.js';
import type { RelaxAnswer, RelaxBase, RelaxRow } from '../../core/explorer/relax/relaxation.js';
import { findProtocol } from '../../core/protocols/registry.js';
import { relax } from '../../core/protocols/relax/forms.js';
import type { RelaxRule } from '../../core/protocols/relax/rule.js';
import { findRelaxRule, RELAX_RULES } from '../../core/protocols/relax/rules.js';
import type { UserProtocolText } from '../../core/protocols/user-api.js';
import type { RunRequest } from '../../core/run/manifest.js';
import { compiledEntry } from '../../sessions/compiled-entry.js';
import { SandboxHand } from '../../user-protocols/sandbox-hand.js';
import type { RelaxOrder, RelaxReply, RelaxThreadData } from './relax.worker.js';
import type { RelaxedRow } from './relax-row.js';

export interface RelaxRequest {
  readonly protocol: string;
  /** Litmus to search; left out: those that are small enough for it. */
  readonly litmus?: readonly LitmusRef[] | undefined;
  /** This rule only. */
  readonly rule?: string | undefined;
  /** The protocol is the user's: litmus and rules are searched in processes of its own. */
  readonly userProtocol?: UserProtocolText | undefined;
}

export interface RelaxOptions extends RelaxRequest {
  readonly workers: number;
  /** Behind everything else that runs on this machine: for a server. */
  readonly politely?: boolean;
  readonly progress?: (done: number, of: number) => void;
  /** Stores a session, to its end; its id. Without it rows have none. */
  readonly store?: ((session: RunRequest) => Promise<string>) | undefined;
  /** Aborted: what is not answered yet is given up, and the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

export interface RelaxResult {
  readonly protocol: string;
  readonly rows: readonly RelaxRow[];
  /** What was searched, and what the protocol breaks there with all its rules. */
  readonly litmus: readonly Omit<RelaxBase, 'taken'>[];
  readonly counts: { readonly [A in RelaxAnswer]: number };
}

/** Throws BadInput for a protocol, a rule or a litmus that there is not. */
export function checkRelax({ protocol, litmus, rule, userProtocol }: RelaxRequest): void {
  if (userProtocol === undefined && findProtocol(protocol).without !== undefined)
    throw new BadInput(
      'relax-protocol',
      `${protocol} lacks a rule already; relax takes a protocol with all of its rules`,
    );
  if (rule !== undefined) findRelaxRule(rule);
  checkRelaxLitmus(litmus ?? []);
}

export async function runRelax(options: RelaxOptions): Promise<RelaxResult> {
  checkRelax(options);
  const { protocol, rule, politely = false } = options;
  const stopped = new AbortController();
  const signals = options.signal === undefined ? [stopped.signal] : [stopped.signal, options.signal];
  const signal = AbortSignal.any(signals);
  const { userProtocol } = options;
  const rules = rule === undefined ? RELAX_RULES : [findRelaxRule(rule)];
  const namesOf = (one: RelaxRule): readonly LitmusRef[] => [...new Set(options.litmus ?? litmusFor(one))];
  // One rule looks at litmus on its own as it comes to them: it may be through with the first.
  const had = rules.length === 1 ? [] : await rulesOf(options, rules);
  const names = [...new Set(had.flatMap(namesOf))];
  const rows = rules.map((): RelaxRow | undefined => undefined);
  const known: RelaxBase[] = [];
  let done = 0;
  const advanced = (): void => options.progress?.(++done, names.length + rules.length);
  let storing: Promise<unknown> = Promise.resolve();
  const found = (k: number, { row, session, bases }: RelaxedRow): void => {
    rows[k] = row;
    for (const one of bases) if (!known.some(({ litmus }) => litmus === one.litmus)) known.push(one);
    if (session === null || options.store === undefined) return;
    storing = storing.then(async () => {
      rows[k] = { ...row, sessionId: (await options.store?.(session)) ?? null };
    });
    storing.catch((error: unknown) => stopped.abort(error));
  };
  const wanted = Math.min(options.workers, Math.max(names.length, rules.length));
  const crew = Array.from({ length: wanted }, () =>
    userProtocol === undefined ? new ThreadHand({ protocol, politely }) : new OwnHand(userProtocol),
  );
  try {
    await share(crew, names, signal, async (hand, litmus) => {
      const reply = await hand.ask({ litmus }, signal);
      if ('base' in reply) known.push(reply.base);
      advanced();
    });
    const looked = [...known];
    await share(crew, [...rules.keys()], signal, async (hand, k) => {
      const one = ensure(rules[k], 'a rule of this number');
      const reply = await hand.ask({ rule: one.id, names: namesOf(one), known: looked }, signal);
      if ('relaxed' in reply) found(k, reply.relaxed);
      advanced();
    });
    await storing;
    signal.throwIfAborted();
    const all = rows.filter((row) => row !== undefined);
    const litmus = inOrder(known).map(({ litmus: name, leftOut, brokenAnyway }) => ({
      litmus: name,
      leftOut,
      brokenAnyway,
    }));
    return { protocol, rows: all, litmus, counts: countsOf(all) };
  } finally {
    await Promise.all(crew.map((hand) => hand.end()));
  }
}

/** By name: which was looked at first depends on the threads. */
function inOrder(bases: readonly RelaxBase[]): readonly RelaxBase[] {
  return bases.toSorted((a, b) => (a.litmus < b.litmus ? -1 : 1));
}

function countsOf(rows: readonly RelaxRow[]): RelaxResult['counts'] {
  const count = (answer: RelaxAnswer): number => rows.filter((row) => row.answer === answer).length;
  return {
    needed: count('needed'),
    not_needed_in: count('not_needed_in'),
    bound_reached: count('bound_reached'),
    not_applicable: count('not_applicable'),
  };
}

/** Those that the protocol has. */
async function rulesOf(
  { protocol, userProtocol }: RelaxRequest,
  rules: readonly RelaxRule[],
): Promise<readonly RelaxRule[]> {
  if (userProtocol === undefined) {
    const base = findProtocol(protocol);
    return rules.filter((one) => 'protocol' in relax(base, one));
  }
  const had = await SandboxHand.once(userProtocol, 'relaxRules', null);
  return rules.filter(({ id }) => had.includes(id));
}

/** Each hand takes the next one until there is none. */
async function share<T>(
  crew: readonly Hand[],
  things: readonly T[],
  signal: AbortSignal,
  work: (hand: Hand, thing: T) => Promise<void>,
): Promise<void> {
  const queue = things.values();
  const take = async (hand: Hand): Promise<void> => {
    for (const thing of queue) {
      signal.throwIfAborted();
      await work(hand, thing);
    }
  };
  await Promise.all(crew.map(take));
}

/** Answers one order at a time. */
interface Hand {
  ask(order: RelaxOrder, signal: AbortSignal): Promise<Exclude<RelaxReply, { error: string }>>;
  end(): Promise<void>;
}

/** In the process of a protocol that a user brought. */
class OwnHand implements Hand {
  private readonly hand: SandboxHand;

  constructor(text: UserProtocolText) {
    this.hand = new SandboxHand(text);
  }

  async ask(order: RelaxOrder, signal: AbortSignal): Promise<Exclude<RelaxReply, { error: string }>> {
    return 'litmus' in order
      ? { base: await this.hand.ask('relaxBase', order, signal) }
      : { relaxed: await this.hand.ask('relaxRow', order, signal) };
  }

  end(): Promise<void> {
    this.hand.end();
    return Promise.resolve();
  }
}

class ThreadHand implements Hand {
  private readonly worker: Worker;

  constructor(workerData: RelaxThreadData) {
    const entry = compiledEntry(import.meta.url, './relax.worker');
    this.worker = new Worker(entry, { name: 'relax', workerData });
  }

  async ask(order: RelaxOrder, signal: AbortSignal): Promise<Exclude<RelaxReply, { error: string }>> {
    const { worker } = this;
    const reply = await new Promise<RelaxReply>((resolve, reject) => {
      const stop = (): void => settle(() => reject(signal.reason as Error));
      const settle = (then: () => void): void => {
        worker.off('message', answered).off('error', failed);
        signal.removeEventListener('abort', stop);
        then();
      };
      const answered = (told: RelaxReply): void => settle(() => resolve(told));
      const failed = (error: Error): void => settle(() => reject(error));
      worker.on('message', answered).on('error', failed);
      signal.addEventListener('abort', stop, { once: true });
      worker.postMessage(order);
    });
    if ('error' in reply) throw new Error(reply.error);
    return reply;
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
