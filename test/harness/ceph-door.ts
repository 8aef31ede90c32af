import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startCeph, type CephCluster, type S3Service } from './ceph-cluster.ts';
import { NoCeph } from './ceph-packages.ts';

/** What the door answers: the service, or why there is none. */
export type CephAnswer = S3Service | { readonly none: string } | { readonly failed: string };

/** The run's one Ceph behind an address that test workers can ask; it starts with the first question. */
export interface CephDoor {
  readonly url: string;
  stop(): Promise<void>;
}

/** Costs nothing until somebody asks. */
export async function openCephDoor(): Promise<CephDoor> {
  let starting: Promise<CephCluster> | undefined;
  const answer = async (): Promise<CephAnswer> => {
    try {
      const { endpoint, accessKey, secretKey } = await (starting ??= startCeph());
      return { endpoint, accessKey, secretKey };
    } catch (error) {
      return error instanceof NoCeph ? { none: error.message } : { failed: String(error) };
    }
  };
  const server = createServer((_request, response) => void answer().then((said) => response.setHeader('connection', 'close').end(JSON.stringify(said))));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      await starting?.then((cluster) => cluster.stop(), () => undefined);
    },
  };
}
