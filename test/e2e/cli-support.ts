// Runs the compiled command line as a person would: a process, its two streams, its exit code.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const TIMEOUT_MS = 120_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function rootline(args: readonly string[], cwd?: string): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, ROOTLINE_DEMO: 'off' },
    ...(cwd === undefined ? {} : { cwd }),
  });
  return { code: status, stdout, stderr };
}

const IN_TURN = fileURLToPath(new URL('../support/commands-in-turn.mjs', import.meta.url));

/** The same of several commands by one process, which is started once. Not for commands that set `process.exitCode` or signals. */
export function rootlineInTurn(commands: readonly (readonly string[])[], cwd: string): Ended[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [IN_TURN], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    input: JSON.stringify(commands),
    env: { ...process.env, ROOTLINE_DEMO: 'off' },
    cwd,
  });
  if (status !== 0) throw new Error(`${IN_TURN} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Ended[];
}

/** stdout as the one JSON document that --json promises. */
export function documentOf(ended: Ended): Record<string, unknown> {
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}

export class Folders {
  private readonly made: string[] = [];

  fresh(): string {
    const folder = mkdtempSync(join(tmpdir(), 'rootline-cli-'));
    this.made.push(folder);
    return folder;
  }

  clear(): void {
    for (const folder of this.made.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}

export interface Served {
  readonly url: string;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

/** `rootline serve` on a free port; resolves when it says where it is. */
export async function serve(data: string): Promise<Served> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ROOTLINE_DEMO: 'off' },
  });
  let text = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    errors += part;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const found = /^page\s+(http:\S+?)\/?$/m.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${errors}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    },
  };
}
