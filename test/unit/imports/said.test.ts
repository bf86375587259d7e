// The text kept beside an imported trace is the trace: a check of the session reads the same frames as a check of the file.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SAID_CHARS_MAX, SaidWriter, saidFrames } from '../../../src/core/imports/said.js';
import type { Frame } from '../../../src/core/traces/frames/frame.js';
import { FrameReader } from '../../../src/core/traces/frames/frame-reader.js';
import { FIXTURES, importText, textOf } from './support.js';

const FILES = [
  ...readdirSync(join(FIXTURES, 'formats')).map((name) => `formats/${name}`),
  '6.1.192-nofix/smi.trace.txt.gz',
  '7.2.13/smi_heavy_p8_v1.trace.txt.gz',
].filter((name) => name.endsWith('.txt.gz'));

/** What of a frame a check can tell. */
const told = (frame: Frame): object | null => {
  switch (frame.kind) {
    case 'event':
      return frame;
    case 'call': {
      // Who called, how deep and how long is not kept.
      return { ...frame, parent: null, depth: 0, durationNs: null };
    }
    case 'lost':
      return frame;
    case 'malformed':
      return frame;
    case 'comment':
      return /entries-in-buffer\/|^# latency: /.test(frame.text) ? frame : null;
    default:
      return null;
  }
};
const all = (frames: Iterable<Frame>): object[] => [...frames].map(told).filter((frame) => frame !== null);

/** A torn line, one of another form, one that is too long. */
const damaged = textOf('6.1.192/smi.trace.txt.gz')
  .split('\n')
  .flatMap((line, k) => (k === 300 ? [line.slice(0, 50), 'what is this?', 'x'.repeat(70_000), line] : [line]))
  .join('\n');

test.each([...FILES.map((name) => [name, textOf(name)] as const), ['damaged lines', damaged] as const])(
  '%s',
  (_name, text) => {
    const frames: Frame[] = [];
    const reader = new FrameReader((frame) => frames.push(frame));
    reader.push(text);
    reader.end();
    const kept = importText(text).chunks.flatMap((chunk) => [...saidFrames(chunk.said)]);
    expect(all(kept)).toEqual(all(frames));
  },
);

test('chunks are self-contained and bounded; what ends a line inside a field does not end a frame', () => {
  const writer = new SaidWriter();
  const frame: Frame = {
    kind: 'event',
    lineNumber: 7,
    task: 'a\nb',
    pid: 3,
    tgid: null,
    cpu: -1,
    clock: 'ns',
    time: 12,
    event: 'print',
    body: 'x\ty\nz',
  };
  writer.take(frame);
  const first = writer.takeText();
  writer.take(frame);
  expect(writer.takeText()).toBe(first);
  expect([...saidFrames(first)]).toEqual([{ ...frame, task: 'a b', body: 'x\ty z' }]);
  writer.take({ ...frame, body: 'x'.repeat(SAID_CHARS_MAX) });
  expect(writer.full).toBe(true);
  expect(() => [...saidFrames(first.slice(0, -4))]).toThrow(/no readable form/);
});
