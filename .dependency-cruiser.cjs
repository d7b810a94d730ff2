/**
 * The layers of docs/architecture.md, as rules. An import goes to the same folder or to a folder of a lower level, never
 * sideways and never up. A folder that is not in this table may not import anything: add it here, at its level.
 */
const LEVEL_OF_FOLDER = {
  collections: 0,
  platform: 0,
  native: 1,
  errors: 1,
  selectors: 2,
  sockets: 2,
  loop: 3,
  batch: 4,
  signals: 4,
  systemd: 4,
  tasks: 4,
  sync: 5,
  combinators: 5,
  executor: 5,
  sock: 6,
  transports: 7,
  bridge: 8,
  datagrams: 8,
  tls: 9,
  connections: 10,
  servers: 11,
  streams: 12,
  subprocess: 13,
  trace: 13, // but for TRACE_ENTRY
  workers: 14,
  'event-loop': 14,
  node: 15,
  testing: 15,
  cli: 15,
  inspect: 16,
  simulation: 17,
  playground: 18,
};

/** What cannot exist in a web page may import Node's modules; everything else gets them from lib/platform. */
const MAY_IMPORT_NODE =
  '^lib/((platform|native|bridge|tls|executor|subprocess|workers|node|inspect|cli)/|trace/(record-process|trace-file|program)\\.ts$|event-loop/open-door\\.ts$)';

/** The entry point `selectloop/trace`, and what only it has: they use the runner, which is above the recorder. */
const TRACE_ENTRY = '^lib/trace/(index|trace-run)\\.ts$';

/** The addon's calls stay behind the folders that own descriptors; everything above speaks Socket, Selector and loop. */
const MAY_CALL_NATIVE = [
  'selectors',
  'sockets',
  'loop',
  'batch',
  'signals',
  'executor',
  'sock',
  'transports',
  'connections',
  'subprocess',
  'playground', // puts the simulated kernel below the library
];

/** The rooms of lib/simulation, each with those that it may import. */
const SIMULATION_ROOMS = [
  ['time', []],
  ['network', ['time']],
  ['kernel', ['network', 'time']],
  ['binding', ['kernel', 'network', 'time']],
];

const folders = Object.keys(LEVEL_OF_FOLDER);

function allowedTargets(folder) {
  const below = folders.filter((other) => LEVEL_OF_FOLDER[other] < LEVEL_OF_FOLDER[folder] && other !== 'native');
  return [folder, ...below, ...(MAY_CALL_NATIVE.includes(folder) ? ['native'] : [])];
}

function layerRule(folder) {
  const allowed = allowedTargets(folder);
  const pathNot = [`^lib/(${allowed.join('|')})/`];
  // The command is a user of the library, so it may use it as users do.
  if (folder === 'cli') pathNot.push('^lib/((trace|inspect)/.*|(node/|testing/)?index)\\.ts$');
  // The programs of the playground get the whole library.
  if (folder === 'playground') pathNot.push('^lib/index\\.ts$');
  return {
    name: `layer-${folder}`,
    comment: `lib/${folder} (L${LEVEL_OF_FOLDER[folder]}) may import only: ${allowed.join(', ')}`,
    severity: 'error',
    from: { path: `^lib/${folder}/`, pathNot: TRACE_ENTRY },
    to: { path: '^lib/', pathNot },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...folders.filter((folder) => folder !== 'simulation').map(layerRule),
    {
      name: 'layer-trace-entry',
      comment: 'the entry point selectloop/trace may import the runner',
      severity: 'error',
      from: { path: TRACE_ENTRY },
      to: { path: '^lib/', pathNot: ['^lib/(trace|event-loop)/', ...allowedTargets('trace').map((f) => `^lib/${f}/`)] },
    },
    {
      name: 'trace-entry-is-on-top',
      comment: 'what is below the runner imports the recorder, and not the entry point selectloop/trace',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(cli|inspect|trace)/' },
      to: { path: TRACE_ENTRY },
    },
    {
      name: 'collections-import-nothing',
      comment: 'lib/collections holds pure data structures: no package, no Node module',
      severity: 'error',
      from: { path: '^lib/collections/' },
      to: { pathNot: '^lib/collections/' },
    },
    {
      name: 'node-behind-platform',
      comment: 'modules that run in a web page too get from lib/platform what Node provides; types may be imported',
      severity: 'error',
      from: { path: '^lib/', pathNot: [MAY_IMPORT_NODE, '^lib/inspect/page/'] },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'simulation-imports-types',
      comment:
        'the simulated kernel needs no addon and no Node: of the library it imports the types of the contract, and the constants of Linux',
      severity: 'error',
      from: { path: '^lib/simulation/', pathNot: '^lib/simulation/(world/|index\\.ts$)' },
      to: { pathNot: '^lib/(simulation/|native/contract\\.ts$|platform/linux-constants\\.ts$)' },
    },
    {
      name: 'simulation-world-is-on-top',
      comment: 'lib/simulation/world runs programs on the library and the kernel; the kernel does not know it',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(playground/|simulation/(world/|index\\.ts$))' },
      to: { path: '^lib/simulation/(world/|index\\.ts$)' },
    },
    ...SIMULATION_ROOMS.map(([room, below]) => ({
      name: `simulation-${room}`,
      comment: `lib/simulation/${room} may import only: ${[room, ...below].join(', ')}, and types of the contract`,
      severity: 'error',
      from: { path: `^lib/simulation/${room}/` },
      to: {
        pathNot: `^lib/(simulation/(${[room, ...below].join('|')})/|native/contract\\.ts$|platform/linux-constants\\.ts$)`,
      },
    })),
    {
      name: 'page-runs-in-a-browser',
      comment:
        'lib/inspect/page may import Preact, lib/collections, and the events and the replay of lib/trace, and the protocol',
      severity: 'error',
      from: { path: '^lib/inspect/page/' },
      to: {
        pathNot:
          '^(lib/(inspect/page|collections)/|lib/trace/(events|replay)\\.ts$|lib/inspect/protocol\\.ts$|node_modules/preact/)',
      },
    },
    {
      name: 'unknown-folder',
      comment: 'this folder has no level in .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^lib/', pathNot: [`^lib/(${folders.join('|')})/`, '^lib/index\\.ts$'] },
      to: {},
    },
    {
      name: 'no-circular',
      comment: 'two modules that need each other are one module, or need a third below both',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'nobody imports this module and it imports nothing',
      severity: 'error',
      from: { orphan: true, path: '^lib/', pathNot: '/browser/' }, // scripts/for-pages.mjs puts these in place of others
      to: {},
    },
    {
      name: 'not-resolvable',
      comment: 'this import leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'what the library imports at run time belongs into "dependencies"',
      severity: 'error',
      from: { path: '^lib/', pathNot: ['^lib/inspect/page/', '/browser/'] }, // the page and the bundle for pages contain what they import
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A type-only import is a dependency of the reader too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
