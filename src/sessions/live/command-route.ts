// What every route that takes a live command says of itself.
import type { RouteDoc } from '../../http/openapi.decorators.js';
import * as schemas from './command.schemas.js';

export const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'position of the session in quotes, as ETag told it; 428 without, 412 when it has moved on',
};

export const RUNS_ON =
  'the session still runs: it rests later, as its state tells; the command and its first events are stored';

export const COMMAND_ROUTE = {
  answer: {
    status: 201,
    description: 'the command as it is stored, and the session where it rests',
    name: 'CommandAnswer',
    schema: schemas.commandAnswer,
  },
  runsOn: RUNS_ON,
  headers: { ETag: 'the position of the session' },
  problems: [404, 409, 412, 413, 415, 422, 428, 507],
} satisfies Partial<RouteDoc>;
