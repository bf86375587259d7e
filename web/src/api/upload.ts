// A file to the server, as it lies on the disk: streamed by the browser, told how far it is, cancelled by the signal. fetch()
// does not tell how much of a body has been sent; XMLHttpRequest does.
import { Offline, refusedBy } from './ask.js';
import { currentToken, tokenNeeded } from './token.js';

export interface Sent {
  readonly bytes: number;
  readonly of: number;
}

/** Resolves with the answer's JSON. After the last byte the server may take its time. */
export function upload(
  path: string,
  file: Blob,
  signal: AbortSignal,
  onSent: (sent: Sent) => void,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1${path}`);
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('content-type', 'application/octet-stream');
    const token = currentToken();
    if (token !== null) request.setRequestHeader('authorization', `Bearer ${token}`);
    request.upload.addEventListener('progress', ({ loaded }) => onSent({ bytes: loaded, of: file.size }));
    request.addEventListener('load', () => {
      if (request.status === 401) tokenNeeded();
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as unknown);
      else reject(refusedBy(request.status, request.responseText));
    });
    request.addEventListener('error', () => reject(new Offline()));
    request.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
