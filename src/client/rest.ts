// Requests of the client: JSON both ways, refusals as errors, and NDJSON read line by line as the server sends it.
import { refusal } from './errors.js';

export interface Ask {
  readonly body?: object;
  /** Position that the session must be at. */
  readonly at?: number;
  readonly idempotencyKey?: string;
}

export class Rest {
  /** @param call a function of no object: a browser's fetch refuses to be a method of something else */
  constructor(
    private readonly base: string,
    private readonly token: string | null,
    private readonly call: typeof fetch,
  ) {}

  async ask<T>(method: string, path: string, { body, at, idempotencyKey }: Ask = {}): Promise<T> {
    const answer = await this.send(method, path, {
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(at === undefined ? {} : { 'if-match': `"${at}"` }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  /** One value a line. What is not taken is not even produced; whoever stops taking ends the request. */
  async *lines<T>(path: string, signal: AbortSignal | null = null): AsyncGenerator<T> {
    const headers = { accept: 'application/x-ndjson' };
    const answer = await this.send('GET', path, { headers, ...(signal === null ? {} : { signal }) });
    if (answer.body === null) return;
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for (;;) {
        const { done, value } = await reader.read();
        const lines = (rest + (done ? decoder.decode() : decoder.decode(value, { stream: true }))).split(
          '\n',
        );
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as T;
        if (!done) continue;
        // Every line ends in \n: half a line would be half an answer.
        if (rest !== '')
          throw new SyntaxError(`the answer ended in the middle of a line: ${rest.slice(0, 60)}`);
        return;
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  private async send(
    method: string,
    path: string,
    init: { readonly headers: Record<string, string>; readonly body?: string; readonly signal?: AbortSignal },
  ): Promise<Response> {
    const headers = {
      ...init.headers,
      ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
    };
    const answer = await this.call(`${this.base}${path}`, { ...init, method, headers });
    if (!answer.ok) throw refusal(answer.status, await answer.text());
    return answer;
  }
}

export function queryText(query: { readonly [name: string]: string | number | undefined }): string {
  const used = Object.entries(query).filter(([, value]) => value !== undefined);
  if (used.length === 0) return '';
  const texts = used.map(([name, value]): [string, string] => [name, String(value)]);
  return `?${new URLSearchParams(texts).toString()}`;
}
