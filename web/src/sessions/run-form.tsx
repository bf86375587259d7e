// Start a run: scenario, protocol, seed, parameters, and costs with where each figure comes from. What differs from the
// defaults is sent, nothing else. The started session is watched here until it ends.
import { type FormEvent, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Costs, Scenarios } from '../api/schema.js';
import { Link } from '../app/link.js';
import { setQuery } from '../app/router.js';
import { useChange } from '../live/watch.js';
import { count } from '../ui/format.js';
import { ErrorState } from '../ui/states.js';

type Parameter = Scenarios['scenarios'][number]['parameters'][number];
type Cost = Costs['costs'][number];

export function RunForm({ query }: { readonly query: URLSearchParams }) {
  const scenarios = useResource('scenarios', () => ask<'Scenarios_list'>('GET', '/scenarios')).data
    ?.scenarios;
  const protocols = useResource('protocols', () => ask<'Protocols_list'>('GET', '/protocols')).data
    ?.protocols;
  const costs = useResource('costs', () => ask<'Costs_list'>('GET', '/costs')).data?.costs;
  const [values, setValues] = useState<{ readonly [name: string]: string }>({});
  const [showCosts, setShowCosts] = useState(false);
  const [started, setStarted] = useState<string | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const scenario = query.get('scenario') ?? 'smi';
  const protocol = query.get('protocol') ?? 'v5.18';
  const seed = query.get('seed') ?? '1';
  const parameters = scenarios?.find(({ id }) => id === scenario)?.parameters ?? [];
  const set = (name: string, value: string) => setValues((before) => ({ ...before, [name]: value }));

  const run = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const given = (prefix: string) =>
      Object.fromEntries(
        Object.entries(values)
          .filter(([name, value]) => name.startsWith(prefix) && value.trim() !== '')
          .map(([name, value]): [string, number] => [
            name.slice(prefix.length),
            Number(value.replaceAll(',', '')),
          ]),
      );
    const known = new Set(parameters.map(({ name }) => name));
    const set_ = Object.fromEntries(Object.entries(given('p:')).filter(([name]) => known.has(name)));
    ask<'Sessions_create'>('POST', '/sessions', {
      body: { scenario, protocol, seed: Number(seed), parameters: set_, costs: given('c:') },
    })
      .then(({ id }) => setStarted(id), setError)
      .finally(() => setBusy(false));
  };

  return (
    <section className="pane run" aria-label="Start a run">
      <div className="ph">
        <h2>Start a run</h2>
        <span className="sp" />
        {started !== null && <Progress id={started} />}
      </div>
      <form onSubmit={run} className="scroll">
        <div className="fields">
          <label htmlFor="run-scenario">Scenario</label>
          <select
            id="run-scenario"
            className="in"
            value={scenario}
            onChange={(e) => setQuery({ scenario: e.target.value })}
          >
            {(scenarios ?? [{ id: scenario, title: '' }]).map(({ id, title }) => (
              <option key={id} value={id} title={title}>
                {id}
              </option>
            ))}
          </select>
          <span />
          <label htmlFor="run-protocol">Protocol</label>
          <select
            id="run-protocol"
            className="in"
            value={protocol}
            onChange={(e) => setQuery({ protocol: e.target.value })}
          >
            {(protocols ?? [{ id: protocol, title: '' }]).map(({ id, title }) => (
              <option key={id} value={id} title={title}>
                {id}
              </option>
            ))}
          </select>
          <span />
          <label htmlFor="run-seed">Seed</label>
          <input
            id="run-seed"
            className="in"
            inputMode="numeric"
            value={seed}
            onChange={(e) => setQuery({ seed: e.target.value.replace(/\D/g, '') })}
          />
          <span />
          {parameters.map((parameter) => (
            <ParameterField
              key={parameter.name}
              parameter={parameter}
              value={values[`p:${parameter.name}`] ?? ''}
              set={set}
            />
          ))}
          {showCosts &&
            costs?.map((cost) => (
              <CostField key={cost.name} cost={cost} value={values[`c:${cost.name}`] ?? ''} set={set} />
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
            onClick={() => setShowCosts(!showCosts)}
          >
            {showCosts ? 'Hide costs' : `Costs (${costs?.length ?? '…'})`}
          </button>
        </div>
        {error !== null && <ErrorState error={error} />}
      </form>
    </section>
  );
}

function ParameterField({
  parameter,
  value,
  set,
}: {
  readonly parameter: Parameter;
  readonly value: string;
  readonly set: (name: string, value: string) => void;
}) {
  const { name, default: initially, min, max, unit, doc, words } = parameter;
  const id = `run-p-${name}`;
  const range = `${count(min)} to ${count(max)} ${unit}`;
  return (
    <>
      <label htmlFor={id} className="cut" title={doc}>
        {name}
      </label>
      {words === null ? (
        <input
          id={id}
          className="in"
          inputMode="numeric"
          placeholder={count(initially)}
          title={`${doc}; ${range}`}
          value={value}
          aria-invalid={value !== '' && !inRange(value, min, max)}
          onChange={(e) => set(`p:${name}`, e.target.value)}
        />
      ) : (
        <select
          id={id}
          className="in"
          title={doc}
          value={value === '' ? String(initially) : value}
          onChange={(e) => set(`p:${name}`, e.target.value)}
        >
          {words.map((word, i) => (
            <option key={word} value={String(min + i)}>
              {word}
            </option>
          ))}
        </select>
      )}
      <span className="t3">{unit}</span>
    </>
  );
}

function CostField({
  cost,
  value,
  set,
}: {
  readonly cost: Cost;
  readonly value: string;
  readonly set: (name: string, value: string) => void;
}) {
  const { name, ns, min, max, confidence, condition, source } = cost;
  const id = `run-c-${name}`;
  return (
    <>
      <label htmlFor={id} className="cut m" title={`${condition}; ${source}`}>
        {name}
      </label>
      <input
        id={id}
        className="in"
        inputMode="numeric"
        placeholder={`${count(ns)} ns`}
        title={`${count(min)} to ${count(max)} ns; ${source}`}
        value={value}
        aria-invalid={value !== '' && !inRange(value, min, max)}
        onChange={(e) => set(`c:${name}`, e.target.value)}
      />
      <span className={`from ${confidence}`} title={source}>
        {confidence}
      </span>
    </>
  );
}

function inRange(text: string, min: number, max: number): boolean {
  const n = Number(text.replaceAll(',', ''));
  return Number.isFinite(n) && n >= min && n <= max;
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
