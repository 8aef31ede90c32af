import type { Lost, Transport } from './transport.ts';

/** Failures in a row after which a way that worked before is in doubt. */
const DOUBT = 3;

/**
 * Takes sockets, and server-sent events where sockets do not get through: as long as none of the two has worked, each failure
 * to connect makes it try the other.
 */
export function autoTransport(socket: Transport, sse: Transport): Transport {
  let present = socket;
  let proven: Transport | undefined;
  let failures = 0;

  const failed = (used: Transport, { reason }: Lost): void => {
    // others that failed on the same way have turned it already
    if (reason !== 'CONNECTION_FAILED' || used !== present) return;
    failures++;
    if (proven && failures < DOUBT) return;
    [present, proven, failures] = [used === socket ? sse : socket, undefined, 0];
  };

  return {
    open(operation, cursor, listener) {
      const used = present;
      const works = (): void => {
        if (used !== present) return;
        proven = used;
        failures = 0;
      };
      return used.open(operation, cursor, {
        event(payload, characters) {
          works();
          listener.event(payload, characters);
        },
        place(at, current) {
          works();
          listener.place(at, current);
        },
        refused(errors) {
          works();
          listener.refused(errors);
        },
        lost(why) {
          failed(used, why);
          listener.lost(why);
        },
      });
    },
    close() {
      socket.close();
      sse.close();
    },
  };
}
