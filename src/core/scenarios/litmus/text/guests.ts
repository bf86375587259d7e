// Programs of guests as they are written: `read 0, write 1, halt`. No instruction needs a code page: each access is one translation.
import { ACCESS, CPU_STATE, EXIT } from '../../../events/constants.js';
import { INSN, INSN_WORDS, NO_CODE, TOUCH } from '../../../guest/program.js';
import { bits, type Form, formText, num, range, readForm } from './form.js';
import { LITMUS_LIMITS } from './limits.js';

/** Words behind the opcode: the code page, then operands. */
const exit = (reason: number, words: string, access = 0): Form => ({
  code: INSN.EXIT,
  words,
  fixed: { 1: NO_CODE, 2: reason, 3: access, 4: 0 },
  operands: [],
});
const touch = (words: keyof typeof TOUCH): Form => ({
  code: INSN.TOUCH,
  words,
  fixed: { 1: NO_CODE, 4: 1, 5: TOUCH[words] },
  operands: [range(2, 3, 'gfns', 65_535)],
});

const FORMS: readonly Form[] = [
  touch('read'),
  touch('write'),
  touch('rmw'),
  touch('exec'),
  exit(EXIT.HLT, 'halt'),
  exit(EXIT.RSM, 'rsm'),
  exit(EXIT.CR_ACCESS, 'read cr', ACCESS.READ),
  {
    code: INSN.EXIT,
    words: 'write cr',
    fixed: { 1: NO_CODE, 2: EXIT.CR_ACCESS, 3: ACCESS.WRITE },
    operands: [bits(4, flipped())],
  },
  {
    code: INSN.EXIT,
    words: 'out',
    fixed: { 1: NO_CODE, 2: EXIT.IO_INSTRUCTION, 3: ACCESS.WRITE },
    operands: [num(4, 'a port', 0x7fff)],
  },
  {
    code: INSN.EXIT,
    words: 'in',
    fixed: { 1: NO_CODE, 2: EXIT.IO_INSTRUCTION, 3: ACCESS.READ },
    operands: [num(4, 'a port', 0x7fff)],
  },
];

/** Only an SMI and RSM change SMM. */
function flipped(): Readonly<Record<string, number>> {
  const { SMM: _, ...others } = CPU_STATE;
  return others;
}

/** Null: the program has what cannot be written. */
export function guestText(program: Int32Array): string | null {
  const out: string[] = [];
  for (let at = 0; program[at] !== INSN.END; at += INSN_WORDS) {
    const text = formText(FORMS, program, at);
    if (text === null) return null;
    // One page is one number.
    out.push(text.replace(/^(\w+) (\d+)\.\.\2$/, '$1 $2'));
  }
  return out.join(', ');
}

/** The program, or what is wrong with it. */
export function readGuest(text: string): Int32Array | string {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const most = LITMUS_LIMITS.instructions;
  if (parts.length > most) return `expected at most ${most} instructions, got ${parts.length}`;
  const words: number[] = [];
  for (const part of parts) {
    const read = readForm(FORMS, part, INSN_WORDS);
    if (typeof read === 'string') return `"${part}": expected ${read}`;
    words.push(...read);
  }
  // The end has the code page of what is before it.
  return Int32Array.from([...words, INSN.END, NO_CODE, 0, 0, 0, 0, 0, 0]);
}
