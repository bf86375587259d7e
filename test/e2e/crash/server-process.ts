// The real server (dist) as a process of its own, for tests that kill it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));
const DEADLINE_MS = 60_000;

export class ServerProcess {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private out = '';
  errors = '';

  constructor(dataDir: string, env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [MAIN], {
      env: {
        ...process.env,
        ROOTLINE_PORT: '0',
        ROOTLINE_DATA: dataDir,
        ROOTLINE_DEMO: 'off',
        ROOTLINE_WORKERS: '2',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'exit');
    this.child.stdout!.on('data', (data: Buffer) => {
      this.out += data.toString();
    });
    this.child.stderr!.on('data', (data: Buffer) => {
      this.errors += data.toString();
    });
  }

  get dead(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get killed(): boolean {
    return this.child.signalCode === 'SIGKILL';
  }

  /** The API's address, once the server tells it; null when it died before. */
  async address(): Promise<string | null> {
    const untilMs = Date.now() + DEADLINE_MS;
    for (;;) {
      const found = /^API\s+(\S+)$/m.exec(this.out)?.[1];
      if (found !== undefined) return found;
      if (this.dead) return null;
      if (Date.now() > untilMs) throw new Error(`the server did not start: ${this.errors}`);
      await sleep(5);
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** The exit code. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<number | null> {
    if (!this.dead) {
      this.child.kill(signal);
      await this.exited;
    }
    return this.child.exitCode;
  }
}
