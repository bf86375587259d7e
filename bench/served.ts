// A server in a process of its own, for the cases of the service bench.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PACKAGE_ROOT } from './package-root.js';

export interface Served {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process until /health/ready answered. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

const ASK_AGAIN_MS = 5;

export async function serve(dataDir: string, flags: readonly string[] = []): Promise<Served> {
  const program = join(PACKAGE_ROOT, 'dist/src/main.js');
  const beganMs = performance.now();
  const args = [program, '--port', '0', '--data', dataDir, '--demo', 'off', '--log', 'error', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const url = /^page\s+(http:\S+?)\/?$/m.exec(text)?.[1];
  if (url === undefined) throw new Error(`the server said: ${text}`);
  while (!(await fetch(`${url}/health/ready`)).ok)
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  const readyMs = performance.now() - beganMs;
  return {
    url,
    pid: child.pid!,
    readyMs,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
