/** Connections that end with a reset, as a peer ends them that dies or a network that breaks. */
import type { Socket } from 'node:net';

/**
 * Safe in any state. A socket that is being shut down is only closed: libuv refuses to reset it (UV_EINVAL), Node then loses
 * its handle, and a process that ends with such a one in its hands spins for ever.
 */
export function resetSocket(socket: Socket | null): void {
  if (socket === null || socket.destroyed) return;
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
