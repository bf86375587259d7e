// A ledger as a table for a mail: at most 100 columns, one block a reference, what is wrong first.
import { callersText, clip, placeText, siteText } from '../place-text.js';
import type { LedgerFault, LedgerReference, RootLedger } from './ledger.js';

const WIDTH = 100;
const INDENT = '    ';

const KIND_TEXT = {
  leak: 'LEAK',
  surplusPut: 'SURPLUS PUT',
  missingGet: 'MISSING GET',
  useAfterFree: 'USE AFTER FREE',
} as const;

export function ledgerText(ledger: RootLedger): string[] {
  const { root, vm, at, refcount, balance, role, address, counts } = ledger;
  const owner = vm === null ? 'a TDP MMU that has not listed it' : `tdp-mmus.${vm}`;
  const lines = [
    `root ${root} of ${owner}, ${role}, page ${address}, at position ${at}`,
    `refcount ${refcount}, ${count(balance, 'reference')} out${refcount === balance ? '' : ': THEY DIFFER'}; ` +
      `${counts.taken} taken, ${counts.givenBack} given back`,
    '',
    ...life(ledger),
  ];
  if (!ledger.complete)
    lines.push(
      `${INDENT}read from position ${ledger.from} on; what was held before it is an opening balance`,
    );
  if (ledger.faults.length > 0) {
    lines.push('', `${count(ledger.faultsSeen, 'fault')}:`);
    for (const fault of ledger.faults) lines.push(...faultText(fault));
    const more = ledger.faultsSeen - ledger.faults.length;
    if (more > 0) lines.push(`${INDENT}... and ${more} more`);
  }
  const hidden =
    counts.givenBack - counts.surplusPuts - ledger.references.filter((r) => r.state === 'givenBack').length;
  lines.push('', `references${hidden > 0 ? ` (${hidden} older ones, given back, left out)` : ''}:`);
  for (const reference of ledger.references) lines.push(...referenceText(reference));
  return lines;
}

function life(ledger: RootLedger): string[] {
  const steps = [
    ['born', ledger.born],
    ['invalidated', ledger.invalidated],
    ['last put', ledger.lastPut],
    ['freed', ledger.freed],
  ] as const;
  return steps.flatMap(([word, place]) =>
    place === null ? [] : [`${word.padEnd(12)}${clip(placeText(place), WIDTH - 12)}`],
  );
}

function faultText(fault: LedgerFault): string[] {
  const reference = fault.reference === null ? '' : ` (reference ${fault.reference})`;
  return [
    ...wrap(`${KIND_TEXT[fault.kind]}: ${fault.owner}: ${fault.what}${reference}`, WIDTH - 2).map(
      (line) => `  ${line}`,
    ),
    `${INDENT}${clip(placeText(fault.at), WIDTH - INDENT.length)}`,
    ...callers(fault.at),
  ];
}

function referenceText(reference: LedgerReference): string[] {
  const { number, owner, why, state, taken, moves, givenBack, leaked } = reference;
  const end = state === 'held' ? '  HELD' : state === 'leaked' ? '  LEAKED' : '';
  const lines = [`${String(number).padStart(4)}  ${owner} (${why})${end}`];
  lines.push(`    + ${taken === null ? 'before this ledger begins' : clip(placeText(taken), WIDTH - 6)}`);
  if (state !== 'givenBack' && taken !== null) lines.push(...callers(taken));
  for (const { to, at } of moves) lines.push(`    > ${clip(`${placeText(at)}: ${to}`, WIDTH - 6)}`);
  if (givenBack !== null) lines.push(`    - ${clip(placeText(givenBack), WIDTH - 6)}`);
  if (leaked !== null) lines.push(`    ! ${clip(`${placeText(leaked)}`, WIDTH - 6)}`);
  return lines;
}

function callers(place: Parameters<typeof siteText>[0]): string[] {
  const text = callersText(place, WIDTH - 20);
  return text === '' ? [] : [`${' '.repeat(16)}${text}`];
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
