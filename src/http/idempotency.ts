// `@Idempotent()` on a route that makes something: with an Idempotency-Key the same request gets the same answer again,
// also after a restart; another request with that key is a 409. Requests with one key that come at the same time are
// answered once. Only successes are kept: what failed may be tried again.
import { createHash } from 'node:crypto';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { AnswerStore, KeptAnswer } from '../store/idempotency.port.js';
import type { Json } from '../store/jobs.port.js';
import { StoreError } from '../store/store.errors.js';
import { ANSWER_STORE } from '../store/store.module.js';
import { Problem } from './problem.js';

const MAX_KEY_CHARS = 200;

/** Throws when the key cannot be one. */
export function checkKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= MAX_KEY_CHARS) return key;
  throw new Problem(
    400,
    'idempotency-key',
    `an Idempotency-Key has 1 to ${MAX_KEY_CHARS} printable characters without spaces`,
  );
}

/** What must be the same when a key comes again. */
export function fingerprintOf(
  request: { readonly method: string; readonly url: string },
  body: unknown,
): string {
  const text = JSON.stringify([request.method, request.url, body ?? null]);
  return createHash('sha256').update(text).digest('hex');
}

@Injectable()
class IdempotencyInterceptor implements NestInterceptor {
  private readonly underWay = new Map<string, Promise<KeptAnswer>>();

  constructor(@Inject(ANSWER_STORE) private readonly answers: AnswerStore) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const header = request.headers['idempotency-key'];
    if (header === undefined) return next.handle();
    const key = checkKey(String(header));
    const reply = http.getResponse<FastifyReply>();
    return from(this.answer(key, fingerprintOf(request, request.body), reply, next));
  }

  /** One at a time for each key: whoever comes while the first is being answered waits, and gets the same. */
  private async answer(
    key: string,
    fingerprint: string,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<unknown> {
    for (;;) {
      const first = this.underWay.get(key);
      if (first === undefined) break;
      const given = await first.catch(() => null);
      if (given !== null) return again(given, key, fingerprint, reply);
    }
    let made = false;
    const mine = this.answers.find(key).then(async (kept) => {
      if (kept !== null) return kept;
      made = true;
      return await this.make(key, fingerprint, reply, next);
    });
    this.underWay.set(key, mine);
    try {
      const answer = await mine;
      return made ? answer.body : again(answer, key, fingerprint, reply);
    } finally {
      this.underWay.delete(key);
    }
  }

  private async make(
    key: string,
    fingerprint: string,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<KeptAnswer> {
    const body = (await lastValueFrom(next.handle(), { defaultValue: null })) as Json;
    const location = reply.getHeader('location');
    const answer = {
      fingerprint,
      status: reply.statusCode,
      location: typeof location === 'string' ? location : null,
      body: body ?? null,
    };
    await this.answers.keep(key, answer);
    return answer;
  }
}

function again(
  { status, location, body, ...kept }: KeptAnswer,
  key: string,
  fingerprint: string,
  reply: FastifyReply,
): Json {
  if (kept.fingerprint !== fingerprint) throw mismatch(key);
  void reply.status(status).header('idempotency-replayed', 'true');
  if (location !== null) void reply.header('location', location);
  return body;
}

function mismatch(key: string): StoreError {
  return new StoreError('idempotency_mismatch', `key ${key} was used for another request`, { key });
}

export function Idempotent(): MethodDecorator {
  return applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'the same key with the same request gives the same answer again',
      schema: { type: 'string', pattern: '^[!-~]+$', maxLength: MAX_KEY_CHARS },
    }),
  );
}
