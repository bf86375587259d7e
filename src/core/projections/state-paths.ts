// Paths into the state: `tdp-mmus.0.roots.3.refcount`, `vcpus.0.role.smm`, `locks.0.mmu_lock.writer`, `threads.vcpu0.stack.0`.
// The first words name the aggregate as the API's addresses do, the rest are the fields of its view. A path is checked when
// it is parsed; an aggregate that does not exist at a moment gives null there.
import { MACHINE, PAGE } from '../aggregates/layout.js';
import { BadInput } from '../base/errors.js';
import { lockViews } from './locks.js';
import type { Moment } from './moment.js';
import { rcuView } from './rcu.js';
import { isRoot, rootAddress, rootView } from './roots.js';
import { clocksOf, LOCKS, whereOf } from './state.js';
import { tableLevels } from './tables.js';
import { threadStateView } from './threads.js';
import { tlbView } from './tlbs.js';
import { vcpuView } from './vcpus.js';
import { vmView } from './vms.js';
import { kept, NOT_RECORDED } from './words.js';
import { workItemViews } from './work-items.js';

/** A part of the state: JSON. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [field: string]: Value };

/** Reads one path at a moment, again and again: what it found before helps it. */
export interface PathReader {
  readonly path: string;
  /** null: there is no such aggregate now. */
  read(moment: Moment): Value;
}

export const MAX_PATH_CHARS = 200;
const MAX_SEGMENTS = 12;

/** Aggregate words with what follows them, for errors. */
export const PATH_FORMS = [
  'position',
  'ordinal',
  'timeNs',
  'clocks.FIELD',
  'vms.VM.FIELD',
  'vcpus.VCPU.FIELD',
  'tdp-mmus.VM.FIELD',
  'tdp-mmus.VM.roots.ROOT.FIELD',
  'locks.VM.LOCK.FIELD',
  'threads.THREAD.FIELD',
  'tlbs.VCPU.FIELD',
  'rcu.FIELD',
  'work-items.ROOT.FIELD',
] as const;

/** @param moment any moment of the session: what its threads and limits are */
export function parsePath(text: string, moment: Moment): PathReader {
  if (text.length > MAX_PATH_CHARS) {
    throw new BadInput(
      'path-too-long',
      `a path has at most ${MAX_PATH_CHARS} characters (MAX_PATH_CHARS), got ${text.length}`,
    );
  }
  const segments = text.split('.');
  if (segments.length > MAX_SEGMENTS || !segments.every((s) => /^[A-Za-z0-9_-]+$/.test(s)))
    throw unknownPath(text, text, PATH_FORMS);
  const [first, ...rest] = segments;
  const { world: w } = moment;
  const number = (k: number, below: number): number => wholeNumber(text, rest[k], below);
  /** The aggregate as it looks now, whether it exists or not: to check the fields against. */
  const reader = (at: number, view: (m: Moment) => Value, sample: (m: Moment) => Value): PathReader => {
    const fields = rest.slice(at);
    walk(sample(moment), fields, text);
    return { path: text, read: (m) => walk(view(m), fields, text) };
  };
  const always = (at: number, view: (m: Moment) => Value): PathReader => reader(at, view, view);
  switch (first) {
    case 'position':
    case 'ordinal':
    case 'timeNs':
      return reader(
        0,
        (m) => whereOf(m)[first],
        () => 0,
      );
    case 'clocks':
      return always(0, (m) => json(clocksOf(m)));
    case 'vms': {
      const vm = number(0, w.vms);
      return always(1, (m) => json(vmView(m, vm)));
    }
    case 'vcpus': {
      const vcpu = number(0, w.vcpus);
      return always(1, (m) => json(vcpuView(m, vcpu)));
    }
    case 'tlbs': {
      const vcpu = number(0, w.vcpus);
      return always(1, (m) => json(kept(m, tlbView(m.world, vcpu))));
    }
    case 'tdp-mmus': {
      const vm = number(0, w.vms);
      if (rest[1] === 'roots') return rootReader(text, vm, number(2, 2 ** 27), rest.slice(3), moment);
      return always(1, (m) => {
        const { mmuValidGen, tdpMmuPages } = vmView(m, vm);
        return { vm, mmuValidGen, tdpMmuPages };
      });
    }
    case 'locks': {
      const vm = number(0, w.vms);
      const lock = rest[1];
      if (!LOCKS.includes(lock)) throw unknownPath(text, lock ?? '', LOCKS);
      const find = (m: Moment): Value => {
        const found = lockViews(m.world).find((view) => view.vm === vm && view.lock === lock);
        return json(kept(m, found ?? null));
      };
      const sample = { vm, lock, writer: null, readers: 0, readingThreads: null, waiting: [] };
      return reader(2, find, (m) => find(m) ?? sample);
    }
    case 'threads': {
      const thread = threadOf(text, rest[0], moment);
      return always(1, (m) => json(threadStateView(m, thread)));
    }
    case 'rcu':
      return always(0, (m) => json(kept(m, rcuView(m.world))));
    case 'work-items': {
      const root = number(0, 2 ** 27);
      const sample = { vm: 0, root, state: 'queued', thread: null, flushed: false };
      const find = (m: Moment): Value =>
        json(workItemViews(m.world).find((item) => item.root === root) ?? null);
      return reader(1, find, () => sample);
    }
    default:
      throw unknownPath(text, first, PATH_FORMS);
  }
}

/** A root keeps its page for life: where it was found it is looked for first. */
function rootReader(
  text: string,
  vm: number,
  root: number,
  fields: readonly string[],
  moment: Moment,
): PathReader {
  let address = -1;
  /** It was freed at this position or before. */
  let goneAt = Number.POSITIVE_INFINITY;
  const withTables = fields[0] === 'tables';
  const view = (m: Moment, page: number): Value => ({
    ...(json(rootView(m, page)) as { readonly [field: string]: Value }),
    tables: withTables ? json(kept(m, tableLevels(m.world).get(page) ?? [])) : [],
  });
  walk(view(moment, 0), fields, text);
  const read = (m: Moment): Value => {
    const { world } = m;
    if (address < 0 || !isRoot(world, address, root)) {
      if (world.machineWord(MACHINE.NEXT_ROOT) <= root || m.position >= goneAt) return null;
      address = rootAddress(world, root);
      if (address < 0) {
        goneAt = m.position;
        return null;
      }
    }
    return world.pageWord(address, PAGE.VM) === vm ? walk(view(m, address), fields, text) : null;
  };
  return { path: text, read };
}

function json(value: unknown): Value {
  return value as Value;
}

function walk(value: Value, fields: readonly string[], path: string): Value {
  let here = value;
  for (const field of fields) {
    if (here === null || here === NOT_RECORDED) return here;
    if (Array.isArray(here)) {
      if (field === 'length') here = here.length;
      else if (/^\d{1,6}$/.test(field)) here = (here[Number(field)] as Value | undefined) ?? null;
      else throw unknownPath(path, field, ['length', 'a number from 0']);
    } else if (typeof here === 'object' && Object.hasOwn(here, field)) {
      here = (here as { readonly [field: string]: Value })[field];
    } else {
      throw unknownPath(path, field, typeof here === 'object' ? Object.keys(here) : []);
    }
  }
  return here;
}

function wholeNumber(path: string, text: string | undefined, below: number): number {
  if (text !== undefined && /^\d{1,9}$/.test(text) && Number(text) < below) return Number(text);
  throw unknownPath(path, text ?? '', [`a number from 0 to ${below - 1}`]);
}

function threadOf(path: string, text: string | undefined, { threadNames }: Moment): number {
  const named = threadNames.indexOf(text ?? '');
  if (named >= 0) return named;
  if (text !== undefined && /^\d{1,3}$/.test(text) && Number(text) < threadNames.length) return Number(text);
  throw unknownPath(path, text ?? '', threadNames);
}

function unknownPath(path: string, segment: string, expected: readonly string[]): BadInput {
  const column = segment === '' ? path.length + 1 : path.indexOf(segment) + 1;
  const what = segment === '' ? 'it ends' : `"${segment}" is unknown`;
  const wanted = expected.length === 0 ? 'nothing behind it' : expected.join(', ');
  return new BadInput(
    'unknown-path',
    `path "${path}": ${what} at column ${column}; expected ${wanted}`,
    expected,
  );
}
