/**
 * The pages of the site, in reading order: the sidebar, and the links to the previous and the next page, follow these lists.
 * `test/docs/site.test.ts` compares them with the documents of the repository, so a new document has to be added here.
 */

/**
 * @typedef {object} Section
 * @property {string} title
 * @property {readonly string[]} documents paths from the root of the repository; the title of a page is its first heading
 */

/** @type {readonly Section[]} */
export const SECTIONS = [
  { title: 'Start', documents: ['README.md', 'docs/README.md', 'docs/guide/installing.md'] },
  {
    title: 'Guides',
    documents: [
      'docs/guide/the-loop.md',
      'docs/guide/coroutines-and-tasks.md',
      'docs/guide/cancellation-and-timeouts.md',
      'docs/guide/synchronisation.md',
      'docs/guide/streams.md',
      'docs/guide/servers-and-clients.md',
      'docs/guide/sockets-and-selectors.md',
      'docs/guide/protocols.md',
      'docs/guide/child-processes-and-signals.md',
      'docs/guide/running-in-production.md',
      'docs/guide/observing.md',
      'docs/guide/living-beside-node.md',
      'docs/guide/testing.md',
      'docs/guide/simulation.md',
      'docs/guide/inspecting.md',
      'docs/guide/tracing.md',
      'docs/guide/repl.md',
    ],
  },
  { title: 'Course', documents: ['docs/course/README.md'] },
  {
    title: 'Examples',
    documents: [
      'examples/README.md',
      'examples/steps/README.md',
      'examples/fibres/README.md',
      'examples/traps/README.md',
      'examples/walkthrough/README.md',
      'examples/pipelines/README.md',
      'examples/tiny/README.md',
      'examples/tiny/qa.md',
      'examples/servers/README.md',
    ],
  },
  {
    title: 'Reference',
    documents: [
      'docs/glossary.md',
      'docs/errors.md',
      'docs/environment.md',
      'docs/support.md',
      'docs/differences-from-python.md',
      'docs/reliability.md',
      'docs/performance.md',
      'CHANGELOG.md',
    ],
  },
  { title: 'Working on it', documents: ['docs/architecture.md', 'CONTRIBUTING.md', 'SECURITY.md'] },
];

/** Titles in the sidebar, where the first heading of a document would say too much or too little. */
export const SHORT_TITLES = new Map([
  ['README.md', 'Introduction'],
  ['docs/README.md', 'Overview'],
  ['docs/course/README.md', 'Ten lessons'],
  ['examples/README.md', 'Overview'],
]);

/**
 * The subjects of the API reference of `selectloop`, in reading order, each a page. `sources` are the folders, or files, of `lib/` whose
 * exports belong to it; the longest match decides. The build fails for an export of a folder that is not listed.
 */
export const SUBJECTS = [
  { name: 'running', title: 'Running a loop', sources: ['event-loop', 'loop', 'signals', 'collections'] },
  { name: 'tasks', title: 'Coroutines, futures and tasks', sources: ['tasks', 'loop/context'] },
  { name: 'waiting', title: 'Waiting, timeouts and groups', sources: ['combinators'] },
  { name: 'synchronisation', title: 'Synchronisation and queues', sources: ['sync'] },
  { name: 'streams', title: 'Streams', sources: ['streams'] },
  { name: 'servers', title: 'Servers', sources: ['servers', 'workers', 'systemd'] },
  { name: 'protocols', title: 'Transports and protocols', sources: ['transports', 'connections', 'datagrams'] },
  { name: 'tls', title: 'TLS', sources: ['tls'] },
  { name: 'socket-operations', title: 'Operations on sockets', sources: ['sock'] },
  { name: 'processes', title: 'Processes and threads', sources: ['subprocess', 'executor'] },
  { name: 'errors', title: 'Errors', sources: ['errors'] },
];

/** The other entry points, each a page. `selectloop` exports what the first two do. */
export const MODULES = [
  { name: 'selectors', alsoInMain: true },
  { name: 'sockets', alsoInMain: true },
  { name: 'node', alsoInMain: false },
  { name: 'testing', alsoInMain: false },
  { name: 'trace', alsoInMain: false },
  { name: 'inspect', alsoInMain: false },
  { name: 'simulation', alsoInMain: false },
];

/** The constants of `selectloop/sockets` have a page of their own. */
export const CONSTANTS = {
  name: 'socket-constants',
  title: 'Constants of sockets',
  sources: /^lib\/sockets\/constants/,
};
