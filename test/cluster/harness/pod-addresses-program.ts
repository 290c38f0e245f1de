/** A test run to be killed: opens addresses of pods, prints its process id, and stays. */
import { openPodAddresses } from "../router/pod-addresses.ts";

const [lost = "", address = ""] = process.argv.slice(2);
const addresses = await openPodAddresses(lost);
await addresses.serve("box", address);
process.stdout.write(`${process.pid}\n`);
