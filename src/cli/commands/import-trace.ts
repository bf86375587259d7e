// `import`: a trace of a real kernel becomes a session.
import type { Command, Option } from 'commander';
import { BadInput } from '../../core/base/errors.js';
import type { ImportedTrace } from '../../traces/trace.service.js';
import type { Backend } from '../backend/backend.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';
import { showActivity } from './activity-text.js';
import { expectFile, profileOf } from './kprobe-profile.js';
import { printProbes } from './print-probes.js';

export interface ImportTraceOptions {
  readonly kernel?: string;
  readonly kprobeProfile?: string;
  readonly printProbes?: string;
  readonly json?: boolean;
  readonly data: string;
}

interface Adds {
  readonly add: (name: string, summary: string) => Command;
  readonly data: () => Option;
  readonly terminalOf: (options: ImportTraceOptions) => Terminal;
  readonly opener: (options: ImportTraceOptions, terminal: Terminal) => () => Promise<Backend>;
  readonly ended: (code: number) => void;
}

export function addImportCommand({ add, data, terminalOf, opener, ended }: Adds): void {
  add('import', 'take in a trace of a real kernel (tracefs, trace-cmd, perf script, trace.dat) as a session')
    .argument('[file]', 'plain, gzip or zstd; - for standard input')
    .option(
      '--kernel <version>',
      'version of the kernel, where it is known: the layout is recognised without it',
    )
    .option('--kprobe-profile <file>', 'text of tracefs kprobe_profile: what the probes missed')
    .option('--print-probes <kernel>', 'print the probes and commands that record a complete trace there')
    .addOption(data())
    .action(async (file: string | undefined, options: ImportTraceOptions) => {
      const terminal = terminalOf(options);
      if (options.printProbes !== undefined) {
        ended(printProbes(options.printProbes, terminal));
        return;
      }
      if (file === undefined)
        throw new BadInput('no-file', 'no file; expected a trace, or - for standard input');
      ended(await importTrace(file, options, opener(options, terminal), terminal));
    });
}

async function importTrace(
  file: string,
  { kernel, kprobeProfile }: ImportTraceOptions,
  open: () => Promise<Backend>,
  terminal: Terminal,
): Promise<ExitCode> {
  const source = file === '-' ? (process.stdin as AsyncIterable<Uint8Array>) : file;
  if (typeof source === 'string') await expectFile(source);
  const profile = kprobeProfile === undefined ? undefined : await profileOf(kprobeProfile);
  const backend = await open();
  try {
    const trace = await backend.importTrace(source, {
      kernel,
      kprobeProfile: profile,
      ...(file === '-' ? { name: '-' } : {}),
    });
    terminal.document(trace);
    show(trace, terminal);
  } finally {
    await backend.close();
  }
  return EXIT_CODE.FINE;
}

const grouped = (n: number): string => n.toLocaleString('en-US');

function show(trace: ImportedTrace, terminal: Terminal): void {
  const { sessionId, format, packing, kernel, layout } = trace;
  const how = packing === 'none' ? format : `${format}, ${packing}`;
  terminal.line(`session ${sessionId}: ${how}, layout of ${kernel ?? 'no recorded kernel'} (${layout})`);
  terminal.line(`  lines             ${grouped(trace.lines)}`);
  terminal.line(`  about KVM         ${grouped(trace.events + trace.calls)}`);
  terminal.line(`  session's events  ${grouped(trace.stored)}`);
  terminal.line(`  VMs, vCPUs        ${trace.vms}, ${trace.vcpus}`);
  terminal.line(`  root allocations  ${grouped(trace.rootAllocations)}`);
  const { putsCompared, putsDisagree } = trace.roots;
  if (putsCompared > 0)
    terminal.line(
      `  refcounts         ${grouped(putsCompared)} printed, ${grouped(putsCompared - putsDisagree)} as counted`,
    );
  terminal.line(
    `  gaps              ${trace.gaps}${trace.lostEvents > 0 ? ` (${grouped(trace.lostEvents)} events)` : ''}`,
  );
  terminal.line(`  unknown           ${grouped(trace.unknown)}`);
  terminal.line(`  digest            ${trace.digest}`);
  showActivity(trace, terminal);
  for (const warning of trace.warnings) terminal.line(`  note: ${warning}`);
}
