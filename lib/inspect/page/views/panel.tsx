/** A panel: a heading, one line that says what it shows, and a link to the sentence of the guide. */

import type { ComponentChildren } from 'preact';
import { useContext } from 'preact/hooks';

import { Page } from './context.js';
import { Icon } from './icons.js';

interface Props {
  readonly title: string;
  /** What it shows, in one line. */
  readonly what: string;
  /** The entry of the guide. */
  readonly guide: string;
  readonly count?: number | undefined;
  /** True while the loop works on it: the panel is marked. */
  readonly active?: boolean;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Panel({ title, what, guide, count, active = false, children, ...rest }: Props) {
  const { openGuide } = useContext(Page);
  const id = `panel-${guide}`;
  return (
    <section class={`panel ${rest.class ?? ''} ${active ? 'active' : ''}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>
          {title}
          {count !== undefined && <span class="count">{count.toLocaleString('en')}</span>}
        </h2>
        <button
          type="button"
          class="ask"
          aria-label={`${title}, in the guide`}
          title="In the guide"
          onClick={() => openGuide(guide)}
        >
          <Icon name="help" />
        </button>
        <p class="what">{what}</p>
      </header>
      {children}
    </section>
  );
}
