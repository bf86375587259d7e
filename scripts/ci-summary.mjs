// The last line of .ci/run: `N passed, N failed`. Counts the tests of vitest's json report, and as one failure each
// the failed steps given as arguments and every test file that broke before its tests could run.
// Exit code 1 when anything failed, and when no test ran at all.

import { existsSync, readFileSync } from 'node:fs';

const REPORT = '.test-results/vitest.json';
const TEST_STEP = 'test';

const failedSteps = process.argv.slice(2);
const report = existsSync(REPORT) ? JSON.parse(readFileSync(REPORT, 'utf8')) : { testResults: [] };

let passed = 0;
let skipped = 0;
const failures = [];
for (const file of report.testResults) {
  const name = file.name.replace(`${process.cwd()}/`, '');
  const failedBefore = failures.length;
  for (const test of file.assertionResults) {
    if (test.status === 'passed') passed += 1;
    else if (test.status === 'failed') failures.push(`test ${name}: ${test.fullName}`);
    else skipped += 1;
  }
  if (file.status === 'failed' && failures.length === failedBefore) failures.push(`test file ${name}`);
}
// A failed test step is already counted by its tests, unless it failed for another reason (the build, a crash).
const testsExplainIt = failures.length > 0;
for (const step of failedSteps) if (step !== TEST_STEP || !testsExplainIt) failures.push(`step ${step}`);
if (passed === 0 && failures.length === 0) failures.push('no test ran');

for (const failure of failures) console.log(`FAILED ${failure}`);
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
