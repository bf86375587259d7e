// The server that owns the data folder, asked through its REST API: the same commands, the same documents.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ComparisonQuestion } from '../../comparisons/comparison.service.js';
import { readSetting } from '../../config/read-settings.js';
import { BadInput } from '../../core/base/errors.js';
import type { Comparison } from '../../core/compare/comparison.js';
import type { RootPressureFigures } from '../../core/projections/root-pressure.js';
import type { RunRequest } from '../../core/run/manifest.js';
import type { LiveCommand } from '../../core/scenarios/live/catalogue.js';
import type { CheckAnswer } from '../../core/traces/check/checked-trace.js';
import { type ExportRequest, FORMATS } from '../../exports/formats.js';
import type { CheckRequest } from '../../sessions/inspection/orders/check.order.js';
import type { CompareProgress } from '../../sessions/inspection/orders/compare.order.js';
import type { OrderName, OrderReply, OrderRequest } from '../../sessions/inspection/orders/index.js';
import type { KernelReport } from '../../sessions/kernel-reports.js';
import type { StoredCommand } from '../../sessions/live/live-commands.service.js';
import type { JobState } from '../../store/jobs.port.js';
import { isSealed, type SessionState } from '../../store/session.js';
import type { ImportedTrace, TraceRequest } from '../../traces/trace.service.js';
import type {
  VerificationProgress,
  VerificationResult,
  VerificationView,
} from '../../upkeep/verification.types.js';
import type { FindingDocument, ReplayDocument, SessionDocument } from '../documents.js';
import { ServerRefused } from '../failure.js';
import type { Backend, CommandDocument, Control, ForkAsked, ForkDocument, OnProgress } from './backend.js';
import { ServerExplorations } from './exploration-backend.js';
import { type PastBackend, ServerPast } from './past-backend.js';
import { type AskServer, ServerSweeps } from './sweep-backend.js';
import { ServerTraceExplorations } from './trace-exploration-backend.js';

const LIST_PAGE = 200;
const FIRST_POLL_MS = 25;
const LONGEST_POLL_MS = 500;

const ACCEPTED = 202;

interface JobDocument {
  readonly state: JobState;
  readonly progress: object | null;
  readonly result: unknown;
  readonly error: string | null;
}

interface ProblemBody {
  readonly type?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly expected?: readonly string[];
}

/** As the server takes it. */
const MAX_TRACE_NAME_CHARS = 200;
const TRACE_MEDIA_TYPE = 'application/octet-stream';

export class ServerBackend implements Backend {
  readonly place: string;
  readonly past: PastBackend = new ServerPast((path, init) =>
    this.ask(path, {
      ...init,
      ...(init.body === undefined ? {} : { headers: { 'content-type': 'application/json' } }),
    }),
  );
  private readonly askWith: AskServer = (path, body) =>
    body === undefined
      ? this.ask(path, {})
      : this.ask(path, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        });
  readonly sweeps = new ServerSweeps(this.askWith);
  readonly explorations = new ServerExplorations(this.askWith);
  readonly traceExplorations = new ServerTraceExplorations(this.askWith);
  private readonly base: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    host: string,
    port: number,
    token: string | null = readSetting('token', {}, process.env) ?? readSetting('readToken', {}, process.env),
  ) {
    const origin = `http://${reachable(host)}:${port}`;
    this.place = `server on ${origin}`;
    this.base = `${origin}/api/v1`;
    this.headers = token === null ? {} : { authorization: `Bearer ${token}` };
  }

  async run(requests: readonly RunRequest[], onProgress: OnProgress): Promise<SessionDocument[]> {
    const created: SessionDocument[] = [];
    this.refuseFile(requests.find((request) => request.userProtocol !== undefined)?.userProtocol?.file);
    for (const request of requests) created.push(await this.post<SessionDocument>('/sessions', request));
    return await Promise.all(created.map(({ id }) => this.ended(id, onProgress)));
  }

  private refuseFile(file: string | undefined): void {
    if (file === undefined) return;
    throw new BadInput(
      'protocol-file-server',
      `${this.place} owns the data folder and takes no files; put ${file} into its folder (serve --protocols DIR), or use another --data`,
    );
  }

  async fork(id: string, request: ForkAsked): Promise<ForkDocument> {
    this.refuseFile(request.changes.userProtocol?.file);
    const made = await this.post<SessionDocument>(`/sessions/${id}/forks`, request);
    return await this.ended(made.id, () => undefined);
  }

  async sessions(): Promise<SessionDocument[]> {
    const out: SessionDocument[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: {
        readonly sessions: readonly { readonly id: string }[];
        readonly nextCursor: string | null;
      } = await this.get(`/sessions?limit=${LIST_PAGE}${from}`);
      for (const { id } of page.sessions) out.push(await this.session(id));
      cursor = page.nextCursor;
    }
    return out;
  }

  async session(id: string): Promise<SessionDocument> {
    return await this.get<SessionDocument>(`/sessions/${id}`);
  }

  async command(
    id: string,
    command: LiveCommand,
    events: number | null,
    at: number | null,
  ): Promise<CommandDocument> {
    const position = at ?? (await this.session(id)).stored;
    const given = await this.post<CommandDocument>(
      `/sessions/${id}/commands`,
      { ...command, events },
      position,
    );
    return { ...given, session: await this.ended(id, () => undefined) };
  }

  async step(id: string, events: number | null, at: number | null): Promise<SessionDocument> {
    const position = at ?? (await this.session(id)).stored;
    await this.post<SessionDocument>(`/sessions/${id}/step`, { events }, position);
    return await this.ended(id, () => undefined);
  }

  async commands(id: string): Promise<StoredCommand[]> {
    const out: StoredCommand[] = [];
    let from: number | null = 1;
    while (from !== null) {
      const page: { readonly commands: readonly StoredCommand[]; readonly next: number | null } =
        await this.get(`/sessions/${id}/commands?from=${from}`);
      out.push(...page.commands);
      from = page.next;
    }
    return out;
  }

  async control(id: string, what: Control): Promise<SessionDocument> {
    return await this.post<SessionDocument>(`/sessions/${id}/${what}`, {});
  }

  async findings(id: string): Promise<FindingDocument[]> {
    return (await this.get<{ readonly findings: FindingDocument[] }>(`/sessions/${id}/findings`)).findings;
  }

  async assertions(id: string): Promise<KernelReport[]> {
    return (await this.get<{ readonly assertions: KernelReport[] }>(`/sessions/${id}/findings`)).assertions;
  }

  async rootPressure(id: string): Promise<RootPressureFigures> {
    return await this.get<RootPressureFigures>(`/sessions/${id}/root-pressure`);
  }

  async replay(id: string): Promise<ReplayDocument> {
    const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
    const answer = await this.ask(`/sessions/${id}/replay`, init);
    if (answer.status !== ACCEPTED) return (await answer.json()) as ReplayDocument;
    return await this.resultOf<ReplayDocument>(((await answer.json()) as { readonly id: string }).id);
  }

  async check({ sessionId: id, protocol, userProtocol }: CheckRequest): Promise<CheckAnswer> {
    this.refuseFile(userProtocol?.file);
    const body = JSON.stringify(protocol === null ? { all: true } : { protocol });
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    const answer = await this.ask(`/sessions/${id}/check`, init);
    if (answer.status !== ACCEPTED) return (await answer.json()) as CheckAnswer;
    return await this.resultOf<CheckAnswer>(((await answer.json()) as { readonly id: string }).id);
  }

  async inspect<N extends OrderName>(
    _name: N,
    _request: OrderRequest<N>,
    address: string,
  ): Promise<OrderReply<N>> {
    return await this.get<OrderReply<N>>(address);
  }

  async compare(
    question: ComparisonQuestion,
    onProgress: (progress: CompareProgress) => void,
  ): Promise<Comparison> {
    const { sessions, all, points } = question;
    const address = `/comparisons?sessions=${sessions.join(',')}&all=${all}&points=${points}`;
    try {
      return await this.get<Comparison>(address);
    } catch (error) {
      // Longer than GET answers.
      if (!(error instanceof ServerRefused) || error.problem !== 'comparison-too-long') throw error;
    }
    const body = JSON.stringify(question);
    const headers = { 'content-type': 'application/json' };
    const answer = await this.ask('/comparisons', { method: 'POST', body, headers });
    if (answer.status !== ACCEPTED) return (await answer.json()) as Comparison;
    const { id } = (await answer.json()) as { readonly id: string };
    return await this.resultOf<Comparison>(id, (progress) => onProgress(progress as CompareProgress));
  }

  async *export(id: string, request: ExportRequest): AsyncIterable<Uint8Array> {
    const { format, from, to, snapshots, threads, beside } = request;
    const query = new URLSearchParams();
    if (from !== undefined) query.set('from', String(from));
    if (to !== undefined) query.set('to', String(to));
    if (snapshots === true) query.set('snapshots', 'true');
    if (threads !== undefined) query.set('threads', threads.join(','));
    if (beside !== undefined) query.set('beside', beside.join(','));
    const answer = await this.ask(`/sessions/${id}/exports/${format}?${query.toString()}`, {});
    if (answer.body !== null) yield* answer.body;
  }

  async importSession(file: string): Promise<SessionDocument> {
    const body = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    const headers = { 'content-type': FORMATS.session.mediaType };
    const answer = await this.ask('/sessions/import', { method: 'POST', body, headers, duplex: 'half' });
    return (await answer.json()) as SessionDocument;
  }

  async importTrace(
    source: string | AsyncIterable<Uint8Array>,
    { kernel, kprobeProfile, name }: TraceRequest,
  ): Promise<ImportedTrace> {
    const query = new URLSearchParams();
    if (kernel !== undefined) query.set('kernel', kernel);
    if (kprobeProfile !== undefined) query.set('kprobeProfile', kprobeProfile);
    query.set('name', (name ?? (typeof source === 'string' ? source : '-')).slice(-MAX_TRACE_NAME_CHARS));
    const stream = typeof source === 'string' ? createReadStream(source) : Readable.from(source);
    const body = Readable.toWeb(stream) as ReadableStream<Uint8Array>;
    const headers = { 'content-type': TRACE_MEDIA_TYPE };
    const answer = await this.ask(`/traces?${query.toString()}`, {
      method: 'POST',
      body,
      headers,
      duplex: 'half',
    });
    return (await answer.json()) as ImportedTrace;
  }

  /** Starts a check on the server and waits for what it says. */
  async verify(
    deep: boolean,
    onProgress: (progress: VerificationProgress) => void,
  ): Promise<VerificationResult> {
    let waitMs = FIRST_POLL_MS;
    let check = await this.post<VerificationView>('/store/verifications', { deep });
    for (;;) {
      const { id, state, progress, result, error } = check;
      if (result !== null) return result;
      if (progress !== null) onProgress(progress);
      if (state !== 'queued' && state !== 'running')
        throw new ServerRefused(500, `verification ${id} is ${state}${error === null ? '' : `: ${error}`}`);
      await sleep(waitMs);
      waitMs = Math.min(LONGEST_POLL_MS, waitMs * 2);
      check = await this.get<VerificationView>(`/store/verifications/${id}`);
    }
  }

  /** The whole store as one file. */
  async backup(): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.ask('/store/backup', { headers: { accept: 'application/x-tar' } });
    if (body === null) throw new ServerRefused(502, `the ${this.place} sent no backup`);
    return body;
  }

  async close(): Promise<void> {
    // Nothing is held: the server goes on.
  }

  /** Asks at growing intervals until the session has come to its end, or to a halt that only a person ends. */
  private async ended(id: string, onProgress: OnProgress): Promise<SessionDocument> {
    let waitMs = FIRST_POLL_MS;
    for (;;) {
      const session = await this.session(id);
      const state = session.state as SessionState;
      onProgress(id, state, session.events);
      if (isSealed(state) || ['paused', 'waiting', 'interrupted'].includes(state)) return session;
      await sleep(waitMs);
      waitMs = Math.min(LONGEST_POLL_MS, waitMs * 2);
    }
  }

  /** Asks at growing intervals until the job has ended. */
  private async resultOf<T>(id: string, onProgress?: (progress: object) => void): Promise<T> {
    let waitMs = FIRST_POLL_MS;
    for (;;) {
      const job = await this.get<JobDocument>(`/jobs/${id}`);
      if (job.state === 'finished') return job.result as T;
      if (job.progress !== null) onProgress?.(job.progress);
      if (job.state !== 'queued' && job.state !== 'running')
        throw new ServerRefused(
          500,
          `job ${id} of the ${this.place} is ${job.state}: ${job.error ?? 'no reason given'}`,
        );
      await sleep(waitMs);
      waitMs = Math.min(LONGEST_POLL_MS, waitMs * 2);
    }
  }

  private async get<T>(path: string): Promise<T> {
    return (await (await this.ask(path, {})).json()) as T;
  }

  /** @param position where the caller believes the session to be, for commands */
  private async post<T>(path: string, body: object, position?: number): Promise<T> {
    const headers = {
      'content-type': 'application/json',
      ...(position === undefined ? {} : { 'if-match': `"${position}"` }),
    };
    const answer = await this.ask(path, { method: 'POST', body: JSON.stringify(body), headers });
    return (await answer.json()) as T;
  }

  private async ask(
    path: string,
    init: {
      readonly method?: string;
      readonly body?: string | ReadableStream<Uint8Array>;
      /** Of a body that is a stream. */
      readonly duplex?: 'half';
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(this.base + path, { ...init, headers: { ...this.headers, ...init.headers } });
    } catch (error) {
      const why =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new ServerRefused(503, `the ${this.place} does not answer: ${why}`);
    }
    if (answer.ok) return answer;
    const problem = (await answer.json().catch(() => ({}))) as ProblemBody;
    const allowed = answer.status === 409 && (problem.expected?.length ?? 0) > 0;
    throw new ServerRefused(
      answer.status,
      (problem.detail ?? problem.title ?? `${this.place} answered ${answer.status}`) +
        (allowed ? `\nallowed now: ${problem.expected!.join(', ')}` : ''),
      problem.type?.split(':').at(-1) ?? null,
    );
  }
}

/** An address to connect to: a server on all addresses is on this machine's own as well. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
