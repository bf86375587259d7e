// Start an exploration: what is searched, under which rules, how, and how far. The address has every field.
import { type FormEvent, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Protocols } from '../api/schema.js';
import { go, setQuery } from '../app/router.js';
import { count } from '../ui/format.js';
import { ErrorState } from '../ui/states.js';
import {
  FIRST_LITMUS,
  type Litmus,
  NUMBERS,
  parameterKey,
  requestOf,
  SAMPLES,
  SEARCHES,
} from './model/request.js';

type Protocol = Protocols['protocols'][number];

export function useLitmus(): readonly Litmus[] | undefined {
  return useResource('litmus', (signal) => ask<'Litmus_list'>('GET', '/litmus', { signal })).data?.litmus;
}

export function useProtocols(): readonly Protocol[] | undefined {
  return useResource('protocols', (signal) => ask<'Protocols_list'>('GET', '/protocols', { signal })).data
    ?.protocols;
}

/** Why this litmus says nothing about that protocol; null: it does. */
function notFor(litmus: Litmus | undefined, protocol: Protocol | undefined): string | null {
  const as = protocol?.origin === 'user' ? protocol.base : protocol?.id;
  return litmus?.notFor.find((one) => one.protocol === as)?.why ?? null;
}

export function StartForm({ query }: { readonly query: URLSearchParams }) {
  const all = useLitmus();
  const protocols = useProtocols();
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const request = requestOf(
    query,
    all?.find(({ id }) => id === (query.get('litmus') ?? FIRST_LITMUS)),
  );
  const litmus = all?.find(({ id }) => id === request.litmus);
  const protocol = protocols?.find(({ id }) => id === request.protocol);
  const without = notFor(litmus, protocol);
  const sampled = request.search !== 'exhaustive';
  const start = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    ask<'Explorations_create'>('POST', '/explorations', { body: request })
      .then(({ id }) => go(`/explore/${id}`), setError)
      .finally(() => setBusy(false));
  };
  const flag = (name: string, on: boolean) => setQuery({ [name]: on ? 1 : null });
  return (
    <section className="pane explore-start" aria-label="Start an exploration">
      <div className="ph">
        <h2>Every interleaving of</h2>
        <span className="t3 cut" title={litmus?.title}>
          {litmus?.title ?? ' '}
        </span>
      </div>
      <form onSubmit={start} className="scroll">
        <div className="fields">
          <label htmlFor="explore-litmus">Litmus</label>
          <select
            id="explore-litmus"
            className="in"
            value={request.litmus}
            onChange={(e) => setQuery({ litmus: e.target.value })}
          >
            {(all ?? [{ id: request.litmus, title: '' }]).map(({ id, title }) => (
              <option key={id} value={id} title={title}>
                {id}
              </option>
            ))}
          </select>
          <span />
          <label htmlFor="explore-protocol">Protocol</label>
          <select
            id="explore-protocol"
            className="in"
            value={request.protocol}
            onChange={(e) => setQuery({ protocol: e.target.value })}
          >
            {(protocols ?? []).map((one) => (
              <option
                key={one.id}
                value={one.id}
                title={notFor(litmus, one) ?? one.title}
                disabled={one.fault !== null}
              >
                {one.id}
                {one.origin === 'user' ? ' (yours)' : ''}
                {notFor(litmus, one) === null ? '' : ' ·'}
              </option>
            ))}
            {protocols?.every(({ id }) => id !== request.protocol) !== false && (
              <option value={request.protocol}>{request.protocol}</option>
            )}
          </select>
          <span />
          {litmus?.parameters.map(({ name, default: usual, min, max, doc }) => (
            <NumberField
              key={name}
              name={parameterKey(name)}
              label={name}
              unit=""
              doc={`${doc}; ${count(min)} to ${count(max)}`}
              usual={count(usual)}
              query={query}
            />
          ))}
          <label htmlFor="explore-search">Search</label>
          <select
            id="explore-search"
            className="in"
            value={request.search}
            onChange={(e) => setQuery({ search: e.target.value === 'exhaustive' ? null : e.target.value })}
          >
            {SEARCHES.map((name) => (
              <option key={name} value={name}>
                {name === 'pct' ? 'pct (priorities)' : name}
              </option>
            ))}
          </select>
          <span />
        </div>
        <div className="checks">
          <label className="check" title="partial order and symmetry: the verdict does not depend on them">
            <input
              type="checkbox"
              checked={request.reductions === 'all'}
              onChange={(e) => setQuery({ reductions: e.target.checked ? null : 'none' })}
            />{' '}
            Reductions
          </label>
          <label className="check" title="livelock and starvation too, without reductions">
            <input
              type="checkbox"
              checked={request.liveness === true}
              onChange={(e) => flag('liveness', e.target.checked)}
            />{' '}
            Liveness
          </label>
          <label className="check" title="whole states instead of 64 bits of each; on one thread">
            <input
              type="checkbox"
              checked={request.exact === true}
              onChange={(e) => flag('exact', e.target.checked)}
            />{' '}
            Whole states
          </label>
        </div>
        <details open={sampled || [...NUMBERS].some(([name]) => query.has(name)) || query.has('transplant')}>
          <summary>Bounds: reaching one is a verdict of its own</summary>
          <div className="fields">
            {(sampled ? [...SAMPLES, ...NUMBERS] : NUMBERS).map(([name, unit, doc]) => (
              <NumberField key={name} name={name} label={name} unit={unit} doc={doc} usual="" query={query} />
            ))}
            <label htmlFor="explore-transplant" title="a counterexample's schedule is tried there as well">
              try also under
            </label>
            <select
              id="explore-transplant"
              className="in"
              value={query.get('transplant') ?? ''}
              onChange={(e) => setQuery({ transplant: e.target.value })}
            >
              <option value="">no other</option>
              {protocols
                ?.filter(({ origin }) => origin === 'shipped')
                .map(({ id }) => (
                  <option key={id} value={id}>
                    {id}
                  </option>
                ))}
            </select>
            <span />
          </div>
        </details>
        <div className="actions">
          <button type="submit" className="btn p" disabled={busy}>
            Explore <kbd>↵</kbd>
          </button>
          {without !== null && <span className="warn">▲ {without}</span>}
          {protocol?.fault != null && <span className="bad">✕ {protocol.fault}</span>}
        </div>
        {litmus !== undefined && litmus.leftOut !== '' && (
          <p className="leaves-out t3">
            <b>Left out:</b> {litmus.leftOut}
          </p>
        )}
        {error !== null && <ErrorState error={error} />}
      </form>
    </section>
  );
}

function NumberField({
  name,
  label,
  unit,
  doc,
  usual,
  query,
}: {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly doc: string;
  readonly usual: string;
  readonly query: URLSearchParams;
}) {
  const id = `explore-${name}`;
  return (
    <>
      <label htmlFor={id} className="cut" title={doc}>
        {label}
      </label>
      <input
        id={id}
        className="in"
        inputMode="numeric"
        placeholder={usual}
        title={doc}
        value={query.get(name) ?? ''}
        onChange={(e) => setQuery({ [name]: e.target.value.replace(/[^\d,]/g, '') })}
      />
      <span className="t3">{unit}</span>
    </>
  );
}
