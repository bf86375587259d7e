// The transport: step, continue to a breakpoint, play, jump; for a session that still moves also follow, pause and commands.
import { type FormEvent, type RefObject, useState } from 'react';
import { count, time } from '../../ui/format.js';

export interface TransportProps {
  readonly at: number;
  readonly last: number;
  readonly timeNs: number | null;
  readonly playing: boolean;
  readonly busy: boolean;
  readonly said: string;
  readonly breakpoint: string;
  readonly setBreakpoint: (text: string) => void;
  readonly searchField: RefObject<HTMLInputElement | null>;
  readonly jumpField: RefObject<HTMLInputElement | null>;
  readonly goTo: (position: number) => void;
  readonly step: (direction: 'forward' | 'backward') => void;
  readonly find: (direction: 'forward' | 'backward') => void;
  readonly play: () => void;
  readonly jump: (text: string) => void;
}

const ICONS = {
  first: 'M3 3v10M13 3L6 8l7 5z',
  back: 'M11 3L4 8l7 5zM13 3v10',
  play: 'M4 3l9 5l-9 5z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  forward: 'M5 3l7 5l-7 5zM3 3v10',
  last: 'M13 3v10M3 3l7 5l-7 5z',
} as const;

function Icon({ name }: { readonly name: keyof typeof ICONS }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={ICONS[name]} stroke="currentColor" />
    </svg>
  );
}

export function TransportBar(props: TransportProps) {
  const { at, last, timeNs, playing, busy, said, breakpoint, setBreakpoint, step, find, play, goTo, jump } =
    props;
  const [text, setText] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    jump(text);
    setText('');
    props.jumpField.current?.blur();
  };
  return (
    <div className="bar transport">
      <fieldset className="steps">
        <legend className="hidden">Transport</legend>
        <button
          type="button"
          onClick={() => goTo(1)}
          aria-label="To the first event"
          title="To the first event (Home)"
        >
          <Icon name="first" />
        </button>
        <button type="button" onClick={() => step('backward')} aria-label="Step back" title="Step back (,)">
          <Icon name="back" />
        </button>
        <button
          type="button"
          className="p"
          onClick={play}
          aria-label={playing ? 'Stop playing' : 'Play'}
          title="Play (Space)"
        >
          <Icon name={playing ? 'pause' : 'play'} />
        </button>
        <button type="button" onClick={() => step('forward')} aria-label="Step" title="Step (.)">
          <Icon name="forward" />
        </button>
        <button
          type="button"
          onClick={() => goTo(last)}
          aria-label="To the last event"
          title="To the last event (End)"
        >
          <Icon name="last" />
        </button>
      </fieldset>
      <form className="find jump" onSubmit={submit}>
        <label htmlFor="jump" className="t3">
          position
        </label>
        <input
          id="jump"
          ref={props.jumpField}
          className="m"
          value={text}
          placeholder={`${count(at)} / ${count(last)}`}
          title="A position such as 1471, or a virtual time such as 18.2ms (G)"
          onChange={(event) => setText(event.target.value)}
        />
      </form>
      <span className="moment m t2">{timeNs === null ? ' ' : time(timeNs)}</span>
      <span className="sp" />
      <span className="t3 said cut" role="status">
        {busy && said === '' ? 'looking …' : said}
      </span>
      <label className="find search">
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <circle cx="5" cy="5" r="3.5" />
          <path d="M8 8l3 3" />
        </svg>
        <span className="hidden">Find, or break at</span>
        <input
          ref={props.searchField}
          type="search"
          value={breakpoint}
          placeholder="RootPut, root:2, a function, I3"
          title="Event types, root:2, thread:vcpu0, a function, finding:I3, change:PATH, when:PREDICATE. Enter goes on, Shift+Enter back."
          onChange={(event) => setBreakpoint(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') find(event.shiftKey ? 'backward' : 'forward');
          }}
        />
        <kbd>/</kbd>
      </label>
      <button
        type="button"
        className="btn s"
        onClick={() => find('backward')}
        title="Reverse-continue to it ([)"
        aria-label="Reverse-continue"
      >
        ‹
      </button>
      <button
        type="button"
        className="btn s"
        onClick={() => find('forward')}
        title="Continue to it (])"
        aria-label="Continue"
      >
        ›
      </button>
    </div>
  );
}
