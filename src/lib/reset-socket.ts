/** Resets connections, as a peer that crashes or a broken network does. */
import type { Socket } from 'node:net';

/**
 * Resets a connection; safe in any state. A socket that is being shut down is only closed: libuv refuses to reset it
 * (UV_EINVAL), Node then leaks its handle, and a process that exits with a leaked handle loops forever.
 */
export function resetSocket(socket: Socket | null): void {
  if (socket === null || socket.destroyed) return;
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
