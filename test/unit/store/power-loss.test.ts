// Loss of power: a writer runs on test/support/disk-shim.c, which notes every write, flush and report in their order. At
// several reports the folder is made again from what had been flushed by then, and from that and some of the rest. With
// `full` every reported commit is there; with `normal` the store opens at some earlier commit without gaps.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openEventStore } from '../../../src/store/index.js';
import { newDataDir } from '../../contract/data-dir.js';
import { compileDiskShim } from '../../support/disk-shim.js';

const writer = fileURLToPath(new URL('./crash-writer.mjs', import.meta.url));
const REPORTS = 60;
const LOOK_AT = [8, 23, 41, 52];
const tools = newDataDir();
const shim = compileDiskShim(tools);
if (shim === null) process.stderr.write('no C compiler: the tests of power loss are skipped\n');

interface Op {
  readonly op: string;
  readonly name: string;
  readonly at: number;
  readonly data: Buffer;
}

function opsOf(log: Buffer): Op[] {
  const ops: Op[] = [];
  for (let i = 0; i + 19 <= log.length; ) {
    const op = String.fromCharCode(log[i]!);
    const nameEnd = i + 19 + log.readUInt16LE(i + 1);
    const length = op === 'W' ? Number(log.readBigUInt64LE(i + 11)) : 0;
    const name = log.toString('utf8', i + 19, nameEnd);
    const at = Number(log.readBigUInt64LE(i + 3));
    ops.push({ op, name, at, data: log.subarray(nameEnd, nameEnd + length) });
    i = nameEnd + length;
  }
  return ops;
}

/** A file that grows in place: thousands of writes, none copies the whole. */
class Bytes {
  private room = Buffer.alloc(1 << 16);
  private length = 0;

  write(at: number, data: Buffer): void {
    const end = at + data.length;
    if (end > this.room.length) {
      const more = Buffer.alloc(2 * end);
      this.room.copy(more, 0, 0, this.length);
      this.room = more;
    }
    data.copy(this.room, at);
    this.length = Math.max(this.length, end);
  }

  truncate(to: number): void {
    if (to > this.length) this.write(to - 1, Buffer.alloc(1));
    this.room.fill(0, to);
    this.length = to;
  }

  get all(): Buffer {
    return this.room.subarray(0, this.length);
  }
}

/** What the disk holds: flushed writes, and of the others those that `keep` says. */
function diskAfter(ops: readonly Op[], keep: () => boolean): Map<string, Bytes> {
  const disk = new Map<string, Bytes>();
  const pending = new Map<string, Op[]>();
  const apply = ({ op, name, at, data }: Op): void => {
    const bytes = disk.get(name) ?? new Bytes();
    disk.set(name, bytes);
    if (op === 'T') bytes.truncate(at);
    else bytes.write(at, data);
  };
  for (const one of ops) {
    if (one.name === 'stdout' || one.name.endsWith('-shm') || one.name.startsWith('owner')) continue;
    if (one.op === 'U') {
      disk.delete(one.name);
      pending.delete(one.name);
    } else if (one.op === 'S') {
      for (const write of pending.get(one.name) ?? []) apply(write);
      pending.delete(one.name);
    } else {
      const waiting = pending.get(one.name);
      if (waiting === undefined) pending.set(one.name, [one]);
      else waiting.push(one);
    }
  }
  for (const writes of pending.values()) for (const write of writes) if (keep()) apply(write);
  return disk;
}

async function storedAfter(ops: readonly Op[], keep: () => boolean): Promise<Map<string, number>> {
  const dataDir = newDataDir();
  mkdirSync(dataDir, { recursive: true });
  for (const [name, bytes] of diskAfter(ops, keep)) writeFileSync(join(dataDir, name), bytes.all);
  const store = await openEventStore(dataDir);
  const stored = new Map<string, number>();
  for (const { id, position } of (await store.listSessions({ limit: 100 })).sessions) {
    const { rows } = await store.readRows(id, { limit: 65_536 });
    expect([rows.length, rows.a.every((a, i) => a === i + 1)]).toEqual([position, true]);
    stored.set(id, position);
  }
  await store.close();
  rmSync(dataDir, { recursive: true });
  return stored;
}

test.skipIf(shim === null).each(['full', 'normal'] as const)(
  'with %s',
  { timeout: 120_000 },
  async (sync) => {
    const dataDir = newDataDir();
    const log = `${dataDir}.log`;
    const child = spawn(process.execPath, [writer, dataDir, sync], {
      env: { ...process.env, LD_PRELOAD: shim!, SHIM_DIR: dataDir, SHIM_LOG: log },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let lines = 0;
    child.stdout.on('data', (data: Buffer) => {
      lines += data.toString().split('\n').length - 1;
      if (lines >= REPORTS) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    const ops = opsOf(readFileSync(log));
    // "session position"; the writer also tells deletions.
    const reports = ops.flatMap(({ name, data }, i) =>
      name === 'stdout' && /^\d+ \d+\n$/.test(String(data)) ? [i] : [],
    );
    let lost = 0;
    for (const look of LOOK_AT) {
      const until = ops.slice(0, reports[look]! + 1);
      const [id, position] = until.at(-1)!.data.toString().trim().split(' ') as [string, string];
      let random = look;
      const someOfTheRest = (): boolean => {
        random = Math.imul(random, 1_103_515_245) + 12_345;
        return (random & 65_536) !== 0;
      };
      for (const keep of [() => false, someOfTheRest]) {
        const stored = (await storedAfter(until, keep)).get(id) ?? 0;
        if (stored < Number(position)) lost++;
      }
    }
    // That `normal` does lose the last commits shows that the disk forgets.
    expect(lost > 0).toBe(sync === 'normal');
    rmSync(log);
    rmSync(dataDir, { recursive: true });
  },
);
