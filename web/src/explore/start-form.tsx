// Start an exploration: what is searched, under which rules, how, and how far. The address has every field.
import { type FormEvent, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import { go, setQuery } from '../app/router.js';
import {
  cleared,
  NumberField,
  type Protocol,
  ProtocolField,
  SelectField,
  useProtocols,
} from '../ui/fields.js';
import { count } from '../ui/format.js';
import { parameterKey, parametersIn } from '../ui/model/parameters.js';
import { ErrorState } from '../ui/states.js';
import { FIRST_LITMUS, type Litmus, NUMBERS, requestOf, SAMPLES, SEARCHES } from './model/request.js';

export function useLitmus(): readonly Litmus[] | undefined {
  return useResource('litmus', (signal) => ask<'Litmus_list'>('GET', '/litmus', { signal })).data?.litmus;
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
  // Closed where nothing in it was said, unless somebody has opened it.
  const needed = sampled || NUMBERS.some(([name]) => query.has(name)) || query.has('transplant');
  const bounds = query.has('bounds') ? query.get('bounds') === '1' : needed;
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
          <SelectField
            id="explore-litmus"
            label="Litmus"
            value={request.litmus}
            choices={all}
            choose={(next) => setQuery({ ...cleared(parametersIn(query)), litmus: next })}
          />
          <ProtocolField
            id="explore-protocol"
            value={request.protocol}
            protocols={protocols}
            notFor={(one) => notFor(litmus, one)}
          />
          {litmus?.parameters.map(({ name, default: usual, min, max, doc }) => (
            <NumberField
              key={name}
              id={`explore-${parameterKey(name)}`}
              name={parameterKey(name)}
              label={name}
              doc={doc}
              range={{ min, max }}
              usual={count(usual)}
              query={query}
            />
          ))}
          <SelectField
            id="explore-search"
            label="Search"
            value={request.search ?? SEARCHES[0]}
            choices={SEARCHES.map((id) => ({ id, text: id === 'pct' ? 'pct (priorities)' : id }))}
            choose={(next) => setQuery({ search: next === SEARCHES[0] ? null : next })}
          />
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
        <details
          open={bounds}
          onToggle={({ currentTarget: { open } }) => {
            if (open !== bounds) setQuery({ bounds: open === needed ? null : open ? 1 : 0 });
          }}
        >
          <summary>Bounds: reaching one is a verdict of its own</summary>
          <div className="fields">
            {(sampled ? [...SAMPLES, ...NUMBERS] : NUMBERS).map(([name, unit, doc]) => (
              <NumberField
                key={name}
                id={`explore-${name}`}
                name={name}
                label={name}
                unit={unit}
                doc={doc}
                usual=""
                query={query}
              />
            ))}
            <SelectField
              id="explore-transplant"
              label="try also under"
              doc="a counterexample's schedule is tried there as well"
              value={query.get('transplant') ?? ''}
              choices={[
                { id: '', text: 'no other' },
                ...(protocols ?? []).filter(({ origin }) => origin === 'shipped'),
              ]}
              choose={(transplant) => setQuery({ transplant })}
            />
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
