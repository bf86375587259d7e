// One data folder, killed again and again by a plan, and checked after every kill: nothing that was reported is
// missing, positions have no gaps. At the end the sessions must have come out like uninterrupted ones.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionView } from '../../../src/sessions/session.view.js';
import { PROGRAM } from '../cli-support.js';
import { type Kill, type KillKind, planOf } from './plan.js';
import { nothingReported, type Reported, wrongWith } from './reported.js';
import { ServerProcess } from './server-process.js';

const require = createRequire(import.meta.url);
const { createManifest } =
  require('../../../dist/src/core/run/manifest.js') as typeof import('../../../src/core/run/manifest.js');
const { buildSimulation } =
  require('../../../dist/src/sessions/build-simulation.js') as typeof import('../../../src/sessions/build-simulation.js');

const SMIS = 400;
const REQUESTS = [
  { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: SMIS } },
  { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: SMIS }, recording: 'lifecycle' },
] as const;
const CLI_RUN = ['run', 'smi-heavy', '--protocol', 'v5.18', '--set', `smis=${SMIS}`];
/** So long a failpoint may take to be reached. */
const REACHED_MS = 60_000;

export interface KillResult {
  readonly kind: KillKind;
  readonly count: number;
  readonly sessions: number;
  readonly tookMs: number;
}

const expectations = new Map<string, object>();

/** What an execution without any store gives. */
function uninterrupted(recording: string): object {
  const known = expectations.get(recording);
  if (known !== undefined) return known;
  const simulation = buildSimulation(createManifest(REQUESTS[recording === 'lifecycle' ? 1 : 0]), {
    snapshots: false,
  });
  while (simulation.outcome === null) simulation.advance(1_000_000);
  const { digest, fullDigest, ordinal, position } = simulation.progress();
  const { outcome } = simulation;
  const expected = { state: 'finished', outcome, digest, fullDigest, events: ordinal, stored: position };
  expectations.set(recording, expected);
  return expected;
}

export class Round {
  readonly results: KillResult[] = [];
  private readonly reported: Reported = nothingReported();
  private readonly ids: string[] = [];
  private server: ServerProcess | null = null;
  private api = '';

  constructor(
    private readonly dataDir: string,
    private readonly seed: number,
    private readonly round: number,
  ) {}

  /** Throws with what is wrong and how to run it again. */
  async run(kills: number): Promise<void> {
    const plan = planOf(this.seed, this.round).slice(0, kills);
    for (const [k, kill] of plan.entries()) {
      const beganMs = Date.now();
      try {
        await this.killed(kill);
        this.check(false);
      } catch (error) {
        throw this.explained(`kill ${k} (${kill.kind}@${kill.count}, ${kill.delayMs} ms)`, error);
      }
      const { kind, count } = kill;
      this.results.push({ kind, count, sessions: this.ids.length, tookMs: Date.now() - beganMs });
    }
    try {
      await this.finish();
    } catch (error) {
      throw this.explained('the end', error);
    }
  }

  async dispose(): Promise<void> {
    await this.server?.kill();
  }

  private explained(where: string, error: unknown): Error {
    const again = `npm run soak -- --seed ${this.seed} --round ${this.round}`;
    const log = this.server?.errors.slice(-2_000) ?? '';
    return new Error(
      `${where}: ${error instanceof Error ? error.message : String(error)}\n${again}\n${log}`,
      {
        cause: error,
      },
    );
  }

  private async killed(kill: Kill): Promise<void> {
    if (kill.kind === 'cli') return this.cliKilled(kill.count);
    const { kind, count, delayMs } = kill;
    const random = kind === 'start' || kind === 'run';
    const env = random ? {} : { ROOTLINE_FAILPOINT: `${kind}@${count}=kill` };
    const server = this.launch(env);
    if (kind === 'start') {
      await sleep(delayMs);
      return server.kill();
    }
    const api = await server.address();
    if (api !== null) {
      this.api = api;
      if (kind === 'run')
        await Promise.all([this.work(server, kind), sleep(delayMs).then(() => server.kill())]);
      else await this.work(server, kind);
    }
    if (!server.killed) throw new Error(`the server ended by itself: ${server.errors}`);
  }

  private launch(env: Readonly<Record<string, string>>): ServerProcess {
    this.server = new ServerProcess(this.dataDir, env);
    return this.server;
  }

  private async cliKilled(count: number): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, '--data', this.dataDir, ...CLI_RUN], {
      env: { ...process.env, ROOTLINE_DEMO: 'off', ROOTLINE_FAILPOINT: `mid-batch@${count}=kill` },
      stdio: 'ignore',
    });
    await once(child, 'exit');
    if (child.signalCode !== 'SIGKILL') throw new Error(`the command ended with code ${child.exitCode}`);
  }

  /** A client that keeps two sessions under way and remembers every answer, until the server is gone. */
  private async work(server: ServerProcess, kind: KillKind): Promise<void> {
    const untilMs = Date.now() + REACHED_MS;
    while (!server.dead) {
      if (Date.now() > untilMs) throw new Error('the failpoint was not reached');
      try {
        await this.oneTurn(kind);
      } catch (error) {
        // The connection breaks when the server dies, and only then.
        if (!(error instanceof TypeError)) throw error;
        await sleep(20);
      }
    }
  }

  private async oneTurn(kind: KillKind): Promise<void> {
    await this.notice();
    const views = await Promise.all(this.here().map((id) => this.session(id)));
    for (let open = views.filter((view) => view.state !== 'finished').length; open < 2; open++)
      await this.create();
    if (kind === 'in-delete' || (kind === 'between-files' && views.length > 4))
      await this.delete(this.here()[0]!);
    await sleep(10);
  }

  /** Sessions that the command line made are learned from the list. */
  private async notice(): Promise<void> {
    const { sessions } = (await (await fetch(`${this.api}/sessions`)).json()) as {
      sessions: { id: string }[];
    };
    const known = new Set(this.ids);
    for (const { id } of sessions) if (!known.has(id)) this.ids.push(id);
  }

  private here(): string[] {
    return this.ids.filter((id) => !this.reported.deleting.has(id));
  }

  private async session(id: string): Promise<SessionView> {
    const answer = await fetch(`${this.api}/sessions/${id}`);
    const view = (await answer.json()) as SessionView;
    if (answer.status !== 200) throw new Error(`session ${id}: ${answer.status} ${JSON.stringify(view)}`);
    const told = this.reported.stored.get(id) ?? 0;
    if (view.stored < told) throw new Error(`session ${id}: told ${told} events, now ${view.stored}`);
    this.reported.stored.set(id, view.stored);
    return view;
  }

  private async create(): Promise<void> {
    const name = `number ${this.ids.length}`;
    const body = JSON.stringify({ ...REQUESTS[this.ids.length % REQUESTS.length], name });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.api}/sessions`, { method: 'POST', body, headers });
    const view = (await answer.json()) as SessionView;
    if (answer.status !== 201) throw new Error(`create: ${answer.status} ${JSON.stringify(view)}`);
    this.ids.push(view.id);
    this.reported.stored.set(view.id, view.stored);
    this.reported.names.set(view.id, name);
  }

  private async delete(id: string): Promise<void> {
    this.reported.deleting.add(id);
    const { status } = await fetch(`${this.api}/sessions/${id}`, { method: 'DELETE' });
    if (status !== 204) throw new Error(`delete of session ${id}: ${status}`);
    this.reported.deleted.add(id);
  }

  private check(atRest: boolean): void {
    const wrong = wrongWith(this.dataDir, this.reported, atRest);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }

  /** Everything comes to its end, as if nothing had happened. */
  private async finish(): Promise<void> {
    const server = this.launch({});
    const api = await server.address();
    if (api === null) throw new Error('the server did not start');
    this.api = api;
    await this.notice();
    for (const id of this.ids) {
      if (this.reported.deleted.has(id)) continue;
      const found = await fetch(`${api}/sessions/${id}`);
      // A deletion without an answer may have happened.
      if (found.status === 404 && this.reported.deleting.has(id)) continue;
      let view = await this.session(id);
      while (view.state === 'queued' || view.state === 'running' || view.state === 'interrupted') {
        if (view.reason !== null) throw new Error(`session ${id} is ${view.state}: ${view.reason}`);
        await sleep(20);
        view = await this.session(id);
      }
      const expected = uninterrupted(view.recording);
      for (const [what, value] of Object.entries(expected)) {
        const is = (view as unknown as Record<string, unknown>)[what];
        if (is !== value) throw new Error(`session ${id}: ${what} is ${String(is)}, uninterrupted ${value}`);
      }
      const replayed = await (await fetch(`${api}/sessions/${id}/replay`, { method: 'POST' })).json();
      if ((replayed as { verified?: boolean }).verified !== true)
        throw new Error(`session ${id}: its replay differs: ${JSON.stringify(replayed)}`);
    }
    const code = await server.stop();
    if (code !== 0) throw new Error(`the server ended with code ${code}`);
    this.check(true);
  }
}
