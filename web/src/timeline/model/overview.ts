// What is asked of the whole session, in the same words by whoever asks: also by the page before its code has come. Pure.
const OVERVIEW_BUCKETS = 600;

export const OVERVIEW_QUERY = { width: OVERVIEW_BUCKETS, lanes: 'threads,locks,roots' } as const;
