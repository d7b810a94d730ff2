export interface Section {
  readonly title: string;
  readonly documents: readonly string[];
}
export const SECTIONS: readonly Section[];
export const SUBJECTS: ReadonlyArray<{
  readonly name: string;
  readonly title: string;
  readonly sources: readonly string[];
}>;
export const MODULES: ReadonlyArray<{ readonly name: string; readonly alsoInMain: boolean }>;
