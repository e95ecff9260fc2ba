/**
 * A connection is reset in any state, and the process ends afterwards: where Node refuses the reset, the socket's
 * handle would leak and make the process loop at its end. Real sockets, in processes of their own.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const MODULE = join(import.meta.dirname, '..', '..', 'src', 'lib', 'reset-socket.ts');
const ENDS_WITHIN_MS = 20_000;

const STATES: readonly [name: string, statements: string][] = [
  ['untouched', ''],
  ['in the middle of a large response', 'socket.write(Buffer.alloc(2 ** 24));'],
  ['being shut down', `socket.end('x');`],
  ['closed', 'socket.destroy();'],
  ['already reset', 'resetSocket(socket);'],
];

/** Resets the only connection of a server, then waits only for its end; prints what the client saw. */
function program(statements: string): string {
  return `
    import { once } from 'node:events';
    import { connect, createServer } from 'node:net';
    import { resetSocket } from ${JSON.stringify(MODULE)};
    const server = createServer((socket) => { ${statements} resetSocket(socket); server.close(); });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect(server.address().port, '127.0.0.1');
    client.on('error', () => undefined);
    client.on('close', () => console.log('closed'));
    client.resume();`;
}

for (const [name, statements] of STATES) {
  test(`a connection that is ${name} is reset, and the process ends`, async () => {
    const args = ['--input-type=module', '--eval', program(statements)];

    const { stdout } = await promisify(execFile)(process.execPath, args, {
      timeout: ENDS_WITHIN_MS,
      killSignal: 'SIGKILL',
    });

    assert.equal(stdout, 'closed\n');
  });
}
