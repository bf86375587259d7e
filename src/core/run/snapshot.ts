// Machine snapshots: world, frames, PRNG streams, clocks, sites, digests. A cache: deleting one costs time, never data.
import { MACHINE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { ByteReader, ByteWriter, packWords, unpackWords } from '../base/varint.js';
import type { Machine } from '../machine/machine.js';
import type { SnapshotBytes } from './contract.js';
import type { RecorderState } from './recorder.js';
import type { SavedTurn } from './turn.js';

export interface SnapshotMeta {
  readonly recorder: RecorderState;
  readonly steps: number;
  readonly recentExits: readonly number[];
  /** Outside inputs that were met before. */
  readonly marks: number;
  readonly turn: SavedTurn;
  /** Events when it was looked last whether the run is idle (RunLimits); older snapshots do not say. */
  readonly eventsAtWindow?: number;
  /** Private state of the live invariants; empty when none watch. */
  readonly invariants: readonly number[];
  /** Last stored event of each thread (LastSeen). */
  readonly lastSeen: readonly number[];
}

export const SNAPSHOT_FORMAT = 3;

export function snapshotLayout(m: Machine): string {
  return `s${SNAPSHOT_FORMAT}:${m.w.layout.id}:${m.linked.digest}:${m.threads.length}`;
}

/** Words of the world up to the last table that was ever used. */
function usedWords(m: Machine): number {
  return m.w.entry(m.w.machineWord(MACHINE.PAGES_HIGH), 0);
}

export function takeSnapshot(m: Machine, meta: SnapshotMeta): Uint8Array {
  const head = new ByteWriter();
  const text = JSON.stringify({ ...meta, sites: m.sites.pairs, woke: m.woke });
  head.uint(text.length);
  for (let i = 0; i < text.length; i++) head.byte(text.charCodeAt(i));
  const parts = [
    head.take(),
    packWords(new Int32Array(m.clocks.buffer)),
    packWords(new Int32Array(m.accounts.buffer)),
    // Tables that were never used are all zero: they are not even looked at.
    packWords(m.s.subarray(0, usedWords(m))),
    packWords(m.s.subarray(m.w.layout.machinePart)),
  ];
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

interface Head extends SnapshotMeta {
  readonly sites: readonly number[];
  readonly woke: boolean;
}

/** Returns the offset behind it. */
function readHead(bytes: Uint8Array): { readonly head: Head; readonly at: number } {
  const r = new ByteReader(bytes);
  const n = r.uint();
  let text = '';
  for (let i = 0; i < n; i++) text += String.fromCharCode(bytes[r.at + i]);
  return { head: JSON.parse(text) as Head, at: r.at + n };
}

/** What a snapshot says about the past, whatever procedures this build has. */
export interface PastInSnapshot {
  readonly clocks: Float64Array;
  readonly accounts: Float64Array;
  readonly lastSeen: readonly number[];
}

/**
 * The world of a snapshot into `world`, which may hold another one. Null when it is of another layout: the world is as it
 * was. Neither a machine nor a protocol is needed.
 */
export function readPast(snapshot: SnapshotBytes, world: World): PastInSnapshot | null {
  const { bytes, layout } = snapshot;
  if (!layout.startsWith(`s${SNAPSHOT_FORMAT}:${world.layout.id}:`)) return null;
  const { head, at: clocksAt } = readHead(bytes);
  const clocks = new Float64Array(Number(layout.slice(layout.lastIndexOf(':') + 1)));
  const accounts = new Float64Array(3);
  let at = unpackWords(bytes, new Int32Array(clocks.buffer), clocksAt);
  at = unpackWords(bytes, new Int32Array(accounts.buffer), at);
  const used = world.entry(world.machineWord(MACHINE.PAGES_HIGH), 0);
  unpackWords(bytes, world.s.subarray(0, world.layout.machinePart), at, used);
  return { clocks, accounts, lastSeen: head.lastSeen };
}

/** Puts the machine back to where the snapshot was taken. The machine must be built from the same manifest. */
export function restoreSnapshot(m: Machine, bytes: Uint8Array): SnapshotMeta {
  const { head: meta, at: clocksAt } = readHead(bytes);
  let at = unpackWords(bytes, new Int32Array(m.clocks.buffer), clocksAt);
  at = unpackWords(bytes, new Int32Array(m.accounts.buffer), at);
  const { machinePart } = m.w.layout;
  // Of a machine that has not run yet nothing has to be cleared: most of its memory is never touched.
  const used = usedWords(m);
  at = unpackWords(bytes, m.s.subarray(0, machinePart), at, used);
  unpackWords(bytes, m.s.subarray(machinePart), at);
  m.sites.restore(meta.sites);
  m.woke = meta.woke;
  m.recount();
  return meta;
}
