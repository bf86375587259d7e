// What belongs to the request that is being answered, wherever the code is: its id, for the log and the answer, and the
// session that its path names.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

export interface RequestContext {
  readonly requestId: string;
  readonly sessionId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

export function inRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** The client's own X-Request-Id where it can be put into a log as it is; else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.:/=+-]{1,128}$/.test(header) ? header : randomUUID();
}

/** `/api/v1/sessions/7/...` -> 7 */
export function sessionIdOf(path: string): string | undefined {
  return /^\/api\/v1\/sessions\/([1-9]\d{0,14})(?:\/|$)/.exec(path)?.[1];
}
