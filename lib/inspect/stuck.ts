/**
 * Finds the function and the line in which a loop is stuck, from the inspector thread.
 *
 * The thread attaches to the engine's debugger of the main thread, which interrupts even an endless loop of JavaScript, reads the frames, and
 * resumes the program, which stands still for some milliseconds. It is not done if a debugger was attached when the thread started, because
 * that one would see the pause; and the engine offers it only for the main thread.
 */

import { type Debugger, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

/** How long the engine may take to stop the program. One that runs no JavaScript, in a system call for example, does not stop. */
const PATIENCE_MS = 1000;

/** The most frames of the program that are shown. */
const MOST_FRAMES = 4;

/** Returns the innermost frames of the program, as `name (file:line)`; none if it cannot be interrupted. @param library folders to leave out */
export async function stuckFrames(library: readonly string[]): Promise<string[]> {
  const session = new Session();
  const files = new Map<string, string>();
  try {
    session.connectToMainThread();
  } catch {
    return []; // this Node cannot, or the main thread has its debugger in use
  }
  try {
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => {
      files.set(scriptId, url.startsWith('file://') ? fileURLToPath(url) : url);
    });
    const paused = new Promise<Debugger.CallFrame[]>((resolve) => {
      session.on('Debugger.paused', ({ params }) => resolve(params.callFrames));
      setTimeout(() => resolve([]), PATIENCE_MS);
    });
    session.post('Debugger.enable');
    session.post('Debugger.pause');
    const frames = await paused;
    session.post('Debugger.resume');
    return frames
      .map(({ functionName, location }) => ({ functionName, location, file: files.get(location.scriptId) ?? '' }))
      .filter(({ file }) => isOfProgram(file, library))
      .slice(0, MOST_FRAMES)
      .map(({ functionName, location, file }) => `${functionName || 'anonymous'} (${file}:${location.lineNumber + 1})`);
  } finally {
    session.disconnect(); // also resumes the program
  }
}

function isOfProgram(file: string, library: readonly string[]): boolean {
  return file !== '' && !file.startsWith('node:') && !library.some((folder) => file.startsWith(folder));
}
