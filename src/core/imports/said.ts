// What the lines of a trace said, as text beside its decoded lines: a check reads every field of every line, also of those that
// make no event, and so says of a session exactly what it says of its file. One line of text a frame; tasks are told once.
import { BadInput } from '../base/errors.js';
import type { Frame, FrameClock, MalformedFrame } from '../traces/frames/frame.js';

/** A chunk of lines is closed when it has so much text. */
export const SAID_CHARS_MAX = 4 * 1024 * 1024;
/** Text is made one string after so many characters. */
const PIECE_CHARS = 16_384;
/** CPUs of one trace have numbers below this. */
const CPUS_MAX = 65_536;
const TAB = '\t';

/** First letters of lines; an event has none. */
const LINE = { task: 'w', call: 'c', lost: 'l', malformed: 'm', entries: 'h' } as const;
/** Comments that say how much was written, and how much of it is there. */
const ENTRIES = /entries-in-buffer\/entries-written|^# latency: /;
const CLOCKS: readonly FrameClock[] = ['ns', 'ticks', 'relative', 'none'];

type Placed = Extract<Frame, { readonly kind: 'event' | 'call' }>;

export class SaidWriter {
  private text = '';
  /** Text that is in one piece each; all of it has `chars`. */
  private pieces: string[] = [];
  private chars = 0;
  private tasks = new Map<number, KnownTask>();
  private told = 0;
  private lineNumber = 0;
  private time = 0;

  get full(): boolean {
    return this.chars >= SAID_CHARS_MAX;
  }

  take(frame: Frame): void {
    switch (frame.kind) {
      case 'event': {
        const task = this.taskOf(frame);
        this.text += `${this.head(frame)}\t${task}\t${frame.event}\t${oneLine(frame.body)}\n`;
        break;
      }
      case 'call': {
        const task = this.taskOf(frame);
        this.text += `${LINE.call}${this.head(frame)}\t${task}\t${frame.phase}\t${frame.function}\n`;
        break;
      }
      case 'lost':
        this.text += `${LINE.lost}${frame.lineNumber}\t${frame.cpu}\t${frame.events ?? ''}\n`;
        break;
      case 'malformed':
        this.text += `${LINE.malformed}${frame.lineNumber}\t${frame.reason}\t${oneLine(frame.text)}\n`;
        break;
      case 'comment':
        if (ENTRIES.test(frame.text)) this.text += `${LINE.entries}${frame.lineNumber}\t${frame.text}\n`;
        break;
      default:
    }
    if (this.text.length >= PIECE_CHARS) this.flatten();
  }

  /** The text so far; the next begins anew. */
  takeText(): string {
    this.flatten();
    const text = this.pieces.join('');
    this.pieces = [];
    this.chars = 0;
    this.tasks = new Map();
    this.told = 0;
    this.lineNumber = 0;
    this.time = 0;
    return text;
  }

  /** V8 keeps what was put together as a tree, and reading a character makes one string of it: better soon than of millions. */
  private flatten(): void {
    const { text } = this;
    if (text === '') return;
    text.charCodeAt(0);
    this.pieces.push(text);
    this.chars += text.length;
    this.text = '';
  }

  private head(frame: Placed): string {
    const lines = frame.lineNumber - this.lineNumber;
    const ticks = frame.time - this.time;
    this.lineNumber = frame.lineNumber;
    this.time = frame.time;
    return `${lines}\t${ticks}`;
  }

  /** Number of the task on this CPU; told where it is new, or has another name than before. */
  private taskOf(frame: Placed): number {
    const { pid, tgid, cpu, clock, task } = frame;
    const key = pid * CPUS_MAX + cpu + 1;
    const known = this.tasks.get(key);
    if (known !== undefined && known.task === task && known.tgid === tgid) return known.number;
    this.text += `${LINE.task}${pid}\t${tgid ?? ''}\t${cpu}\t${CLOCKS.indexOf(clock)}\t${oneLine(task)}\n`;
    const number = this.told++;
    this.tasks.set(key, { number, task, tgid });
    return number;
  }
}

interface KnownTask {
  readonly number: number;
  readonly task: string;
  readonly tgid: number | null;
}

/** Texts of a trace.dat may hold what ends a line. */
const oneLine = (text: string): string => (text.includes('\n') ? text.replaceAll('\n', ' ') : text);

interface Task {
  readonly pid: number;
  readonly tgid: number | null;
  readonly cpu: number;
  readonly clock: FrameClock;
  readonly task: string;
}

/** The frames of one chunk's text, in order. */
export function* saidFrames(text: string): Generator<Frame> {
  const tasks: Task[] = [];
  let lineNumber = 0;
  let time = 0;
  let from = 0;
  const field = (): string => {
    const end = text.indexOf(TAB, from);
    if (end < 0) throw damaged();
    const found = text.slice(from, end);
    from = end + 1;
    return found;
  };
  const rest = (end: number): string => text.slice(from, end);
  const placed = (): Task & { readonly lineNumber: number; readonly time: number } => {
    lineNumber += Number(field());
    time += Number(field());
    const task = tasks[Number(field())];
    if (task === undefined || Number.isNaN(lineNumber) || Number.isNaN(time)) throw damaged();
    return { ...task, lineNumber, time };
  };
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    const first = text[from];
    if (first !== undefined && first >= 'a') from++;
    switch (first) {
      case LINE.task: {
        const [pid, tgid, cpu, clock] = [field(), field(), field(), field()];
        tasks.push({
          pid: Number(pid),
          tgid: tgid === '' ? null : Number(tgid),
          cpu: Number(cpu),
          clock: CLOCKS[Number(clock)] ?? 'none',
          task: rest(end),
        });
        break;
      }
      case LINE.call: {
        const at = placed();
        const phase = field() as 'enter' | 'exit' | 'leaf';
        yield { kind: 'call', ...at, phase, function: rest(end), parent: null, depth: 0, durationNs: null };
        break;
      }
      case LINE.lost: {
        const [line, cpu] = [Number(field()), Number(field())];
        const events = rest(end);
        yield { kind: 'lost', lineNumber: line, cpu, events: events === '' ? null : Number(events) };
        break;
      }
      case LINE.malformed: {
        const line = Number(field());
        const reason = field() as MalformedFrame;
        yield { kind: 'malformed', lineNumber: line, reason, text: rest(end) };
        break;
      }
      case LINE.entries: {
        const line = Number(field());
        yield { kind: 'comment', lineNumber: line, text: rest(end) };
        break;
      }
      default: {
        const at = placed();
        const event = field();
        yield { kind: 'event', ...at, event, body: rest(end) };
      }
    }
    from = end + 1;
  }
  if (from < text.length) throw damaged();
}

function damaged(): BadInput {
  return new BadInput('trace-chunk-damaged', 'the stored text of a trace has no readable form');
}
