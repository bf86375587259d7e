// `litmus`: the scenarios that are small enough to search. A list, or one of them as text: `rootline litmus v-n > my.litmus` is where
// one of your own begins; a FILE.litmus is read, checked and drawn, and nothing is searched.
import { type Command, Option } from 'commander';
import { BadInput } from '../../core/base/errors.js';
import { isLitmusFile } from '../../explorations/litmus-ref.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { readSettings, wholeNumber } from '../settings.js';
import { ProcessTerminal, type Terminal } from '../terminal.js';

interface Options {
  readonly json?: boolean;
  readonly set: readonly string[];
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** @param ended is told the exit code */
export function addLitmusCommand(
  add: (name: string, description: string) => Command,
  ended: (code: number) => void,
): void {
  add(
    'litmus',
    'what explore takes: a list with drawings, or one as text, which a FILE.litmus of your own begins with',
  )
    .argument('[name]', 'a litmus; or a FILE.litmus, which is checked and drawn')
    .addOption(
      new Option('--set <name=value>', 'a parameter of the litmus; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    )
    .action(async (name: string | undefined, { json, set }: Options) => {
      ended(await litmusCommand(name, set, new ProcessTerminal(json === true)));
    });
}

export async function litmusCommand(
  name: string | undefined,
  settings: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  if (name === undefined) return await listed(terminal);
  if (name === 'reference-coarse')
    throw new BadInput(
      'unknown-litmus',
      'the steps of reference-coarse are not those of the machine: it has no text; expected another one',
    );
  // Loaded where they are wanted: no other command should wait for the machine.
  const { modelSpec } = await import('../../core/explorer/litmus/litmus.js');
  const { machineLitmus } = await import('../../core/explorer/litmus/machine-litmus.js');
  const { findMachineLitmus } = await import('../../core/scenarios/litmus/index.js');
  const { drawLitmus, litmusText } = await import('../../core/scenarios/litmus/text/print.js');
  const { litmusView } = await import('../../explorations/litmus-views.js');
  const { readLitmus } = await import('../../explorations/read-litmus.js');
  const litmus = isLitmusFile(name) ? readLitmus(name) : findMachineLitmus(name);
  const given = Object.entries(readSettings(settings).parameters).map(
    ([key, text]) => [key, wholeNumber(`--set ${key}`, text)] as const,
  );
  // Also says which parameters there are.
  const reductions = { persistent: false, symmetry: false };
  const asked = { protocol: '', parameters: Object.fromEntries(given), reductions };
  const { parameters } = modelSpec(machineLitmus(litmus), asked);
  const text = litmusText(litmus, parameters);
  terminal.document({ ...litmusView(litmus, parameters), text });
  if (isLitmusFile(name)) terminal.line(drawLitmus(litmus.build(parameters)).join('\n'));
  else terminal.line(text.trimEnd());
  return EXIT_CODE.FINE;
}

async function listed(terminal: Terminal): Promise<ExitCode> {
  const { litmusViews } = await import('../../explorations/litmus-views.js');
  const litmus = litmusViews();
  terminal.document({ litmus });
  for (const { id, title, drawing, parameters } of litmus) {
    terminal.line(`${id}: ${title}`);
    for (const { name, default: usual, min, max, doc } of parameters)
      terminal.line(`  --set ${name}=${usual}  ${min}..${max}  ${doc}`);
    for (const line of drawing ?? []) terminal.line(`  ${line}`);
    terminal.line();
  }
  return EXIT_CODE.FINE;
}
