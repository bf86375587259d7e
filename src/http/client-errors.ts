// Requests that never become one: a head or a body that comes too slowly, a head that is too large or no HTTP at all.
// No route is reached, so the answer is written onto the socket; it is a problem like any other.
import type { Socket } from 'node:net';
import { PROBLEM_TYPE } from './problem.filter.js';
import { Problem, problemBody } from './problem.js';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // Gone already: nobody to tell.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOfClient(error.code);
  const body = JSON.stringify(problemBody(problem));
  const head = [
    `HTTP/1.1 ${problem.status} ${REASONS[problem.status]}`,
    `content-type: ${PROBLEM_TYPE}; charset=utf-8`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function problemOfClient(code: string | undefined): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(
        408,
        'request-timeout',
        'the request did not come whole in time (ROOTLINE_REQUEST_TIMEOUT)',
      );
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'head-too-large', 'the head of the request is larger than 16 KiB');
    default:
      return new Problem(400, 'bad-request', 'that is no HTTP request');
  }
}
