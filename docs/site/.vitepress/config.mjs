import { readFileSync } from 'node:fs';

import { defineConfig } from 'vitepress';

import { SECTIONS, SHORT_TITLES } from '../contents.mjs';
import { anchorOf, translateLinks } from '../generate/links.mjs';
import { API_SIDEBAR, CACHE, HTML, PAGES, documentOf, pageOf, titleOf } from '../generate/places.mjs';
import { linkPlayers } from '../generate/players.mjs';

/** Where the site will be published: `npm run docs -- --base /selectloop/`. */
const base = process.env.DOCS_BASE ?? '/';

const linkOf = (document) => `/${pageOf(document).replace(/(^|\/)index\.md$|\.md$/, '$1')}`;

const sidebar = SECTIONS.map(({ title, documents }) => ({
  text: title,
  items: documents.map((document) => ({
    text: SHORT_TITLES.get(document) ?? titleOf(document),
    link: linkOf(document),
  })),
}));

/** Headings that occur in every entry of the API reference: the search would find hundreds of each. */
const REPEATED_HEADINGS =
  /<h([3-6])[^>]*>\s*(Parameters|Returns|Throws|Examples?|Type Parameters|Constructors?|Methods|Properties|Accessors|Get Signature|Set Signature|Call Signature|Inherited from|Overrides|Implementation of|Implements|Extends|Extended by|Default Value|See|Remarks)\s*<a[^>]*>[^]*?<\/h\1>/g;

/** The text that the search finds. Without colours: those of every program would be computed a second time. */
async function renderForSearch(text, env, md) {
  md.set({ highlight: (code) => `<pre><code>${md.utils.escapeHtml(code)}</code></pre>` });
  const html = await md.renderAsync(text, env);
  return env.frontmatter?.layout === 'home' ? '' : html.replaceAll(REPEATED_HEADINGS, '');
}

export default defineConfig({
  title: 'selectloop',
  description: 'asyncio for Node.js on a real select/poll/epoll event loop',
  lang: 'en',
  base,
  srcDir: PAGES,
  outDir: HTML,
  cacheDir: CACHE,
  head: [['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }]],
  markdown: {
    anchor: { slugify: anchorOf },
    toc: { slugify: anchorOf },
    languageAlias: { diagram: 'text', console: 'sh' },
    theme: { light: 'github-light', dark: 'github-dark' },
    config: (md) => {
      translateLinks(md, documentOf);
      linkPlayers(md, base);
    },
  },
  themeConfig: {
    siteTitle: 'selectloop',
    logo: '/icon.svg',
    nav: [
      { text: 'Guides', link: linkOf('docs/README.md'), activeMatch: '^/(overview|guide/)' },
      { text: 'Course', link: linkOf('docs/course/README.md'), activeMatch: '^/(course|examples)/' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Performance', link: linkOf('docs/performance.md') },
      { text: 'Architecture', link: linkOf('docs/architecture.md') },
    ],
    sidebar: { '/api/': JSON.parse(readFileSync(API_SIDEBAR, 'utf8')), '/': sidebar },
    outline: { level: [2, 3] },
    externalLinkIcon: true,
    search: {
      provider: 'local',
      options: {
        _render: renderForSearch,
        miniSearch: {
          options: {
            // "connection" finds `openConnection` too.
            processTerm: (term) => {
              const parts = term.split(/(?<=[a-z0-9])(?=[A-Z])/);
              return (parts.length === 1 ? parts : [term, ...parts]).map((part) => part.toLowerCase());
            },
          },
          searchOptions: { processTerm: (term) => term.toLowerCase() },
        },
      },
    },
    notFound: {
      title: 'No such page',
      quote: 'The search above finds every page, every heading and every export.',
      linkText: 'Go to the first page',
    },
  },
});
