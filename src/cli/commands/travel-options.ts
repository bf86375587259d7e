// The options of the commands that move through a stored session.
import { type Command, Option } from 'commander';
import { DEFAULT_SEEK_EVENTS } from '../../config/limits.js';
import { BadInput } from '../../core/base/errors.js';
import { STEP_KINDS, type StepKind } from '../../core/travel/step.js';
import type { Backend } from '../backend/backend.js';
import { wholeNumber } from '../settings.js';
import { ProcessTerminal, type Terminal } from '../terminal.js';
import { checkId } from './sessions.js';
import { note, seek, state, stateDiff, timeline } from './travel.js';

interface CommonOptions {
  readonly json?: boolean;
  readonly data: string;
}

export interface TravelCommands {
  readonly add: (name: string, description: string) => Command;
  readonly data: () => Option;
  readonly opener: (options: CommonOptions, terminal: Terminal) => () => Promise<Backend>;
  readonly ended: (code: number) => void;
}

type Action<O> = (
  id: string,
  options: O,
  open: () => Promise<Backend>,
  terminal: Terminal,
) => Promise<number>;

const number = (name: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : wholeNumber(name, text);

const TERMINAL_WIDTH = '60';

export function addTravelCommands({ add, data, opener, ended }: TravelCommands): void {
  const acting =
    <O extends CommonOptions>(action: Action<O>) =>
    async (id: string, options: O): Promise<void> => {
      checkId(id);
      const terminal = new ProcessTerminal(options.json === true);
      ended(await action(id, options, opener(options, terminal), terminal));
    };

  interface StateOptions extends CommonOptions {
    readonly at?: string;
    readonly time?: string;
    readonly diff?: readonly string[];
  }
  add('state', 'the state of a session at a position: whole, or the part that a path names')
    .argument('<session>')
    .argument('[path]', 'such as tdp-mmus.0.roots.3, vcpus.0.role, threads.vcpu0.stack')
    .option('--at <position>', 'right after this event; default: the committed end')
    .option('--time <ns>', 'instead of --at: before the first event that is later')
    .option('--diff <positions...>', 'two positions: what differs between them')
    .addOption(data())
    .action(async (id: string, path: string | undefined, options: StateOptions) => {
      await acting<StateOptions>(async (session, given, open, terminal) => {
        const { diff } = given;
        if (diff === undefined) {
          const when = { at: number('--at', given.at), timeNs: number('--time', given.time) };
          return await state(session, path, when, open, terminal);
        }
        if (diff.length !== 2)
          throw new BadInput('diff-positions', `--diff takes two positions, got ${diff.length}`);
        const positions = [wholeNumber('--diff', diff[0]!), wholeNumber('--diff', diff[1]!)] as const;
        return await stateDiff(session, positions, path, open, terminal);
      })(id, options);
    });

  interface SeekOptions extends CommonOptions {
    readonly from: string;
    readonly back: boolean;
    readonly step?: StepKind;
    readonly type?: string;
    readonly thread?: string;
    readonly function?: string;
    readonly label?: string;
    readonly subject?: string;
    readonly finding?: string;
    readonly change?: string;
    readonly when?: string;
    readonly state?: string;
  }
  add('seek', 'step, or go on to a breakpoint, forwards or back; all that is named must hold of one event')
    .argument('<session>')
    .requiredOption('--from <position>', 'where it begins; 0: before the first event')
    .option('--back', 'backwards: a step back, a reverse-continue', false)
    .addOption(new Option('--step <kind>', 'one step of this kind').choices(STEP_KINDS))
    .option('--type <types>', 'event types, separated by commas')
    .option('--thread <name>', 'an event of this thread')
    .option('--function <name>', 'an event in this function')
    .option('--label <label>', 'an event at this label')
    .option('--subject <kind:number>', 'an event about this, such as root:3')
    .option('--finding <which>', 'any, or an invariant such as I3')
    .option('--change <path>', 'the event changes this field of the state')
    .option('--when <predicate>', 'a predicate on the state becomes true with the event')
    .option('--state <path>', 'prints this part of the state where it stopped')
    .addOption(data())
    .action(
      acting<SeekOptions>(async (sessionId, options, open, terminal) => {
        const { from, back, step, state: path, ...rest } = options;
        const { type, thread, function: name, label, subject, finding, change, when } = rest;
        const until = { type, thread, function: name, label, subject, finding, change, when };
        const request = {
          sessionId,
          from: wholeNumber('--from', from),
          direction: back ? 'backward' : 'forward',
          step,
          until,
          limit: DEFAULT_SEEK_EVENTS,
        } as const;
        return await seek(request, path, open, terminal);
      }),
    );

  interface TimelineOptions extends CommonOptions {
    readonly from?: string;
    readonly to?: string;
    readonly width: string;
    readonly lanes: string;
  }
  add('timeline', 'how many events each thread, lock or root had, in buckets')
    .argument('<session>')
    .option('--from <position>')
    .option('--to <position>')
    .option('--width <buckets>', 'buckets at the most', TERMINAL_WIDTH)
    .option('--lanes <lanes>', 'threads, roots, locks, or single ones such as root:17', 'threads,locks')
    .addOption(data())
    .action(
      acting<TimelineOptions>(async (sessionId, { from, to, width, lanes }, open, terminal) => {
        const range = { from: number('--from', from), to: number('--to', to) };
        return await timeline(
          { sessionId, ...range, width: wholeNumber('--width', width), lanes },
          open,
          terminal,
        );
      }),
    );

  interface NoteOptions extends CommonOptions {
    readonly at?: string;
    readonly bookmark: boolean;
    readonly edit?: string;
    readonly remove?: string;
  }
  add('note', 'notes and bookmarks at positions: lists them, or puts one there')
    .argument('<session>')
    .argument('[text]', 'what to note')
    .option('--at <position>', 'where')
    .option('--bookmark', 'a bookmark; the text is its name', false)
    .option('--edit <id>', 'change this one')
    .option('--remove <id>', 'remove this one')
    .addOption(data())
    .action(async (id: string, text: string | undefined, options: NoteOptions) => {
      await acting<NoteOptions>((session, { at, bookmark, edit, remove }, open, terminal) =>
        note(session, { text, at: number('--at', at), bookmark, edit, remove }, open, terminal),
      )(id, options);
    });
}
