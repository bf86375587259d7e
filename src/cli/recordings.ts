// Reads recordings from fixtures/traces of the package, from the source tree and from dist/ alike.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { BadInput } from '../core/base/errors.js';
import { type Recording, readRecording } from '../core/traces/recording.js';

export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('the package has no package.json above its code');
    folder = above;
  }
  return folder;
}

export function loadRecording(kernel: string, name: string): Recording {
  const folder = join(packageRoot(), 'fixtures', 'traces', kernel);
  const trace = gunzipSync(readFile(join(folder, `${name}.trace.txt.gz`))).toString('utf8');
  const misses = readFile(join(folder, 'kprobe-misses', `${name}.txt`)).toString('utf8');
  const outcome = readRecording(kernel, trace, misses);
  if (outcome.kind !== 'recording') {
    throw new BadInput('recording', `${folder}/${name} is not a recording that can be read: ${outcome.kind}`);
  }
  return outcome.recording;
}

function readFile(path: string): Buffer {
  if (!existsSync(path))
    throw new BadInput('recording-missing', `${path} is missing; expected the recordings of the package`);
  return readFileSync(path);
}
