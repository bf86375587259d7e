// The server that owns the data folder, asked through its REST API.
import type { RunRequest } from '../../core/run/manifest.js';
import type { FindingDocument, ReplayDocument, SessionDocument } from '../documents.js';
import type { Backend, ExportFormat, OnProgress } from './backend.js';

export class ServerBackend implements Backend {
  readonly place: string;

  constructor(host: string, port: number) {
    this.place = `server on http://${host}:${port}`;
  }
  run(_requests: readonly RunRequest[], _onProgress: OnProgress): Promise<SessionDocument[]> {
    throw new Error('todo');
  }
  sessions(): Promise<SessionDocument[]> {
    throw new Error('todo');
  }
  session(_id: string): Promise<SessionDocument> {
    throw new Error('todo');
  }
  findings(_id: string): Promise<FindingDocument[]> {
    throw new Error('todo');
  }
  replay(_id: string): Promise<ReplayDocument> {
    throw new Error('todo');
  }
  exportEvents(_id: string, _format: ExportFormat): AsyncIterable<Uint8Array> {
    throw new Error('todo');
  }
  async close(): Promise<void> {}
}
