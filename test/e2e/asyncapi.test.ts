// The served AsyncAPI document against the official JSON schema of AsyncAPI 3.0.0, and what a server sends against the
// payloads that the document describes.
import { createRequire } from 'node:module';
import { Ajv, type AnySchemaObject } from 'ajv';
import { default as addFormats } from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TestFolder, TestServer } from './server-under-test.js';

interface Document {
  readonly asyncapi: string;
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly messages: Readonly<Record<string, object>> }>
  >;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly contentType: string; readonly payload: object }>>;
  };
}

const official = createRequire(import.meta.url)(
  '@asyncapi/specs/schemas/3.0.0-without-$id.json',
) as AnySchemaObject;

const folder = new TestFolder();
let server: TestServer;
let document: Document;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
  document = (await (await fetch(`${server.api}/asyncapi.json`)).json()) as Document;
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

function checker(): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true });
  (addFormats as unknown as (ajv: Ajv) => void)(ajv);
  return ajv;
}

test('the document is one of AsyncAPI 3.0.0; a broken one is not', () => {
  const valid = checker().compile(official);
  expect(valid(document), JSON.stringify(valid.errors?.slice(0, 5))).toBe(true);
  expect(document.asyncapi).toBe('3.0.0');
  expect(valid({ ...document, channels: { live: { address: 3 } } })).toBe(false);
  expect(valid({ ...document, operations: { ask: { action: 'shout' } } })).toBe(false);
});

test('every reference leads somewhere', () => {
  const lost: string[] = [];
  let found = 0;
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, part] of Object.entries(value)) {
      if (key !== '$ref' || typeof part !== 'string' || !part.startsWith('#/')) walk(part);
      else if (at(part) === undefined) lost.push(part);
      else found++;
    }
  };
  const at = (pointer: string): unknown =>
    pointer
      .slice(2)
      .split('/')
      .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);
  walk(document.channels);
  walk((document as unknown as { operations: object }).operations);
  expect(lost).toEqual([]);
  expect(found).toBeGreaterThan(40);
});

test('what a server sends is what the document says', async () => {
  const { id } = await server.run({ scenario: 'smi', protocol: 'v5.18' });
  const payloads = Object.entries(document.components.messages)
    .filter(([, { contentType }]) => contentType === 'application/json')
    .map(([name, { payload }]) => [name, checker().compile(payload)] as const);
  const seen = new Set<string>();
  const socket = new WebSocket(`${server.api.replace('http', 'ws')}/live`);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) return;
      const frame = JSON.parse(data.toString()) as { readonly kind: string };
      const { kind } = frame;
      const name = kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      const payload = payloads.find(([known]) => known === name);
      if (payload === undefined) reject(new Error(`${kind} is not in the document`));
      else if (!payload[1](frame)) reject(new Error(`${kind}: ${JSON.stringify(payload[1].errors)}`));
      seen.add(kind);
      if (kind === 'error') resolve();
      if (kind !== 'hello' && kind !== 'state') return;
      // After the catch-up as objects, the same as columns; then something that is refused.
      if (kind === 'hello') say(socket, { kind: 'subscribe', session: id });
      else if (!seen.has('names')) say(socket, { kind: 'subscribe', session: id, encoding: 'compact' });
      else {
        say(socket, { kind: 'watch' });
        say(socket, { kind: 'ping' });
        say(socket, { kind: 'unwatch' });
        say(socket, { kind: 'nothing' });
      }
    });
  });
  socket.terminate();
  const kinds = ['hello', 'subscribed', 'events', 'caught-up', 'state', 'catalogue', 'names', 'watching'];
  expect([...seen].sort()).toEqual([...kinds, 'pong', 'unwatched', 'error'].sort());
});

function say(socket: WebSocket, frame: object): void {
  socket.send(JSON.stringify(frame));
}
