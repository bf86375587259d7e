// Every type of problem that the server answers with: its stable name, its statuses, and what it means. Served at
// /api/v1/problems and /docs/problems, and the enumeration of `type` in the OpenAPI document: an answer of another type
// fails the tests. Codes of BadInput (core) and StoreError (store) are names here, with dashes.

export interface ProblemType {
  readonly name: string;
  readonly statuses: readonly number[];
  readonly meaning: string;
}

export const PROBLEM_PREFIX = 'urn:rootline:problem:';

type Row = readonly [name: string, statuses: number | readonly number[], meaning: string];

const ROWS: readonly Row[] = [
  // ---- the request as such
  ['bad-request', [400, 406, 417], 'The request cannot be read: broken JSON, no HTTP.'],
  ['request-timeout', 408, 'The request did not come whole within ROOTLINE_REQUEST_TIMEOUT.'],
  ['head-too-large', 431, 'The head of the request is larger than 16 KiB.'],
  ['bad-body', 400, 'A field of the body is missing or has a value that no request of this kind can have.'],
  ['bad-query', 400, 'A value of the query cannot be used.'],
  [
    'unknown-field',
    [400, 422],
    'The body or the query has a field that is not known; `expected` lists the known ones.',
  ],
  ['idempotency-key', 400, 'An Idempotency-Key has 1 to 200 printable characters without spaces.'],
  ['page-limit', 400, 'More was asked for than one page holds.'],
  ['query-refused', 400, 'The store cannot serve the query as it stands.'],
  ['not-found', 404, 'There is no such address.'],
  ['method-not-allowed', 405, 'The address is there, the method is not.'],
  ['body-too-large', 413, 'The body has more bytes than MAX_BODY_BYTES.'],
  ['address-too-long', 414, 'Path and query have more characters than MAX_URL_CHARS.'],
  ['unsupported-media-type', 415, 'Bodies are application/json, or a session file where one is taken in.'],

  // ---- who asks
  ['token-missing', 401, 'The server wants a bearer token and the request carries none.'],
  ['token-unknown', 401, 'The token is none that the server accepts.'],
  ['token-expired', 401, 'The token was accepted until its day came.'],
  ['token-read-only', 403, 'A read token may not change anything.'],
  ['foreign-origin', 403, 'A page of another site may not change anything, nor open a live feed.'],
  [
    'host-not-allowed',
    421,
    'The Host header names something this server does not answer for (DNS rebinding).',
  ],
  [
    'rate-limit',
    429,
    'More requests a second than ROOTLINE_RATE or ROOTLINE_WRITE_RATE; Retry-After says when to come back.',
  ],

  // ---- traces of real kernels

  // ---- litmus
  ['unknown-litmus', [404, 422], 'There is no such litmus; `expected` lists them.'],
  [
    'litmus-text',
    [400, 422],
    'The text of a litmus cannot be read; the detail names line, column and what was expected.',
  ],
  ['litmus-limit', 422, 'The search needs more of the machine than the sizes in the text of the litmus.'],
  ['litmus-file', 422, 'The file of a litmus cannot be read.'],
  ['litmus-protocol', 422, 'The litmus does not take this protocol; `expected` lists those it takes.'],
  ['litmus-parameter', 422, 'The litmus has no such parameter, or not this value of it.'],
  ['litmus-procedure', 422, 'A thread of the litmus entered a procedure that was thought out of its reach.'],
  ['unknown-relax-rule', 422, 'There is no such rule to be dropped; `expected` lists them.'],
  ['relax-not-applicable', 422, 'The protocol has no such rule to be dropped.'],
  ['relax-protocol', 422, 'The protocol lacks a rule already; relax takes one with all of its rules.'],
  ['unknown-bug', 422, 'There is no such bug in the catalogue; `expected` lists them.'],
  ['litmus-preparation', 422, 'The litmus cannot reach the state that it begins with under this protocol.'],
  ['schedule', 422, 'The schedule of a scripted session is not one.'],
  ['checkpoint-differs', 422, 'The saved search is of another litmus, protocol or build.'],
  ['checkpoint-damaged', 422, 'The saved search cannot be read.'],

  // ---- what is asked about
  ['session-not-found', 404, 'There is no such session, or not any more.'],
  ['job-not-found', 404, 'There is no such job.'],
  ['vm-not-found', 404, 'The session has no such VM.'],
  ['vcpu-not-found', 404, 'The session has no such vCPU.'],
  ['root-not-found', 404, 'There is no such root now.'],
  ['unknown-root', [404, 422], 'There is no such root at that position.'],
  ['position-outside', [404, 422], 'The session has no such position.'],
  ['unknown-event-type', [400, 422], 'The filter names an event type that is not in the catalogue.'],
  ['unknown-subject', [400, 422], 'The filter names no subject: kind:number.'],
  ['unknown-format', [400, 422], 'There is no such export format; `expected` lists them.'],
  ['export-range', [400, 422], 'The session does not have the positions that were asked for.'],
  [
    'export-too-large',
    [400, 413, 422],
    'More events than the format takes; `expected` lists formats without a limit.',
  ],
  ['export-threads', 422, 'Two columns want the names of two threads; `expected` lists them.'],
  [
    'session-under-way',
    [409, 422],
    'A session file holds a session that has ended, is paused or waits for a command.',
  ],
  [
    'upload-too-large',
    413,
    'The uploaded file has more bytes than MAX_IMPORT_BYTES, a trace than MAX_TRACE_BYTES.',
  ],
  ['not-a-session-file', [400, 422], 'The upload is no session file.'],
  ['session-file-version', [400, 422], 'The session file has a form that this build does not read.'],
  ['session-file-truncated', [400, 422], 'The session file ends too early.'],
  ['session-file-damaged', [400, 422], 'The session file contradicts itself: a checksum, an order, a name.'],
  ['session-file-too-large', [400, 413, 422], 'A block of the session file says more bytes than are read.'],
  [
    'session-file-forged',
    [400, 422],
    'The events of the session file do not have the digest that it states.',
  ],
  ['kernel', 422, 'That is no kernel release with a TDP MMU: it came with v5.10.'],
  ['linux-tree', 422, 'The folder is no Linux tree with KVM in it.'],
  ['not-a-trace', [400, 422], 'No line of the upload is one of a trace, nor is it a trace.dat.'],
  ['no-kvm-event', [400, 422], 'The trace has no event of KVM; `expected` names those that are looked for.'],
  ['kprobe-profile', [400, 422], 'The kprobe profile is not the text of tracefs kprobe_profile.'],
  ['trace-bomb', [400, 422], 'The upload unpacks to more times its size than MAX_TRACE_RATIO.'],
  ['trace-too-large', [400, 422], 'The upload unpacks to more bytes than MAX_TRACE_INFLATED_BYTES.'],
  ['trace-dat-damaged', [400, 422], 'The trace.dat contradicts itself or ends too early.'],
  ['trace-dat-version', [400, 422], 'The trace.dat has a version that this build does not read.'],
  ['trace-dat-kind', [400, 422], 'The trace.dat is no recording of the ring buffer.'],
  ['trace-chunk-damaged', [400, 422], 'A stored chunk of a trace cannot be read.'],
  ['kernel-version', [400, 422], 'The kernel version cannot be read; `expected` lists the recorded kernels.'],
  ['kernel-too-old', [400, 422], 'That kernel has no TDP MMU.'],
  [
    'imported-trace',
    [400, 422],
    'The session is an imported trace: it cannot be run; `expected` says what it can.',
  ],
  [
    'check-user-session',
    [400, 422],
    'The session ran under a protocol of a user, which prints no probes: it cannot be checked.',
  ],
  ['row-block', [400, 422], 'A block of events in the session file cannot be used.'],
  ['event-schema-newer', [400, 422], 'The session file has events of a newer schema.'],
  ['unknown-thread', [400, 422], 'The session has no such thread.'],
  ['unknown-state', 400, 'The filter names a state that no session can have.'],
  ['unknown-kind', 400, 'The filter names a kind that no session can have.'],
  ['verification-not-found', 404, 'There is no such check of the store.'],
  ['not-at-position', [404, 422], 'The thing did not exist at that position.'],
  ['at-and-time', 422, 'A state is asked for at a position or at a time, not at both.'],
  ['not-recorded', 422, 'The recording level of the session did not keep what was asked for.'],
  ['path-too-long', 422, 'A path into the state has more characters than MAX_PATH_CHARS.'],
  ['unknown-path', 422, 'The state has no such path; `expected` says what may stand there.'],
  ['bad-predicate', 422, 'The predicate cannot be read; the detail names the column.'],
  ['predicate-too-long', 422, 'The predicate has more characters than its limit.'],
  ['predicate-too-large', 422, 'The predicate has more parts than MAX_PREDICATE_NODES.'],
  ['bad-breakpoint', 422, 'A breakpoint names event types or a finding, not both.'],
  ['no-breakpoint', 422, 'A seek needs a step or something to stop at.'],
  ['step-or-until', 422, 'A seek takes a step or a breakpoint, not both.'],
  ['unknown-function', [404, 422], 'The protocol has no such function, or the session no event in it.'],
  ['unknown-label', 422, 'The function has no such label.'],
  ['unknown-finding', 422, 'A finding is `any` or an invariant such as I3.'],
  ['unknown-lane', 422, 'A timeline has no such lanes; `expected` lists them.'],
  ['empty-range', 422, 'The range ends before it begins.'],
  ['scene-range', 422, 'A scene has at most MAX_SCENE_ROWS positions.'],
  ['note-not-found', 404, 'The session has no such note.'],
  ['empty-note', 422, 'A note needs a text, a bookmark a name.'],
  ['ledger-limit', [400, 422], 'More references given back were asked for than one answer lists.'],
  ['blame-limit', 422, 'More changes were asked for than one answer lists.'],
  ['no-wait', 422, 'The thread had begun no wait by that position.'],
  ['path-positions', 422, 'A critical path goes from a position to a later one.'],
  ['path-window', 422, 'A critical path covers more events than CRITICAL_PATH_EVENTS_MAX.'],
  ['path-limit', 422, 'More links of a critical path were asked for than one answer lists.'],

  // ---- sweeps
  ['explore-option', 422, 'A number of the search is out of its range.'],
  ['explore-liveness', 422, 'Liveness is not looked for in such a search.'],
  ['explore-transplant', 422, 'The litmus has no schedules that another protocol could be given.'],
  ['explore-checkpoint', 422, 'Such a search cannot be gone on with.'],
  ['export-beside', 422, 'These sessions cannot stand in one file; the detail says why.'],
  ['protocol-files', 422, 'Of two compared protocols one must be a shipped one.'],
  ['traced-window', 422, 'A window is FROM..TO in lines of the trace.'],
  [
    'traced-limit',
    422,
    'The window of the trace is larger than can be followed; the detail names the limit.',
  ],
  ['traced-nothing', 422, 'The window shows nothing of the TDP MMU.'],
  ['traced-lost', 422, 'Events were lost in the lines up to the end of the window.'],
  ['traced-vms', 422, 'The lines up to the end of the window are of more than one VM.'],
  ['traced-huge', 422, 'The recording maps pages larger than 4K, which the workload does not have.'],
  ['traced-time', 422, 'The time was over before the recorded order was followed to its end.'],
  ['traced-workload', [400, 422], 'The workload in the manifest is not one that a trace gives.'],
  ['not-imported', 422, 'The session is no imported trace.'],
  ['relaxation-not-found', 404, 'There is no such relaxation.'],
  ['catalogue-run-not-found', 404, 'There is no such run of the catalogue.'],
  ['exploration-not-found', 404, 'There is no such exploration.'],
  ['no-counterexample', 404, 'The exploration has none that can be drawn; `detail` says why.'],
  ['exploration-not-stopped', 422, 'The exploration left nothing to go on with.'],
  ['sweep-not-found', 404, 'There is no such sweep.'],
  [
    'sweep-forgotten',
    404,
    'The results of the sweep made room for later ones; its manifest gives them again.',
  ],
  [
    'sweep-too-large',
    422,
    'More cells, groups, sessions or metrics than their limit; the detail says how many.',
  ],
  ['sweep-empty', 422, 'A list of the sweep is empty: protocols, values, metrics.'],
  ['sweep-seeds', 422, 'Seeds are whole numbers and ranges such as 1..20,33.'],
  ['sweep-duplicate', 422, 'A protocol, seed, value or metric of the sweep is given twice.'],
  ['sweep-scenario', 422, 'The scenario waits for commands and has no end of its own.'],
  ['sweep-manifest', 422, 'A new sweep is a request or the manifest of an earlier one, not both.'],
  ['unknown-metric', 422, 'A sweep has no such metric; `expected` lists them.'],

  // ---- forks
  [
    'fork-protocol',
    422,
    'Under the other protocol the fork runs again from the start, and cannot do so as asked.',
  ],
  [
    'fork-ended',
    422,
    'The session ended in the step at that position: nothing follows from which a fork could go on.',
  ],
  [
    'session-damaged',
    422,
    'Executed again, the session does not give the events that are stored: it is not forked.',
  ],
  ['decisions', 422, 'The decisions of a fork are too many, or are not for a whole number of steps.'],
  [
    'thread-cannot-run',
    422,
    'The thread of a decision waits or has ended; `expected` lists those that can run.',
  ],

  // ---- comparisons
  ['compared-sessions', 422, 'A comparison takes 2 to MAX_COMPARED_SESSIONS sessions.'],
  ['same-session', 422, 'A session is not compared with itself.'],
  ['comparison-too-long', 422, 'The comparison reads more events than GET answers; POST makes a job of it.'],

  // ---- commands of live sessions
  ['unknown-command', 422, 'There is no such command; `expected` lists them.'],
  ['command-field', 422, 'A field of the command is missing or has a value outside of its range.'],
  ['events', 422, 'A command or a step goes on for 0 to MAX_STEP_EVENTS events.'],

  // ---- files that come and go, and jobs
  ['job-under-way', 409, 'One such job runs at a time, and one is under way.'],
  ['no-slot', 404, 'That is no number of a memslot.'],
  ['database-older', 500, 'The files are of a form that this build no longer brings up to date.'],

  // ---- frames of the live feed (the numbers are those that HTTP would use)
  ['bad-frame', 400, 'A frame of the live feed cannot be read.'],
  ['unknown-frame', 400, 'There is no such frame of the live feed.'],
  ['token', 401, 'The first frame of the live feed must carry a token that the server accepts.'],
  ['already-subscribed', 409, 'The client follows that session already.'],
  ['subscriptions', 429, 'The client follows as many sessions as it may.'],
  ['not-subscribed', 409, 'The client does not follow that session.'],

  // ---- what a session is made of
  ['unknown-scenario', [404, 422], 'This build has no such scenario.'],
  ['unknown-experiment', 404, 'This build has no such experiment.'],
  ['unknown-protocol', [404, 422], 'This build has no such protocol or profile.'],
  [
    'protocol-fault',
    422,
    'A protocol of yours is at fault: the detail names file, procedure and label; form, threw, forbidden, step, time or memory.',
  ],
  ['user-protocol', 422, 'A protocol of yours runs in a thread of its own; this does not start one.'],
  ['protocol-folder', 422, 'The folder of ROOTLINE_PROTOCOLS cannot be read.'],
  ['protocol-file', 422, 'A file of the folder of ROOTLINE_PROTOCOLS cannot be read.'],
  ['unknown-parameter', 422, 'The scenario has no such parameter.'],
  ['parameter-range', 422, 'The value is outside of the range of the parameter.'],
  ['unknown-cost', 422, 'The cost model has no such cost.'],
  ['cost-range', 422, 'The value is outside of the range of the cost.'],
  ['unknown-limit', 422, 'A run has no such limit.'],
  ['limit-range', 422, 'The value is outside of the range of the limit.'],
  ['unknown-scheduler', 422, 'There is no such scheduler.'],
  ['scripted-scheduler', 422, 'The scripted scheduler follows a stored session: use replay.'],
  ['unknown-recording', 422, 'Recording is full or lifecycle.'],
  ['seed', 422, 'A seed is a whole number from 0.'],
  ['topology-limit', 422, 'The topology is larger than the model allows.'],
  ['topology-power', 422, 'A part of the topology must be a power of two.'],
  ['touch-burst', 422, 'touchBurst is at least 1.'],
  ['engine-differs', [409, 422], 'The session was made with other procedures than this build has.'],

  // ---- what the present state allows
  ['nothing-stored', [409, 422], 'The session has no stored events yet.'],
  ['state-conflict', 409, 'The state forbids the command; `expected` lists what it allows.'],
  ['session-sealed', 409, 'The session is finished, failed or cancelled: it takes nothing more.'],
  [
    'command-refused',
    409,
    'The simulated machine has nothing to do the command to, or is busy; `expected` lists what it allows.',
  ],
  ['cannot-go-on', 409, 'Another build made the session, or its thread failed: it stays where it is.'],
  ['precondition-required', 428, 'A command needs If-Match with the position of the session.'],
  ['position-conflict', 412, 'The session has gone on since the client looked.'],
  ['no-vm', 404, 'That is no number of a VM.'],
  ['no-vcpu', 404, 'That is no number of a vCPU.'],
  ['chunk-refused', 409, 'What was to be appended contradicts what is stored.'],
  ['idempotency-mismatch', 409, 'The Idempotency-Key was used for another request.'],

  // ---- limits and trouble
  ['bad-header', 400, 'A header of the request has a value that it cannot have, such as Last-Event-ID.'],
  ['position-beyond-end', 409, 'A feed cannot begin behind the end of what is stored.'],
  ['live-clients', 429, 'As many live clients are connected as maxClients allows.'],
  ['streams', 429, 'MAX_STREAMS answers are being streamed.'],
  ['limit-exceeded', 429, 'A named limit was reached; the detail names it.'],
  ['internal', 500, 'The server failed; its log says why, under the same X-Request-Id.'],
  ['store-failed', 500, 'The store failed; the log says why.'],
  ['database-newer', 500, 'A newer Rootline wrote the files.'],
  ['database-foreign', 500, 'The files are not ours.'],
  ['database-damaged', 500, 'The files are damaged: `rootline verify` says where.'],
  ['data-folder-owned', 500, 'Another process owns the data folder.'],
  ['stopping', 503, 'The server is stopping.'],
  ['not-ready', 503, 'The store does not work.'],
  ['inspection-cancelled', 503, 'The inspection was given up: nobody waited any more, or the server stops.'],
  ['store-closed', 503, 'The store is being closed.'],
  ['disk-full', 507, 'There is no space left; what is committed stays.'],
];

export const PROBLEM_TYPES: readonly ProblemType[] = ROWS.map(([name, statuses, meaning]) => ({
  name,
  statuses: typeof statuses === 'number' ? [statuses] : statuses,
  meaning,
}));

export function problemTypeUri(name: string): string {
  return PROBLEM_PREFIX + name;
}
