import type { Frame } from './hydrate.ts';

/** Finished messages of one frame by what stands before the answer; clients often give their operations the same ids. */
interface Finished {
  readonly body: Buffer;
  readonly messages: Map<string, Buffer>;
}

const finished = new WeakMap<Frame, Finished>();
/** Prefixes whose messages are kept, per frame: clients that make up an id each are not kept for. */
const KEPT = 16;
const TEXT = 0x81;

/**
 * The bytes of a WebSocket text message (RFC 6455, one unmasked frame, no compression) of `prefix`, the frame's JSON and
 * `suffix`, which must be the same at every call. Serialised once per frame, whatever the number of clients.
 */
export function textFrame(frame: Frame, prefix: string, suffix: string): Buffer {
  let known = finished.get(frame);
  if (!known) finished.set(frame, (known = { body: Buffer.from(frame.json + suffix), messages: new Map() }));
  let message = known.messages.get(prefix);
  if (!message) {
    message = messageOf(prefix, known.body);
    if (known.messages.size < KEPT) known.messages.set(prefix, message);
  }
  return message;
}

function messageOf(prefix: string, body: Buffer): Buffer {
  const prefixLength = Buffer.byteLength(prefix);
  const length = prefixLength + body.length;
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const message = Buffer.allocUnsafe(head + length);
  message[0] = TEXT;
  message[1] = head === 2 ? length : head === 4 ? 126 : 127;
  if (head === 4) message.writeUInt16BE(length, 2);
  else if (head === 10) message.writeBigUInt64BE(BigInt(length), 2);
  message.write(prefix, head);
  body.copy(message, head + prefixLength);
  return message;
}
