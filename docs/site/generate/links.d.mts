export interface Target {
  readonly href: string;
  readonly isPage: boolean;
}
export function resolveLink(document: string, link: string): Target | null;
export function translatePictures(document: string, html: string): string;
export function anchorOf(heading: string): string;
