/** Certificates, made by openssl on demand: a committed one would expire. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority, and the certificates it has signed: for a server on localhost and the loopback addresses, and for a client. */
export interface Certificates {
  readonly ca: string;
  readonly server: Identity;
  readonly client: Identity;
  /** Also for localhost, but self-signed. */
  readonly stranger: Identity;
}

const NAMES = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';
const NEW_KEY = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'selectloop-tls-'));
  const make = (name: string, ...options: string[]): Identity => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
    execFileSync('openssl', [...NEW_KEY, ...files, '-subj', `/CN=${name}`, ...options], { cwd: folder, stdio: 'pipe' });
    const read = (suffix: string): string => readFileSync(join(folder, name + suffix), 'utf8');
    return { cert: read('.crt'), key: read('.key') };
  };
  try {
    const signed = ['-CA', 'authority.crt', '-CAkey', 'authority.key', '-addext', 'basicConstraints=CA:FALSE'];
    const ca = make('authority').cert;
    return {
      ca,
      server: make('server', ...signed, '-addext', NAMES),
      client: make('client', ...signed),
      stranger: make('stranger', '-addext', NAMES),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let made: Certificates | null = null;

/** Made once for each test file. */
export function certificates(): Certificates {
  made ??= makeCertificates();
  return made;
}
