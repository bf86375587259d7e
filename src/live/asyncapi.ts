// The AsyncAPI 3 document of the live feed, made from the schemas that frames are checked and typed with.
import { z } from 'zod';
import { COMPACT_HEADER_BYTES, COMPACT_VERSION } from '../store/feed-frames.js';
import { DEFAULT_LIVE_LIMITS } from './live.limits.js';
import { CLIENT_FRAMES, CLOSE, SERVER_FRAMES } from './live.schemas.js';
import { LIVE_PATH } from './live-server.js';

type Json = { readonly [key: string]: unknown };

const COMPACT = `Binary, little endian. Header of ${COMPACT_HEADER_BYTES} bytes: uint8 1 (events), uint8 ${COMPACT_VERSION} (version), \
uint16 flags (1: column position, 2: column skipped), uint32 n, float64 session, float64 from, float64 to. Then columns of \
n numbers: timeNs float64, [position float64], [skipped float64], subject int32 (number * 16 + kind), a, b, c int32, \
site uint16, thread uint8, type uint8. Without the column, event i has position from + i; ordinal = position + skipped; \
an event of the counted type stands for the ordinals from there on, a of them. Codes: frames catalogue and names.`;

const DESCRIPTION = `Stored events of sessions from any position, then new ones as they are committed, without a hole or \
a repeat: every events frame begins where the one before ended. After a drop, subscribe again from the last \`to\` + 1. \
A reader is given what it takes: what it leaves stays in the store. A foreign Origin is refused with 403, a host that the \
server does not answer for with 421. Where a token is needed it comes as \`Authorization: Bearer\` of the handshake, or, \
from a browser, in a token frame as the first message; never in an address.`;

const CLOSE_TEXT: { readonly [K in keyof typeof CLOSE]: string } = {
  stopping: 'the server stops; the reason is the positions in JSON where they fit',
  protocol: 'a frame that breaks the WebSocket protocol',
  failed: 'the server failed',
  token: 'no token in time, or a wrong one',
  notReading: 'nothing was read for silenceMs',
  rate: 'more than messagesPerSecond',
};

export function asyncApiDocument(): Json {
  const sent = Object.entries(CLIENT_FRAMES);
  const received = Object.entries(SERVER_FRAMES);
  const ref = (name: string): Json => ({ $ref: `#/channels/live/messages/${name}` });
  const codes = Object.entries(CLOSE).map(
    ([name, code]) => `${code}: ${CLOSE_TEXT[name as keyof typeof CLOSE]}`,
  );
  const limits = Object.entries(DEFAULT_LIVE_LIMITS).map(([name, value]) => `${name} ${value}`);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rootline live feed',
      version: '1',
      description: DESCRIPTION,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: '127.0.0.1:3000',
        protocol: 'ws',
        description: 'where `npm start` listens; wss behind a proxy that ends TLS',
        security: [{ $ref: '#/components/securitySchemes/token' }],
      },
    },
    channels: {
      live: {
        address: LIVE_PATH,
        description: `Close codes: ${codes.join('; ')}; 1009: a message of more than maxMessageBytes. Limits: ${limits.join(', ')}.`,
        servers: [{ $ref: '#/servers/local' }],
        messages: Object.fromEntries([
          ...[...sent, ...received].map(([name]) => [name, componentRef(name)] as const),
          ['compactEvents', componentRef('compactEvents')],
        ]),
        bindings: { ws: { bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      ask: {
        action: 'receive',
        summary: 'what clients send',
        channel: { $ref: '#/channels/live' },
        messages: sent.map(([name]) => ref(name)),
      },
      tell: {
        action: 'send',
        summary: 'what the server sends',
        channel: { $ref: '#/channels/live' },
        messages: [...received.map(([name]) => ref(name)), ref('compactEvents')],
      },
    },
    components: {
      messages: Object.fromEntries([
        ...sent.map(([name, schema]) => [name, message(name, schema, 'input')] as const),
        ...received.map(([name, schema]) => [name, message(name, schema, 'output')] as const),
        [
          'compactEvents',
          {
            name: 'compactEvents',
            contentType: 'application/octet-stream',
            summary: 'events as columns',
            description: COMPACT,
            payload: { type: 'string', format: 'binary' },
          },
        ],
      ]),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'only where the server was given a token' },
      },
    },
  };
}

function componentRef(name: string): Json {
  return { $ref: `#/components/messages/${name}` };
}

function message(name: string, schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, description, ...payload } = z.toJSONSchema(schema, { target: 'draft-7', io });
  return {
    name,
    contentType: 'application/json',
    ...(description === undefined ? {} : { summary: description }),
    payload,
  };
}
