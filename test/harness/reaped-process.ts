import { startNatsCluster } from './nats-cluster.ts';
import { startNats } from './nats.ts';

/** Starts servers as tests do, prints their folders, and waits for its end. */
const nats = await startNats();
await startNatsCluster(1);
console.log(nats.dir);
setInterval(() => undefined, 1_000);
