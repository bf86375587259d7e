// Fields of the forms that start a run or a search: every one of them is a word of the address, so a filled form is a link.
// Beside a number stands its unit, or where the figure comes from; one that was typed is nobody's but the person's.
import type { ReactNode } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Protocols } from '../api/schema.js';
import { type QueryChange, setQuery } from '../app/router.js';
import { count } from './format.js';

export type Protocol = Protocols['protocols'][number];

export function useProtocols(): readonly Protocol[] | undefined {
  return useResource('protocols', (signal) => ask<'Protocols_list'>('GET', '/protocols', { signal })).data
    ?.protocols;
}

interface Choice {
  readonly id: string;
  readonly title?: string;
  /** What is shown where that is not the id. */
  readonly text?: string;
  readonly disabled?: boolean;
}

export function SelectField({
  id,
  label,
  doc,
  value,
  choices,
  choose,
}: {
  readonly id: string;
  readonly label: string;
  readonly doc?: string;
  readonly value: string;
  /** Until they are read: the chosen one. */
  readonly choices: readonly Choice[] | undefined;
  readonly choose: (value: string) => void;
}) {
  // An address may name what is not there: the server says so, the form does not show something else.
  const known = choices?.some((choice) => choice.id === value) ?? false;
  return (
    <>
      <label htmlFor={id} className="cut" title={doc}>
        {label}
      </label>
      <select id={id} className="in" title={doc} value={value} onChange={(e) => choose(e.target.value)}>
        {choices?.map((choice) => (
          <option key={choice.id} value={choice.id} title={choice.title} disabled={choice.disabled}>
            {choice.text ?? choice.id}
          </option>
        ))}
        {!known && <option value={value}>{value}</option>}
      </select>
      <span />
    </>
  );
}

/** @param notFor why something says nothing about a protocol; null: it does */
export function ProtocolField({
  id,
  value,
  protocols,
  notFor = () => null,
}: {
  readonly id: string;
  readonly value: string;
  readonly protocols: readonly Protocol[] | undefined;
  readonly notFor?: (protocol: Protocol) => string | null;
}) {
  const choices = protocols?.map((one) => {
    const why = notFor(one);
    const mine = one.origin === 'user' ? ' (yours)' : '';
    return {
      id: one.id,
      title: one.fault ?? why ?? one.title,
      text: `${one.id}${mine}${why === null ? '' : ' ·'}`,
      disabled: one.fault !== null,
    };
  });
  return (
    <SelectField
      id={id}
      label="Protocol"
      value={value}
      choices={choices}
      choose={(protocol) => setQuery({ protocol })}
    />
  );
}

export function NumberField({
  id,
  name,
  label,
  doc,
  usual,
  unit = '',
  source,
  range,
  words = null,
  query,
}: {
  readonly id: string;
  /** In the address. */
  readonly name: string;
  readonly label: string;
  readonly doc: string;
  /** As text, where the field is empty. */
  readonly usual: string;
  readonly unit?: string;
  /** Where the usual figure comes from. */
  readonly source?: { readonly confidence: string; readonly text: string };
  readonly range?: { readonly min: number; readonly max: number };
  /** Names of the values from `range.min` on. */
  readonly words?: readonly string[] | null;
  readonly query: URLSearchParams;
}) {
  const value = query.get(name) ?? '';
  const set = (text: string): void => setQuery({ [name]: text });
  const full = range === undefined ? doc : `${doc}; ${count(range.min)} to ${count(range.max)} ${unit}`;
  const own = value.trim() !== '' && value !== usual;
  let beside: ReactNode = <span className="t3">{unit}</span>;
  if (own && (source !== undefined || range !== undefined))
    beside = (
      <span className="from yours" title={`typed here; usually ${usual} ${unit}`}>
        yours
      </span>
    );
  else if (source !== undefined)
    beside = (
      <span className={`from ${source.confidence}`} title={source.text}>
        {source.confidence}
      </span>
    );
  return (
    <>
      <label htmlFor={id} className="cut" title={doc}>
        {label}
      </label>
      {words === null || range === undefined ? (
        <input
          id={id}
          className="in"
          inputMode="numeric"
          placeholder={source === undefined ? usual : `${usual} ${unit}`}
          title={full}
          value={value}
          aria-invalid={range !== undefined && value !== '' && !isWithin(value, range)}
          onChange={(e) => set(e.target.value)}
        />
      ) : (
        <select
          id={id}
          className="in"
          title={doc}
          value={value === '' ? usual : value}
          onChange={(e) => set(e.target.value === usual ? '' : e.target.value)}
        >
          {words.map((word, i) => (
            <option key={word} value={String(range.min + i)}>
              {word}
            </option>
          ))}
        </select>
      )}
      {beside}
    </>
  );
}

function isWithin(text: string, { min, max }: { readonly min: number; readonly max: number }): boolean {
  const n = Number(text.replaceAll(',', ''));
  return Number.isFinite(n) && n >= min && n <= max;
}

/** A change of the address in which all of these names are gone. */
export function cleared(names: readonly string[]): QueryChange {
  return Object.fromEntries(names.map((name) => [name, null]));
}
