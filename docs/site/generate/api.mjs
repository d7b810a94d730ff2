/**
 * The API reference, made by TypeDoc from the sources: a page for each subject of `selectloop` and for each other entry point.
 * `docs/site/contents.mjs` lists both.
 */

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

import { Application, Comment, Converter, DeclarationReflection, ReflectionKind } from 'typedoc';

import { CONSTANTS, MODULES, SUBJECTS } from '../contents.mjs';
import { finishPage, tabulate } from './api-markdown.mjs';
import { API_SIDEBAR, PAGES, ROOT, isSource, sourcePageOf } from './places.mjs';

const FOLDER = `${PAGES}api/`;

/** Every page of the reference, in reading order. */
const PAGES_OF_API = [
  ...SUBJECTS.map(({ name, title }) => ({ name, title, from: '`selectloop`' })),
  ...MODULES.map(({ name, alsoInMain }) => ({
    name,
    title: `selectloop/${name}`,
    from: `\`selectloop/${name}\`${alsoInMain ? ', or from `selectloop`' : ''}`,
  })),
  { ...CONSTANTS, from: '`selectloop/sockets`, or from `selectloop`' },
];

const titleOfPage = new Map(PAGES_OF_API.map(({ name, title }) => [name, title]));

const pathOf = (source) => source.fullFileName.slice(ROOT.length);

/** The page of an export: by the file that declares it if `selectloop` exports it, otherwise its entry point. */
function pageOf(reflection) {
  const path = pathOf(reflection.sources[0]);
  if (CONSTANTS.sources.test(path)) return CONSTANTS.name;
  const [, folder = ''] = /^lib\/([\w-]+)\//.exec(path) ?? [];
  if (MODULES.some(({ name }) => name === folder)) return folder;
  const entry = /([\w-]+)$/.exec(reflection.parent.name)?.[1];
  if (MODULES.some(({ name }) => name === entry)) return entry;
  const matches = SUBJECTS.flatMap(({ name, sources }) =>
    sources.filter((source) => path.startsWith(`lib/${source}`)).map((source) => ({ name, source })),
  );
  const best = matches.sort((a, b) => b.source.length - a.source.length)[0];
  if (best === undefined)
    throw new Error(`${path} exports ${reflection.name}: give the folder a subject in docs/site/contents.mjs`);
  return best.name;
}

/** Replaces TypeDoc's modules, which are the entry points, by the pages. An export appears once, where its page is. */
function arrange(project) {
  const entries = [...project.children];
  const modules = new Map(
    PAGES_OF_API.map(({ name, from }) => {
      const module = new DeclarationReflection(name, ReflectionKind.Module, project);
      module.comment = new Comment([{ kind: 'text', text: `Import from ${from}.` }]);
      project.registerReflection(module, undefined, undefined);
      return [name, module];
    }),
  );
  for (const entry of entries) {
    for (const child of [...entry.children]) {
      if (child.kindOf(ReflectionKind.Reference)) continue;
      const module = modules.get(pageOf(child));
      entry.removeChild(child);
      child.parent = module;
      module.addChild(child);
    }
    project.removeReflection(entry);
  }
  for (const module of modules.values()) project.addChild(module);
}

/** What a class implements only for the library, such as the interfaces by which the loop knows it, says nothing to its users. */
function forgetInternalInterfaces(project) {
  for (const reflection of Object.values(project.reflections)) {
    const isDocumented = (type) => type.type !== 'reference' || type.reflection !== undefined;
    const documented = reflection.implementedTypes?.filter(isDocumented) ?? [];
    if (documented.length > 0) reflection.implementedTypes = documented;
    else delete reflection.implementedTypes;
  }
}

/** Links each export to the page of the site that shows its source. Members that a class inherits from JavaScript itself have none. */
function linkSources(project) {
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.sources?.some((source) => !isSource(pathOf(source)) || !pathOf(source).startsWith('lib/')))
      delete reflection.sources;
    for (const source of reflection.sources ?? []) {
      source.fileName = pathOf(source);
      source.url = `/${sourcePageOf(source.fileName)}#L${source.line}`;
    }
  }
}

async function application() {
  const entryPoints = ['index.ts', ...MODULES.map(({ name }) => `${name}/index.ts`)].map(
    (path) => `${ROOT}lib/${path}`,
  );
  const app = await Application.bootstrapWithPlugins({
    entryPoints,
    tsconfig: `${ROOT}tsconfig.build.json`,
    plugin: ['typedoc-plugin-markdown'],
    out: FOLDER,
    router: 'module',
    readme: 'none',
    disableGit: true,
    // Replaced by `linkSources`.
    sourceLinkTemplate: '{path}',
    basePath: ROOT,
    excludeInternal: true,
    excludeExternals: true,
    excludePrivate: true,
    excludeProtected: true,
    validation: { notExported: true, invalidLink: true, notDocumented: false },
    treatWarningsAsErrors: true,
    groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'],
    hideBreadcrumbs: true,
    hidePageHeader: true,
    entryFileName: 'index',
    useCustomAnchors: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    pageTitleTemplates: {
      index: 'API reference',
      module: ({ rawName }) => titleOfPage.get(rawName) ?? rawName,
      member: '{name}',
    },
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    arrange(project);
    forgetInternalInterfaces(project);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => linkSources(project));
  return app;
}

/** The list of all exports, by page. */
function indexOf(project, router) {
  const lines = PAGES_OF_API.flatMap(({ name, title }) => {
    const module = project.children.find((child) => child.name === name);
    const links = module.children.map((child) => `[\`${child.name}\`](${router.getFullUrl(child)})`);
    return [`## [${title}](${name}.md)`, '', links.join(' · '), ''];
  });
  return ['# API reference', '', 'Every export of every entry point, by subject.', '', ...lines].join('\n');
}

/** The anchors by which TypeDoc links to constructors, by those of their classes: it does not write them into the headings. */
function constructorsOf(module, router) {
  const classes = module.children.filter((child) => child.kindOf(ReflectionKind.Class));
  return new Map(
    classes.flatMap((type) =>
      (type.children ?? [])
        .filter((child) => child.kindOf(ReflectionKind.Constructor))
        .map((child) => [router.getAnchor(type), router.getAnchor(child)]),
    ),
  );
}

/** Writes the pages and the sidebar. Throws if TypeDoc warns: of a type that is not exported, a `{@link}` that leads nowhere, and so on. */
export async function writeApi() {
  const app = await application();
  const project = await app.convert();
  if (project !== undefined) app.validate(project);
  if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error('TypeDoc: expected no warning, got those above');
  mkdirSync(FOLDER, { recursive: true });
  let index = '';
  const constructors = new Map();
  // The router, which knows the anchors, exists only while TypeDoc writes.
  app.renderer.postRenderAsyncJobs.push(() => {
    index = indexOf(project, app.renderer.router);
    for (const module of project.children)
      constructors.set(`${module.name}.md`, constructorsOf(module, app.renderer.router));
  });
  await app.generateOutputs(project);
  writeFileSync(`${FOLDER}index.md`, index);
  for (const file of readdirSync(FOLDER)) {
    const written = readFileSync(FOLDER + file, 'utf8');
    const text = file === `${CONSTANTS.name}.md` ? tabulate(written) : written;
    const outline = file === 'index.md' ? '2' : '[2, 3]';
    writeFileSync(FOLDER + file, finishPage(text, { outline, constructors: constructors.get(file) ?? new Map() }));
  }
  const items = (pages) => pages.map(({ name }) => ({ text: titleOfPage.get(name), link: `/api/${name}` }));
  const sidebar = [
    { text: 'All exports', link: '/api/' },
    { text: 'selectloop', items: items(SUBJECTS) },
    { text: 'Other entry points', items: items([...MODULES, CONSTANTS]) },
  ];
  writeFileSync(API_SIDEBAR, JSON.stringify(sidebar));
}
