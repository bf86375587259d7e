// An outside input as it is stored: what the run met, and when somebody sent it.
import type { Mark } from '../core/run/contract.js';

export interface StoredMark extends Mark {
  readonly issuedAt: string;
}
