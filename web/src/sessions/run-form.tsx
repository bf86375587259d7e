// Start a run: scenario, protocol, seed, parameters, and costs with where each figure comes from. What differs from the
// defaults is sent, nothing else. The address has every field; the started session is watched here until it ends.
import { type FormEvent, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import { Link } from '../app/link.js';
import { setQuery } from '../app/router.js';
import { useChange } from '../live/watch.js';
import { cleared, NumberField, ProtocolField, SelectField, useProtocols } from '../ui/fields.js';
import { count } from '../ui/format.js';
import { costKey, givenNumbers, numberOf, parameterKey, parametersIn } from '../ui/model/parameters.js';
import { ErrorState } from '../ui/states.js';

/** Where nobody has said anything. */
export const FIRST_SCENARIO = 'smi';
const FIRST_PROTOCOL = 'v5.18';

export function RunForm({ query }: { readonly query: URLSearchParams }) {
  const scenarios = useResource('scenarios', (signal) =>
    ask<'Scenarios_list'>('GET', '/scenarios', { signal }),
  ).data?.scenarios;
  const protocols = useProtocols();
  const costs = useResource('costs', (signal) => ask<'Costs_list'>('GET', '/costs', { signal })).data?.costs;
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const scenario = query.get('scenario') ?? FIRST_SCENARIO;
  const protocol = query.get('protocol') ?? FIRST_PROTOCOL;
  const seed = query.get('seed') ?? '';
  const showCosts = query.get('costs') === '1';
  const started = query.get('started');
  const chosen = scenarios?.find(({ id }) => id === scenario);
  const parameters = chosen?.parameters ?? [];
  const names = <T extends { readonly name: string }>(all: readonly T[]) => all.map(({ name }) => name);

  const run = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    ask<'Sessions_create'>('POST', '/sessions', {
      body: {
        scenario,
        protocol,
        seed: seed === '' ? 1 : numberOf(seed),
        parameters: givenNumbers(query, names(parameters), parameterKey),
        costs: givenNumbers(query, names(costs ?? []), costKey),
      },
    })
      // It is what is looked at next.
      .then(({ id }) => setQuery({ started: id, session: id }), setError)
      .finally(() => setBusy(false));
  };

  return (
    <section className="pane run" aria-label="Start a run">
      <div className="ph">
        <h2>Start a run</h2>
        <span className="sp" />
        {started !== null && /^[1-9]\d{0,15}$/.test(started) && <Progress id={started} />}
      </div>
      <form onSubmit={run} className="scroll">
        <div className="fields">
          <SelectField
            id="run-scenario"
            label="Scenario"
            value={scenario}
            choices={scenarios}
            choose={(next) => setQuery({ ...cleared(parametersIn(query)), scenario: next })}
          />
          <ProtocolField id="run-protocol" value={protocol} protocols={protocols} />
          <NumberField
            id="run-seed"
            name="seed"
            label="Seed"
            doc="of every random choice: the same seed is the same run"
            usual="1"
            query={query}
          />
          {parameters.map(({ name, default: initially, min, max, unit, doc, words }) => (
            <NumberField
              key={name}
              id={`run-p-${name}`}
              name={parameterKey(name)}
              label={name}
              doc={doc}
              usual={words === null ? count(initially) : String(initially)}
              unit={unit}
              range={{ min, max }}
              words={words}
              query={query}
            />
          ))}
          {showCosts &&
            costs?.map(({ name, ns, min, max, confidence, condition, source }) => (
              <NumberField
                key={name}
                id={`run-c-${name}`}
                name={costKey(name)}
                label={name}
                doc={`${condition}; ${source}`}
                usual={count(ns)}
                unit="ns"
                source={{ confidence, text: source }}
                range={{ min, max }}
                query={query}
              />
            ))}
        </div>
        <div className="actions">
          <button type="submit" className="btn p" disabled={busy}>
            Run
          </button>
          <button
            type="button"
            className="btn g"
            aria-expanded={showCosts}
            onClick={() => setQuery({ costs: showCosts ? null : 1 })}
          >
            {showCosts ? 'Hide costs' : `Costs (${costs?.length ?? '…'})`}
          </button>
        </div>
        {error !== null && <ErrorState error={error} />}
      </form>
    </section>
  );
}

function Progress({ id }: { readonly id: string }) {
  const change = useChange(id);
  const events = change?.progress?.events ?? 0;
  return (
    <span role="status" className="t2">
      <Link to={`/sessions/${id}`}>session {id}</Link> {change?.state ?? 'queued'}, {count(events)} events
    </span>
  );
}
