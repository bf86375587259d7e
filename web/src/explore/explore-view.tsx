// Explore: start a search, what was searched, the matrix protocols x bugs, and rules dropped one at a time.
import './explore.css';
import { useKeys } from '../app/keys.js';
import { setQuery } from '../app/router.js';
import { useStatus } from '../app/status.js';
import type { ViewProps } from '../app/view-props.js';
import { useTitle } from '../ui/title.js';
import { MatrixPane } from './matrix.js';
import { FIRST_LITMUS, FIRST_PROTOCOL } from './model/request.js';
import { PastList } from './past-list.js';
import { RulesPane } from './rules.js';
import { StartForm } from './start-form.js';

export function ExploreView({ query }: ViewProps) {
  useTitle('Explore');
  const rules = query.get('show') === 'rules';
  const litmus = query.get('litmus') ?? FIRST_LITMUS;
  const protocol = query.get('protocol') ?? FIRST_PROTOCOL;
  useStatus({
    facts: [],
    command: rules ? `relax ${protocol}` : `explore ${litmus} --protocol ${protocol}`,
    keys: [
      ['r', 'start'],
      ['j', ''],
      ['k', 'move'],
      ['o', 'open'],
      ['m', 'matrix'],
    ],
  });
  useKeys([
    {
      key: 'r',
      label: 'start an exploration',
      group: 'Explore',
      run: () => document.getElementById('explore-litmus')?.focus(),
    },
    {
      key: 'm',
      label: 'to the matrix; arrows move, ↵ opens',
      group: 'Explore',
      run: () => {
        setQuery({ show: null });
        requestAnimationFrame(() =>
          document.querySelector<HTMLElement>('.matrix [aria-selected=true]')?.focus(),
        );
      },
    },
    {
      key: 'l',
      label: 'rules, dropped one at a time',
      group: 'Explore',
      run: () => setQuery({ show: rules ? null : 'rules' }),
    },
  ]);
  return (
    <div className="explore-view">
      <div className="bar">
        <h1>Explore</h1>
        <span className="t3">a verdict within stated bounds, and the shortest way to break it</span>
        <span className="sp" />
        <fieldset className="seg">
          <legend className="hidden">Below</legend>
          <button type="button" aria-pressed={!rules} onClick={() => setQuery({ show: null })}>
            Protocols × bugs
          </button>
          <button type="button" aria-pressed={rules} onClick={() => setQuery({ show: 'rules' })}>
            Rules dropped one at a time
          </button>
        </fieldset>
      </div>
      <StartForm query={query} />
      <PastList query={query} />
      {rules ? <RulesPane query={query} protocol={protocol} /> : <MatrixPane query={query} initial={null} />}
    </div>
  );
}
