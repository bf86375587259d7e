// `check`: is a recorded trace a behaviour of a protocol? Reads the file line by line; needs no data folder and no kernel version.
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BadInput } from '../../core/base/errors.js';
import { TraceCheck } from '../../core/traces/check/trace-check.js';
import type { CheckReport, Verdict } from '../../core/traces/check/verdict.js';
import { FrameReader } from '../../core/traces/frames/frame-reader.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { type Terminal, table } from '../terminal.js';

export interface CheckCommandOptions {
  readonly protocol?: string;
  readonly all?: boolean;
}

/** Characters of a file's text after decompression. */
const CHECK_CHARS_MAX = 64 * 1024 ** 3;
const GZIP = [0x1f, 0x8b];

/** @param target a file: the text of a trace, plain or gzip */
export async function check(
  target: string,
  options: CheckCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.protocol !== undefined && options.all === true)
    throw new BadInput('check-protocols', '--all checks every era; leave --protocol out, or --all');
  const one = options.protocol;
  const traceCheck = new TraceCheck(one === undefined ? {} : { protocols: [one] });
  await readFrames(target, traceCheck);
  const report = traceCheck.report();
  terminal.document(report);
  show(report, one === undefined, terminal);
  const rejected = one !== undefined && report.verdicts[0]?.verdict === 'rejected';
  return rejected ? EXIT_CODE.VIOLATED : EXIT_CODE.FINE;
}

async function readFrames(file: string, traceCheck: TraceCheck): Promise<void> {
  const reader = new FrameReader((frame) => traceCheck.take(frame));
  let chars = 0;
  for await (const piece of textOf(file)) {
    chars += (piece as string).length;
    if (chars > CHECK_CHARS_MAX)
      throw new BadInput('trace-too-large', `${file} has more than ${CHECK_CHARS_MAX} characters of text`);
    reader.push(piece as string);
  }
  reader.end();
}

function textOf(file: string): Readable {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new BadInput('trace-file', `${file} is no file; expected the text of a kernel trace`);
  const head = Buffer.alloc(GZIP.length);
  const fd = openSync(file, 'r');
  readSync(fd, head);
  closeSync(fd);
  const bytes = createReadStream(file);
  const text = GZIP.every((byte, i) => head[i] === byte) ? bytes.pipe(createGunzip()) : bytes;
  return text.setEncoding('utf8');
}

function show(report: CheckReport, all: boolean, terminal: Terminal): void {
  const { lost } = report;
  terminal.line(
    `${report.events} events in ${report.lines} lines; ${report.rootProbes ? 'root births are probed' : 'no probe of root births'}${lost.places === 0 ? '' : `; events lost at ${lost.places} places${lost.events === null ? '' : ` (${lost.events})`}`}`,
  );
  terminal.line();
  if (all) {
    terminal.line(
      table(
        ['protocol', 'verdict', 'as', 'explained', 'filled in', 'line', 'rule'],
        report.verdicts.map((v) => [
          v.protocol,
          v.verdict,
          v.profile,
          String(v.explained),
          String(v.unknown),
          v.firstRejected === null ? '' : String(v.firstRejected.line),
          v.firstRejected?.rule ?? '',
        ]),
      ),
    );
    terminal.line();
  }
  for (const verdict of report.verdicts) showVerdict(verdict, all, terminal);
  const same = report.classes.filter((protocols) => protocols.length > 1);
  if (all && same.length > 0) {
    terminal.line();
    for (const protocols of same) terminal.line(`not told apart by this trace: ${protocols.join(', ')}`);
  }
}

function showVerdict(v: Verdict, all: boolean, terminal: Terminal): void {
  if (!all)
    terminal.line(
      `${v.protocol}: ${v.verdict} (${v.explained} events explained, ${v.unknown} steps filled in)`,
    );
  if (v.wouldDecide !== null) terminal.line(`${all ? `${v.protocol}: ` : '  '}to decide: ${v.wouldDecide}`);
  const { firstRejected } = v;
  if (firstRejected === null) return;
  const { line, event, rule, why, statesBefore } = firstRejected;
  terminal.line(`${all ? `${v.protocol}: ` : '  '}line ${line}, ${event}: ${rule}: ${why}`);
  if (!all) for (const state of statesBefore) terminal.line(`    before: ${state}`);
}
