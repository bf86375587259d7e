// Commands go to a session at a known position: If-Match carries it, as ETag told it.
import { Problem } from '../../http/problem.js';

export function etagOf(position: number): string {
  return `"${position}"`;
}

/** 428 where it is missing; a value that is no position of ours matches nothing (412). */
export function expectedPosition(ifMatch: string | undefined, session: string): number {
  if (ifMatch === undefined || ifMatch === '') {
    throw new Problem(
      428,
      'precondition-required',
      `a command needs If-Match with the session's position, as the ETag of /api/v1/sessions/${session} tells it`,
      ['If-Match'],
    );
  }
  const position = /^"(\d{1,15})"$/.exec(ifMatch)?.[1];
  if (position === undefined) {
    throw new Problem(412, 'position-conflict', `If-Match ${ifMatch} is no position; expected "N" in quotes`);
  }
  return Number(position);
}
