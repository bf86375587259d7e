// Reads the file of a user's protocol. Nothing is executed here.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { MAX_PROTOCOL_BYTES } from '../config/limits.js';
import { BadInput, ProtocolFault } from '../core/base/errors.js';
import { PROTOCOLS } from '../core/protocols/registry.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';

export const PROTOCOL_EXTENSION = '.mjs';
/** What may be a name of a protocol. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** A file rather than the id of a protocol. */
export function isProtocolFile(word: string): boolean {
  return word.endsWith(PROTOCOL_EXTENSION);
}

export function protocolIdOf(file: string): string {
  return file.slice(0, -PROTOCOL_EXTENSION.length);
}

export function readUserProtocol(path: string): UserProtocolText {
  const file = basename(path);
  const id = protocolIdOf(file);
  if (!NAME.test(id))
    throw new ProtocolFault(
      'form',
      file,
      '',
      'a name of 1 to 64 letters, digits, dots, dashes and underscores is expected',
    );
  if (PROTOCOLS.some((p) => p.id === id))
    throw new ProtocolFault(
      'form',
      file,
      '',
      `${id} is the id of a shipped protocol; give the file another name`,
    );
  let bytes: Buffer;
  try {
    const { size } = statSync(path);
    if (size > MAX_PROTOCOL_BYTES)
      throw new ProtocolFault(
        'form',
        file,
        '',
        `${size} bytes; at most MAX_PROTOCOL_BYTES = ${MAX_PROTOCOL_BYTES} are read`,
      );
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof ProtocolFault) throw error;
    throw new BadInput(
      'protocol-file',
      `${path} cannot be read (${(error as Error).message}); expected an ES module`,
    );
  }
  const text = bytes.toString('utf8');
  return { file, digest: createHash('sha256').update(text).digest('hex'), text };
}

/** What a command was given as a protocol: a file of the user's own, or an id. */
export function protocolOf(word: string): {
  readonly protocol: string;
  readonly userProtocol?: UserProtocolText;
} {
  if (!isProtocolFile(word)) return { protocol: word };
  const userProtocol = readUserProtocol(word);
  return { protocol: protocolIdOf(userProtocol.file), userProtocol };
}
