// An API server in a process of its own, for tests that kill it. Its parent reads one line: where it listens.
import { silentLogger } from "@sandgate/contract";
import { startApiServer } from "../../src/apiserver/index.ts";

const [dataDir = ""] = process.argv.slice(2);
const server = await startApiServer({ dataDir, logger: silentLogger });
const { caPem, token } = server.access("admin");
console.log(JSON.stringify({ url: server.url, caPem, token }));
await server.failed;
