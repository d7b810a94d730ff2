/** Express, with multer for uploaded files. */

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import express, { type NextFunction, type Request, type Response } from 'express';
import multer from 'multer';
import { afterAll, describe, expect, it } from 'vitest';

import { closed, heard, servingSides } from './sides.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-uploads-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const headers = { connection: 'close' };

/** Stores uploads on disk and in memory, returns them, and reports each error by its message. */
function makeApp(onError: (error: Error) => void): express.Express {
  const app = express();
  const disk = multer({ dest: folder });
  const memory = multer({ limits: { fileSize: 1000 } });
  app.post('/files', disk.array('files'), (request, response) => {
    const files = (request.files as Express.Multer.File[]).map(({ originalname, filename, size }) => ({
      ...{ originalname, filename, size },
    }));
    response.json({ files, fields: request.body as unknown });
  });
  app.post('/small', memory.single('file'), (request, response) => response.send(request.file!.buffer));
  app.get('/files/:name', (request, response) => createReadStream(join(folder, request.params.name)).pipe(response));
  app.use(express.static(folder));
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    onError(error);
    response.status(400).send(error.message);
  });
  return app;
}

describe.each(servingSides)('Express and multer on $name', (side) => {
  const withApp = (scenario: (url: string, errors: Error[]) => Promise<void>): Promise<void> =>
    side.run(async () => {
      const errors: Error[] = [];
      const http = createServer(makeApp((error) => errors.push(error)));
      await scenario(`http://127.0.0.1:${await side.serve(http)}`, errors);
      await closed(http);
    });

  it('stores two files of 5 MB with a field, and returns them', () =>
    withApp(async (url) => {
      const files = [randomBytes(5_000_000), randomBytes(5_000_000)];
      const form = new FormData();
      form.set('title', 'two files');
      for (const [i, file] of files.entries()) form.append('files', new Blob([file]), `file${i}`);
      const answer = await fetch(`${url}/files`, { method: 'POST', body: form, headers });
      const taken = (await answer.json()) as { files: Array<{ filename: string }>; fields: unknown };
      expect(taken.files).toMatchObject([
        { originalname: 'file0', size: 5_000_000 },
        { originalname: 'file1', size: 5_000_000 },
      ]);
      expect(taken.fields).toEqual({ title: 'two files' });
      for (const [i, { filename }] of taken.files.entries()) {
        const download = await fetch(`${url}/files/${filename}`, { headers });
        expect(hash(new Uint8Array(await download.arrayBuffer()))).toBe(hash(files[i]!));
      }
    }));

  it('refuses a file that is too large, in the middle of its upload', () =>
    withApp(async (url, errors) => {
      const form = new FormData();
      form.set('file', new Blob([randomBytes(100_000)]), 'large');
      const answer = await fetch(`${url}/small`, { method: 'POST', body: form, headers });
      expect([answer.status, await answer.text()]).toEqual([400, 'File too large']);
      expect(errors).toMatchObject([{ code: 'LIMIT_FILE_SIZE' }]);
    }));

  it('drops a file whose upload is aborted, and serves the next one', () =>
    withApp(async (url, errors) => {
      const before = readdirSync(folder).length;
      const type = { 'content-type': 'multipart/form-data; boundary=line' };
      const request = httpRequest(`${url}/files`, { method: 'POST', headers: type }).on('error', () => {});
      request.write('--line\r\nContent-Disposition: form-data; name="files"; filename="half"\r\n\r\n');
      request.write(randomBytes(1_000_000));
      while (readdirSync(folder).length === before) await new Promise(setImmediate);
      request.destroy();
      while (errors.length === 0 || readdirSync(folder).length > before) await new Promise(setImmediate);
      expect(errors[0]!.message).toMatch(/aborted/i);
      const form = new FormData();
      form.set('file', new Blob(['tea']), 'small');
      const answer = await fetch(`${url}/small`, { method: 'POST', body: form, headers });
      expect(await answer.text()).toBe('tea');
    }));

  it('serves a part of a file', () =>
    withApp(async (url) => {
      const form = new FormData();
      form.append('files', new Blob(['0123456789']), 'digits');
      const posted = await fetch(`${url}/files`, { method: 'POST', body: form, headers });
      const [file] = ((await posted.json()) as { files: [{ filename: string }] }).files;
      const part = await fetch(`${url}/${file.filename}`, { headers: { ...headers, range: 'bytes=2-4' } });
      expect([part.status, await part.text()]).toEqual([206, '234']);
    }));

  it('keeps serving when clients disconnect in the middle of an answer', () =>
    withApp(async (url) => {
      const form = new FormData();
      form.append('files', new Blob([randomBytes(5_000_000)]), 'large');
      const posted = await fetch(`${url}/files`, { method: 'POST', body: form, headers });
      const [file] = ((await posted.json()) as { files: [{ filename: string }] }).files;
      for (let i = 0; i < 10; i += 1) {
        const request = httpRequest(`${url}/files/${file.filename}`, { agent: false }).on('error', () => {});
        request.on('response', (response) => response.once('data', () => request.destroy()));
        const gone = heard(request, 'close');
        request.end();
        await gone;
      }
      const last = await fetch(`${url}/files/${file.filename}`, { headers });
      expect((await last.arrayBuffer()).byteLength).toBe(5_000_000);
    }));
});
