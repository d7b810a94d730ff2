import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const MAX_FILE_LINES = 400;

const typescriptFiles = ['**/*.{ts,tsx}'];
const libFiles = ['lib/**/*.{ts,tsx}'];
const testFiles = ['test/**/*.ts'];
const exampleFiles = ['examples/**/*.ts', 'bench/**/*.ts'];

/** Rules of the whole code base, over typescript-eslint's strict set. Every relaxation says what it would fight. */
const typescriptRules = {
  // Future and Coroutine are thenables, not Promises, and a Coroutine nobody awaits never runs: exactly the bug this rule is for.
  // A Task is safe to leave alone: it is held by the loop until done, and an error nobody retrieves is reported.
  '@typescript-eslint/no-floating-promises': [
    'error',
    { checkThenables: true, allowForKnownSafePromises: [{ from: 'file', name: 'Task' }] },
  ],
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/consistent-type-exports': 'error',

  // Descriptors, errnos and milliseconds go into messages all the time.
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  // `callSoon(() => future.setResult(x))` is the usual form of a callback.
  '@typescript-eslint/no-confusing-void-expression': [
    'error',
    { ignoreArrowShorthand: true, ignoreVoidOperator: true },
  ],
  // An index that the code has just checked (heap, ring, Int32Array of ready pairs) needs `!` under noUncheckedIndexedAccess.
  '@typescript-eslint/no-non-null-assertion': 'off',
  // A callback may close the loop or finish the task between two checks of one field; TypeScript's narrowing does not see
  // that, so this rule calls the second check, the one that matters, unnecessary.
  '@typescript-eslint/no-unnecessary-condition': 'off',
  // Errors pass through futures and tasks as they were thrown: unknown.
  '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowRethrowing: true }],
  '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
  // A generator function has no arrow form, so a generator inside a method reaches the object through a name.
  '@typescript-eslint/no-this-alias': ['error', { allowedNames: ['self', 'loop', 'task', 'future'] }],
  // asyncio's protocols return `boolean | void` (eofReceived).
  '@typescript-eslint/no-invalid-void-type': 'off',
  // `data<D>(...)`: a type parameter used once is how a caller names the type of what it gets back.
  '@typescript-eslint/no-unnecessary-type-parameters': 'off',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
  ],

  'no-restricted-syntax': [
    'error',
    {
      selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
      message: 'Use a named export: it has one name everywhere.',
    },
  ],
  'prefer-const': 'error',
  eqeqeq: ['error', 'always', { null: 'ignore' }],
};

export default defineConfig(
  {
    ignores: [
      'build/',
      'build-cmake/',
      'build-docs/',
      'build-native-tests/',
      'build-sanitize/',
      'build-types/',
      'dist/',
      'prebuilds/',
      '.matrix/',
      '.bench/',
      '.course/',
    ],
  },
  {
    extends: [js.configs.recommended],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // Blank lines and comments count: a long file is long to read.
      'max-lines': ['error', { max: MAX_FILE_LINES, skipBlankLines: false, skipComments: false }],
    },
  },
  {
    files: typescriptFiles,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: typescriptRules,
  },
  {
    files: libFiles,
    // The library reports through its exception handler; only the command line talks to a terminal.
    ignores: ['lib/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: libFiles,
    ignores: ['lib/errors/**', 'lib/cli/**'],
    rules: {
      'no-restricted-syntax': [
        ...typescriptRules['no-restricted-syntax'],
        {
          selector:
            'BinaryExpression[operator="instanceof"][right.name=/^(Error|CancelledError)$/]:not([left.property.name="prototype"])',
          message:
            'Use isError() or isCancelled(): `instanceof` throws for a revoked proxy, which a program may throw as well.',
        },
      ],
    },
  },
  {
    files: [...testFiles, ...exampleFiles],
    rules: {
      // `async () => 1` and `function* () { return 1; }` are the shortest main functions of the two flavours.
      '@typescript-eslint/require-await': 'off',
      'require-yield': 'off',
    },
  },
  {
    files: testFiles,
    rules: {
      // `expect(spy.method)` reads a method without calling it.
      '@typescript-eslint/unbound-method': 'off',
      // Empty callbacks stand for "does nothing".
      '@typescript-eslint/no-empty-function': 'off',
      // Tests throw and reject with all sorts of values on purpose.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
    },
  },
  {
    // Their libraries are installed by `npm run test:clients` alone, which checks their types: here all of them would be unknown.
    files: ['test/clients/libraries/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
  },
  {
    // What runs in a page, also when a test sends it there.
    files: ['docs/site/{public,test}/**'],
    languageOptions: { globals: globals.browser },
  },
  {
    // These tools load a configuration, and vitest a reporter, from the default export.
    files: ['**/*.config.{js,ts}', 'docs/site/.vitepress/**', 'test/support/*-reporter.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
