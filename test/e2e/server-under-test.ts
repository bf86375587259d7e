// A server in this process on a free port and a data folder of its own, and the few requests that tests make.
// It is the compiled server, past vitest's transformation: the digest of a protocol is that of its procedures' text,
// which must be the same in this thread and in the worker threads.
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_SETTINGS, type Settings } from '../../src/config/settings.js';
import type { Log } from '../../src/http/log.js';
import type { RunningServer } from '../../src/http/server.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { checkAnswersOf, checkOf } from './openapi-check.js';

// Every answer is held against the served OpenAPI document.
const { startServer } = createRequire(import.meta.url)(
  '../../dist/src/http/server.js',
) as typeof import('../../src/http/server.js');

const MOVING = new Set(['queued', 'running']);

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'rootline-e2e-'));
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class TestServer {
  private constructor(
    readonly server: RunningServer,
    readonly log: readonly string[],
  ) {}

  static async start(dataDir: string, differs: Partial<Settings> = {}): Promise<TestServer> {
    const lines: string[] = [];
    const log: Log = {
      debug: () => undefined,
      info: (message) => void lines.push(message),
      warn: (message) => void lines.push(message),
      error: (message, error) => void lines.push(`${message}: ${String(error)}`),
    };
    const settings: Settings = { ...DEFAULT_SETTINGS, port: 0, dataDir, demo: false, ...differs };
    const server = await startServer(settings, log);
    await checkAnswersOf(`http://127.0.0.1:${server.port}`);
    return new TestServer(server, lines);
  }

  get api(): string {
    return `${this.server.url}/api/v1`;
  }

  async get<T>(path: string, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return await answerOf(await kept(() => fetch(this.api + path, { headers })));
  }

  async post<T>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const sent =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
    return await answerOf(await fetch(this.api + path, { method: 'POST', ...sent }));
  }

  async delete(path: string): Promise<number> {
    return (await fetch(this.api + path, { method: 'DELETE' })).status;
  }

  async create(body: object): Promise<SessionView> {
    const answer = await this.post<SessionView>('/sessions', body);
    if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async session(id: string): Promise<SessionView> {
    return (await this.get<SessionView>(`/sessions/${id}`)).body;
  }

  async until(id: string, reached: (session: SessionView) => boolean): Promise<SessionView> {
    for (;;) {
      const session = await this.session(id);
      if (reached(session)) return session;
      await sleep(10);
    }
  }

  /** Neither queued nor running. */
  ended(id: string): Promise<SessionView> {
    return this.until(id, ({ state }) => !MOVING.has(state));
  }

  async run(body: object): Promise<SessionView> {
    return await this.ended((await this.create(body)).id);
  }

  /** With headers that fetch() does not let through. */
  raw(
    method: string,
    path: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.server.port, method, path, headers }, (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          body += text;
        });
        answer.on('end', () => {
          const status = answer.statusCode ?? 0;
          const type = answer.headers['content-type'] ?? null;
          try {
            checkOf(`http://127.0.0.1:${this.server.port}`)?.check({
              method,
              path,
              status,
              type,
              text: body,
            });
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
          resolve({ status, body });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

async function answerOf<T>(answer: Response): Promise<Answer<T>> {
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: (text === '' ? null : JSON.parse(text)) as T,
  };
}

/** A test that was busy itself may ask over a connection that the server has given up meanwhile; a GET is asked again. */
async function kept(ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    if (cause?.code !== 'ECONNRESET') throw error;
    return await ask();
  }
}
