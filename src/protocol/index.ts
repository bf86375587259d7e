// `rootline/protocol`: the types of a protocol that a user brings. There is nothing to import at run time: the module is
// called with everything that it may use.

export type { Control, Locals, Procedure, Step } from '../core/machine/procedure.js';
export type { Protocol, ProtocolRules, RuleWords } from '../core/protocols/protocol.js';
export type { ProtocolApi, ProtocolModule, UserRules } from '../core/protocols/user-api.js';
