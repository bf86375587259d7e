// Machine snapshots: world, frames, PRNG streams, clocks, sites, digests. A cache: deleting one costs time, never data.
import { MACHINE } from '../aggregates/layout.js';
import { ByteReader, ByteWriter, packWords, unpackWords } from '../base/varint.js';
import type { Machine } from '../machine/machine.js';
import type { RecorderState } from './recorder.js';

export interface SnapshotMeta {
  readonly recorder: RecorderState;
  readonly steps: number;
  readonly recentExits: readonly number[];
  /** Private state of the live invariants; empty when none watch. */
  readonly invariants: readonly number[];
}

const SNAPSHOT_FORMAT = 2;

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

/** Puts the machine back to where the snapshot was taken. The machine must be built from the same manifest. */
export function restoreSnapshot(m: Machine, bytes: Uint8Array): SnapshotMeta {
  const r = new ByteReader(bytes);
  const n = r.uint();
  let text = '';
  for (let i = 0; i < n; i++) text += String.fromCharCode(bytes[r.at + i]);
  let at = r.at + n;
  const meta = JSON.parse(text) as SnapshotMeta & {
    readonly sites: readonly number[];
    readonly woke: boolean;
  };
  at = unpackWords(bytes, new Int32Array(m.clocks.buffer), at);
  at = unpackWords(bytes, new Int32Array(m.accounts.buffer), at);
  const { machinePart } = m.w.layout;
  at = unpackWords(bytes, m.s.subarray(0, machinePart), at);
  unpackWords(bytes, m.s.subarray(machinePart), at);
  m.sites.restore(meta.sites);
  m.woke = meta.woke;
  m.recount();
  return meta;
}
