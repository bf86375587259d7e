// Entry of the worker thread in which a user's protocol runs: loads it, then answers one question after the other.
// What it is asked comes through the host, and so do chunks on their way to the store's writer and the answers to them.
import { MessageChannel, parentPort, workerData } from 'node:worker_threads';
import { AssertionError, ensure } from '../core/base/assert.js';
import { BadInput, CommandRefused, ProtocolFault } from '../core/base/errors.js';
import { diffProtocols } from '../core/protocols/diff.js';
import { link, type Protocol } from '../core/protocols/protocol.js';
import { adoptProtocol, findProtocol } from '../core/protocols/registry.js';
import { splitRelaxed } from '../core/protocols/relax/rules.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import { departureOf } from '../core/run/own-behaviour.js';
import type { Simulation } from '../core/run/simulation.js';
import { validate } from '../core/run/validate.js';
import { simulateCase } from '../core/run/validate-run.js';
import { checkedProtocol } from '../core/traces/check/checked-protocol.js';
import type { Exploration } from '../explorations/exploration.js';
import { present } from '../explorations/present.js';
import { buildSimulation } from '../sessions/build-simulation.js';
import { failureToWire } from '../sessions/inspection/failure.js';
import { ForkExecution } from '../sessions/inspection/fork-execution.js';
import { ScheduleReplay } from '../sessions/inspection/replay.js';
import { simulate } from '../sessions/runner/simulate.js';
import { runCell } from '../sweeps/run-cell.js';
import { loadUserProtocol } from './load.js';
import {
  BEAT,
  type FromSandbox,
  type ProtocolDescription,
  type QuestionName,
  type Questions,
  type SandboxData,
  type ToSandbox,
} from './messages.js';
import { buildHere, followHere, searchedAlone, searchHere } from './sandboxed-search.js';

const parent = parentPort!;
const { beat } = workerData as SandboxData;
const { port1: toWriter, port2: relay } = new MessageChannel();
let protocol: Protocol | null = null;
let text: UserProtocolText | null = null;
let replay: ScheduleReplay | null = null;
const forks = new ForkExecution(
  () => loaded(),
  (...asked) => build(...asked),
  () => undefined,
);
let stopping = false;
/** Each single step of the user's is watched, not slices: a search may go on for long without a pause. */
let searching = false;

const send = (message: FromSandbox): void => parent.postMessage(message);
relay.on('message', (message: unknown) => send({ kind: 'port', message }));

parent.on('message', (message: ToSandbox) => {
  if (message.kind === 'port') relay.postMessage(message.message);
  else if (message.kind === 'stop') stopping = true;
  else void answer(message.name, message.question);
});

// A promise that the module left behind: nothing of a protocol may come later.
process.on('unhandledRejection', (error) => {
  if (!(error instanceof ProtocolFault)) throw error;
  sendFault(error);
});

function sendFault({ kind, file, at, what }: ProtocolFault): void {
  send({ kind: 'fault', fault: { kind, file, at, what } });
}

async function answer<N extends QuestionName>(name: N, question: Questions[N][0]): Promise<void> {
  try {
    send({ kind: 'answer', name, answer: await ANSWERS[name](question) });
  } catch (error) {
    if (error instanceof ProtocolFault) sendFault(error);
    else if (error instanceof BadInput || error instanceof CommandRefused)
      send({ kind: 'refused', failure: failureToWire(error) });
    else
      send({
        kind: 'failed',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
  }
}

/** The user's code may run inside of `work`: the host watches how long. */
function inside<T>(work: () => T): T {
  Atomics.add(beat, BEAT.BUSY, 1);
  try {
    return work();
  } finally {
    Atomics.add(beat, BEAT.BUSY, 1);
  }
}

function loaded(): Protocol {
  if (protocol === null) throw new AssertionError('no protocol is loaded');
  return protocol;
}

/** It, or it without one of its rules. */
function named(id: string): Protocol {
  return splitRelaxed(id) === null ? loaded() : findProtocol(id);
}

/** What of a search it may have. */
const alone = (asked: Exploration): Exploration => searchedAlone(asked, ensure(text, 'a text'));

/** What it extends, the nearest first. */
function basesOf(p: Protocol): string[] {
  const bases: string[] = [];
  for (let id = p.base; id !== null; id = findProtocol(id).base) bases.push(id);
  return bases;
}

/** As buildSimulation, with the user's protocol, each slice of the run watched. */
function build(...[manifest, differs]: Parameters<typeof buildSimulation>): Simulation {
  const simulation = buildSimulation(manifest, differs, named(manifest.protocol));
  const advance = simulation.advance.bind(simulation);
  simulation.advance = (steps, untilOrdinal) => inside(() => advance(steps, untilOrdinal));
  return simulation;
}

function description(p: Protocol): ProtocolDescription {
  const { id, title, source, base, replaced, rules, constants } = p;
  const functions = p.procedures.map((procedure) => procedure.name);
  return { id, title, source, base, replaced, functions, rules, constants, digest: link(p).digest };
}

const ANSWERS: {
  [N in QuestionName]: (question: Questions[N][0]) => Questions[N][1] | Promise<Questions[N][1]>;
} = {
  load: async (given) => {
    text = given;
    // A protocol does not extend itself.
    adoptProtocol(null);
    Atomics.add(beat, BEAT.BUSY, 1);
    const taken = await loadUserProtocol(given, (step) => {
      Atomics.store(beat, BEAT.STEP, step);
      if (searching) Atomics.add(beat, BEAT.BUSY, 1);
    });
    Atomics.add(beat, BEAT.BUSY, 1);
    protocol = taken.protocol;
    adoptProtocol(protocol);
    return { stepNames: taken.stepNames };
  },
  describe: () => description(loaded()),
  checked: () =>
    checkedProtocol(
      loaded(),
      inside(() => departureOf(loaded())),
    ),
  link: ({ constants, protocol: id }) => link(named(id), constants).digest,
  diff: ({ other, reverse }) => {
    const [from, to] = [findProtocol(other), loaded()];
    return reverse ? diffProtocols(to, from) : diffProtocols(from, to);
  },
  validate: ({ wanted, recording }) =>
    validate(
      wanted,
      recording,
      inside(() => simulateCase(wanted, loaded())),
    ),
  simulate: async (order) => {
    const verdict = await simulate(
      order,
      toWriter,
      (manifest, differs) => build(manifest, differs),
      () => stopping,
    );
    return verdict;
  },
  litmus: async (spec) => {
    searching = true;
    await buildHere(spec);
    return null;
  },
  // It is never told to stop: its process is ended.
  cell: (manifest) => runCell(manifest, () => true, build)!,
  explore: async (asked) => {
    searching = true;
    return await searchHere(
      asked,
      () => stopping,
      (now) => send({ kind: 'progress', now }),
    );
  },
  follow: async ({ spec, schedule }) => {
    searching = true;
    return await followHere(spec, schedule);
  },
  present: async ({ asked, result, transplant }) => {
    searching = true;
    const cancelled = (): boolean => stopping;
    return await present(asked, result, { cancelled, transplant: transplant ?? undefined });
  },
  relaxRules: async () => {
    const { RELAX_RULES } = await import('../core/protocols/relax/rules.js');
    const { relax } = await import('../core/protocols/relax/forms.js');
    return RELAX_RULES.filter((rule) => 'protocol' in relax(loaded(), rule)).map(({ id }) => id);
  },
  relaxBase: async ({ litmus }) => {
    searching = true;
    const { relaxBase } = await import('../explorations/relax/relax-row.js');
    return await relaxBase(loaded().id, litmus, alone);
  },
  relaxRow: async ({ rule, names, known }) => {
    searching = true;
    const { relaxRow } = await import('../explorations/relax/relax-row.js');
    return await relaxRow(loaded().id, rule, names, known, alone);
  },
  catalogueCells: async ({ bug }) => {
    const { cellsOfOwn } = await import('../core/catalogue/cells.js');
    return cellsOfOwn(loaded().id, basesOf(loaded()), bug ?? undefined);
  },
  catalogueRow: async (cell) => {
    searching = true;
    const { answerRow } = await import('../explorations/catalogue/row.js');
    return await answerRow(cell, alone);
  },
  replay: ({ stored, decisions }) => {
    replay = new ScheduleReplay(stored, decisions, build);
    return null;
  },
  rows: (rows) => {
    replay!.take(rows);
    return { difference: replay!.difference };
  },
  forkBegin: (parent) => {
    forks.begin(parent);
    return null;
  },
  forkSlice: () => forks.slice(),
  forkPoint: (asked) => forks.point(asked),
  forkHistory: (asked) => forks.sameHistory(asked),
  forkFollow: (asked) => forks.follow(asked),
  finish: () => {
    const verdict = replay!.finish();
    return { verdict, difference: replay!.difference };
  },
};
