// Lines that cannot be read, or not as a whole, are losses: the right era is undecided there and never rejected, however the line was
// torn, and no wrong era becomes accepted by it. What is not damage is not forgiven.
import { describe, expect, test } from 'vitest';
import { nextBelow, streamSeed } from '../../../src/core/base/prng.js';
import type { CheckReport, Verdict } from '../../../src/core/traces/check/verdict.js';
import { checked } from './checked.js';
import { KERNELS, scenariosOf, traceText } from './fixtures.js';

const OWN: Readonly<Record<string, string>> = {
  '5.10.262': 'v5.10',
  '6.1.192-nofix': 'v5.18',
  '6.1.192': 'v6.6',
  '6.12.117': 'v6.9',
  '7.2.13': 'v6.14',
};
const linesOf = (kernel: string, scenario: string): string[] =>
  traceText(kernel, scenario).split('\n').slice(0, -1);
const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
const verdictOf = (report: CheckReport, protocol: string): Verdict =>
  report.verdicts.find((v) => v.protocol === protocol) as Verdict;

const SMI = linesOf('6.1.192', 'smi');
const put = SMI.findLastIndex((line) => line.includes(': kvm_tdp_mmu_put_root:'));
const PUT = SMI[put] as string;
const changed = (...now: string[]): CheckReport => checked(textOf(SMI.toSpliced(put, 1, ...now)));
const at = (text: string): number => PUT.indexOf(text);

describe('a torn line', () => {
  test.each([
    ['in its name', [PUT.slice(0, at('put_root:') + 4)]],
    ['in its head', [PUT.slice(0, at('['))]],
    ['its head is gone', [PUT.slice(at('[') + 2)]],
    ['in a field', [PUT.slice(0, at('role=') + 7)]],
    ['in its last field', [PUT.slice(0, -3)]],
    ['in two, inside its name', [PUT.slice(0, at('put_root:') + 4), PUT.slice(at('put_root:') + 4)]],
    ['the middle of its name is gone', [PUT.replace('kvm_tdp_mmu_put_root:', 'kvm_tdp_ut_root:')]],
    ['its newline and the next line behind it', [`${PUT}${SMI[put + 1]}`]],
    ['in its head, with the next line behind it', [`${PUT.slice(0, at('['))}${SMI[put + 1]}`]],
    ['in the padding, with the next line behind it', [`    ${SMI[put + 1]}`]],
    ['with a control byte in the name of its task', [PUT.replace(/\S/, '\u0001')]],
    ['one letter of its name', [PUT.replace('kvm_tdp_mmu_put_root:', 'kvmrtdp_mmu_put_root:')]],
    ['zeros of a crash', ['\0'.repeat(120)]],
    ['a line of 200,000 characters', ['x'.repeat(200_000)]],
  ])('%s: open, and says which line would decide', (_what, now) => {
    const own = verdictOf(changed(...now), 'v6.6');
    expect(own).toMatchObject({ verdict: 'undecided', firstRejected: null });
    expect(own.wouldDecide).toMatch(new RegExp(`^an undamaged copy of lines? ${put + 1}\\b`));
  });

  const ENDS: readonly (readonly [string, string, string])[] = [
    ['kvm_userspace_exit', ' (2)', ' (2)MM, smbase 0x30000'],
    ['kvm_entry', 'rip 0x8023', 'rip 0x80230000000100040 info2 0x0000 intr_info 0x00000000'],
    ['kvm_smm_transition', 'smbase 0x30000', 'smbase 0x30000ff888007430000'],
  ];
  test.each(ENDS)('%s with the end of another line: open', (name, end, now) => {
    const k = SMI.findLastIndex((line) => line.includes(`: ${name}: `) && line.includes(end));
    const report = checked(textOf(SMI.toSpliced(k, 2, (SMI[k] as string).replace(end, now))));
    expect(verdictOf(report, 'v6.6').wouldDecide).toBe(`an undamaged copy of line ${k + 1}`);
  });

  test('wrapped in three it is joined', () => {
    const [a, b] = [at('root='), at('refcount=')];
    const report = changed(PUT.slice(0, a - 1), PUT.slice(a, b - 1), PUT.slice(b));
    expect(report.lost.places).toBe(0);
    expect(verdictOf(report, 'v6.6').verdict).toBe('accepted');
  });

  test('refutes still where its name alone does', () => {
    const foreign = PUT.replaceAll('kvm_tdp_mmu_put_root', 'kvm_tdp_mmu_alloc_root').slice(
      0,
      at('root=') + 8,
    );
    expect(verdictOf(changed(PUT, foreign), 'v6.6').firstRejected).toMatchObject({
      line: put + 2,
      rule: 'function-exists',
    });
  });
});

test.each(KERNELS.flatMap((kernel) => scenariosOf(kernel).map((scenario) => [kernel, scenario] as const)))(
  '%s %s: no damage of a line makes its own era rejected, or another accepted',
  (kernel, scenario) => {
    const own = OWN[kernel] as string;
    const lines = linesOf(kernel, scenario);
    const stream = new Int32Array([streamSeed(6, kernel + scenario)]);
    const below = (n: number): number => nextBelow(stream, 0, Math.max(1, n));
    const events = lines.flatMap((line, k) =>
      /: (?:kvm_mmu|kvm_tdp|tdp_mmu|_|alloc|mmu_)\w+: \(/.test(line) ? [k] : [],
    );
    if (events.length === 0) return;
    const damages: ((line: string, next: string) => string[])[] = [
      (line, next) => [line.slice(0, 24 + below(line.length - 24)), next],
      (line, next) => [line.slice(24 + below(line.length - 24)), next],
      (line, next) => [`${line}${next}`],
      (line, next) => {
        const cut = 1 + below(line.length - 1);
        return [line.slice(0, cut), line.slice(cut), next];
      },
      (line, next) => {
        const cut = below(line.length);
        return [`${line.slice(0, cut)}\0\0\0\0${line.slice(cut + 4)}`, next];
      },
    ];
    for (const [n, damage] of damages.entries()) {
      const k = events[below(events.length - 1)] as number;
      const now = damage(lines[k] as string, lines[k + 1] as string);
      const { verdicts } = checked(textOf(lines.toSpliced(k, 2, ...now)));
      const wrong = verdicts.filter(
        (v) => (v.verdict === 'rejected') === (v.protocol === own) && v.verdict !== 'undecided',
      );
      const accepted = wrong.filter((v) => v.protocol !== own && v.verdict === 'accepted');
      const refused = verdictOf({ verdicts } as unknown as CheckReport, own).firstRejected;
      expect({ n, line: k + 1, now, refused, accepted }).toEqual({
        n,
        line: k + 1,
        now,
        refused: null,
        accepted: [],
      });
    }
  },
);

/** A text whose header counts nothing. */
const uncounted = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith('# entries-in-buffer'));

describe('what is no damage', () => {
  test('a line that was taken out did not happen; where the header says that it is missing, it may have', () => {
    const lines = SMI.toSpliced(put, 1);
    expect(verdictOf(checked(textOf(uncounted(lines))), 'v6.6').verdict).toBe('rejected');
    const { verdict, wouldDecide } = verdictOf(checked(textOf(lines)), 'v6.6');
    expect({ verdict, wouldDecide }).toEqual({
      verdict: 'undecided',
      wouldDecide: 'a copy with all of its entries: the header says 1 more than the text has',
    });
    // A name alone is not silence.
    expect(verdictOf(checked(textOf(lines)), 'v6.9').firstRejected?.rule).toBe('function-exists');
  });

  const free = SMI.findIndex((line) => line.includes(': tdp_mmu_free_sp_rcu_callback:'));
  test('one RCU callback that is missing is filled in', () => {
    expect(verdictOf(checked(textOf(SMI.toSpliced(free, 1))), 'v6.6')).toMatchObject({
      verdict: 'accepted',
      unknown: 1,
    });
  });

  test.each(KERNELS.filter((kernel) => kernel > '6'))(
    '%s: all of them silent: they did not run',
    (kernel) => {
      const all = uncounted(linesOf(kernel, 'smi'));
      const lines = all.filter((line) => !line.includes(': tdp_mmu_free_sp_rcu_callback:'));
      const own = verdictOf(checked(textOf(lines)), OWN[kernel] as string);
      expect(own.firstRejected).toMatchObject({ rule: 'rcu-free' });
      // Unless the probe says itself that it missed them.
      const missed = new Map([['tdp_mmu_free_sp_rcu_callback', all.length - lines.length]]);
      const excused = checked(textOf(lines), undefined, missed);
      expect(verdictOf(excused, OWN[kernel] as string).verdict).toBe('accepted');
      // Of a trace that ends before the VM does they may be still to come.
      const end = lines.findIndex((line) => line.includes(': kvm_mmu_uninit_tdp_mmu:'));
      expect(verdictOf(checked(textOf(lines.slice(0, end))), OWN[kernel] as string).firstRejected).toBeNull();
    },
  );

  test('a function that nobody has heard of counts as unknown, and says so', () => {
    const name = 'kvm_tdp_mmu_frobnicate';
    const report = changed(
      PUT,
      PUT.replace(/kvm_tdp_mmu_put_root: .*/, `${name}: (${name}+0x0/0x10 [kvm]) kvm=0x1`),
    );
    expect(verdictOf(report, 'v6.6')).toMatchObject({ verdict: 'accepted', explained: 1_201, unknown: 1 });
    expect(report.notes.join('\n')).toContain(`first at line ${put + 2}; they count as unknown: ${name} (1)`);
  });
});

describe('a file that was cut off', () => {
  const text = textOf(SMI);
  test.each([[text.slice(0, text.length / 2)], [textOf(SMI.slice(0, SMI.length / 2))]])(
    'is not accepted',
    (part) => {
      const report = checked(part);
      expect(verdictOf(report, 'v6.6')).toMatchObject({
        verdict: 'undecided',
        wouldDecide: 'the whole file: this one was cut off before its end',
      });
      expect(report.notes.join('\n')).toMatch(/header says \d+ entries/);
    },
  );
});
