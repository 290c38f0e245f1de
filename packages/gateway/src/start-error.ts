/** The gateway cannot start as it was told to; the message says why and what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
}
