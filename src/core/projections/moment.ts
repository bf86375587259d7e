// One moment of a session as projections see it: the world, and what is known of each thread and of time there.
import type { ViewContext } from './words.js';

export interface SiteName {
  readonly function: string;
  readonly label: string;
  /** Site of the calling frame; 0 at the bottom of the stack. */
  readonly parent: number;
}

export interface Moment extends ViewContext {
  /** The last event that happened; 0 before the first. */
  readonly position: number;
  readonly ordinal: number;
  readonly timeNs: number;
  /** Last stored event of each thread: position 0 = none yet. */
  readonly lastSeen: {
    readonly position: ArrayLike<number>;
    readonly site: ArrayLike<number>;
    readonly timeNs: ArrayLike<number>;
  };
  /** ns booked for guest (L2), host kernel (L1), outer hypervisor (L0). */
  readonly accounts: ArrayLike<number>;
  /** By number; threads without a name do not exist in this session. */
  readonly threadNames: readonly string[];
  readonly site: (id: number) => SiteName | undefined;
}
