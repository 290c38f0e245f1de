import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { isDialable } from "../routes/dialable.ts";

/**
 * Looks a Service's name up and leaves out addresses that are never a pod's. Whoever writes a Sandbox's status writes that
 * name: it must not lead to this host or to a metadata service.
 */
export const dialableLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, "", 4);
      return;
    }
    const [first, ...more] = addresses.filter(({ address }) => isDialable(address, []));
    if (first === undefined)
      callback(Object.assign(new Error(`${hostname} has no address of a pod`), { code: "ENOTFOUND" }), "", 4);
    else if (options.all === true) callback(null, [first, ...more]);
    else callback(null, first.address, first.family);
  });
};
