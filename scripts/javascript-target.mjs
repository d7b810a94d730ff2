/** What the bundler makes of TypeScript: JavaScript for the oldest Node that the package supports. */
export const javaScriptTarget = {
  target: 'node20.19',
  typescript: { optimizeConstEnums: true, removeClassFieldsWithoutInitializer: true },
  assumptions: { setPublicClassFields: true }, // with the line above, `useDefineForClassFields` of tsconfig.json
};
