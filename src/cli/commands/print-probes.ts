// `import --print-probes KERNEL`: the script that records a complete trace on a machine with that kernel.
import { recordingScript } from '../../core/traces/probes/recording-script.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

export function printProbes(kernel: string, terminal: Terminal): ExitCode {
  const { layout, verified, probes, text } = recordingScript(kernel);
  terminal.document({ kernel, layout, verified, probes, script: text });
  terminal.line(text.trimEnd());
  return EXIT_CODE.FINE;
}
