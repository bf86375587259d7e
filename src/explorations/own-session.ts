// What a counterexample's session is asked for with: under a protocol that a user brought, with its text.
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { RunRequest } from '../core/run/manifest.js';

export function ownSession(session: RunRequest, userProtocol: UserProtocolText | undefined): RunRequest {
  return userProtocol === undefined ? session : { ...session, userProtocol };
}
