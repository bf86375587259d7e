// The timeline's layout as text: what of a scene is drawn where. `UPDATE=1 npx vitest run test/unit/web` rewrites the drawings.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { drawArrows } from '../../../web/src/timeline/model/arrows.js';
import { fitName } from '../../../web/src/timeline/model/fit.js';
import { holdersOf } from '../../../web/src/timeline/model/holders.js';
import { type LaneChoice, laneList } from '../../../web/src/timeline/model/lanes.js';
import { layout, MAX_PRIMITIVES } from '../../../web/src/timeline/model/layout.js';
import { frameText } from '../../../web/src/timeline/model/primitives.js';
import { relatedTo } from '../../../web/src/timeline/model/related.js';
import { Sheet } from '../../../web/src/timeline/model/sheet.js';
import { tickTimes } from '../../../web/src/timeline/model/tick-times.js';
import { clamped, showing, tickStep, type Window, zoomed } from '../../../web/src/timeline/model/window.js';
import { scenesOf } from '../../support/scenes.js';

const NOTHING: LaneChoice = { folded: new Set(), hidden: new Set(), pinned: new Set() };
type Scene = NonNullable<Parameters<typeof layout>[0]['scene']>;
type Timeline = NonNullable<Parameters<typeof layout>[0]['timeline']>;

const memslot = scenesOf({ scenario: 'memslot', protocol: 'v6.4', seed: 3 });
const smi = scenesOf({ scenario: 'smi', protocol: 'v5.18', seed: 1 });

function drawn(scene: Scene | null, window: Window, choice = NOTHING, timeline: Timeline | null = null) {
  const lanes = laneList(timeline, scene, timeline, choice, new Map(), window);
  return layout({
    window,
    width: 800,
    height: 2_000,
    scroll: 0,
    lanes,
    scene,
    timeline,
    at: Math.floor(window.from) + 10,
    findings: [Math.floor(window.from) + 20],
    notes: [],
    range: null,
  });
}

function golden(name: string, text: string): void {
  const path = new URL(`./${name}.txt`, import.meta.url);
  if (process.env['UPDATE'] === '1') writeFileSync(path, `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(path, 'utf8'));
}

describe('the layout of the timeline', () => {
  test('a stretch between SMI and RSM, position by position', () => {
    const window = { from: 1_180, to: 1_240 };
    golden('smi-1180', frameText(drawn(smi.scene(1_100, 1_300) as unknown as Scene, window)));
  });

  test('a whole session in buckets: lives and counts of roots, shares of time, rules, arrows', () => {
    const timeline = memslot.timeline(30) as unknown as Timeline;
    const window = { from: 1, to: memslot.length + 1 };
    const choice = {
      ...NOTHING,
      hidden: new Set(
        timeline.lanes.flatMap(({ kind, number }) => (kind === 'lock' ? [`lock:${number}`] : [])),
      ),
    };
    const frame = drawn(null, window, choice, timeline);
    golden('memslot-buckets', frameText(frame));
    // What a scene of the same events draws and buckets cannot know better: first and last state, born and freed.
    const scene = memslot.scene(1, memslot.length) as unknown as Scene;
    for (const { root, states, freed } of scene.roots) {
      const lane = timeline.lanes.find(({ kind, number }) => kind === 'root' && number === root)!;
      const last = lane.cells.at(-1)!.life!;
      expect(last[0]).toBe(freed === null ? states.at(-3) : 4);
      expect(lane.root).toMatchObject({
        freed,
        state: 4,
        role: scene.roots.find((one) => one.root === root)!.role,
      });
    }
    const valid = frame.items.find(({ name }) => name === 'root 1 valid')!;
    expect(valid.root).toEqual({ number: 1, vm: 0 });
    expect(frame.items.some(({ name }) => /^root 1 valid, refcount 2 to \d: \d+ events$/.test(name))).toBe(
      true,
    );
    expect(frame.items.some(({ detail }) => /guest \d+ %, .*host kernel \d+ %/.test(detail))).toBe(true);
  });

  test('what an older build did not store is an outline, and nothing is drawn as if it were known', () => {
    const told = memslot.timeline(100) as unknown as Timeline;
    const lanes = told.lanes
      .filter(({ kind }) => kind === 'root')
      .map((lane) => ({ ...lane, cells: lane.cells.map((cell) => ({ ...cell, life: null })) }));
    const { primitives, items } = drawn(null, { from: 1, to: memslot.length }, NOTHING, {
      ...told,
      lanes,
      updates: [],
    });
    const rects = primitives.flatMap((one) => (one.k === 'rect' ? [one] : []));
    expect(rects.length).toBeGreaterThan(3);
    expect(rects.every(({ pattern, fill }) => pattern === 'outline' && fill === 'freed')).toBe(true);
    expect(items.every(({ name }) => name.includes('state not stored by the build that ran it'))).toBe(true);
  });

  test('what is pointed at lights up with what its arrows join', () => {
    const frame = drawn(smi.scene(820, 1_300) as unknown as Scene, { from: 820, to: 920 });
    const slices = (lane: string, at: number) =>
      frame.items.filter((one) => one.lane === lane && one.from <= at && at < one.to);
    const link = frame.links.find(
      (one) => slices(one.fromLane, one.from).length > 0 && slices(one.toLane, one.to).length > 0,
    )!;
    const runs = slices(link.fromLane, link.from).at(-1)!;
    const { items, links } = relatedTo(frame, runs);
    expect(links).toContain(link);
    expect(items).toContain(runs);
    // The other end of the arrow, and not all that there is.
    expect(items.some(({ lane, from, to }) => lane === link.toLane && from <= link.to && link.to < to)).toBe(
      true,
    );
    expect(items.length).toBeLessThan(frame.items.length / 2);
    const root = frame.items.find(({ lane }) => lane.startsWith('root:'))!;
    expect(relatedTo(frame, root).items.every(({ lane }) => lane === root.lane)).toBe(true);
  });

  test('times at the ruler say how much later, where the session is long and the stretch is short', () => {
    expect(tickTimes([18_200_000, 18_210_000, null, 18_230_000])).toEqual([
      '18.20 ms',
      '+10 µs',
      ' ',
      '+30 µs',
    ]);
    expect(tickTimes([0, 5_000_000, 1_000_000_000])).toEqual(['0 ns', '5.000 ms', '1.000 s']);
    expect(tickTimes([null, null])).toEqual([' ', ' ']);
    expect(tickTimes([2_000_000_000, 1_999_999_400])).toEqual(['2.0000000 s', '−600 ns']);
  });

  test('a gap of a trace is torn out of all lanes, with the word; gaps on each other are one tear', () => {
    const scene = smi.scene(1_100, 1_300) as unknown as Scene;
    const window = { from: 1_180, to: 1_240 };
    const base = {
      window,
      width: 800,
      height: 100,
      scroll: 0,
      lanes: laneList(null, scene, null, NOTHING, new Map(), window),
      scene,
      timeline: null,
      at: null,
      findings: [],
      notes: [],
      range: null,
    };
    const torn = layout({
      ...base,
      gaps: [
        { position: 1_200, lost: 1_288 },
        { position: 1_210, lost: null },
        { position: 1_500, lost: 1 },
      ],
    });
    const gapItems = torn.items.filter(({ name }) => name.startsWith('gap'));
    expect(gapItems.map(({ name, from, to }) => [name, from, to])).toEqual([
      ['gap: 1,288 events lost', 1_200, 1_201],
      ['gap: events lost', 1_210, 1_211],
    ]);
    const text = frameText(torn);
    expect(text).toContain('"1,288 lost"');
    expect(text).toMatch(/rect 266\.7,0 13\.3x100 line2 hatch/);
    const far = layout({
      ...base,
      window: { from: 1, to: 9_000 },
      gaps: [1_200, 1_201, 1_202].map((position) => ({ position, lost: 1 })),
    });
    expect(far.items.filter(({ name }) => name.startsWith('gap'))).toHaveLength(1);
  });

  test('an update of a memslot is a rule that says which slot and where; rules on each other are one', () => {
    const all = memslot.scene(1, Math.min(memslot.length, 8_000)) as unknown as Scene;
    const first = all.updates.find(({ what }) => what === 'invalidated')!;
    const scene = memslot.scene(first.position - 60, first.position + 200) as unknown as Scene;
    const near = drawn(scene, { from: first.position - 40, to: first.position + 160 });
    const rules = near.items.filter(({ lane }) => lane === 'all');
    expect(rules.map(({ name }) => name)).toEqual(['memslot 1 invalidated', 'memslot 1 deleted']);
    expect(rules[0]).toMatchObject({ detail: 'kvm_swap_active_memslots on main', from: first.position });
    expect(frameText(near)).toMatch(/text [\d.]+,10 "memslot 1 invalidated" t2 mono on bg1/);
    const far = drawn(all, { from: 1, to: 60_000 }).items.find(({ name }) => /\d memslot updates/.test(name));
    expect(far!.detail).toContain('memslot 0 added, kvm_swap_active_memslots on main');
  });

  test('a count that a trace does not tell is a question mark and no line', () => {
    const scene = smi.scene(820, 920) as unknown as Scene;
    const [root] = scene.roots;
    const unknown = { ...scene, roots: [{ ...root, counts: [820, -1] }] };
    const text = frameText(drawn(unknown, { from: 820, to: 920 }));
    expect(text).toContain('"?" t3');
    expect(text).not.toMatch(/line [^a-z]* t1 1$/m);
  });

  test('what no line of a trace shows is an empty mark, and a state that began with it says so', () => {
    const plain = smi.scene(820, 920) as unknown as Scene;
    const [, invalidAt] = plain.roots[0].states.slice(3);
    const scene = {
      ...plain,
      inferred: [invalidAt, 0],
      reasons: ['inferred: the last reference of a valid root'],
    };
    const { items, primitives } = drawn(scene, { from: 820, to: 920 });
    const guessed = items.filter(({ name }) => name.includes('≈'));
    expect(guessed.map(({ name, from }) => [name, from])).toEqual(
      expect.arrayContaining([
        ['≈ RootInvalidated', invalidAt],
        ['root 1 ≈ invalid', invalidAt],
      ]),
    );
    expect(guessed.every(({ detail }) => detail.includes('inferred: the last reference'))).toBe(true);
    const hollow = primitives.filter((one) => one.k === 'rect' && one.pattern === 'outline');
    expect(hollow).toHaveLength(1);
    const observed = drawn(plain, { from: 820, to: 920 });
    expect(observed.items.some(({ name }) => name.includes('≈'))).toBe(false);
  });

  test('of roots those are shown that most happens to where one looks', () => {
    const timeline = memslot.timeline(100) as unknown as Timeline;
    const shown = (window: Window) =>
      laneList(timeline, null, null, NOTHING, new Map(), window)
        .lanes.filter(({ kind }) => kind === 'root')
        .map(({ number }) => number);
    expect(shown({ from: 1, to: 3_000 })).toContain(1);
    expect(shown({ from: 15_500, to: 18_000 })).toContain(6);
    expect(shown({ from: 1, to: 1_000 })).toContain(1);
  });

  test('who holds a root: who, why and since when', () => {
    const taken = { position: 1_182, function: 'kvm_tdp_mmu_get_vcpu_root_hpa' };
    const reference = { number: 1, holder: 'vcpu', owner: 'vcpu0 root.hpa', why: 'vCPU slot', moves: [] };
    const ledger = {
      refcount: 2,
      balance: 1,
      role: '4-level SMM',
      state: 'live',
      references: [
        { ...reference, state: 'held', taken },
        { ...reference, number: 2, state: 'givenBack', taken },
        { ...reference, number: 3, owner: 'work item', state: 'leaked', taken: null },
      ],
    } as unknown as Parameters<typeof holdersOf>[0];
    const { head, rows } = holdersOf(ledger);
    expect(head).toBe('refcount 2, the books say 1 · 4-level SMM');
    expect(rows.map(({ who, why, since }) => `${who} | ${why} | ${since}`)).toEqual([
      'vcpu0 root.hpa | vCPU slot | since 1,182, kvm_tdp_mmu_get_vcpu_root_hpa',
      'work item | vCPU slot, leaked | since before what is known',
    ]);
    const nobody = holdersOf({ ...ledger, refcount: -1, references: [] });
    expect(nobody.rows[0]).toMatchObject({ who: 'nobody holds it', why: 'as far as is known' });
  });

  test('folded, hidden and pinned lanes', () => {
    const choice = {
      folded: new Set(['thread:1', 'lock']),
      hidden: new Set(['thread:0']),
      pinned: new Set(['root:2']),
    };
    const scene = smi.scene(1_100, 1_300) as unknown as Scene;
    const lanes = laneList(null, scene, null, choice, new Map(), { from: 1_100, to: 1_300 });
    expect(lanes.lanes[0].id).toBe('root:2');
    expect(lanes.lanes.map(({ id }) => id)).not.toContain('thread:0');
    expect(lanes.lanes.filter(({ kind }) => kind === 'lock')).toEqual([]);
    expect(lanes.lanes.find(({ id }) => id === 'thread:1')).toMatchObject({ folded: true, height: 20 });
    expect(lanes.groups.map(({ title }) => title)).toEqual(['Roots', 'Threads', 'Locks']);
  });

  test('a slice that moves a root has the colour of the state that it moves it to', () => {
    const { primitives } = drawn(smi.scene(1, 4_000) as unknown as Scene, { from: 1, to: 4_000 });
    const fills = new Set(primitives.flatMap((p) => (p.k === 'rect' ? [p.fill] : [])));
    for (const colour of ['valid', 'inval', 'zap', 'rcu', 'guest', 'smm', 'host'] as const)
      expect(fills).toContain(colour);
  });

  test('however much there is, a frame has at most 20,000 primitives', () => {
    const lanes = Array.from({ length: 64 }, (_, number) => ({
      kind: number % 2 === 0 ? ('thread' as const) : ('root' as const),
      number,
      name: `vcpu${number}`,
      events: 10_000_000,
      first: 1,
      last: 10_000_000,
      cells: Array.from({ length: 600 }, (__, bucket) => ({
        bucket,
        events: 200,
        first: bucket * 16_666 + 1,
        last: (bucket + 1) * 16_666,
        counts: { root: 10, zap: 20, entry: 60, lock: 70, smm: 40 },
        life: number % 2 === 0 ? null : [bucket % 4, 15, 0, bucket % 7, bucket % 3],
        time: number % 2 === 1 ? null : [(bucket * 37) % 400, (bucket * 53) % 400, bucket % 100, 0],
      })),
      root:
        number % 2 === 0
          ? null
          : { vm: 0, role: '4-level', smm: false, state: 0, count: 1, born: null, freed: null },
    }));
    const buckets = Array.from({ length: 600 }, (_, i) => ({
      from: i * 16_666 + 1,
      to: (i + 1) * 16_666,
      fromTimeNs: i,
      toTimeNs: i + 1,
      events: 12_800,
      updates: i % 3,
    }));
    const timeline = {
      from: 1,
      to: 10_000_000,
      rowsPerBucket: 16_666,
      source: 'coarse',
      buckets,
      lanes,
      omittedLanes: 0,
      updates: null,
      arrowKinds: ['lock'],
      arrows: [],
    };
    const all = { ...NOTHING, folded: new Set(['root']) };
    const frame = drawn(null, { from: 1, to: 10_000_001 }, all, timeline as unknown as Timeline);
    expect(frame.primitives.length).toBeGreaterThan(1_000);
    expect(frame.primitives.length).toBeLessThanOrEqual(MAX_PRIMITIVES);
  });
});

test('a fan of arrows stays to be told apart, and says once, over all of them, what it is', () => {
  const lanes = [0, 1].map((number) => ({
    kind: 'thread' as const,
    key: `thread:${number}`,
    number,
    name: '',
    doc: '',
    y: number * 60,
    height: 40,
    pinned: false,
    folded: false,
  }));
  const fan = Array.from({ length: 250 }, (_, i) => ({
    kind: 'rcuCallback',
    from: 1 + i * 2,
    to: 900 + (i % 50),
    fromThread: 0,
    toThread: 1,
  }));
  const sheet = new Sheet({ from: 1, to: 1_001 }, 1_000, 200, 1);
  drawArrows(sheet, fan, lanes as unknown as Parameters<typeof drawArrows>[2]);
  expect(sheet.links.length).toBeGreaterThan(8);
  expect(sheet.links.length).toBeLessThanOrEqual(24);
  expect(sheet.primitives.filter(({ k }) => k === 'text')).toHaveLength(1);
  expect(sheet.primitives.at(-1)).toMatchObject({ k: 'text', text: 'call_rcu → callback' });
});

describe('the window', () => {
  test('zoom keeps the position under the pointer, and stays inside the session', () => {
    const near = zoomed({ from: 100, to: 300 }, 0.5, 150, 1_000);
    expect(near).toEqual({ from: 125, to: 225 });
    expect((150 - near.from) / (near.to - near.from)).toBeCloseTo((150 - 100) / 200);
    expect(zoomed({ from: 1, to: 1_001 }, 3, 500, 1_000)).toEqual({ from: 1, to: 1_001 });
    expect(zoomed({ from: 10, to: 20 }, 0.001, 15, 1_000).to - 8).toBeCloseTo(
      zoomed({ from: 10, to: 20 }, 0.001, 15, 1_000).from,
    );
    expect(clamped({ from: -50, to: 20 }, 30)).toEqual({ from: 1, to: 31 });
    expect(showing({ from: 100, to: 200 }, 150, 1_000)).toEqual({ from: 100, to: 200 });
    expect(showing({ from: 100, to: 200 }, 500, 1_000)).toEqual({ from: 450, to: 550 });
    expect([7, 93, 1_000_000].map((span) => tickStep(span, 8))).toEqual([1, 20, 200_000]);
  });

  test('a long name loses whole words from the front', () => {
    expect(fitName('kvm_tdp_mmu_put_root', 200)).toBe('kvm_tdp_mmu_put_root');
    expect(fitName('kvm_tdp_mmu_put_root', 80)).toBe('…put_root');
    expect(fitName('kvm_tdp_mmu_put_root', 40)).toBe('…root');
    expect(fitName('vcpu', 20)).toBe('');
  });
});
