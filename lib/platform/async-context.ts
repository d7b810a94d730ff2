/** What stays with an async function through every `await`. */

export { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
