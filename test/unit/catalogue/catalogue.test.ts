// The table of known answers against the sheets of the bugs, and the show-pieces answered. All of it: `rootline catalogue`.
import { describe, expect, test } from 'vitest';
import { BUGS } from '../../../src/core/bugs/explain.js';
import { COLUMNS } from '../../../src/core/catalogue/answer.js';
import { ANSWERS, catalogueCells, litmusOf } from '../../../src/core/catalogue/cells.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { findMachineLitmus } from '../../../src/core/scenarios/litmus/index.js';
import { answerRow } from '../../../src/explorations/catalogue/row.js';

/** What v5.10 .. v6.14 stand for, as numbers that can be compared; null for what is no release. */
function releaseOf(protocol: string): number | null {
  const of = /^v(\d+)\.(\d+)(?:\.0)?$/.exec(protocol);
  return of === null ? null : Number(of[1]) * 100 + Number(of[2]);
}

describe('the table', () => {
  test('every bug has an answer of the kind of its sheet, no protocol twice', () => {
    for (const { id, kind } of BUGS) expect(ANSWERS.find((answer) => answer.bug === id)?.kind, id).toBe(kind);
    for (const { bug, cells } of ANSWERS) {
      const ids = cells.map(({ protocol }) => protocol);
      expect(new Set(ids).size, bug).toBe(ids.length);
      for (const id of ids) expect(() => findProtocol(id), `${bug} ${id}`).not.toThrow();
    }
  });

  test.each(ANSWERS)('$bug has a cell for each column', ({ cells }) => {
    expect(cells.map(({ protocol }) => protocol)).toEqual(expect.arrayContaining([...COLUMNS]));
  });

  test('what is violated lies within the range of the sheet, unless the cell says why not', () => {
    const outside = catalogueCells({}).filter((cell) => {
      const sheet = BUGS.find(({ id }) => id === cell.answer.bug);
      const release = releaseOf(cell.protocol);
      if (sheet === undefined || release === null) return false;
      if (cell.why !== null || cell.expected !== 'violated') return false;
      const since = releaseOf((sheet.since ?? '').replace(/-rc\d+$/, '')) ?? 0;
      const fixedIn = releaseOf(sheet.fixedIn ?? '') ?? Number.POSITIVE_INFINITY;
      return release < since || release >= fixedIn;
    });
    expect(outside.map(({ answer, protocol }) => `${answer.bug} ${protocol}`)).toEqual([]);
  });

  test('what is not applicable or unknown says why, and every question has its litmus', () => {
    const cells = catalogueCells({});
    const idle = cells.filter(({ expected }) => expected === 'not_applicable' || expected === 'unknown');
    expect(idle.filter(({ why }) => why === null)).toEqual([]);
    const asked = cells.filter((cell) => !idle.includes(cell));
    expect(asked.filter(({ answer }) => answer.question === null)).toEqual([]);
    const litmus = asked.flatMap(({ answer: { question } }) =>
      question?.by === 'search' ? [question.litmus] : [],
    );
    for (const id of new Set(litmus)) expect(findMachineLitmus(id).id).toBe(id);
    expect(() => catalogueCells({ bug: 'B99' })).toThrow(/unknown bug "B99"/);
    expect(() => catalogueCells({ bug: 'B13', protocol: 'v1' })).toThrow(/says nothing about "v1" and B13/);
  });
});

test('a bug names the litmus that shows it, and the oldest protocol that has it', () => {
  expect(litmusOf('B5')).toEqual({ litmus: 'b5', protocol: 'v5.10.0' });
  // A run shows B0.
  expect(litmusOf('B0')).toBeNull();
});

const row = (bug: string, protocol: string) => {
  const [cell] = catalogueCells({ bug, protocol });
  return answerRow(cell!).then(({ row: answered }) => answered);
};

describe('the answers', () => {
  test.each([
    ['B12', 'LOCKDEP_HELD_WRITE', 'assertion'],
    ['B13', 'I3', 'safety'],
  ])("%s, the draft's own: found in it, absent in v6.4 and v5.18", async (bug, invariant, kind) => {
    const draft = await row(bug, 'seed-draft');
    expect(draft).toMatchObject({ got: 'violated', ok: true, invariant, kind, how: 'exhaustive' });
    expect(draft.steps).toBeGreaterThan(0);
    for (const protocol of ['v6.4', 'v5.18'])
      expect(await row(bug, protocol)).toMatchObject({ got: 'holds', ok: true, invariant: null });
  });

  test.each([
    ['B4', 'v5.10', 'I22'],
    ['B5', 'v5.10', 'I22'],
    ['B6', 'v5.16', 'I17'],
    ['B9', 'v5.15', 'I18'],
    ['B10ii', '6.1-int-seq', 'livelock'],
    ['B11', 'v5.18-rc1', 'GPF_NULL_WORKQUEUE'],
    ['B10i', 'v5.16-rc5', 'NULL_ROOT_SHADOW_PAGE'],
    ['B18', 'v6.14', 'I39'],
    ['B16', 'v6.9-rc1', 'LOCKDEP_HELD_READ'],
    ['B17', '6.12.117', 'livelock'],
    ['B22', 'v5.18-enlightened-npt', 'I23'],
    ['B24', 'v5.15-naive-seed', 'I2'],
    ['B8-naive-repair', 'v5.15-yield-in-last-put', 'I17'],
    ['B0', 'v5.18', 'I37'],
    ['B0-on-EPT-violation', 'v5.18', 'I38'],
    ['B8', 'v5.15', 'tables-at-once'],
    ['B15', 'v6.4', 'workers-at-once'],
  ])('%s is there in %s: %s', async (bug, protocol, invariant) => {
    expect(await row(bug, protocol)).toMatchObject({ got: 'violated', ok: true, invariant });
  });

  test.each([
    ['B6', 'v5.18'],
    ['B10ii', '6.1.192'],
    ['B11', 'v5.18'],
    ['B11', 'v6.6'],
    ['B10i', 'v5.16'],
    ['B18', '7.2.13'],
    ['B17', '7.2.13'],
    ['B0', 'v6.4'],
    ['B8', 'v5.18'],
    ['B15', 'v6.6'],
    ['B28', 'v5.16'],
  ])('%s is not there in %s', async (bug, protocol) => {
    expect(await row(bug, protocol)).toMatchObject({ got: 'holds', ok: true });
  });

  test('what cannot be answered is no answer', async () => {
    const it = await row('B17', 'v6.4');
    expect(it).toMatchObject({ expected: 'not_applicable', got: 'not_applicable', how: null });
    expect(it.reason).not.toBeNull();
  });
});
