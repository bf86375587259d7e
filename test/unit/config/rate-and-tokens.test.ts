// Token buckets, client addresses, and the token file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Problem } from '../../../src/http/problem.js';
import { clientOf, MAX_RATE_BUCKETS, RateLimit } from '../../../src/http/rate-limit.js';
import { Tokens } from '../../../src/http/tokens.js';

const folder = mkdtempSync(join(tmpdir(), 'rootline-tokens-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a bucket holds two seconds of the rate, fills again, and says when to come back', () => {
  let nowMs = 0;
  const limit = new RateLimit('ROOTLINE_RATE', 5, () => nowMs);
  const accepted = (client: string, asked: number) =>
    Array.from({ length: asked }).filter(() => {
      try {
        limit.take(client);
        return true;
      } catch {
        return false;
      }
    }).length;
  expect(accepted('a', 30)).toBe(10);
  expect(accepted('b', 30)).toBe(10);
  nowMs = 1_000;
  expect(accepted('a', 30)).toBe(5);
  let problem: Problem | null = null;
  try {
    limit.take('a');
  } catch (error) {
    problem = error as Problem;
  }
  expect(problem).toMatchObject({ status: 429, code: 'rate-limit', headers: { 'retry-after': '1' } });
  // Many addresses do not fill the memory, and do not take from one another.
  for (let i = 0; i < 3 * MAX_RATE_BUCKETS; i++) limit.take(`c${i}`);
  expect(limit.size).toBe(MAX_RATE_BUCKETS);
});

test('one client is one IPv4 address or a /64', () => {
  expect(clientOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(clientOf('2001:db8:1:2:3:4:5:6')).toBe(clientOf('2001:db8:1:2::9'));
  expect(clientOf('2001:db8:1:2::9')).not.toBe(clientOf('2001:db8:1:3::9'));
  expect(clientOf('::1')).toBe('0:0:0:0');
});

const WRITE = 'write-token-0123456789';
const READ = 'read-token-0123456789';

test('the token file: roles, expiry, reload; a damaged one changes nothing', () => {
  const tokenFile = join(folder, 'tokens');
  writeFileSync(tokenFile, `# ours\nread ${READ} 2030-01-01 # the dashboard\n\nwrite ${WRITE}\n`);
  const tokens = new Tokens({ token: null, readToken: null, tokenFile });
  const before = Date.parse('2029-12-31T23:59:59Z');
  expect(tokens.judge(READ, before)).toMatchObject({ kind: 'accepted', role: 'read' });
  expect(tokens.judge(READ, before + 1_000)).toMatchObject({ kind: 'expired' });
  expect(tokens.judge(WRITE, before)).toMatchObject({ kind: 'accepted', role: 'write' });
  expect(tokens.judge(`${WRITE}x`)).toEqual({ kind: 'unknown' });
  expect(JSON.stringify(tokens.judge(WRITE))).not.toContain(WRITE);
  for (const text of ['', 'read short', `admin ${WRITE}`, `read ${READ} soon`, `read ${READ} 2030-01-01 x`]) {
    writeFileSync(tokenFile, text);
    expect(() => tokens.reload(), text).toThrow(/token file|read.write TOKEN/);
    expect(tokens.judge(WRITE)).toMatchObject({ kind: 'accepted' });
  }
  writeFileSync(tokenFile, `read ${WRITE}\n`);
  tokens.reload();
  expect(tokens.judge(WRITE)).toMatchObject({ role: 'read' });
  expect(tokens.judge(READ)).toEqual({ kind: 'unknown' });
  expect(() => new Tokens({ token: WRITE, readToken: WRITE, tokenFile: null })).toThrow(/twice/);
});
