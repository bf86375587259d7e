// A message from a client into a frame, or into the problem that it is told.
import { Problem } from '../http/problem.js';
import { CLIENT_FRAMES, type ClientFrame, clientFrame } from './live.schemas.js';

const KINDS = Object.keys(CLIENT_FRAMES);

export function readClientFrame(data: Buffer, isBinary: boolean): ClientFrame {
  if (isBinary) throw new Problem(400, 'bad-frame', 'a binary message; expected JSON text', KINDS);
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    throw new Problem(400, 'bad-frame', 'the message is not JSON', KINDS);
  }
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (typeof kind !== 'string' || !KINDS.includes(kind)) {
    const detail = `there is no frame of kind ${JSON.stringify(kind)?.slice(0, 60) ?? 'undefined'}`;
    throw new Problem(400, 'unknown-frame', detail, KINDS);
  }
  const result = clientFrame.safeParse(value);
  if (result.success) return result.data;
  const fields = Object.keys(CLIENT_FRAMES[kind as ClientFrame['kind']].shape);
  const { issues } = result.error;
  const unknown = issues.some((issue) => issue.code === 'unrecognized_keys');
  const detail = issues.map((issue) => `${issue.path.join('.') || kind}: ${issue.message}`).join('; ');
  throw new Problem(400, unknown ? 'unknown-field' : 'bad-frame', detail, fields);
}
