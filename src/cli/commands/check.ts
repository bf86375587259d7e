// `check`: is a recorded trace, or a stored session, a behaviour of a protocol? A file is read as it lies, and needs no data folder
// and no kernel version; a session is checked where it is stored.
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { MAX_TRACE_BYTES } from '../../config/limits.js';
import { BadInput } from '../../core/base/errors.js';
import type { CheckedProtocol } from '../../core/traces/check/checked-protocol.js';
import { type CheckAnswer, CheckedTrace } from '../../core/traces/check/checked-trace.js';
import type { Verdict } from '../../core/traces/check/verdict.js';
import { kprobeMisses } from '../../core/traces/kprobe-profile.js';
import { receive } from '../../exports/upload.js';
import { TRACE_LIMITS } from '../../traces/trace-bytes.js';
import { readFrames } from '../../traces/trace-frames.js';
import { protocolOf } from '../../user-protocols/read-protocol.js';
import type { Backend } from '../backend/backend.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { type Terminal, table } from '../terminal.js';
import { showActivity } from './activity-text.js';
import { profileOf } from './kprobe-profile.js';

export interface CheckCommandOptions {
  readonly protocol?: string;
  readonly all?: boolean;
  readonly kprobeProfile?: string;
  readonly json?: boolean;
  readonly data: string;
}

interface Adds {
  readonly add: (name: string, summary: string) => Command;
  readonly data: () => Option;
  readonly terminalOf: (options: CheckCommandOptions) => Terminal;
  readonly opener: (options: CheckCommandOptions, terminal: Terminal) => () => Promise<Backend>;
  readonly ended: (code: number) => void;
}

export function addCheckCommand({ add, data, terminalOf, opener, ended }: Adds): void {
  add(
    'check',
    'is a recorded trace or a session a behaviour of a protocol? without --protocol: of which of the eight eras',
  )
    .argument(
      '<what>',
      'id of a session; or a trace in a file: any form that import takes; - for standard input',
    )
    .addOption(
      new Option(
        '--protocol <id>',
        'an era, one kernel profile, or a FILE.mjs of your own; exit code 3 where it rejects',
      ),
    )
    .option('--all', 'every era, ranked, and those that this trace cannot tell apart (default)')
    .option(
      '--kprobe-profile <file>',
      'of a file: text of tracefs kprobe_profile, what the probes missed (a session has what it was imported with)',
    )
    .addOption(data())
    .action(async (what: string, options: CheckCommandOptions) => {
      const terminal = terminalOf(options);
      ended(await check(what, options, opener(options, terminal), terminal));
    });
}

/** An id, where no file has that name. */
const SESSION_ID = /^\d{1,15}$/;
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

export async function check(
  what: string,
  options: CheckCommandOptions,
  open: () => Promise<Backend>,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.protocol !== undefined && options.all === true)
    throw new BadInput('check-protocols', '--all checks every era; leave --protocol out, or --all');
  const one = options.protocol;
  const { kprobeProfile } = options;
  const isSession = SESSION_ID.test(what) && !isFile(what);
  if (isSession && kprobeProfile !== undefined)
    throw new BadInput(
      'kprobe-profile',
      `session ${what} has the kprobe_profile that it was imported with; expected --kprobe-profile for a file only`,
    );
  const report = isSession
    ? await checkSession(what, one, open)
    : await checkFile(what, one, kprobeProfile === undefined ? '' : await profileOf(kprobeProfile));
  terminal.document(report);
  show(report, one === undefined, terminal);
  const rejected = one !== undefined && report.verdicts[0]?.verdict === 'rejected';
  return rejected ? EXIT_CODE.VIOLATED : EXIT_CODE.FINE;
}

async function checkSession(
  sessionId: string,
  one: string | undefined,
  open: () => Promise<Backend>,
): Promise<CheckAnswer> {
  const question = one === undefined ? { protocol: null } : protocolOf(one);
  const backend = await open();
  try {
    return await backend.check({ sessionId, ...question });
  } finally {
    await backend.close();
  }
}

/** A user's protocol is described in a process of its own; none of it runs here. */
async function checkedOf(one: string): Promise<string | CheckedProtocol> {
  const { userProtocol } = protocolOf(one);
  if (userProtocol === undefined) return one;
  const { Sandbox } = await import('../../user-protocols/sandbox.js');
  return await Sandbox.once(userProtocol, 'checked', null);
}

async function checkFile(what: string, one: string | undefined, profile: string): Promise<CheckAnswer> {
  const trace = new CheckedTrace({
    kprobeMisses: kprobeMisses(profile),
    ...(one === undefined ? {} : { protocols: [await checkedOf(one)] }),
  });
  if (what !== '-' && !isFile(what))
    throw new BadInput('trace-file', `${what} is no file and no id of a session; expected a kernel trace`);
  const spool = await mkdtemp(join(tmpdir(), 'rootline-check-'));
  try {
    const limits = { name: 'MAX_TRACE_BYTES', maxBytes: MAX_TRACE_BYTES };
    const file = what === '-' ? await receive(process.stdin, spool, limits) : what;
    const frames = readFrames({ file, spool, limits: TRACE_LIMITS }, (frame) => trace.take(frame));
    let read = await frames.next();
    while (read.done !== true) read = await frames.next();
    const { report, broken } = read.value;
    trace.ended({ lines: report?.lines ?? 0, cut: broken, missing: report?.missing ?? 0 });
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
  return trace.answer();
}

function show(report: CheckAnswer, all: boolean, terminal: Terminal): void {
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
  terminal.line();
  showActivity(report, terminal);
  for (const note of report.notes) terminal.line(`note: ${note}`);
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
