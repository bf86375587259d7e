// --kprobe-profile FILE of `import` and `check`: what the probes missed, as tracefs says it.
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BadInput } from '../../core/base/errors.js';

/** A kprobe_profile has a line a probe. */
const PROFILE_BYTES_MAX = 256 * 1024;

export async function expectFile(file: string, what = 'a trace'): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile())
    throw new BadInput('no-file', `${file} is no file that can be read; expected ${what}`);
}

export async function profileOf(file: string): Promise<string> {
  await expectFile(file, 'a kprobe_profile');
  const text = readFileSync(file);
  if (text.length > PROFILE_BYTES_MAX)
    throw new BadInput(
      'no-file',
      `${file} has ${text.length} bytes; expected a kprobe_profile of at most ${PROFILE_BYTES_MAX}`,
    );
  return text.toString('utf8');
}
