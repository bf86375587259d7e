// The real machine behind the explorer's port: the procedures of a protocol on a litmus, invariants watching each step. A state
// is the flat words of the machine, the invariants' memory and what each thread is about to ask for; there is no time, no
// recording and no chance in it. Every choice is one of threads (a yield happens when somebody waits), so a path is the
// decision log of a session.
import { Layout, MACHINE, STATUS, VM, VM_STATE } from '../../aggregates/layout.js';
import { textDigest } from '../../base/digest.js';
import { BadInput, LimitReached } from '../../base/errors.js';
import { Guest } from '../../guest/guest.js';
import { holdersText } from '../../invariants/holders.js';
import { type Finding, InvariantSet } from '../../invariants/invariant-set.js';
import { isCrash } from '../../invariants/kernel-assertions.js';
import { invariantRules } from '../../invariants/rules.js';
import { Machine, type Observer, STEP_EVENTS_MAX } from '../../machine/machine.js';
import { OP, pending } from '../../machine/op.js';
import { TimeModel } from '../../machine/time.js';
import { link, type Protocol } from '../../protocols/protocol.js';
import { asProtocolFault } from '../../run/protocol-fault.js';
import type { BuiltLitmus } from '../../scenarios/litmus/litmus.js';
import type { Model, ModelThread, Reductions, Violation } from '../model.js';
import { STEP } from '../model.js';
import { MachineSight } from '../survey/machine-sight.js';
import { abilitiesOf } from './abilities.js';
import { canStep, OP_WORDS } from './enabled.js';
import { Forced } from './forced.js';
import { StateKey } from './key.js';
import { localKinds } from './locals.js';
import { factsOf, InvariantMemory } from './memory.js';
import { prepare } from './prepare.js';
import { Reached } from './reached.js';

/** A search has no watchdog: that a vCPU makes no progress is a matter of liveness. */
const NO_WATCHDOG = 0x3fff_ffff;

export interface MachineModelOptions {
  readonly protocol: Protocol;
  readonly litmus: BuiltLitmus;
  readonly reductions: Reductions;
  /**
   * Whether reductions may rest on the protocol's rules; left out: where it has them all. To trust a protocol without one of
   * them finds violations sooner, and proves nothing where it finds none.
   */
  readonly byRules?: boolean;
}

export class MachineModel implements Model {
  readonly threads: readonly ModelThread[];
  readonly words: number;
  readonly keyWords: number;
  readonly machine: Machine;
  /** Threads in the order in which they came to the initial state: the beginning of every found schedule. */
  readonly prefix: readonly number[];
  readonly sight: MachineSight;
  private readonly set: InvariantSet;
  private readonly ops: Int32Array;
  private readonly initial: Int32Array;
  private readonly stateKey: StateKey;
  private readonly reduction: Forced;
  private readonly reached: Reached;
  private readonly persistent: boolean;
  private readonly beyond: ReadonlySet<string>;
  private readonly count: number;
  private readonly vmm: readonly number[];
  private readonly scripts: readonly Int32Array[];
  private broken: Violation | null = null;
  private readonly ignores: readonly string[];
  /** Of a protocol that a user brought: what its steps throw is its fault, and no finding about a kernel. */
  private readonly file: string | undefined;

  constructor(options: MachineModelOptions) {
    const { protocol, litmus, reductions } = options;
    const linked = link(protocol, litmus.constants);
    this.file = protocol.file;
    this.count = litmus.threads.length;
    this.persistent = reductions.persistent;
    this.ignores = litmus.ignores ?? [];
    this.threads = litmus.threads.map(({ name }) => ({ name }));
    this.vmm = litmus.threads.flatMap((thread, t) => (thread.kind === 'vmm' ? [t] : []));
    this.machine = new Machine({
      linked,
      layout: new Layout(litmus.topology),
      threads: litmus.threads,
      time: new TimeModel({}),
      seed: 1,
      batchCapacity: 2 * STEP_EVENTS_MAX + 1,
      context: {
        env: {
          scripts: litmus.threads.map((thread) => thread.script),
          resetAfterExits: litmus.resetAfterExits,
          constants: linked.constants,
        },
        guest: new Guest(litmus.guests, linked.constants),
        watchdogExits: NO_WATCHDOG,
        needbreak: null,
      },
    });
    const memory = new InvariantMemory();
    const rules = invariantRules(protocol.rules);
    const kinds = localKinds(
      linked,
      litmus.threads.map(({ entry }) => linked.procedure(entry).name),
    );
    this.beyond = kinds.beyond;
    this.set = new InvariantSet(this.machine.w, rules, () => undefined, memory.watched);
    this.machine.observer = observerOf(this.set);
    this.ops = new Int32Array(this.count * OP_WORDS);
    this.words = this.machine.s.length + this.set.memory.length + this.ops.length;
    const { w } = this.machine;
    const facts = factsOf(this.set.memory, w);
    this.reached = new Reached(w, kinds, [facts.got, facts.put, facts.work, facts.iterators]);
    const taken = memory.describe(w);
    this.stateKey = new StateKey(
      this.machine,
      litmus,
      kinds,
      this.set.memory,
      facts,
      taken,
      reductions.symmetry,
      this.reached,
    );
    this.keyWords = this.stateKey.most;
    this.reduction = new Forced(
      this.machine.w,
      this.ops,
      litmus,
      rules,
      abilitiesOf(litmus, linked),
      this.reached,
      linked,
      kinds,
      this.stateKey.merges,
      facts.work,
      options.byRules ?? protocol.without === undefined,
    );
    this.prefix = this.prepared(litmus);
    this.forgetIgnored();
    if (this.set.structured.length > 0 || this.set.assertions.length > 0) {
      const what = this.set.structured[0]?.invariant ?? this.set.assertions[0]?.assertion;
      throw new BadInput('litmus-preparation', `${what} is broken before the exploration begins`);
    }
    for (let t = 0; t < this.count; t++) this.look(t);
    const names = litmus.threads.map(({ name }) => name);
    this.sight = new MachineSight(w, this.ops, names, linked, protocol.rules);
    this.initial = new Int32Array(this.words);
    this.save(this.initial, 0);
    this.scripts = litmus.threads.map(({ script }) => script);
  }

  private prepared(litmus: BuiltLitmus): number[] {
    const { machine, file } = this;
    try {
      return prepare(machine, litmus);
    } catch (error) {
      if (file === undefined) throw error;
      throw asProtocolFault(error, file, machine.where(machine.out.thread)[0]);
    }
  }

  /** Whether names are exchanged: false without symmetry, and where a word is not known well enough. */
  get merges(): boolean {
    return this.stateKey.merges;
  }

  get digest(): string {
    const scripts = this.scripts.map((script) => script.join()).join(';');
    return textDigest(`${this.machine.linked.digest} ${this.initial.join()} ${scripts}`);
  }

  get keepsNames(): string | null {
    return this.stateKey.keepsNames;
  }

  reset(): void {
    this.load(this.initial, 0);
  }

  load(from: Int32Array, at: number): void {
    const { machine, set, ops } = this;
    const n = machine.s.length;
    const k = set.memory.length;
    machine.s.set(from.subarray(at, at + n));
    set.memory.set(from.subarray(at + n, at + n + k));
    for (let j = 0, o = at + n + k; j < ops.length; j++) ops[j] = from[o + j];
    machine.recount();
    this.reached.forget();
  }

  save(to: Int32Array, at: number): void {
    const { machine, set, ops } = this;
    to.set(machine.s, at);
    to.set(set.memory, at + machine.s.length);
    to.set(ops, at + machine.s.length + set.memory.length);
  }

  key(to: Int32Array): number {
    return this.stateKey.write(to);
  }

  renamed(t: number): number {
    return this.stateKey.placeOf(t);
  }

  choices(t: number): number {
    const able = this.persistent
      ? this.reduction.canStep(t)
      : canStep(this.machine.w, this.ops, t, this.count);
    return able ? 1 : 0;
  }

  step(t: number, _choice: number): number {
    const { machine, set } = this;
    machine.batch.length = 0;
    const before = set.structured.length + set.assertions.length;
    const standing = machine.standing(t);
    if (this.sight.on) this.sight.note(t, standing);
    try {
      machine.step(t);
    } catch (error) {
      const { file } = this;
      if (file !== undefined) throw asProtocolFault(error, file, machine.where(t)[0]);
      if (error instanceof LimitReached) throw error;
      const at = machine.place(standing);
      this.broken = {
        rule: 'crash',
        kind: 'crash',
        what: `the model cannot go on: ${error instanceof Error ? error.message : String(error)}`,
        thread: t,
        function: at.function,
        label: at.label,
      };
      return STEP.violated;
    }
    this.look(t);
    this.reached.forget();
    this.forgetIgnored();
    if (set.structured.length + set.assertions.length === before) return STEP.taken;
    this.broken = this.report(t);
    return STEP.violated;
  }

  violation(): Violation {
    if (this.broken === null) throw new RangeError('no step has broken anything');
    return this.broken;
  }

  forced(): number {
    return this.reduction.find();
  }

  ended(): boolean {
    return this.vmm.every((t) => this.machine.status(t) === STATUS.ended);
  }

  endViolation(): Violation | null {
    const { w } = this.machine;
    for (let vm = 0; vm < w.vms; vm++) if (w.vmWord(vm, VM.STATE) !== VM_STATE.destroyed) return null;
    const pages = w.machineWord(MACHINE.PAGES_USED);
    if (pages === 0) return null;
    const thread = this.vmm[0];
    const what = `when everything has ended all memory is back; ${pages} pages are not`;
    return { rule: 'I30', kind: 'safety', what, thread, function: '', label: '' };
  }

  where(t: number): readonly { readonly function: string; readonly label: string }[] {
    return this.machine.where(t);
  }

  /** What thread t is about to ask for, kept with the state: whether it waits is then a look at words. */
  private look(t: number): void {
    const { machine, ops } = this;
    const at = t * OP_WORDS;
    if (this.beyond.size > 0) {
      const at = machine.where(t)[0]?.function ?? '';
      if (this.beyond.has(at))
        throw new BadInput(
          'litmus-procedure',
          `${at} was taken to be out of reach: name it in the step that calls it`,
        );
    }
    if (machine.peek(t)) {
      ops[at] = pending.kind + 1;
      ops[at + 1] = pending.a;
      ops[at + 2] = pending.b;
      ops[at + 3] = pending.c;
      return;
    }
    ops[at] = machine.status(t) === STATUS.ended ? 0 : OP.TELL + 1;
    ops[at + 1] = 0;
    ops[at + 2] = 0;
    ops[at + 3] = 0;
  }

  /** Findings, and reports of the kernel, that are not asked about: by name (`I19`), or one detail of it (`I19.3`). */
  private forgetIgnored(): void {
    const { set, ignores } = this;
    const { structured, assertions } = set;
    if (ignores.length === 0 || structured.length + assertions.length === 0) return;
    const asked = structured.filter(
      ({ invariant, detail }) => !ignores.includes(invariant) && !ignores.includes(`${invariant}.${detail}`),
    );
    const reported = assertions.filter(({ assertion }) => !ignores.includes(assertion));
    if (asked.length === structured.length && reported.length === assertions.length) return;
    this.startOver();
    structured.push(...asked);
    assertions.push(...reported);
  }

  /** The first thing that the last step broke. */
  private report(t: number): Violation {
    const { set, machine } = this;
    const finding = set.structured[0];
    const assertion = set.assertions[0];
    const site = machine.sites.sites[(finding ?? assertion).site - 1];
    const place = { thread: t, function: site?.function ?? '', label: site?.label ?? '' };
    const also = set.structured.map((f) => f.invariant).filter((x, k, all) => all.indexOf(x) === k);
    // Where the kernel itself reports it, that is what it is called.
    const byKernel = assertion !== undefined && (finding === undefined || finding.event === 'AssertionFired');
    const out: Violation = byKernel
      ? {
          rule: assertion.assertion,
          kind: isCrash(assertion.assertion) ? 'crash' : 'assertion',
          what: `the kernel reports ${assertion.assertion}${also.length > 0 ? ` (${also.join(', ')})` : ''}`,
          ...place,
        }
      : {
          rule: finding.invariant,
          kind: 'safety',
          what: `${finding.statement} ${finding.what}; ${finding.seenIs}: ${finding.seen}${ownersOf(finding)}`,
          ...place,
        };
    this.startOver();
    return out;
  }

  /** Findings of one kind are counted and no longer told after some: the sets are emptied, the memory is the state's. */
  private startOver(): void {
    const { set } = this;
    set.structured.length = 0;
    set.assertions.length = 0;
    const memory = set.memory.slice();
    set.restore(new Int32Array(set.save().length));
    set.memory.set(memory);
  }
}

/** Which root, and whose put is missing or too many where the root's references are not in order. */
function ownersOf({ holders, root }: Finding): string {
  if (holders === null) return '';
  if (holders.missingPut === null && holders.surplusPut === null)
    return root > 0 ? `; of root r${root} (${holders.role})` : '';
  return `; ${holdersText(holders)}`;
}

function observerOf(set: InvariantSet): Observer {
  return {
    before: (w, batch, i) => set.before(w, batch, i),
    after: (w, batch, i) => set.after(w, batch, i),
  };
}
