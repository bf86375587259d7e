// What leaves as a trace says what the events say: read back by decoders that share no code with the writers, and held
// against the rows themselves.
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { HappensBefore } from '../../../src/core/causality/happens-before.js';
import { E, EVENT_BY_CODE } from '../../../src/core/events/catalogue.js';
import { ChromeSink } from '../../../src/core/exports/chrome-json.js';
import { TwoColumns } from '../../../src/core/exports/column-text.js';
import { FtraceText } from '../../../src/core/exports/ftrace-text.js';
import { PerfettoSink } from '../../../src/core/exports/perfetto.js';
import { ProtoWriter } from '../../../src/core/exports/protobuf.js';
import { TrackEvents } from '../../../src/core/exports/track-events.js';
import type { TrackSink } from '../../../src/core/exports/tracks.js';
import type { StoredColumns } from '../../../src/core/run/contract.js';
import type { RunRequest } from '../../../src/core/run/manifest.js';
import { decodeKvmEvent } from '../../../src/core/traces/kvm-events.js';
import { isWhole, readTrace } from '../../../src/core/traces/trace-text.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';
import { PERFETTO_PROTO } from './perfetto.proto.js';

function run(request: RunRequest) {
  const sim = simulation(request);
  const rows = concatColumns(runToEnd(sim));
  const sites = sim.machine.sites.sites;
  const threads = new Map(sim.machine.threads.map((thread, id) => [id, thread.name]));
  return { rows, sites, threads };
}
type Run = ReturnType<typeof run>;
const RUNS: readonly (readonly [string, Run])[] = [
  ['SMIs, timed', run({ scenario: 'smi', protocol: 'v5.18' })],
  [
    'a race, random',
    run({ scenario: 'destroy-race', protocol: 'seed-draft', scheduler: 'random', seed: 13 }),
  ],
];

function part(rows: StoredColumns, from: number, to: number): StoredColumns {
  const columns = Object.entries(rows).map(([name, column]) =>
    typeof column === 'number' ? [name, to - from] : [name, (column as Int32Array).slice(from, to)],
  );
  return Object.fromEntries(columns) as unknown as StoredColumns;
}

function draw({ rows, sites, threads }: Run, sink: TrackSink, from = 1): void {
  const details = [['digest', 'abc']] as const;
  const tracks = new TrackEvents(sink, { title: 'a run', details, recording: 'full', threads, sites, from });
  const half = rows.length >> 1;
  tracks.take(part(rows, 0, half), half, 1);
  tracks.take(part(rows, half, rows.length), rows.length - half, half + 1);
  tracks.finish();
}

interface Event {
  readonly type: number;
  readonly timeNs: number;
  readonly name: string | null;
  readonly value: number;
  readonly flows: readonly number[];
  readonly ends: readonly number[];
}

/** By name of the track, in the order in which a viewer sorts them: by time, equals as they stand. */
function decode(bytes: Uint8Array): Map<string, Event[]> {
  const type = protobuf.parse(PERFETTO_PROTO).root.lookupType('Trace');
  const trace = type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as {
    packet: {
      timestamp?: number;
      trustedPacketSequenceId: number;
      internedData?: { eventNames: { iid: number; name: string }[] };
      trackDescriptor?: { uuid: number; name: string };
      trackEvent?: {
        type: number;
        trackUuid: number;
        nameIid?: number;
        name?: string;
        counterValue?: number;
        flowIds: number[];
        terminatingFlowIds: number[];
      };
    }[];
  };
  const tracks = new Map<number, string>();
  const names = new Map<number, string>();
  const events = new Map<string, Event[]>();
  for (const packet of trace.packet) {
    for (const { iid, name } of packet.internedData?.eventNames ?? []) names.set(iid, name);
    const { trackDescriptor: track, trackEvent: event } = packet;
    if (track !== undefined) {
      tracks.set(track.uuid, track.name);
      events.set(track.name, []);
    }
    if (event === undefined) continue;
    const name = event.name ?? (event.nameIid === undefined ? null : names.get(event.nameIid)!);
    events.get(tracks.get(event.trackUuid)!)!.push({
      type: event.type,
      timeNs: packet.timestamp ?? 0,
      name,
      value: event.counterValue ?? 0,
      flows: event.flowIds,
      ends: event.terminatingFlowIds,
    });
  }
  return events;
}

const BEGIN = 1;
const END = 2;
const COUNTER = 4;

/** Slices in the order in which they begin: name, depth, from, to. Throws when they do not nest. */
function slices(events: readonly Event[]) {
  const open: { name: string; depth: number; from: number; to: number }[] = [];
  const all: typeof open = [];
  for (const { type, timeNs, name } of events) {
    if (type === BEGIN) {
      const slice = { name: name!, depth: open.length, from: timeNs, to: -1 };
      open.push(slice);
      all.push(slice);
    } else if (type === END) {
      open.pop()!.to = timeNs;
    }
  }
  if (open.length > 0) throw new Error(`${open.length} slices do not end`);
  return all;
}

function perfetto(of: Run, from = 1): Map<string, Event[]> {
  const sink = new PerfettoSink();
  draw(of, sink, from);
  return decode(sink.take());
}

function countOf({ rows }: Run, code: number): number {
  return rows.type.reduce((n, type) => n + (type === code ? 1 : 0), 0);
}

/** Functions of a site, outermost first, walked the plain way. */
function stackOf({ sites }: Run, site: number): string[] {
  const out: string[] = [];
  for (let at = site; at !== 0; at = sites[at - 1]!.parent) out.unshift(sites[at - 1]!.function);
  return out;
}

describe.each(RUNS)('Perfetto: %s', (_name, of) => {
  const events = perfetto(of);

  test('time never goes back on a track, and slices nest', () => {
    for (const [name, list] of events) {
      const own = list.filter(({ flows, ends }) => flows.length + ends.length === 0);
      for (let i = 1; i < own.length; i++)
        expect(own[i]!.timeNs, name).toBeGreaterThanOrEqual(own[i - 1]!.timeNs);
      slices(list);
    }
  });

  test('each thread is in the functions that its sites say, from its first event to its last', () => {
    for (const [thread, name] of of.threads) {
      const begun = slices(events.get(name) ?? []).filter((slice) => !slice.name.startsWith('waits for'));
      const stack: string[] = [];
      const expected: string[] = [];
      let before = 0;
      for (let i = 0; i < of.rows.length; i++) {
        const site = of.rows.site[i]!;
        if (of.rows.thread[i] !== thread || site === 0 || site === before) continue;
        const now = stackOf(of, site);
        const callers = (s: number) => {
          const out = [];
          for (let at = s; at !== 0; at = of.sites[at - 1]!.parent) out.unshift(of.sites[at - 1]!.parent);
          return out;
        };
        const [a, b] = [before === 0 ? [] : callers(before), callers(site)];
        let same = 0;
        while (same < stack.length && stack[same] === now[same] && a[same] === b[same]) same++;
        stack.length = same;
        for (const fn of now.slice(same)) expected.push(fn);
        stack.push(...now.slice(same));
        before = site;
      }
      expect(
        begun.map((slice) => slice.name),
        name,
      ).toEqual(expected);
    }
  });

  test('every root is a slice from birth to free, with its states, and its count is the stored one', () => {
    const lanes = [...events].filter(([name]) => name.startsWith('root track'));
    const all = lanes.flatMap(([, list]) => slices(list));
    expect(all.filter(({ depth }) => depth === 0)).toHaveLength(countOf(of, E.RootAllocated));
    const states = new Set(all.filter(({ depth }) => depth === 1).map(({ name }) => name));
    expect([...states].toSorted()).toEqual(['being zapped', 'invalid', 'valid', 'waiting for RCU']);
    const counts = [...events]
      .filter(([name]) => name.startsWith('refcount, root track'))
      .flatMap(([, list]) => list.filter(({ type }) => type === COUNTER).map(({ value }) => value));
    const expected: number[] = [];
    const alive = new Set<number>();
    for (let i = 0; i < of.rows.length; i++) {
      const [type, subject] = [of.rows.type[i]!, of.rows.subject[i]!];
      if (EVENT_BY_CODE[type]?.subject !== 'root' || type >= E.WorkQueued) continue;
      if (type === E.RootAllocated) alive.add(subject);
      if (!alive.has(subject)) continue;
      if (EVENT_BY_CODE[type]!.values[1] === 'refcount') expected.push(of.rows.b[i]!);
      if (type === E.RootFreed) {
        expected.push(0);
        alive.delete(subject);
      }
    }
    expect(counts.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
  });

  test('every edge between threads is one arrow, never backwards', () => {
    const edges: [number, number][] = [];
    const order = new HappensBefore((from, to) => edges.push([from, to]));
    order.take(of.rows, 0, of.rows.length, 1);
    const moments = (pick: (event: Event) => readonly number[]) =>
      new Map(
        [...events.values()].flat().flatMap((event) => pick(event).map((id) => [id, event.timeNs] as const)),
      );
    const [starts, ends] = [moments(({ flows }) => flows), moments(({ ends: e }) => e)];
    expect(edges.length).toBeGreaterThan(10);
    expect([...starts.keys()]).toHaveLength(edges.length);
    const times = edges.map(([from, to]) => [of.rows.timeNs[from - 1], of.rows.timeNs[to - 1]]);
    expect([...starts.keys()].toSorted((a, b) => a - b).map((id) => [starts.get(id), ends.get(id)])).toEqual(
      times,
    );
  });

  test('a range begins with what is open there', () => {
    const from = of.rows.length >> 1;
    const late = perfetto(of, from);
    const startNs = of.rows.timeNs[from - 1]!;
    for (const [name, list] of events) {
      const open = slices(list).filter((slice) => slice.from < startNs && slice.to > startNs);
      const shown = slices(late.get(name) ?? []).filter((slice) => slice.from <= startNs);
      expect(
        shown.map((slice) => slice.name),
        name,
      ).toEqual(expect.arrayContaining(open.map((slice) => slice.name)));
    }
    expect(
      [...late.values()]
        .flat()
        .every(({ timeNs }) => timeNs >= Math.min(startNs, ...of.rows.timeNs.slice(from - 1))),
    ).toBe(true);
  });
});

test('locks, vCPUs in guest, host and SMM, waits and milestones have their tracks', () => {
  const events = perfetto(RUNS[0]![1]);
  const states = (track: string) =>
    [...new Set(slices(events.get(track)!).map(({ name }) => name))].toSorted();
  expect(states('vcpu0: guest, host, SMM')).toEqual(['guest', 'guest, SMM', 'host', 'host, SMM']);
  expect(states('mmu_lock').every((name) => /^held for (read|write) by /.test(name))).toBe(true);
  const race = perfetto(RUNS[1]![1]);
  const findings = race.get('milestones and findings')!.filter(({ name }) => name?.startsWith('*** I'));
  expect(findings).toHaveLength(countOf(RUNS[1]![1], E.Finding));
});

describe.each(RUNS)('Chrome JSON: %s', (_name, of) => {
  test('is JSON with the same slices and arrows', () => {
    const sink = new ChromeSink();
    draw(of, sink);
    const { traceEvents } = JSON.parse(sink.finish()) as {
      traceEvents: { ph: string; pid: number; tid: number; ts?: number; name?: string }[];
    };
    const begun = traceEvents.filter(({ ph }) => ph === 'B');
    const all = [...perfetto(of).values()].flatMap((list) => slices(list));
    const sorted = (names: readonly string[]) => names.toSorted((a, b) => a.localeCompare(b));
    expect(sorted(begun.map(({ name }) => name ?? ''))).toEqual(sorted(all.map(({ name }) => name)));
    const depth = new Map<string, number>();
    for (const { ph, pid, tid } of traceEvents) {
      const key = `${pid} ${tid}`;
      if (ph === 'B') depth.set(key, (depth.get(key) ?? 0) + 1);
      if (ph === 'E') depth.set(key, depth.get(key)! - 1);
      expect(depth.get(key) ?? 0).toBeGreaterThanOrEqual(0);
    }
    expect([...depth.values()].every((open) => open === 0)).toBe(true);
    const flows = (ph: string) => traceEvents.filter((event) => event.ph === ph).length;
    expect(flows('s')).toBe(flows('f'));
  });
});

describe.each(RUNS)('ftrace text: %s', (_name, of) => {
  const text = new FtraceText({
    about: ['a test'],
    threads: of.threads,
    functionOf: (site) => of.sites[site - 1]?.function ?? null,
    labelOf: (site) => of.sites[site - 1]?.label ?? null,
    events: of.rows.length,
  });
  const trace = readTrace(text.head() + text.lines(of.rows, of.rows.length));

  test('our own reader takes every line, and loses neither task nor nanosecond', () => {
    expect(trace.report.malformed).toEqual({});
    expect(isWhole(trace)).toBe(true);
    expect(trace.header.tracer).toBe('nop');
    expect(trace.events.map(({ time }) => time)).toEqual(Array.from(of.rows.timeNs));
    expect(trace.events.map(({ task }) => task)).toEqual(
      Array.from(of.rows.thread, (thread) => of.threads.get(thread)),
    );
  });

  test('what the recordings have words for decodes as it does there', () => {
    const decoded = trace.events.map((frame) => decodeKvmEvent(frame));
    expect(decoded.filter(({ type }) => type === 'undecodable')).toEqual([]);
    const expected: [string, number][] = [
      ['tableInit', E.RootAllocated],
      ['put', E.RootPut],
      ['zapPass', E.RootZapStarted],
      ['tableFreed', E.RootFreed],
      ['entry', E.VcpuEntered],
      ['exit', E.VcpuExited],
      ['pageFault', E.FaultBegun],
      ['resetContext', E.ContextReset],
      ['mark', E.IoctlBegun],
    ];
    for (const [type, code] of expected)
      expect(
        decoded.filter((event) => event.type === type),
        type,
      ).toHaveLength(countOf(of, code));
    decoded.forEach((event, i) => {
      const counts = event.type === 'put' ? [event.refcount, of.rows.b[i]! + 1] : [0, 0];
      expect(counts[0]).toBe(counts[1]);
    });
  });
});

describe.each(RUNS)('two columns: %s', (_name, of) => {
  function drawing(cut: number): string {
    const names = { threads: of.threads, functionOf: (site: number) => of.sites[site - 1]?.function };
    const columns = new TwoColumns(names);
    columns.watch(of.rows, of.rows.length);
    let text = columns.head();
    for (let at = 0; at < of.rows.length; at += cut) {
      const page = part(of.rows, at, Math.min(of.rows.length, at + cut));
      text += columns.lines(page, page.length);
    }
    return text;
  }

  test('fits 80 characters, has both threads, and does not depend on the pages it came in', () => {
    const text = drawing(of.rows.length);
    const lines = text.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines[0]).toMatch(/^CPU0 \(\w+\) +CPU1 \(\w+\)$/);
    expect(lines.filter((line) => line.startsWith(' '.repeat(41))).length).toBeGreaterThan(20);
    expect(lines.slice(2).filter((line) => !line.startsWith(' '.repeat(41))).length).toBeGreaterThan(20);
    expect(drawing(97)).toBe(text);
  });
});

test('negative counts and long numbers survive the wire', () => {
  const writer = new ProtoWriter();
  const values = [-1, -128, -(2 ** 31), 0, 1, 2 ** 31, 2 ** 52];
  for (const value of values)
    writer.message(1, (packet) => packet.message(11, (event) => event.int(30, value)));
  const type = protobuf.parse(PERFETTO_PROTO).root.lookupType('Trace');
  const { packet } = type.toObject(type.decode(writer.take()), { longs: Number }) as {
    packet: { trackEvent: { counterValue: number } }[];
  };
  expect(packet.map(({ trackEvent }) => trackEvent.counterValue)).toEqual(values);
});
