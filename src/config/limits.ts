// Every limit of the server, by name. A client that meets one is told its name and value. The limits of one run are in
// core/run/manifest.ts (RUN_LIMITS) and core/aggregates/layout.ts (TOPOLOGY_LIMITS), those of the store in
// store/store.limits.ts, those of the live feed in live/live.limits.ts.

/** Bytes of one request body. */
export const MAX_BODY_BYTES = 256 * 1024;
/** Characters of a request's path and query together. */
export const MAX_URL_CHARS = 4_096;
/** Open TCP connections; further ones are closed at once. */
export const MAX_CONNECTIONS = 256;
/** Time for which an idle connection is kept. */
export const KEEP_ALIVE_TIMEOUT_MS = 5_000;

/** Sessions on one page of the list. */
export const MAX_SESSIONS_PAGE = 200;
export const DEFAULT_SESSIONS_PAGE = 50;
/** Events on one JSON page; longer reads are NDJSON. */
export const MAX_EVENTS_PAGE = 10_000;
export const DEFAULT_EVENTS_PAGE = 1_000;
/** Page-table or TLB entries on one page of a state. */
export const MAX_ENTRIES_PAGE = 10_000;
export const DEFAULT_ENTRIES_PAGE = 512;
/** Events that one step or continue looks at before it answers with where to go on. */
export const MAX_SEEK_EVENTS = 1_000_000;
export const DEFAULT_SEEK_EVENTS = 200_000;
/** Buckets of one timeline. */
export const MAX_TIMELINE_WIDTH = 2_000;
export const DEFAULT_TIMELINE_WIDTH = 400;
/** Sessions of one tree of forks that are shown together. */
export const MAX_TREE_SESSIONS = 1_000;
/** Commands of a live session on one page. */
export const MAX_COMMANDS_PAGE = 1_000;
/** NDJSON streams that are open at the same time. */
export const MAX_STREAMS = 32;

/** Threads that run simulations; the default is the number of cores. */
export const MAX_WORKERS = 64;
/** Commands and steps of live sessions that run at the same time, beside the runs. */
export const MAX_COMMANDS_AT_ONCE = 16;
/** How long a command's answer waits for the session to rest again; then it is told that the session runs. */
export const COMMAND_WAIT_MS = 5_000;
/** Events that one step may ask for. */
export const MAX_STEP_EVENTS = 1_000_000;
/** Sessions that wait for a thread. One more is refused with `queue-full`. */
export const MAX_QUEUED_SESSIONS = 1_000;
/** Threads that answer replays, states and other questions about what is stored. */
export const MAX_INSPECTION_THREADS = 3;
/** Replays and other questions about what is stored that run or wait at the same time. */
export const MAX_INSPECTIONS = 16;

/** Bytes of one uploaded trace, as it comes. */
export const MAX_TRACE_BYTES = 8 * 1024 ** 3;
/** Bytes of one trace once unpacked. */
export const MAX_TRACE_INFLATED_BYTES = 64 * 1024 ** 3;
/** The recordings pack 28 times at most; what unpacks to more times its size than this is a bomb. */
export const MAX_TRACE_RATIO = 100;

/** How often it is looked whether sessions are to be deleted by age or bytes, and how many go at once. */
export const RETENTION_PERIOD_MS = 60_000;
export const MAX_RETENTION_DELETIONS = 100;
/** After a look that left some of them to the next one. */
export const RETENTION_AGAIN_MS = 1_000;

/** A backup whose reader takes nothing for so long is dropped. */
export const BACKUP_STALL_MS = 60_000;
/** Checks of the store that are listed. */
export const MAX_VERIFICATIONS_LISTED = 50;
/** Rows about roots and locks that one question after root-pressure reads. */
export const MAX_ROOT_PRESSURE_ROWS = 5_000_000;
/** Sessions whose root-pressure figures are kept after they were asked for. */
export const MAX_ROOT_PRESSURES_KEPT = 256;

/** Stored events of a session that is replayed while the client waits; a longer one is a job. */
export const MAX_SYNCHRONOUS_REPLAY_ROWS = 2_000_000;

/** Lines of a trace, or events of a simulated session, that one check against protocols reads. */
export const MAX_CHECKED_EVENTS = 50_000_000;
/** The same of a session that is checked while the client waits; a longer one is a job. */
export const MAX_SYNCHRONOUS_CHECK_EVENTS = 1_000_000;

/** Stored events that a comparison reads while the client waits; a longer one is a job. */
export const MAX_SYNCHRONOUS_COMPARISON_ROWS = 8_000_000;
/** Comparisons that are kept after they were asked for. */
export const MAX_COMPARISONS_KEPT = 16;
/** Points of each curve of a comparison. */
export const DEFAULT_COMPARISON_POINTS = 100;

/** Characters of a session's name. */
export const MAX_NAME_CHARS = 200;

/** Bytes of a protocol that a user brings. */
export const MAX_PROTOCOL_BYTES = 256 * 1024;
/** Protocols in the folder that the server is started with; further files are not listed. */
export const MAX_PROTOCOL_FILES = 64;
/** How long a user's protocol may take to load, or for one slice of a run (some ms where nothing is wrong). */
export const MAX_PROTOCOL_SLICE_MS = 5_000;
/** What the process that runs a user's protocol may grow by. */
export const MAX_PROTOCOL_MEMORY_BYTES = 512 * 1024 ** 2;
/** Memory of a search under a user's protocol; the counterexample is looked for beside it. */
export const MAX_PROTOCOL_SEARCH_BYTES = 128 * 1024 ** 2;
/** V8's own limit there, MiB: what is allocated faster than anybody looks. */
export const MAX_PROTOCOL_HEAP_MB = 1_024;

/** Exports that are being written at the same time. */
export const MAX_EXPORTS = 4;
/** Session files that are being read at the same time. */
export const MAX_IMPORTS = 2;
/** Lines of an imported trace that are shown at once. */
export const MAX_SHOWN_TRACE_LINES = 200;
/** Bytes of one uploaded session file. */
export const MAX_IMPORT_BYTES = 4 * 1024 ** 3;

/** Seeds of a sweep that names none. */
export const DEFAULT_SWEEP_SEEDS = '1..10';

/** How often a search writes down what it needs to go on, where nothing else is set (setting checkpointMs). */
export const CHECKPOINT_MS = 30_000;
