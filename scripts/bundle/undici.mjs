// Stands for `undici` in the bundle: what the Kubernetes client uses of it. The whole of it, a second fetch and its caches
// among the rest, takes 7 MB of an idle process. The prototype gets its methods as undici's own first file gives them.
import api from "undici/lib/api/index.js";
import Agent from "undici/lib/dispatcher/agent.js";
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";

Object.assign(Dispatcher.prototype, api);

export { Agent };
