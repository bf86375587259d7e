// The manifest of a session whose protocol a user brought: it is linked in its own process, only the digest comes back.
import { BadInput } from '../core/base/errors.js';
import { WITHOUT } from '../core/protocols/relax/forms.js';
import { splitRelaxed } from '../core/protocols/relax/rules.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { Manifest } from '../core/run/contract.js';
import { createManifest, type RunRequest, scenarioConstants } from '../core/run/manifest.js';
import { protocolIdOf } from './read-protocol.js';
import { Sandbox } from './sandbox.js';

/** Throws ProtocolFault where the text is no protocol. */
export async function userManifest(request: RunRequest): Promise<Manifest> {
  const user = request.userProtocol;
  if (user === undefined) throw new BadInput('user-protocol', 'expected the text of a protocol');
  // Everything else is refused before a process is started.
  const constants = scenarioConstants(request);
  const rule = splitRelaxed(request.protocol)?.rule;
  const own = protocolIdOf(user.file);
  const protocol = rule === undefined ? own : `${own}${WITHOUT}${rule}`;
  const named = { ...request, protocol };
  createManifest(named, '');
  return createManifest(named, await Sandbox.once(user, 'link', { constants, protocol }));
}

/** Of a shipped protocol nothing is awaited. @param textOf the text of a user's protocol by id; null: there is none */
export async function manifestOf(
  request: RunRequest,
  textOf: (id: string) => UserProtocolText | null,
): Promise<Manifest> {
  const userProtocol = request.userProtocol ?? textOf(request.protocol);
  return userProtocol === null ? createManifest(request) : await userManifest({ ...request, userProtocol });
}
