// What a run's end and what an error mean as exit codes.
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/cli/exit-codes.js';
import { failureOf, ServerRefused } from '../../../src/cli/failure.js';
import { BadInput } from '../../../src/core/base/errors.js';
import { limitExceeded, sessionNotFound, storeFailed } from '../../../src/store/store.errors.js';

test.each([
  ['completed', 0, 0],
  ['booted', 0, 0],
  ['completed', 1, 3],
  ['limit_reached', 0, 5],
  ['limit_reached', 2, 3],
  ['no_forward_progress', 0, 4],
  ['no_forward_progress', 1, 4],
  ['failed', 0, 1],
  [null, 0, 1],
])('outcome %s with %d findings is %d', (outcome, findings, code) => {
  expect(exitCodeOf(outcome, findings)).toBe(code);
});

test.each<readonly [error: unknown, code: number, text: RegExp]>([
  [new BadInput('x', 'expected one of: a, b'), 2, /expected one of: a, b/],
  [sessionNotFound('7'), 2, /there is no session 7/],
  [limitExceeded('maxSessions', 5, 6, 'sessions'), 2, /maxSessions = 5/],
  [storeFailed('broken'), 1, /the store failed: broken/],
  [new ServerRefused(404, 'there is no session 7'), 2, /no session 7/],
  [new ServerRefused(503, 'stopping'), 1, /stopping/],
  [new CommanderError(1, 'commander.unknownCommand', 'unknown'), 2, /^nothing$/],
  [new CommanderError(0, 'commander.helpDisplayed', 'help'), 0, /^nothing$/],
  [new TypeError('a bug'), 1, /a bug/],
  ['a word', 1, /a word/],
])('%s', (error, code, text) => {
  const failure = failureOf(error);
  expect(failure.code).toBe(code);
  expect(failure.text ?? 'nothing').toMatch(text);
});
