// Who may import whom (design section 4). Run by `npm run boundaries` and by test/tidy.test.ts.
// A new folder in src/core must be entered in CORE_IMPORTS: an import from an unlisted folder is refused.

const BELOW_RUN = {
  base: [],
  events: ['base'],
  aggregates: ['base', 'events'],
  machine: ['base', 'events', 'aggregates'],
  kernel: ['base', 'events', 'aggregates', 'machine'],
  // Host threads (workers, RCU) are procedures too, so a protocol's table names them.
  protocols: ['base', 'events', 'aggregates', 'machine', 'kernel', 'userspace'],
  guest: ['base', 'events', 'aggregates', 'machine'],
  userspace: ['base', 'events', 'aggregates', 'machine', 'kernel'],
  scheduler: ['base', 'aggregates', 'machine'],
  scenarios: ['base', 'events', 'aggregates', 'machine', 'guest', 'userspace', 'scheduler'],
  // These four read events only, so that old sessions stay readable when procedures change.
  invariants: ['base', 'events', 'aggregates'],
  projections: ['base', 'events', 'aggregates'],
  causality: ['base', 'events', 'aggregates', 'projections'],
  // A check holds a trace against protocols.
  traces: ['base', 'events', 'aggregates', 'machine', 'kernel', 'protocols'],
  bugs: ['base'],
  'c-text': ['base', 'events', 'aggregates', 'machine'],
  exports: ['base', 'events', 'aggregates', 'projections', 'causality'],
  scene: ['base', 'events', 'aggregates', 'projections', 'causality', 'exports'],
};

/** Folder of src/core -> the other folders of src/core that it may import. */
const CORE_IMPORTS = {
  ...BELOW_RUN,
  run: Object.keys(BELOW_RUN),
  imports: ['base', 'events', 'aggregates', 'machine', 'projections', 'traces', 'run'],
  compare: ['base', 'events', 'aggregates', 'projections', 'run'],
  travel: ['base', 'events', 'aggregates', 'invariants', 'projections', 'run'],
  explorer: [...Object.keys(BELOW_RUN), 'run', 'imports'],
  catalogue: [...Object.keys(BELOW_RUN), 'run', 'explorer'],
  sweeps: [...Object.keys(BELOW_RUN), 'run'],
};

// ----------------------------------------------------------------------------------------------------------------
// DEBT: known breaches, one line each: { rule: 'name of the rule', from: 'path of the importing file', why: '...' }.
// Empty is the normal state.
const DEBT = [];
// ----------------------------------------------------------------------------------------------------------------

const coreFolders = Object.keys(CORE_IMPORTS).join('|');

const coreOrder = Object.entries(CORE_IMPORTS).map(([folder, allowed]) => ({
  name: `core-${folder}-imports-only-${allowed.join('-') || 'itself'}`,
  severity: 'error',
  from: { path: `^src/core/${folder}/` },
  to: { path: '^src/core/', pathNot: `^src/core/(${[folder, ...allowed].join('|')})/` },
}));

const rules = [
  {
    name: 'core-is-pure',
    comment: 'src/core imports nothing from outside src/core: no node:, no package, no other folder.',
    severity: 'error',
    from: { path: '^src/core/' },
    to: { pathNot: '^src/core/' },
  },
  ...coreOrder,
  {
    name: 'core-folder-is-listed',
    comment: 'Enter the folder in CORE_IMPORTS.',
    severity: 'error',
    from: { path: '^src/core/', pathNot: `^src/core/(${coreFolders})/` },
    to: {},
  },
  {
    name: 'client-runs-in-browsers',
    comment:
      'Of the server only types; no node:, no package but ws, which is loaded where there is no WebSocket.',
    severity: 'error',
    from: { path: '^src/client/' },
    to: { pathNot: ['^src/client/', '(^|/)node_modules/(@types/)?ws/'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'page-uses-the-client-only',
    comment:
      'Of the server the page takes rootline/client and nothing else; what it shows comes over the API.',
    severity: 'error',
    from: { path: '^web/' },
    to: { path: '^(src|migrations|bench|scripts|test)/', pathNot: '^src/client/' },
  },
  {
    name: 'views-do-not-know-each-other',
    comment:
      'A view is a folder; only app/views.tsx names them all. What two views share lies in ui, api, live or timeline.',
    severity: 'error',
    from: { path: '^web/src/(sessions|session|compare|explore|import)/' },
    to: {
      path: '^web/src/(sessions|session|compare|explore|import)/',
      pathNot: '^web/src/$1/',
    },
  },
  {
    name: 'what-views-share-knows-no-view',
    severity: 'error',
    from: { path: '^web/src/(ui|api|live|timeline)/' },
    to: { path: '^web/src/(sessions|session|compare|explore|import)/' },
  },
  {
    name: 'models-are-pure',
    comment: 'A model turns data into what is drawn; it is tested as text, without a browser.',
    severity: 'error',
    from: { path: '^web/src/.*/model/' },
    to: { pathNot: ['^web/src/.*/model/', '^web/src/ui/format', '^web/src/api/schema'] },
  },
  {
    name: 'no-circular',
    comment: 'Type-only imports count: two files that need each other are one idea, or lack a third file.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'only-store-knows-typeorm',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/store/' },
    to: { path: '(^|/)node_modules/(@nestjs/)?typeorm/' },
  },
  {
    name: 'only-store-knows-better-sqlite3',
    severity: 'error',
    from: { path: '^(src|migrations)/', pathNot: '^src/store/' },
    to: { path: '(^|/)node_modules/(@types/)?better-sqlite3/' },
  },
  {
    name: 'product-imports-no-tests-or-benches',
    severity: 'error',
    from: { path: '^(src|migrations)/' },
    to: { path: '^(test|bench|scripts|dist|web)/' },
  },
  {
    name: 'no-dev-dependency-in-product',
    severity: 'error',
    from: { path: '^(src|migrations)/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'import-resolves',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

/** Lifts each rule for the files that the debt section names. */
function withDebt(rule) {
  const debtors = DEBT.filter((debt) => debt.rule === rule.name).map((debt) => debt.from);
  const pathNot = [rule.from.pathNot ?? [], debtors].flat();
  return pathNot.length === 0 ? rule : { ...rule, from: { ...rule.from, pathNot } };
}

module.exports = {
  forbidden: rules.map(withDebt),
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: `${__dirname}/tsconfig.json` },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
    },
  },
};
