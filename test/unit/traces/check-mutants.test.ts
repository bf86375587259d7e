// A recording with one thing changed that no kernel of its era does is refused by its own era, and at that place: a line that is
// missing, double, or in the wrong order, another count, mode or role, a root that is invalid or freed, an event of another era.
import { describe, expect, test } from 'vitest';
import { nextBelow, streamSeed } from '../../../src/core/base/prng.js';
import { TraceCheck } from '../../../src/core/traces/check/trace-check.js';
import type { Verdict } from '../../../src/core/traces/check/verdict.js';
import type { Frame, FrameEvent } from '../../../src/core/traces/frames/frame.js';
import { FrameReader } from '../../../src/core/traces/frames/frame-reader.js';
import { traceText } from './fixtures.js';

const RECORDINGS = [
  ['5.10.262', 'memslot_idle', 'v5.10'],
  ['5.10.262', 'smi', 'v5.10'],
  ['6.1.192-nofix', 'memslot_idle', 'v5.18'],
  ['6.1.192-nofix', 'smi', 'v5.18'],
  ['6.1.192', 'memslot', 'v6.6'],
  ['6.1.192', 'smi', 'v6.6'],
  ['6.12.117', 'memslot', 'v6.9'],
  ['6.12.117', 'memslot_idle', 'v6.9'],
  ['7.2.13', 'smi', 'v6.14'],
] as const;

/** Mutants of each kind and recording. */
const MUTANTS = 25;
/** Lines until a missing one must have been noticed: what its thread does next may be that far. */
const NOTICED_WITHIN = 1_000;

function framesOf(kernel: string, scenario: string): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  reader.push(traceText(kernel, scenario));
  reader.end();
  return frames;
}

function verdictOf(frames: readonly Frame[], protocol: string): Verdict {
  const check = new TraceCheck({ protocols: [protocol] });
  for (const frame of frames) check.take(frame);
  return check.report().verdicts[0] as Verdict;
}

type At = { readonly event: FrameEvent; readonly index: number };
/** The frames of a mutant, or null where this event cannot be changed like this. */
type Mutation = (frames: readonly Frame[], at: At) => Frame[] | null;

const replaced = (frames: readonly Frame[], at: At, body: string): Frame[] =>
  frames.with(at.index, { ...at.event, body });
const number = (body: string, name: string): number | null => {
  const found = new RegExp(`\\b${name}=(\\d+)`).exec(body)?.[1];
  return found === undefined ? null : Number(found);
};

/** Functions of which one call more or less is not another behaviour but none. */
const STRICT =
  /^(?:kvm_tdp_mmu_put_root|tdp_mmu_next_root(?:_ret)?|kvm_tdp_mmu_(?:get_vcpu_root_hpa|alloc_root)(?:_ret)?|kvm_mmu_load(?:_ret)?|__tdp_mmu_zap_root|kvm_tdp_mmu_(?:invalidate_all_roots|zap_invalidated_roots(?:_ret)?|zap_all|free_root)|tdp_mmu_schedule_zap_root|tdp_mmu_zap_root_work|kvm_mmu_zap_all_fast(?:_entry|_ret)?|tdp_mmu_init_sp|alloc_tdp_mmu_page_ret)$/;

const MUTATIONS: Readonly<Record<string, { readonly of: RegExp; readonly make: Mutation }>> = {
  'a line removed': { of: STRICT, make: (frames, { index }) => frames.toSpliced(index, 1) },
  'a line doubled': {
    of: STRICT,
    make: (frames, { index, event }) => frames.toSpliced(index, 0, event),
  },
  'another count read': {
    of: /./,
    make: (frames, at) => {
      const count = number(at.event.body, 'refcount') ?? number(at.event.body, 'root_count');
      // One more may stand there where another thread is in the middle of a put.
      if (count === null || at.event.event === 'tdp_mmu_free_sp_rcu_callback') return null;
      return replaced(frames, at, at.event.body.replace(/(refcount|root_count)=\d+/, `$1=${count + 3}`));
    },
  },
  'the other mode of mmu_lock': {
    of: /^(?:kvm_tdp_mmu_put_root|_*tdp_mmu_zap_root|kvm_tdp_mmu_zap_invalidated_roots)$/,
    make: (frames, at) => {
      const shared = number(at.event.body, 'shared');
      return shared === null
        ? null
        : replaced(frames, at, at.event.body.replace(/shared=\d/, `shared=${1 - shared}`));
    },
  },
  'the other role': {
    of: /^(?:kvm_tdp_mmu_put_root|tdp_mmu_init_sp|alloc_tdp_mmu_page_ret|_*tdp_mmu_zap_root|tdp_mmu_free_sp_rcu_callback|kvm_tdp_mmu_free_root)$/,
    make: (frames, at) => {
      const role = / role=0x([0-9a-f]+)/.exec(at.event.body)?.[1];
      if (role === undefined) return null;
      const smm = (Number.parseInt(role, 16) ^ 0x100_0000).toString(16);
      return replaced(frames, at, at.event.body.replace(/ role=0x[0-9a-f]+/, ` role=0x${smm}`));
    },
  },
  'a root announced with a count': {
    of: /^kvm_mmu_get_page$/,
    make: (frames, at) => replaced(frames, at, at.event.body.replace(/ root 0 /, ' root 1 ')),
  },
  'two lines of one thread swapped': {
    of: STRICT,
    make: (frames, { index, event }) => {
      const next = frames.findIndex(
        (f, i) => i > index && f.kind === 'event' && f.pid === event.pid && STRICT.test(f.event),
      );
      const other = frames[next];
      if (other?.kind !== 'event' || other.event === event.event) return null;
      // A free in a softirq or a guest's exit between them would make it another order of nothing.
      if (next - index > 12) return null;
      return frames
        .with(index, { ...other, lineNumber: event.lineNumber })
        .with(next, { ...event, lineNumber: other.lineNumber });
    },
  },
};

describe.each(RECORDINGS)('%s %s', (kernel, scenario, protocol) => {
  const frames = framesOf(kernel, scenario);
  const events = frames.flatMap((event, index) => (event.kind === 'event' ? [{ event, index }] : []));

  test.each(Object.entries(MUTATIONS))('%s', (_name, { of, make }) => {
    const stream = new Int32Array([streamSeed(17, kernel + scenario)]);
    const candidates = events.filter(({ event }) => of.test(event.event));
    const survivors: string[] = [];
    for (let i = 0; i < MUTANTS && candidates.length > 0; i++) {
      const at = candidates[nextBelow(stream, 0, candidates.length)] as At;
      const mutant = make(frames, at);
      if (mutant === null) continue;
      const { verdict, firstRejected } = verdictOf(mutant, protocol);
      const line = firstRejected?.line ?? -1;
      if (
        verdict !== 'rejected' ||
        line < at.event.lineNumber - 1 ||
        line > at.event.lineNumber + NOTICED_WITHIN
      )
        survivors.push(`${at.event.lineNumber} ${at.event.event}: ${verdict} at ${line}`);
    }
    expect(survivors).toEqual([]);
  });
});

describe('roots that are gone', () => {
  const frames = framesOf('6.1.192', 'memslot_idle');
  const indexOf = (found: (event: FrameEvent) => boolean): number =>
    frames.findIndex((frame) => frame.kind === 'event' && found(frame));
  const freed = indexOf((e) => e.event === 'tdp_mmu_free_sp_rcu_callback' && e.body.includes('role=0x3f84'));
  const spt = / spt=(0x[0-9a-f]+)/.exec((frames[freed] as FrameEvent).body)?.[1] ?? '';
  const lastPut = frames.findLastIndex(
    (frame, i) =>
      i < freed &&
      frame.kind === 'event' &&
      frame.event === 'kvm_tdp_mmu_put_root' &&
      frame.body.includes(`spt=${spt}`),
  );
  const born = indexOf((e) => e.event === 'tdp_mmu_init_sp' && e.body.includes('sptep=0x0 '));

  test('a free before the last put', () => {
    const free = frames[freed] as FrameEvent;
    const mutant = frames.toSpliced(freed, 1).toSpliced(lastPut, 0, free);
    expect(verdictOf(mutant, 'v6.6').firstRejected).toMatchObject({
      line: free.lineNumber,
      rule: 'rcu-free',
    });
  });

  test.each([['__tdp_mmu_zap_root'], ['kvm_tdp_mmu_put_root']])('%s after the free', (name) => {
    const of = frames.find(
      (frame, i): frame is FrameEvent =>
        i > born &&
        i < freed &&
        frame.kind === 'event' &&
        frame.event === name &&
        frame.body.includes('role=0x3f84'),
    ) as FrameEvent;
    const root = / root=(0x[0-9a-f]+)/.exec((frames[lastPut] as FrameEvent).body)?.[1] ?? '';
    const late = { ...of, body: of.body.replace(/ root=0x[0-9a-f]+/, ` root=${root}`), lineNumber: 99_999 };
    const { firstRejected } = verdictOf(frames.toSpliced(freed + 1, 0, late), 'v6.6');
    expect(firstRejected).toMatchObject({ line: 99_999, event: name });
  });

  test('a lookup that gives an invalid root', () => {
    const returns = frames.flatMap((frame, index) =>
      frame.kind === 'event' && frame.event === 'kvm_tdp_mmu_get_vcpu_root_hpa_ret' ? [{ frame, index }] : [],
    );
    const [first] = returns;
    const hpa = / hpa=(0x[0-9a-f]+)/.exec(first?.frame.body ?? '')?.[1] ?? '';
    const later = returns.find(({ frame }) => !frame.body.includes(hpa));
    const event = later?.frame as FrameEvent;
    const mutant = frames.with(later?.index ?? 0, {
      ...event,
      body: event.body.replace(/ hpa=0x[0-9a-f]+/, ` hpa=${hpa}`),
    });
    expect(verdictOf(mutant, 'v6.6').firstRejected).toMatchObject({
      line: event.lineNumber,
      rule: 'lookup-result',
    });
  });

  test('an event of another era', () => {
    const at = frames[lastPut] as FrameEvent;
    const foreign = {
      ...at,
      event: 'tdp_mmu_zap_root_work',
      body: '(tdp_mmu_zap_root_work+0x0/0x1 [kvm]) work=0x1',
    };
    expect(verdictOf(frames.toSpliced(lastPut, 0, foreign), 'v6.6').firstRejected).toMatchObject({
      line: at.lineNumber,
      rule: 'function-exists',
    });
  });
});
