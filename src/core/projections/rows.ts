// Rows of the event stream as projections read them: a batch of the machine and stored columns both fit.
import type { EventColumns } from '../events/catalogue.js';

export interface EventRows extends EventColumns {
  readonly thread: ArrayLike<number>;
  readonly site: ArrayLike<number>;
  readonly timeNs: ArrayLike<number>;
}
