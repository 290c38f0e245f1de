import { Socket } from "node:net";

/**
 * The same connection, read into one buffer that is used again and again: a backend that makes a new one for every read
 * would be what is measured.
 *
 * @param accepted - Of a server with `pauseOnConnect`; is not to be used any more.
 * @param onBytes - Gets a view that is valid until it returns.
 */
export function bufferedSocket(
  accepted: Socket,
  buffer: Buffer,
  onBytes: (bytes: Buffer, socket: Socket) => void,
): Socket {
  // Not of the public interface: an accepted socket cannot be given a buffer otherwise.
  const handle = (accepted as unknown as { _handle: object | null })._handle;
  (accepted as unknown as { _handle: object | null })._handle = null;
  const socket: Socket = new Socket({
    handle,
    onread: {
      buffer,
      callback(length: number) {
        onBytes(buffer.subarray(0, length), socket);
        return true;
      },
    },
  } as ConstructorParameters<typeof Socket>[0]);
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.resume();
  return socket;
}
