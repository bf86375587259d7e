// A litmus of a user's own, from its text. What is wrong with it is said here, before anything runs: a search is not the place to
// find out that a vCPU was never created.
import type { Topology } from '../../../aggregates/layout.js';
import { textDigest } from '../../../base/digest.js';
import { BadInput } from '../../../base/errors.js';
import { IOCTL } from '../../../events/constants.js';
import { INSN, INSN_WORDS } from '../../../guest/program.js';
import { LITMUS_OP } from '../../../userspace/litmus-script.js';
import { CONTROL } from '../../../userspace/script.js';
import { THREAD_ENTRY } from '../../../userspace/threads.js';
import { NO_HANDLER } from '../../recorded/layout.js';
import type { ScenarioGuest } from '../../scenario.js';
import { notBeforePreFault } from '../bugs.js';
import { type BuiltLitmus, DONE, type Litmus } from '../litmus.js';
import { alikeThreads } from './alike.js';
import { mainScript, otherScript } from './convention.js';
import { ON_VCPU, usedTogether } from './one-at-a-time.js';
import { type Kind, Places, type ReadCall, type ReadThread, readLitmusText } from './parse.js';
import { usualSizes } from './sizes.js';
import { headText, readConstants, readGuests, readIgnores, readSizes } from './values.js';

/** What a manifest and a search carry: the text is the litmus, its digest tells texts apart. */
export interface LitmusText {
  readonly text: string;
  /** Left out by who has only the text. */
  readonly digest?: string | undefined;
}

/** Names of users' litmus have it in front: none is taken for a shipped one. */
export const OWN = 'own.';

export interface OwnLitmus extends Litmus {
  readonly source: LitmusText & { readonly digest: string };
}

const wordsOf = (calls: readonly ReadCall[]): readonly (readonly number[])[] =>
  calls.map(({ words }) => words);

/** @param file what errors name. Throws BadInput `litmus-text`. */
export function ownLitmus(text: string, file = 'litmus'): OwnLitmus {
  const places = new Places(file);
  const { header, threads } = readLitmusText(text, places);
  if (threads.every(({ does }) => does.length === 0))
    throw places.wrong('expected calls below the line of dashes: there is nothing to search');
  const vcpus = createdVcpus(threads, places);
  const guests = readGuests(header, vcpus, places);
  const scripts = scriptsOf(threads);
  const built = build(threads, scripts, guests, vcpus, readSizes(header, places));
  const litmus: BuiltLitmus = {
    ...built,
    constants: readConstants(header, places),
    ignores: readIgnores(header, places),
  };
  check(threads, litmus, places);
  const preFaults = threads.some(({ prepares, does }) =>
    [...prepares, ...does].some(({ words: [op] }) => op === IOCTL.KVM_PRE_FAULT_MEMORY),
  );
  return {
    id: `${OWN}${header.name}`,
    title: headText(header, 'title'),
    doc: headText(header, 'doc'),
    leftOut: headText(header, 'left out'),
    parameters: {},
    build: () => litmus,
    ...(preFaults ? { notFor: notBeforePreFault } : {}),
    source: { text, digest: textDigest(text) },
  };
}

/** As a manifest or a search carries it. */
export function litmusOf({ text, digest }: LitmusText, file?: string): OwnLitmus {
  const litmus = ownLitmus(text, file);
  if (digest === undefined || digest === litmus.source.digest) return litmus;
  throw new BadInput(
    'litmus-text',
    `${file ?? 'litmus'}: its text has the digest ${litmus.source.digest}, and ${digest} is said of it`,
  );
}

function scriptsOf(threads: readonly ReadThread[]): readonly Int32Array[] {
  const preparing = threads.filter(({ name, prepares }) => name !== 'main' && prepares.length > 0).length;
  return threads.map(({ name, kind, prepares, does, turn }) => {
    if (kind === 'kworker' || kind === 'rcu') return new Int32Array(0);
    const parts = { prepares: wordsOf(prepares), does: wordsOf(does) };
    if (name !== 'main') return otherScript(parts);
    const usual = preparing > 0 || parts.prepares.some(([op]) => op === IOCTL.KVM_CREATE_VM);
    return mainScript({ ...parts, turn: turn ?? (usual ? parts.prepares.length : null) }, preparing);
  });
}

function build(
  threads: readonly ReadThread[],
  scripts: readonly Int32Array[],
  guests: readonly ScenarioGuest[],
  vcpus: number,
  stated: Partial<Topology>,
): BuiltLitmus {
  const vmm = scripts.filter((_, t) => threads[t]?.kind === 'vmm');
  const withGuest = guests.some(({ program }) => program !== NO_HANDLER);
  const sizes = { ...usualSizes(vmm, withGuest), ...stated };
  return {
    topology: { vms: 1, ...sizes, vcpus, threads: threads.length },
    threads: threads.map(({ name, kind, vcpu }, t) => ({
      name,
      kind: isDaemon(kind) ? ('daemon' as const) : ('vmm' as const),
      entry: THREAD_ENTRY[kind],
      args: kind === 'litmus' || kind === 'shadow' ? [0, Math.max(0, vcpu)] : [],
      script: scripts[t] ?? new Int32Array(0),
    })),
    guests,
    constants: {},
    resetAfterExits: 0,
    alike: alikeThreads(threads, scripts, guests),
    vcpuOf: threads.map(({ kind, vcpu }) => (kind === 'vmm' ? -1 : vcpu)),
  };
}

const isDaemon = (kind: Kind): boolean => kind === 'kworker' || kind === 'rcu';

/** Each call with its thread. */
function* callsOf(
  threads: readonly ReadThread[],
): Generator<readonly [ReadThread, ReadCall, 'prepares' | 'does']> {
  for (const thread of threads)
    for (const part of ['prepares', 'does'] as const)
      for (const call of thread[part]) yield [thread, call, part];
}

/** How many vCPUs there are; at least one is laid out. */
function createdVcpus(threads: readonly ReadThread[], places: Places): number {
  const made = new Set<number>();
  let vm = false;
  for (const [thread, { words, text, line }, part] of callsOf(threads)) {
    const [op, , vcpu = 0] = words;
    if (thread.kind !== 'vmm') continue;
    if (op === IOCTL.KVM_CREATE_VM) {
      if (vm) throw places.wrong(`"${text}": a litmus has one VM`, line, thread.name);
      if (thread.name !== 'main' || (part === 'does' && made.size > 0))
        throw places.wrong(`"${text}": expected main to create the VM, before its vCPUs`, line, thread.name);
      vm = true;
    }
    if (op !== IOCTL.KVM_CREATE_VCPU) continue;
    if (!vm) throw places.wrong(`"${text}": expected KVM_CREATE_VM by main before it`, line, thread.name);
    if (made.has(vcpu)) throw places.wrong(`"${text}": it is created already`, line, thread.name);
    made.add(vcpu);
  }
  if (!vm) throw places.wrong('expected main to create the VM: KVM_CREATE_VM');
  const early = new Set(
    threads[0]?.prepares.flatMap(({ words: [op, , vcpu = 0] }) =>
      op === IOCTL.KVM_CREATE_VCPU ? [vcpu] : [],
    ),
  );
  for (const { name, vcpu, kind } of threads)
    if (vcpu >= 0 && kind !== 'vmm' && !early.has(vcpu))
      throw places.wrong(
        `thread ${name} drives a vCPU: expected main to prepare it, "KVM_CREATE_VCPU ${vcpu}"`,
      );
  return Math.max(1, ...[...made].map((vcpu) => vcpu + 1));
}

/** By opcode: the first gfn, and how many, among the words of the call. */
const GFNS: ReadonlyMap<number, readonly [number, number | null]> = new Map([
  [IOCTL.KVM_SET_USER_MEMORY_REGION, [4, 5]],
  [IOCTL.KVM_SET_MSRS, [2, 3]],
  [IOCTL.KVM_PRE_FAULT_MEMORY, [2, 3]],
  [LITMUS_OP.FAULT, [1, null]],
  [LITMUS_OP.SHADOW_FAULT, [1, null]],
]);

function check(threads: readonly ReadThread[], litmus: BuiltLitmus, places: Places): void {
  const together = usedTogether(threads);
  if (together !== null) {
    const { thread, call, vcpu, other, done } = together;
    throw places.wrong(
      `"${call.text}": ${other} uses vCPU ${vcpu} at the same time, and vcpu->mutex keeps calls on one vCPU apart; expected "await done x${done}" before it, or no such calls in ${other} behind the line`,
      call.line,
      thread.name,
    );
  }
  const { topology, guests } = litmus;
  const arrivals = arrivalsOf(threads);
  const made = new Set<number>();
  let level = 4;
  const needed = usualSizes(
    litmus.threads.filter(({ entry }) => entry === THREAD_ENTRY.vmm).map(({ script }) => script),
    false,
  );
  for (const size of ['hostPages', 'slots'] as const)
    if (topology[size] < needed[size])
      throw places.wrong(`sizes: ${size} ${topology[size]} is too small; the calls need ${needed[size]}`);
  for (const [{ kind }, { words }] of callsOf(threads))
    if (kind === 'vmm') {
      if (words[0] === IOCTL.KVM_CREATE_VCPU) made.add(words[2] ?? 0);
      if (words[0] === IOCTL.KVM_CREATE_VM) level = words[2] ?? level;
    }
  const reach = 2 ** (topology.tableBits * level);
  const beyond = (last: number): string =>
    `gfn ${last}: tables of ${2 ** topology.tableBits} entries reach gfn ${reach - 1} (sizes: table bits)`;
  const closes = new Set<number | 'vm'>();
  for (const [thread, { words, text, line }, part] of callsOf(threads)) {
    const { name, kind } = thread;
    const [op = 0, a = 0, b = 0] = words;
    const wrong = (what: string) => places.wrong(`"${text}": ${what}`, line, name);
    const user = kind === 'vmm';
    if (user && ON_VCPU.has(op) && !made.has(a)) throw wrong(`vCPU ${a} is never created`);
    const closed = user ? (op === IOCTL.CLOSE_VCPU ? a : op === IOCTL.CLOSE_VM ? 'vm' : null) : null;
    if (closed !== null) {
      if (part === 'prepares')
        throw wrong('expected behind the line of dashes: what is prepared is still open');
      if (closes.has(closed)) throw wrong('it is closed already');
      closes.add(closed);
    }
    const gfns = user || op === LITMUS_OP.FAULT || op === LITMUS_OP.SHADOW_FAULT ? GFNS.get(op) : undefined;
    if (gfns !== undefined) {
      const last = (words[gfns[0]] ?? 0) + (gfns[1] === null ? 1 : (words[gfns[1]] ?? 0)) - 1;
      if (last >= reach) throw wrong(beyond(last));
    }
    const runs = user ? (op === IOCTL.KVM_RUN ? a : -1) : op === LITMUS_OP.RUN ? thread.vcpu : -1;
    if (runs >= 0 && guests[runs]?.program === NO_HANDLER)
      throw wrong(`expected a program above, such as "guest vcpu${runs}: read 0, write 1"`);
    if (op === CONTROL.AWAIT || op === CONTROL.JUMP_UNTIL) {
      const own = a === DONE && name !== 'main' ? 1 : 0;
      const most = (arrivals.get(a) ?? 0) - own;
      if (b > most) throw wrong(`expected at most x${most}: so often others arrive there`);
    }
  }
  for (const [v, { program }] of guests.entries())
    for (let at = 0; program[at] !== INSN.END; at += INSN_WORDS) {
      const last = (program[at + 2] ?? 0) + (program[at + 3] ?? 0) - 1;
      if (program[at] === INSN.TOUCH && last >= reach) throw places.wrong(`guest vcpu${v}: ${beyond(last)}`);
    }
}

/** By barrier; one at which a repeated stretch arrives is arrived at as often as anybody likes. */
function arrivalsOf(threads: readonly ReadThread[]): ReadonlyMap<number, number> {
  const out = new Map<number, number>();
  for (const { name, kind } of threads)
    if (name !== 'main' && !isDaemon(kind)) out.set(DONE, (out.get(DONE) ?? 0) + 1);
  for (const [{ does }, { words }] of callsOf(threads)) {
    const [op, barrier = 0] = words;
    const repeats = does.some(({ words: [one] }) => one === CONTROL.JUMP_UNTIL);
    if (op === CONTROL.ARRIVE)
      out.set(barrier, (out.get(barrier) ?? 0) + (repeats ? Number.POSITIVE_INFINITY : 1));
  }
  return out;
}
