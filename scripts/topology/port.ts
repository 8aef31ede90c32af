import { createServer } from 'node:net';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../exit-codes.ts';

/** Whether somebody could listen there now. */
export async function portIsFree(host: string, port: number): Promise<boolean> {
  return (await whyNot(host, port)) === undefined;
}

/**
 * Refuses an address that cannot be listened on, before anything slow is done.
 *
 * @throws UsageError: 4 when the port is taken or not allowed, 2 when the host is not an address of this machine.
 */
export async function requirePort(host: string, port: number): Promise<void> {
  const code = await whyNot(host, port);
  if (code === undefined) return;
  throw listenError(host, port, code);
}

/** The sentence for a failed listen, for whoever notices it: the check before, or the gateway itself. */
export function listenError(host: string, port: number, code: string): UsageError {
  if (code === 'EADDRINUSE') return new UsageError(`Port ${port} on ${host} is taken by another program; set PORT to another one, such as PORT=${port + 1}, or 0 for any.`, exitCodes.portBusy.code);
  if (code === 'EACCES') return new UsageError(`Port ${port} on ${host} is not allowed for this user; set PORT to one above 1023.`, exitCodes.portBusy.code);
  return new UsageError(`HOST=${host} is not an address that this machine can listen on (${code}).`, exitCodes.usage.code);
}

function whyNot(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
